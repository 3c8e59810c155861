"""``deepcinac demo``: predict the shipped recording, score it, draw it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    accept_option,
    accepted_from,
    classifier_option,
    out_option,
    progress_option,
)
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from deepcinac.recording.cells import Cells
    from deepcinac.recording.movie import Movie
    from deepcinac.results import Results

DEFAULT_OUT = Path("demo-output")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "demo",
        help="predict, score and draw the recording that ships",
        description="Predict a small recording that ships with the program, compare with what is known "
        "to be true of it, and draw it. The recording was made by the program's own simulator, with a "
        "seed that no classifier was trained on: it shows what the output looks like but not "
        "how the classifier does on real tissue.",
    )
    out_option(
        parser,
        "DIR",
        f"folder for prediction.npz, scores.json and demo.png (default: {DEFAULT_OUT})",
        force=False,
        default=DEFAULT_OUT,
    )
    classifier_option(parser)
    accept_option(parser)
    parser.add_argument(
        "--no-gui", action="store_true", help="do not open the window, even where there is a screen"
    )
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Predict, score, draw."""
    import numpy as np

    from deepcinac.data import shipped
    from deepcinac.evaluation.figure_style import save_figure
    from deepcinac.evaluation.figures import recording_figure
    from deepcinac.evaluation.report import Method, text_report
    from deepcinac.evaluation.score import score
    from deepcinac.evaluation.tables import as_dict
    from deepcinac.evaluation.truth import load_truth
    from deepcinac.files import read_json, write_json
    from deepcinac.labelling.transients import raster
    from deepcinac.recording.cells import read_cells
    from deepcinac.recording.movie_readers import open_movie
    from deepcinac.results.files import write_results
    from deepcinac.results.kinds import PROBABILITY
    from deepcinac.tasks.activity.prediction import predict
    from deepcinac.tasks.activity.published import classifier_to_predict

    if args.out.exists() and not args.out.is_dir():
        raise InputError("a folder to write into", "a file", args.out)
    folder = shipped("demo")
    meta = read_json(folder / "meta.json")
    cells, truth = read_cells(folder / "cells.npz"), load_truth(folder / "truth.npz")
    classifier = classifier_to_predict(args.classifier, accepted_from(args))
    with open_movie(folder / "movie.tif", progress=progress) as movie:
        results = predict(
            movie,
            cells,
            float(meta["frame_rate_hz"]),
            float(meta["pixel_size_um"]),
            classifier,
            progress=progress,
        )
        mean_image = _mean_image(movie)
    said, threshold = results[PROBABILITY], float(results.threshold or 0)
    scores = score(truth, said.array, said.require_cells(), threshold, np.random.default_rng(0))
    method = Method(classifier.card.name, scores)
    write_results(args.out / "prediction.npz", results)
    write_json(args.out / "scores.json", as_dict(method))
    movie_frames = said.array.shape[1]
    trace = said.array if truth.trace is None else truth.trace
    figure = recording_figure(
        mean_image,
        cells,
        trace,
        said.array,
        float(meta["frame_rate_hz"]),
        np.array([raster(real, movie_frames) for real in truth.transients]),
        truth.crosstalk,
        threshold,
        f"Demo recording (simulated), classifier {classifier.card.name}",
        scores,
        truth.doubtful,
    )
    for ending in (".png", ".svg"):
        save_figure(figure, args.out / f"demo{ending}")
    print(
        "The demo recording: simulated, with a seed that no classifier was trained on. "
        "It shows what the output looks like, not how well the classifier does on real tissue.\n"
    )
    print(text_report([method]))
    print(f"\nLook at {args.out / 'demo.png'}; the probabilities are in prediction.npz beside it.")
    if not opens_window(args.no_gui):
        return 0
    from deepcinac.cli.gui import open_window

    return open_window(str(_demo_session(args.out, folder, cells, results)))


def opens_window(no_gui: bool) -> bool:
    """Whether the demo ends in the window: where there is a screen, unless it was told not to."""
    return not no_gui and _has_screen()


def _has_screen() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY"))


def _demo_session(out: Path, folder: Path, cells: Cells, results: Results) -> Path:
    """A session of the demo recording with the prediction in it; one that is there keeps its labels."""
    from deepcinac.files import read_json
    from deepcinac.labelling.session import Session
    from deepcinac.recording.movie_readers import open_movie

    path = out / "demo.deepcinac"
    if path.exists():
        return path
    meta = read_json(folder / "meta.json")
    with open_movie(folder / "movie.tif") as movie:
        shape = movie.shape
    rate, size = float(meta["frame_rate_hz"]), float(meta["pixel_size_um"])
    with Session.create(path, folder / "movie.tif", shape, cells, rate, size) as session:
        session.write_results(results)
    return path


def _mean_image(movie: Movie) -> np.ndarray:
    """Mean over all frames, (height, width), a block at a time."""
    import numpy as np

    from deepcinac.recording.movie import iterate_blocks

    total = np.zeros((movie.height, movie.width))
    for _, frames in iterate_blocks(movie, 256):
        total += frames.sum(0, dtype=np.float64)
    return total / movie.n_frames
