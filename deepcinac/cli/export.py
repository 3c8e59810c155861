"""``deepcinac export``: layers of a session into a file that other programs read."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import layers_option, out_option, refuse_existing
from deepcinac.cli.nwb_options import nwb_options
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.labelling.session import Layer, Session
    from deepcinac.results import Results


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "export",
        help="write layers of a session into a file",
        description="Write the labels of experts, or the predictions of a classifier. A .csv holds "
        "one transient or span a row and may hold several layers; a .npz of labels is also a truth "
        "for 'deepcinac evaluate'. An .nwb holds the labels of several people and one prediction. A .cinac "
        "is for the published program: the judged stretches with their part of the movie. With "
        "--suite2p a prediction becomes arrays in the order of suite2p's ROIs, beside its folder. "
        "With --corrections: a bundle (.h5) of what was answered in the review, with crops of the movie "
        "around it, which can be shared and trained on; paths and names of the recording stay behind.",
    )
    parser.add_argument("session", type=Path, metavar="SESSION", help="a .deepcinac file")
    layers_option(parser, "a layer (default: all layers of experts)")
    out_option(
        parser,
        "FILE",
        "ends in .csv, .npz, .mat or .nwb; predictions also in .npy or .zarr, labels of one expert "
        "also in .cinac; corrections in .h5",
    )
    parser.add_argument(
        "--suite2p",
        type=Path,
        metavar="FOLDER",
        help="a plane of suite2p (plane0) that the cells came from: instead of --out, write "
        "deepcinac_plane0_LAYER_probability.npy and its like beside it, a row for each ROI, NaN where "
        "nothing was predicted; suite2p's own files stay as they are",
    )
    parser.add_argument(
        "--corrections", action="store_true", help="write the corrections of one layer as a bundle"
    )
    parser.add_argument(
        "--licence",
        metavar="TEXT",
        help="under which others may use the bundle, for instance CC-BY-4.0 (with --corrections)",
    )
    parser.add_argument(
        "--by",
        metavar="TEXT",
        default="",
        help="who to name in the bundle (default: the layer's author)",
    )
    nwb_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Write what was asked for."""
    from deepcinac.labelling.session import Session

    if (args.out is None) == (args.suite2p is None):
        found = "neither" if args.out is None else "both"
        raise InputError("--out FILE or --suite2p FOLDER", found)
    if args.out is not None:
        refuse_existing(args.out, args.force)
    if args.corrections:
        if args.out is None:
            raise InputError("--out FILE with --corrections", "--suite2p")
        print(_export_corrections(args, progress))
        return 0

    with Session.open(args.session, read_only=True) as session:
        for line in _exported(session, chosen_layers(session, args.layer), args, progress):
            print(line)
    return 0


def _exported(
    session: Session, layers: list[Layer], args: argparse.Namespace, progress: Progress
) -> list[str]:
    """Write the layers in the form that was asked for; what was done, a line each."""
    if args.suite2p is not None:
        return _export_beside_suite2p(session, layers, args)
    out, ending = args.out, args.out.suffix.lower()
    if ending == ".cinac":
        return [f"{out}: {line}" for line in _export_cinac(session, layers, out, progress)]
    predicted = [layer for layer in layers if len(session.predicted_cells(layer.id))]
    suggesting = [layer for layer in layers if session.type_predictions(layer.id)]
    if ending == ".nwb" and not suggesting:
        return [f"{out}: {line}" for line in _export_nwb(session, layers, predicted, args)]
    if (predicted or suggesting) and len(layers) > 1:
        raise InputError(
            "a prediction alone in its file", f"{len(layers)} layers", args.session,
            f"export {(predicted + suggesting)[0].name} by itself",
        )  # fmt: skip
    if suggesting:
        return [_export_types(session, suggesting[0], out)]
    if predicted:
        return [_export_prediction(session, predicted[0], out)]
    return [_export_labels(session, layers, out)]


def _export_corrections(args: argparse.Namespace, progress: Progress) -> str:
    """A bundle of what was answered in the review of one layer."""
    from deepcinac.files import in_units
    from deepcinac.formats.corrections_bundle import ENDINGS, write_bundle
    from deepcinac.labelling.judgement import truth_layer
    from deepcinac.opening import open_recording

    if args.out.suffix.lower() not in ENDINGS:
        raise InputError("a bundle that ends in .h5", f"'{args.out.name}'")
    licence = (args.licence or "").strip()
    if not licence:
        hint = "add --licence, for instance --licence CC-BY-4.0"
        raise InputError("a licence under which others may use the bundle", "none", hint=hint)
    if args.layer and len(args.layer) > 1:
        raise InputError("the corrections of one layer", f"{len(args.layer)} layers")
    with open_recording(args.session, progress=progress) as recording:
        session = recording.require_session()
        layer = session.find_layer(args.layer[0]) if args.layer else truth_layer(session)
        count = write_bundle(
            args.out, session, layer.id, recording.movie, licence, args.by, progress
        )
    size = in_units(args.out.stat().st_size)
    return f"{args.out}: {count} corrections of {layer.name}, {size}, licence {licence}"


