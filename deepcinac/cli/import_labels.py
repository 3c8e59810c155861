"""``deepcinac import``: labels, predictions or signals from a file into a session."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import accept_option, accepted_from
from deepcinac.cli.import_signals import add_signal_options, import_signals
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.labelling.layer_labels import Labels
    from deepcinac.labelling.session import Session
    from deepcinac.results import Results

KINDS = ("expert", "consensus", "method", "types", "signal")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "import",
        help="bring labels, predictions or signals into a session",
        description="Bring labels (.csv, .npz, .mat, the published program's .cinac), predictions "
        "(.npz and .mat with probabilities; .csv, .nwb and .zarr of 'deepcinac predict') or what "
        "another method says (an array of cells x frames in .npy, .npz, .mat or CaImAn's .hdf5; a "
        "RoiResponseSeries of an .nwb; an .npy never says what made it) into a session, each into a "
        "new layer. A prediction joins the layer of the same classifier, settings and movie, where "
        "there is one; no other layer is changed.",
    )
    parser.add_argument("session", type=Path, metavar="SESSION", help="a .deepcinac file")
    parser.add_argument("labels", type=Path, metavar="FILE", help="labels or predictions")
    parser.add_argument(
        "--variable",
        metavar="NAME",
        help="the series of an .nwb, or the array of another method, where the file holds several",
    )
    parser.add_argument(
        "--swap-xy", action="store_true", help="exchange x and y of the masks of an .nwb"
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="name of the new layer (default: the one in the file, or the file's)",
    )
    parser.add_argument("--author", default="", metavar="NAME", help="who says it")
    parser.add_argument(
        "--kind",
        choices=KINDS,
        help="what the labels are (default: what the file says, or else expert); 'method' is for "
        "the transients that another program found, 'types' for the types of cells (.csv, .npy, "
        ".npz, .mat), 'signal' for what was recorded beside the movie: running, licking, a stimulus "
        "(.csv, .npy, .npz, .mat, .nwb)",
    )
    parser.add_argument(
        "--types",
        metavar="A,B,...",
        help="with --kind types: the names of the columns of an array of probabilities",
    )
    parser.add_argument(
        "--all-judged",
        action="store_true",
        help="say that every frame of the cells in the file has been judged",
    )
    accept_option(parser)
    add_signal_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Read the file whole before the session is touched."""
    from deepcinac.formats.choices import split_variable
    from deepcinac.labelling.session import Session

    with Session.open(args.session) as session:
        if session.read_only:
            raise InputError(
                "a session that can be edited",
                f"one that is read only: {session.read_only_reason}",
                args.session,
            )
        ending = split_variable(args.labels)[0].suffix.lower()
        with session.group(f"import {args.labels.name}"):
            said = _import(session, args, ending)
            session.note_accepted(args.accept)
        for line in said:
            print(f"{args.session}: {line}")
    return 0


def _import(session: Session, args: argparse.Namespace, ending: str) -> list[str]:
    """Bring the file in as what it holds; what was done, a line each."""
    if args.kind == "types":
        from deepcinac.cli.import_types import import_types

        return import_types(session, args)
    if args.kind == "signal":
        return import_signals(session, args)
    if ending in (".cinac", ".nwb"):
        return _import_whole(session, args, ending)
    if args.kind != "method" and _is_prediction(args, ending):
        return _import_prediction(session, args)
    if _is_curve(args, ending):
        return _import_curves(session, args)
    if ending != ".csv" and _is_prediction(args, ending):  # a .csv is a list of transients as well
        return _import_prediction(session, args)
    return _import_labels(session, args)


