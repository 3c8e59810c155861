"""``deepcinac types``: suggest the type of each cell, learned from the cells that experts have typed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import out_option, progress_option, refuse_existing
from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent

if TYPE_CHECKING:
    from deepcinac.labelling.session import Session
    from deepcinac.results import Results
    from deepcinac.tasks.cell_types.targets import TypedRecording
    from deepcinac.tasks.cell_types.task import LearnedTypes


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "types",
        help="suggest the types of cells, learned from typed cells",
        description="Suggest the type of every cell (interneuron, pyramidal, ...). No classifier of "
        "types comes with the program: it is learned from cells that experts have typed, at least "
        "5 of each of two types. Without --learn or --apply a session learns from its own typed "
        "cells. Suggestions go into a layer of their own; the types that experts gave stay as they "
        "are.",
    )
    parser.add_argument(
        "sessions", nargs="+", type=Path, metavar="SESSION", help="a .deepcinac file, or several"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--learn",
        type=Path,
        metavar="OUT.json",
        help="learn from the typed cells of all sessions, write a classifier and change no session",
    )
    way.add_argument(
        "--apply",
        type=Path,
        metavar="FILE.json",
        help="suggest with a classifier that --learn has written",
    )
    out_option(
        parser,
        "FILE.csv",
        "write the suggestions of one session as a table and leave the session as it is",
    )
    parser.add_argument(
        "--features",
        type=Path,
        metavar="FILE.csv",
        help="also write what was measured of each cell",
    )
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """What can be refused is refused before a movie is read."""
    from deepcinac.tasks.cell_types.model import load_classifier

    _check(args)
    if args.learn:
        recordings = [recording for recording, _ in map(_reader(progress), args.sessions)]
        _write_features(args.features, recordings)
        return _learn(args, recordings, progress)
    classifier = load_classifier(args.apply) if args.apply else None
    recordings = []
    for path in args.sessions:
        _suggest(args, path, classifier, recordings, progress)
    _write_features(args.features, recordings)
    return 0


def _check(args: argparse.Namespace) -> None:
    one = len(args.sessions) == 1
    if not (one or args.learn or args.apply):
        raise InputError("one session, or --learn or --apply", f"{len(args.sessions)} sessions")
    if args.out and (args.learn or not one):
        raise InputError("--out with the suggestions for one session", "something else")
    for path, ending in ((args.out, ".csv"), (args.features, ".csv"), (args.learn, ".json")):
        if path and path.suffix.lower() != ending:
            raise InputError(f"a file name that ends in {ending}", f"'{path.name}'")
        if path:
            refuse_existing(path, args.force)


def _reader(progress: Progress) -> Any:
    """Reads a session: the features and given types of its cells, and the number of typed ones."""
    from deepcinac.labelling.session import Session
    from deepcinac.tasks.cell_types.targets import read_recording

    def read(path: Path) -> tuple[TypedRecording, int]:
        with Session.open(path, read_only=True) as session:
            recording = read_recording(session, progress)
        return recording, sum(name is not None for name in recording.types)

    return read


def _learn(args: argparse.Namespace, recordings: list[TypedRecording], progress: Progress) -> int:
    from deepcinac.tasks.cell_types.model import save_classifier
    from deepcinac.tasks.cell_types.task import learn_from

    learned = learn_from(recordings)
    save_classifier(args.learn, learned.classifier)
    names = ", ".join(learned.classifier.types)
    print(f"{args.learn}: {names}, learned from {learned.scores.n_cells} cells")
    _tell(args, learned, progress)
    return 0


def _suggest(
    args: argparse.Namespace,
    path: Path,
    classifier: Any,
    recordings: list[TypedRecording],
    progress: Progress,
) -> None:
    from deepcinac.labelling.session import Session
    from deepcinac.tasks.cell_types.targets import given_types, read_recording, require_enough
    from deepcinac.tasks.cell_types.task import suggest_from_own, suggest_with

    learned = None
    with Session.open(path, read_only=bool(args.out)) as session:
        if session.read_only and not args.out:
            found = f"one that is read only: {session.read_only_reason}"
            raise InputError("a session that can be edited", found, path, "or add --out FILE.csv")
        if classifier is None:
            require_enough(given_types(session))
        recording = read_recording(session, progress)
        recordings.append(recording)
        if classifier is None:
            suggestions, learned = suggest_from_own(recording)
        else:
            suggestions = suggest_with(classifier, recording)
        print(f"{args.out or path}: {_keep(args, session, recording, suggestions)}.")
    if learned is not None:
        _tell(args, learned, progress)


def _keep(
    args: argparse.Namespace, session: Session, recording: TypedRecording, found: Results
) -> str:
    """Put suggestions into the session, or into a table; in words, how many of which kind."""
    from deepcinac.formats.type_files import write_types
    from deepcinac.tasks.cell_types.task import AUTHOR, LAYER_NAME, in_words, type_predictions

    if args.out:
        given = {cell: name for cell, name in enumerate(recording.types) if name}
        write_types(args.out, session.n_cells, given, type_predictions(found))
    else:
        meta = {**found.info, **({"classifier": args.apply.name} if args.apply else {})}
        session.renew_type_layer(LAYER_NAME, type_predictions(found), AUTHOR, meta)
    return in_words(found, recording.types)


def _tell(args: argparse.Namespace, learned: LearnedTypes, progress: Progress) -> None:
    """How well it works, as text and, as the last JSON line, for programs."""
    print(f"{learned.in_words()}.")
    if args.progress == "jsonl":
        values = {"scores": vars(learned.scores), "left_out": learned.left_out}
        progress(ProgressEvent("done", message=learned.in_words(), values=values))


def _write_features(path: Path | None, recordings: list[TypedRecording]) -> None:
    if path is None:
        return
    import csv

    from deepcinac.files import defused, written_atomically
    from deepcinac.tasks.cell_types.features import FEATURES

    units = [feature.unit.replace(" ", "_") for feature in FEATURES]
    names = [
        f"{f.name}_{unit}" if unit else f.name for f, unit in zip(FEATURES, units, strict=True)
    ]
    with (
        written_atomically(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["recording", "cell", "type", *names])
        for recording in recordings:
            for cell, (row, given) in enumerate(zip(recording.table, recording.types, strict=True)):
                numbers = ["" if value != value else f"{value:.6g}" for value in row.tolist()]
                writer.writerow([defused(recording.name), cell, defused(given or ""), *numbers])