def chosen_layers(session: Session, names: list[str] | None) -> list[Layer]:
    """The layers with these names; without names, those of experts."""
    if names:
        return [session.find_layer(name) for name in dict.fromkeys(names)]
    layers = session.layers("expert")
    if not layers:
        held = ", ".join(f"{x.name} ({x.kind})" for x in session.layers()) or "no layer"
        raise InputError("a layer of an expert", held, session.path, "choose one with --layer NAME")
    return layers


def _export_labels(session: Session, layers: list[Layer], out: Path) -> str:
    from deepcinac.formats.label_files import save_labels
    from deepcinac.labelling.layer_labels import read_labels

    recording = session.recording
    labels = [read_labels(session, layer.id) for layer in layers]
    movie = Path(recording.movie_absolute).name
    save_labels(out, labels, recording.frame_rate_hz, movie)
    names = ", ".join(layer.name for layer in layers)
    return f"{out}: {sum(len(x.transients) for x in labels)} transients ({names})"


def _export_cinac(
    session: Session, layers: list[Layer], out: Path, progress: Progress
) -> list[str]:
    """The labels of one layer for the published program; what was done, a line each."""
    import numpy as np

    from deepcinac.formats.cinac_writing import write_cinac
    from deepcinac.labelling.layer_labels import read_labels
    from deepcinac.opening import open_recording

    if len(layers) != 1:
        named = ", ".join(layer.name for layer in layers)
        hint = "choose it with --layer NAME"
        raise InputError("one layer for a .cinac", named, session.path, hint)
    labels = read_labels(session, layers[0].id)
    states = session.cell_states()
    types = {cell: state.type for cell, state in enumerate(states) if state.type}
    cells = replace(session.cells(), valid=np.array([state.valid for state in states]))
    with open_recording(session, progress=progress) as recording:
        return write_cinac(out, labels, cells, recording.movie, types, progress)


def _export_nwb(
    session: Session, layers: list[Layer], predicted: list[Layer], args: argparse.Namespace
) -> list[str]:
    """Labels of all layers and what one of them predicts, in one file; what was done, a line each."""
    from deepcinac.cli.nwb_options import about_from
    from deepcinac.files import written_atomically
    from deepcinac.formats.nwb_export import content_of
    from deepcinac.results.nwb import write_content

    if len(predicted) > 1:
        names = ", ".join(layer.name for layer in predicted)
        raise InputError(
            "one prediction in an .nwb", f"{len(predicted)} ({names})", args.session,
            "choose it with --layer NAME, beside the layers of experts",
        )  # fmt: skip
    content = content_of(session, layers, predicted, about_from(args, session.provenance()))
    with written_atomically(args.out) as temporary:
        said = write_content(temporary, content)
    n_labels = sum(len(x.rows) for x in content.labels if x.what == "transient")
    names = ", ".join(layer.name for layer in layers)
    return [f"{n_labels} transients, {len(content.cells)} cells ({names})", *said]


def _export_types(session: Session, layer: Layer, out: Path) -> str:
    """Suggested types, and beside them those that were given."""
    from deepcinac.formats.type_files import write_types

    if out.suffix.lower() != ".csv":
        raise InputError("a .csv for suggested types", f"'{out.name}'")
    given = {cell: state.type for cell, state in enumerate(session.cell_states()) if state.type}
    found = session.type_predictions(layer.id)
    write_types(out, session.n_cells, given, found)
    return f"{out}: suggested types of {len(found)} cells ({layer.name})"


def _export_prediction(session: Session, layer: Layer, out: Path) -> str:
    from deepcinac.results.files import check_out, write_results

    check_out(out)
    write_results(out, _results_of(session, layer), session.cells())
    cells = session.predicted_cells(layer.id)
    return f"{out}: {len(cells)} cells, {session.recording.n_frames} frames ({layer.name})"


def _results_of(session: Session, layer: Layer) -> Results:
    """What a layer says, with the threshold and what the session knows of the movie."""
    results, recording = session.results(layer.id), session.recording
    rates = {"frame_rate_hz": recording.frame_rate_hz, "pixel_size_um": recording.pixel_size_um}
    return replace(results, threshold=results.cut, info={**rates, **results.info})


def _export_beside_suite2p(
    session: Session, layers: list[Layer], args: argparse.Namespace
) -> list[str]:
    """Arrays in the order of suite2p's ROIs; what was done, a line each."""
    from deepcinac.formats.suite2p_export import files_for, write_beside

    if len(layers) != 1 or not len(session.predicted_cells(layers[0].id)):
        named = ", ".join(f"{layer.name} ({layer.kind})" for layer in layers)
        hint = "choose it with --layer NAME"
        raise InputError("one layer with a prediction", named, args.session, hint)
    results = _results_of(session, layers[0])
    files = files_for(args.suite2p, layers[0].name, results)
    for path in files.values():
        refuse_existing(path, args.force)
    return write_beside(args.suite2p, files, results, session.cells())
