"""``deepcinac evaluate``: how good predictions are, against what is known to be true."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    accept_option,
    accepted_from,
    json_option,
    out_option,
    positive_float,
    print_json,
    progress_option,
    refuse_existing,
    share,
)
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.evaluation.comparison import Difference
    from deepcinac.evaluation.predictions import Predictions
    from deepcinac.evaluation.report import Method
    from deepcinac.evaluation.truth import Truth

_log = logging.getLogger(__name__)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score predictions against the truth",
        description="Print recall, precision and F1 of transients, as in the DeepCINAC paper and "
        "more strictly; average precision and ROC AUC of frames; the share of each transient's frames "
        "that is predicted; and how much cross-talk was rejected. Several files are compared.",
    )
    parser.add_argument(
        "--truth",
        required=True,
        type=Path,
        metavar="SESSION|NPZ",
        help="a session (its consensus or expert layer); truth.npz of 'deepcinac simulate' or its "
        "folder; any .npz with active (n_cells, n_frames) and perhaps doubtful, trace and fr",
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="layer of the session to take as truth (default: the consensus, or the only expert)",
    )
    parser.add_argument(
        "--predictions",
        required=True,
        action="extend",
        nargs="+",
        type=Path,
        metavar="FILE|LAYER",
        help="written by 'deepcinac predict' (.npz, .npy, .mat, .csv, .nwb, .zarr) or of another method; a "
        "layer of the session that is the truth; or of another one (SESSION#LAYER); may be repeated",
    )
    parser.add_argument(
        "--threshold",
        type=share,
        metavar="P",
        help="a frame counts as predicted at or above this probability (default: that of the "
        "predictions, else 0.5 as in the paper)",
    )
    parser.add_argument(
        "--frame-rate", type=positive_float, metavar="HZ", help="required unless a file states it"
    )
    parser.add_argument(
        "--movie", metavar="MOVIE", help="with --cells: the traces, where the truth holds none"
    )
    parser.add_argument("--cells", type=Path, metavar="CELLS", help="the cells of --movie")
    out_option(
        parser,
        "DIR",
        "write scores.json, per_cell.csv, transients.csv, scores.png and scores.svg there",
    )
    json_option(parser)
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the confidence intervals (default: 0)"
    )
    accept_option(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Score each file, print the tables, and write what was asked for."""
    import numpy as np

    from deepcinac.evaluation.comparison import compare
    from deepcinac.evaluation.report import Method, text_report
    from deepcinac.evaluation.score import score
    from deepcinac.formats.activity_values import ask_about_rest

    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise InputError("a folder to write into", "a file", args.out)
    if args.out is not None:
        refuse_existing(args.out / "scores.json", args.force)
    truth, loaded = _loaded(args, progress)
    truth = _completed(truth, loaded, args, progress)
    methods = []
    for path, name, predictions in zip(
        args.predictions, method_names(args.predictions), loaded, strict=True
    ):
        generator = np.random.default_rng(args.seed)
        if not predictions.meta.get("weights_sha256"):
            ask_about_rest(predictions.probability, path, accepted_from(args))
        for label, threshold in _thresholds(truth, predictions, args):
            scores = score(
                truth, predictions.probability, predictions.cells, threshold, generator, path
            )
            methods.append(Method(f"{name}{label}", scores))
    differences = compare([m.name for m in methods], [m.scores for m in methods])
    content = _content(args, methods, differences)
    if args.json:
        print_json(content)
    else:
        print(f"{heading(truth, methods)}\n\n{text_report(methods, differences)}")
    if args.out is not None:
        _write(args.out, content, methods)
    return 0


def _thresholds(
    truth: Truth, predictions: Predictions, args: argparse.Namespace
) -> list[tuple[str, float]]:
    """What to add to the method's name, and its threshold; a curve has two unless one is given."""
    from deepcinac.evaluation.curves import ANY_SPIKE, best_threshold
    from deepcinac.results.kinds import DEFAULT_THRESHOLD

    if args.threshold is not None:
        return [("", args.threshold)]
    if predictions.is_curve:
        best = best_threshold(truth, predictions.probability, predictions.cells)
        chosen = f" (best threshold on this truth: {best:.2g} of each cell's largest value)"
        return [(" (anything above 0)", ANY_SPIKE), (chosen, best)]
    own = predictions.meta.get("threshold")
    return [("", DEFAULT_THRESHOLD if own is None else own)]


