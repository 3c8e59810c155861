"""``deepcinac evaluate``: how good predictions are, against what is known to be true."""

from __future__ import annotations

import argparse
import dataclasses
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
from deepcinac.cli.evaluate_around import add_around_options, run_around
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.evaluation.predictions import Predictions
    from deepcinac.evaluation.report import Method
    from deepcinac.evaluation.study import Study
    from deepcinac.evaluation.truth import Truth


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score predictions against the truth",
        description="Score experts, classifiers and other methods against the truth: recall, precision and "
        "F1 of transients, as in the DeepCINAC paper and more strictly, with intervals; scores of frames; "
        "the share of each transient's frames that is predicted; how much cross-talk was rejected; and "
        "whether one is better than another. With --out, a report: one HTML page, and each figure as PNG, "
        "SVG and CSV. With --around, a report of what cells do before, during and after the events of a "
        "signal: stimulation, injury.",
    )
    parser.add_argument(
        "--truth",
        action="extend",
        nargs="+",
        type=Path,
        metavar="SESSION|NPZ",
        help="a session (its consensus or expert layer); truth.npz of 'deepcinac simulate' or its "
        "folder; any .npz with active (n_cells, n_frames) and perhaps doubtful, trace and fr; several "
        "recordings are scored together",
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="layer of the sessions to take as truth (default: the consensus, or the only expert)",
    )
    parser.add_argument(
        "--predictions",
        action="extend",
        nargs="+",
        metavar="FILE|LAYER",
        help="written by 'deepcinac predict' (.npz, .npy, .mat, .csv, .nwb, .zarr) or of another method; "
        "a layer of the session that is the truth; or of another one (SESSION#LAYER); with several truths, "
        "a layer, or a file of this name beside each (default: every layer of the session)",
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
        "write the report there: report.html, the folder figures, scores.json, per_cell.csv, "
        "transients.csv",
    )
    parser.add_argument(
        "--no-crosstalk",
        action="store_true",
        help="in the report of sessions, do not look for cross-talk by the paper's rule, which reads "
        "the movie",
    )
    json_option(parser)
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the confidence intervals (default: 0)"
    )
    add_around_options(parser)
    accept_option(parser)
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Score everything, print the tables, and write what was asked for."""
    from deepcinac.evaluation.report import Method, text_report
    from deepcinac.evaluation.study_reading import StudyRequest, read_study

    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise InputError("a folder to write into", "a file", args.out)
    if args.out is not None:
        for name in ("scores.json", "report.html"):
            refuse_existing(args.out / name, args.force)
    if args.around is not None:
        return run_around(args, progress)
    if not args.truth:
        raise InputError("what is true", "nothing", hint="add --truth, or --around with --sessions")
    if args.sessions:
        raise InputError("--around beside --sessions", "none")
    if args.movie is not None and len(args.truth) > 1:
        raise InputError("one truth with --movie", f"{len(args.truth)}")
    names = args.predictions and list(map(str, args.predictions))
    request = StudyRequest(
        truths=args.truth,
        names=names,
        layer=args.layer,
        threshold=args.threshold,
        frame_rate_hz=args.frame_rate,
        find_crosstalk=args.out is not None and not args.no_crosstalk,
        seed=args.seed,
        check=lambda predictions, name: _ask_about_values(predictions, name, args),
        complete=lambda truth: _completed(truth, args, progress),
    )
    study = read_study(request, progress)
    several = len(study.recordings) > 1
    methods = [
        Method(f"{e.method}, {e.recording}" if several else e.method, e.scores)
        for e in study.entries
    ]
    content = _content(args, study, methods)
    if args.json:
        print_json(content)
    else:
        print(f"{heading(study)}\n\n{text_report(methods, study.differences)}")
    if args.out is not None:
        page = _write(args.out, content, study, methods, progress)
        if not args.json:
            print(f"\nThe report is in {page}")
    return 0


def _ask_about_values(predictions: Predictions, name: str, args: argparse.Namespace) -> None:
    """A method of another program may hold a resting value in place of zeros."""
    from deepcinac.formats.activity_values import ask_about_rest

    if not predictions.meta.get("weights_sha256"):
        ask_about_rest(predictions.probability, name, accepted_from(args))


def heading(study: Study) -> str:
    """What was scored against what."""
    lines = []
    for recording in study.recordings:
        rate = f" at {recording.frame_rate_hz:g} Hz" if recording.frame_rate_hz else ""
        counted = f"{recording.n_cells} cells, {recording.n_frames} frames{rate}"
        lines.append(f"Truth        {recording.truth}: {counted}")
        own = [entry for entry in study.entries if entry.recording == recording.name]
        for entry in own:
            n_cells = len(entry.scores.cells)
            part = "" if n_cells == recording.n_cells else f", {n_cells} cells"
            lines.append(f"Predictions  {entry.method}{part}")
        for entry in own:
            if silent := entry.scores.share_without_value:
                lines.append(f"Left out     {silent:.1%} of the frames of {entry.method}: no value")
        if own and (doubtful := own[0].scores.doubtful_share):
            lines.append(f"Left out     {doubtful:.1%} of the frames, which are doubtful")
        lines += [f"Note         {note}" for note in recording.notes]
    return "\n".join(lines)


def _completed(truth: Truth, args: argparse.Namespace, progress: Progress) -> Truth:
    """The truth with the frame rate and the traces that it lacks, where they were given."""
    rate = args.frame_rate or truth.frame_rate_hz
    if (args.movie is None) != (args.cells is None):
        missing = "--cells" if args.cells is None else "--movie"
        raise InputError("--movie and --cells together", f"no {missing}")
    if args.movie is None:
        return dataclasses.replace(truth, frame_rate_hz=rate)

    from deepcinac.formats import load_cells
    from deepcinac.recording.movie_readers import open_movie
    from deepcinac.recording.traces import extract_traces

    with open_movie(args.movie, axes_known=True, progress=progress) as movie:
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


def _content(args: argparse.Namespace, study: Study, methods: Sequence[Method]) -> dict[str, Any]:
    from deepcinac.evaluation.comparison import in_words
    from deepcinac.evaluation.report_tables import total_rows
    from deepcinac.evaluation.tables import as_dict

    told = zip(study.entries, methods, strict=True)
    return {
        "truth": [str(path) for path in args.truth],
        "predictions": list(study.methods),
        "recordings": [
            {"name": one.name, "truth": one.truth, "masks": one.masks, "notes": list(one.notes)}
            for one in study.recordings
        ],
        "methods": [
            {
                **as_dict(method),
                "method": entry.method,
                "recording": entry.recording,
                "against": entry.against,
            }
            for entry, method in told
        ],
        "totals": total_rows(study),
        "differences_of_f1": [
            {**dataclasses.asdict(gap), "in_words": in_words(gap)} for gap in study.differences
        ],
    }


def _write(
    out: Path, content: dict[str, Any], study: Study, methods: Sequence[Method], progress: Progress
) -> Path:
    from deepcinac.evaluation.html_report import write_report
    from deepcinac.evaluation.tables import per_cell_rows, transient_rows, write_csv
    from deepcinac.files import write_json

    write_json(out / "scores.json", content)
    write_csv(out / "per_cell.csv", per_cell_rows(methods))
    write_csv(out / "transients.csv", transient_rows(methods))
    return write_report(out, study, progress)