def _import_whole(session: Session, args: argparse.Namespace, ending: str) -> list[str]:
    """Labels of a .cinac, or a series of an .nwb; what was done, a line each."""
    from deepcinac.files import require_file
    from deepcinac.formats.choices import CellOptions, split_variable

    path, variable = split_variable(args.labels)
    require_file(path, f"a {ending} file")
    if ending == ".cinac":
        from deepcinac.formats.cinac_import import import_cinac

        if args.all_judged:
            raise InputError(
                "labels with --all-judged", "a .cinac, which says what was judged", path
            )
        return import_cinac(session, path, args.layer, args.author, args.kind or "expert")
    from deepcinac.formats.nwb_import import import_series
    from deepcinac.results.nwb import is_ours

    if not (args.variable or variable or args.kind or args.all_judged) and is_ours(path):
        return _import_own_nwb(session, path, args)
    if args.all_judged or args.kind not in (None, "method"):
        raise InputError("labels with --kind or --all-judged", "a series of another method", path)
    options = CellOptions(args.variable or variable, swap_xy=args.swap_xy)
    return import_series(session, path, options, args.layer, args.author)


def _import_own_nwb(session: Session, path: Path, args: argparse.Namespace) -> list[str]:
    """All that an NWB of ours holds: the results as results, the labels as labels."""
    from deepcinac.formats.nwb_export import labels_of
    from deepcinac.labelling.layer_labels import add_labels
    from deepcinac.results.files import read_results
    from deepcinac.results.footprint_matching import matched_to
    from deepcinac.results.nwb import holds_results

    said: list[str] = []
    labels = labels_of(path, session.n_cells, session.recording.n_frames)
    if args.layer and (len(labels) > 1 or labels and holds_results(path)):
        raise InputError("a file of one layer where --layer gives it a name", "several", path)
    with session.group(f"import {path.name}"):
        if holds_results(path):
            results, notes = matched_to(read_results(path), session.cells(), path)
            layer = session.write_results(results, args.layer, args.author)
            n_cells = len(results.items[0].require_cells())
            said += [f"layer {layer.name} ({layer.kind}), {n_cells} cells predicted", *notes]
        for one in labels:
            named = _as_asked(one, args)
            add_labels(session, named)
            said.append(f"layer {named.name} ({named.kind}), {len(one.transients)} transients")
    return said


def _is_curve(args: argparse.Namespace, ending: str) -> bool:
    """Whether a file is another method's array of cells x frames, and not a list of labels.

    An ``.npy`` always is: it cannot say what made it, so it is never taken for a classifier's.
    """
    from deepcinac.formats.choices import split_variable
    from deepcinac.formats.method_curves import ARRAY_ENDINGS, HDF5_ENDINGS

    path, variable = split_variable(args.labels)
    if ending in HDF5_ENDINGS or ending == ".npy":
        return True
    if args.kind not in (None, "method") or ending not in ARRAY_ENDINGS:
        return False
    if variable or args.variable:
        return True
    from deepcinac.containers.variables import list_variables
    from deepcinac.files import require_file

    names = {v.name for v in list_variables(require_file(path, "a file of labels"))}
    return not names & {"active", "onsets", "transients"}


def _import_curves(session: Session, args: argparse.Namespace) -> list[str]:
    from deepcinac.formats.choices import CellOptions, split_variable
    from deepcinac.formats.method_curves import import_curves

    path, variable = split_variable(args.labels)
    if args.all_judged or args.kind not in (None, "method"):
        raise InputError("labels with --kind or --all-judged", "an array of another method", path)
    options = CellOptions(args.variable or variable, accepted=tuple(args.accept))
    return import_curves(session, path, options, args.layer, args.author)


def _is_prediction(args: argparse.Namespace, ending: str) -> bool:
    """Whether a file is what a classifier says; what makes it so is its content, never its name."""
    from deepcinac.files import require_results
    from deepcinac.formats.choices import split_variable
    from deepcinac.results.recognising import holds_results

    path = require_results(split_variable(args.labels)[0], "a file of labels or predictions")
    return ending != ".npy" and holds_results(path)


