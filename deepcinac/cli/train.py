"""``deepcinac train``: a classifier from labelled recordings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    out_option,
    progress_option,
    settings_from_args,
)
from deepcinac.learning.settings import TrainingSettings
from deepcinac.progress import Progress
from deepcinac.tasks.activity.settings import (
    FINE_TUNING,
    AugmentationSettings,
    PredictionSettings,
    WindowSettings,
)

if TYPE_CHECKING:
    from deepcinac.learning.card import Card


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "train",
        help="train a classifier",
        description="Learn from labelled recordings: session files, bundles of corrections, folders "
        "made by `deepcinac simulate`, or folders that hold such folders. Of a session that was only "
        "reviewed, the frames that were answered count, and --start-from the classifier that was "
        "corrected goes on from there. Whole recordings (--validation) or whole cells "
        "are held out, or, with fewer than five labelled cells, the end of each recording; the epoch "
        "with the best F1 on their transients is kept. A run that was stopped goes on where it was "
        "when the same command is given again. A file named 'stop' in the folder ends a run soon, with "
        "the best of its finished epochs as the classifier.",
    )
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SESSION|BUNDLE|DIR", help="labelled recordings"
    )
    out_option(
        parser,
        "DIR",
        "folder of the classifier",
        required=True,
        force_help="start anew in a folder that holds another run, or other files, which are kept",
    )
    parser.add_argument(
        "--validation",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        metavar="SESSION|DIR",
        help="recordings to judge by",
    )
    parser.add_argument(
        "--start-from",
        metavar="NAME|DIR",
        help="classifier whose weights to start from (fine-tuning); what is not set below is then "
        f"chosen for a few labelled cells: {FINE_TUNING.epochs} epochs of "
        f"{FINE_TUNING.windows_per_epoch} windows, learning rate {FINE_TUNING.learning_rate:g}",
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="layer of the sessions to learn from (default: the consensus, or the only expert)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out, as the same command does without it",
    )
    add_settings_arguments(parser, TrainingSettings, title="training")
    add_settings_arguments(parser, WindowSettings, title="network and windows")
    add_settings_arguments(parser, AugmentationSettings, title="augmentation of the windows")
    add_settings_arguments(
        parser, PredictionSettings, title="prediction, as noted in the classifier's card"
    )
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Train and say what came of it."""
    from deepcinac.errors import InputError
    from deepcinac.learning.trainer import train
    from deepcinac.learning.zoo import find_classifier, remember
    from deepcinac.tasks.activity.sources import find_sources
    from deepcinac.tasks.activity.task import ActivityTask

    if args.force and args.resume:
        raise InputError("--force or --resume", "both", "the command line")
    base = FINE_TUNING if args.start_from else TrainingSettings()
    start = find_classifier(args.start_from) if args.start_from else None
    corrected = start.card.weights_sha256 if start else ""
    task = ActivityTask(
        find_sources(args.sources, args.layer, corrected),
        find_sources(args.validation, args.layer) if args.validation else (),
        start,
        settings_from_args(args, WindowSettings),
        settings_from_args(args, AugmentationSettings),
        settings_from_args(args, PredictionSettings),
    )
    settings = settings_from_args(args, TrainingSettings, base)
    card = train(task, args.out, settings, force=args.force, progress=progress)
    remember(args.out)
    print(f"{args.out}: {outcome(card)}")
    return 0


def outcome(card: Card) -> str:
    """Which epoch was kept and how good it is, on what.

    >>> from deepcinac.learning.card import Card
    >>> outcome(Card("mine", training={"best_epoch": 2, "epochs_run": 2}, scores={"score": None}))
    'epoch 2 of 2 kept; nothing was held out, so there is no score'
    >>> start = {"best_epoch": 0, "epochs_run": 4, "started_from": "general"}
    >>> outcome(Card("mine", training=start, scores={"score": None})).split(";")[0]
    'no epoch was better than general on what was held out: it was kept as it is'
    """
    training = card.training
    kept = f"epoch {training['best_epoch']} of {training['epochs_run']} kept"
    if training["best_epoch"] == 0:
        start = training.get("started_from", "the start")
        kept = f"no epoch was better than {start} on what was held out: it was kept as it is"
    score, held = card.scores.get("score"), card.training.get("held_out", {})
    if training["epochs_run"] == 0:
        return (
            f"{training['started_from']} was kept as it is: nothing could judge another one "
            f"({held['words']}, too few transients); label more, best five cells or more"
            if held["units"]
            else f"{training['started_from']} was kept as it is: {held['words']}, so nothing could judge "
            "another one; label more, best five cells or more"
        )
    if score is not None:
        return f"{kept}, {card.scores['score_name']} {score:.3f} ({held['words']})"
    if held.get("by", "nothing") == "nothing":
        return f"{kept}; nothing was held out, so there is no score"
    return f"{kept}; no transient in what was held out ({held['words']}), so there is no score"