def _loaded(args: argparse.Namespace, progress: Progress) -> tuple[Truth, list[Predictions]]:
    """Truth and predictions; with a session as truth, predictions may be names of its layers."""
    from deepcinac.evaluation.predictions import LAYER_SIGN, SESSION_ENDING, load_predictions
    from deepcinac.evaluation.session_truth import read_truth_session
    from deepcinac.evaluation.truth import load_truth

    if args.truth.suffix != ".deepcinac":
        truth = load_truth(args.truth)
        return truth, [load_predictions(path, truth.shape) for path in args.predictions]
    truth = read_truth_session(args.truth, args.layer, progress)
    loaded = []
    for path in args.predictions:
        is_layer = not path.is_file() and SESSION_ENDING not in str(path)
        place = f"{args.truth}{LAYER_SIGN}{path}" if is_layer else path
        loaded.append(load_predictions(place, truth.shape, truth.cells))
        for note in loaded[-1].notes:
            _log.warning("%s: %s.", path, note)
    return truth, loaded


def method_names(paths: Sequence[Path]) -> list[str]:
    """A short name for each file or layer: its stem, with as many folders as tell them apart."""
    for n_parts in (1, 2, 3):
        names = ["/".join(_plain(path).absolute().parts[-n_parts:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    names = [str(path) for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("different files", "the same one twice", twice[0])
    return names


def _plain(path: Path) -> Path:
    """Without the ending of a file; of ``a/s.deepcinac#general``, ``a/s#general``."""
    if ".deepcinac#" in str(path):
        return Path(str(path).replace(".deepcinac#", "#"))
    return path.with_suffix("")


def heading(truth: Truth, methods: Sequence[Method]) -> str:
    """What was scored against what."""
    n_cells, n_frames = truth.shape
    rate = f" at {truth.frame_rate_hz:g} Hz" if truth.frame_rate_hz else ""
    lines = [f"Truth        {truth.path}: {n_cells} cells, {n_frames} frames{rate}"]
    for method in methods:
        scores = method.scores
        part = "" if len(scores.cells) == n_cells else f", {len(scores.cells)} cells"
        lines.append(f"Predictions  {method.name}{part}")
    doubtful = methods[0].scores.doubtful_share
    for method in methods:
        if share_without := method.scores.share_without_value:
            lines.append(
                f"Left out     {share_without:.1%} of the frames of {method.name}: no value"
            )
    if doubtful:
        lines.append(f"Left out     {doubtful:.1%} of the frames, which are doubtful")
    return "\n".join(lines)


def _completed(
    truth: Truth, loaded: Sequence[Predictions], args: argparse.Namespace, progress: Progress
) -> Truth:
    """The truth with the frame rate and the traces that it lacks, where they are available."""
    noted = [predictions.meta.get("frame_rate_hz") for predictions in loaded]
    rate = args.frame_rate or truth.frame_rate_hz or next((float(r) for r in noted if r), None)
    if (args.movie is None) != (args.cells is None):
        missing = "--cells" if args.cells is None else "--movie"
        raise InputError("--movie and --cells together", f"no {missing}")
    if args.movie is None:
        return dataclasses.replace(truth, frame_rate_hz=rate)

    from deepcinac.formats import load_cells
    from deepcinac.recording.movie_readers import open_movie
    from deepcinac.recording.traces import extract_traces

    with open_movie(args.movie, progress=progress) as movie:
        cells = load_cells(args.cells, (movie.height, movie.width))
        found = (len(cells), movie.n_frames)
        if found != truth.shape:
            raise InputError(
                "the {} cells and {} frames of the truth".format(*truth.shape),
                "{} cells and {} frames".format(*found),
                args.movie,
            )
        trace = extract_traces(movie, cells, progress=progress).raw
        rate = rate or movie.frame_rate_hz
    return dataclasses.replace(truth, frame_rate_hz=rate, trace=trace)


def _content(
    args: argparse.Namespace, methods: Sequence[Method], differences: Sequence[Difference]
) -> dict[str, Any]:
    from deepcinac.evaluation.tables import as_dict

    return {
        "truth": str(args.truth),
        "predictions": [str(path) for path in args.predictions],
        "methods": [as_dict(method) for method in methods],
        "differences_of_f1": [dataclasses.asdict(gap) for gap in differences],
    }


def _write(out: Path, content: dict[str, Any], methods: Sequence[Method]) -> None:
    from deepcinac.evaluation.figure_style import save_figure
    from deepcinac.evaluation.score_figure import scores_figure
    from deepcinac.evaluation.tables import per_cell_rows, transient_rows, write_csv
    from deepcinac.files import write_json

    write_json(out / "scores.json", content)
    write_csv(out / "per_cell.csv", per_cell_rows(methods))
    write_csv(out / "transients.csv", transient_rows(methods))
    figure = scores_figure(methods, f"Scores against {content['truth']}")
    for ending in (".png", ".svg"):
        save_figure(figure, out / f"scores{ending}")