def _require_no_better(session: Session, results: Results, path: Path) -> None:
    """A list of transients is read as 0 and 1, which must not replace the probabilities it came from."""
    for layer in session.layers("classifier"):
        known = session.results(layer.id) if len(session.predicted_cells(layer.id)) else None
        if known is not None and known.maker.identity == results.maker.identity:
            raise InputError(
                "a prediction that the session does not hold",
                f"transients of its layer {layer.name}, which has the probabilities too",
                path,
            )


def _import_prediction(session: Session, args: argparse.Namespace) -> list[str]:
    """Into the layer of what made it, or a new one; what was done, a line each."""
    from deepcinac.results.files import read_results
    from deepcinac.results.footprint_matching import matched_to

    if args.kind or args.all_judged:
        raise InputError("labels with --kind or --all-judged", "a prediction", args.labels)
    results = read_results(args.labels, (session.n_cells, session.recording.n_frames))
    _ask_about_prediction(results, args)
    if args.labels.suffix.lower() == ".csv":
        _require_no_better(session, results, args.labels)
    results, notes = matched_to(results, session.cells(), args.labels)
    with session.group(f"import {args.labels.name}"):
        layer = session.write_results(results, args.layer, args.author)
    n_cells = len(results.items[0].require_cells())
    done = f"layer {layer.name} ({layer.kind}), {n_cells} cells predicted"
    return [done, *notes]


def _ask_about_prediction(results: Results, args: argparse.Namespace) -> None:
    """Ask whether the values of a file that no classifier of ours wrote can be activity."""
    from deepcinac.formats.activity_values import ask_about_rest
    from deepcinac.results.kinds import CURVE, PROBABILITY

    item = results.get(PROBABILITY) or results.get(CURVE)
    if item is not None and not item.maker.weights_sha256:
        ask_about_rest(item.array, args.labels, accepted_from(args))


def _import_labels(session: Session, args: argparse.Namespace) -> list[str]:
    from deepcinac.formats.label_files import load_labels
    from deepcinac.labelling.layer_labels import add_labels

    layers = load_labels(args.labels, session.n_cells, session.recording.n_frames)
    if args.layer and len(layers) > 1:
        raise InputError(
            "one layer where --layer gives it a name",
            ", ".join(labels.name for labels in layers),
            args.labels,
            "leave --layer out: each keeps its own name",
        )
    layers = [_as_asked(labels, args) for labels in layers]
    with session.group(f"import {args.labels.name}"):
        for labels in layers:
            add_labels(session, labels)
    return [
        f"layer {labels.name} ({labels.kind}), {len(labels.transients)} transients"
        for labels in layers
    ]


def _as_asked(labels: Labels, args: argparse.Namespace) -> Labels:
    """The labels with the name, author and kind of the command line."""
    import numpy as np

    from deepcinac.labelling.layer_kinds import RESULT_KINDS
    from deepcinac.labelling.spans import WHOLE_FIELD

    if labels.kind in RESULT_KINDS and args.kind not in (None, *RESULT_KINDS):
        raise InputError(
            f"labels of a person as {args.kind}",
            f"those of a {labels.kind}",
            args.labels,
            "what a program says stays what a program says: leave --kind out",
        )
    named = replace(
        labels,
        name=args.layer or labels.name,
        author=args.author or labels.author,
        kind=args.kind or labels.kind,
        meta={**labels.meta, "imported_from": args.labels.name},
    )
    if not args.all_judged:
        return named
    marked = np.concatenate([labels.transients, *labels.spans.values()])[:, 0]
    cells = np.unique(marked[marked != WHOLE_FIELD])
    whole = np.column_stack([cells, np.zeros_like(cells), np.full_like(cells, named.n_frames - 1)])
    others = named.spans["labelled"][named.spans["labelled"][:, 0] == WHOLE_FIELD]
    return replace(named, spans={**named.spans, "labelled": np.concatenate([others, whole])})
