"""``deepcinac train``: a classifier from labelled recordings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepcinac.classifier.options import FINE_TUNING, TrainingSettings
from deepcinac.cli.common import add_settings_arguments, progress_option, settings_from_args
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "train",
        help="train a classifier",
        description="Learn from labelled recordings: session files, folders made by `deepcinac "
        "simulate`, or folders that hold such folders. Whole recordings (--validation) or whole cells "
        "are held out; the epoch with the best F1 on their transients is kept.",
    )
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SESSION|DIR", help="labelled recordings"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder of the classifier"
    )
    parser.add_argument(
        "--validation",
        nargs="+",
        type=Path,
        default=[],
        metavar="DIR",
        help="recordings to validate on",
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
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    add_settings_arguments(parser, TrainingSettings, title="settings of the training")
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Train and report the result."""
    from deepcinac.classifier.sources import find_sources
    from deepcinac.classifier.training import train
    from deepcinac.classifier.zoo import find_classifier
    from deepcinac.evaluation.selection import validation_scores

    base = FINE_TUNING if args.start_from else TrainingSettings()
    settings = settings_from_args(args, TrainingSettings, base)
    card = train(
        find_sources(args.sources, args.layer),
        args.out,
        settings,
        validation_scores,
        find_sources(args.validation, args.layer) if args.validation else None,
        find_classifier(args.start_from) if args.start_from else None,
        args.resume,
        progress,
    )
    done = f"{args.out}: epoch {card.training['best_epoch']} of {card.training['epochs_run']} kept"
    best = card.scores.get("validation")
    print(f"{done}, F1 of transients {best['f1']:.3f} on held-out data" if best else done)
    return 0
