"""CPU seconds per cell of 12,500 frames, for both sizes of the network, and their ratio.

    python benchmarks/speed.py [--cells 20] [--frames 3000] [--json FILE]

A movie of noise is predicted end to end (reading, normalising, demixing, cropping, network, averaging)
with the compact network; of the published network, which needs minutes, a few windows are timed as the
published program runs them: each window whole, at 50 % overlap, by TensorFlow. CPU time is that of all
cores together. Results are ratios of the same run on the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.zoo import find_classifier
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.model import (
    COMPACT,
    PAPER,
    Architecture,
    activity_card,
    build_network,
)
from deepcinac.tasks.activity.prediction import predict

FRAMES_OF_A_CELL = 12_500
SIDE = 200


def cpu_seconds(work: Callable[[], object]) -> float:
    """User and system time of all threads of this process while ``work`` runs."""
    before = time.process_time()
    work()
    return time.process_time() - before


def noise_movie(path: Path, n_frames: int) -> None:
    """A 200 x 200 movie of noise, 16 bit."""
    generator = np.random.default_rng(0)
    movie = np.lib.format.open_memmap(path, "w+", np.uint16, (n_frames, SIDE, SIDE))
    for first in range(0, n_frames, 500):
        last = min(first + 500, n_frames)
        movie[first:last] = generator.poisson(100, (last - first, SIDE, SIDE))


def scattered_cells(n_cells: int) -> Cells:
    """Round cells at random places, many of them overlapping."""
    generator = np.random.default_rng(1)
    y, x = np.mgrid[:SIDE, :SIDE]
    pixels: list[tuple[np.ndarray, np.ndarray, None]] = []
    for row, column in generator.uniform(8, SIDE - 8, (n_cells, 2)):
        inside = (y - row) ** 2 + (x - column) ** 2 <= 16
        ypix, xpix = np.nonzero(inside)
        pixels.append((ypix, xpix, None))
    return make_cells(pixels, SIDE, SIDE, "made up")


def compact_seconds(folder: Path, n_cells: int, n_frames: int) -> dict[str, float]:
    """CPU seconds per cell, end to end; a second, shorter run takes away the cost of starting up."""
    classifier = folder / "compact"
    classifier.mkdir()
    build_network(COMPACT, seed=0).whole.save_weights(classifier / WEIGHTS_FILE)
    write_card(classifier, activity_card("compact"))
    seconds = {}
    cells = scattered_cells(n_cells)
    for frames in (400, n_frames):
        path = folder / f"{frames}.npy"
        noise_movie(path, frames)
        with open_movie(path) as movie:
            seconds[frames] = cpu_seconds(
                partial(predict, movie, cells, 10.0, 2.0, find_classifier(classifier))
            )
    per_frame = (seconds[n_frames] - seconds[400]) / (n_frames - 400)
    return {
        "cpu_s_per_cell": per_frame * FRAMES_OF_A_CELL / n_cells,
        "start_up_cpu_s": seconds[400] - 400 * per_frame,
    }


def published_seconds(architecture: Architecture, n_windows: int = 16) -> float:
    """CPU seconds per cell of the whole network, window by window at 50 % overlap."""
    network = build_network(architecture, seed=0)
    size, frames = architecture.patch_px, architecture.window_frames
    images = np.random.default_rng(0).normal(size=(8, frames, 3, size, size)).astype(np.float32)
    network.whole.predict_on_batch(images)
    seconds = cpu_seconds(
        lambda: [network.whole.predict_on_batch(images) for _ in range(n_windows // 8)]
    )
    return seconds / n_windows * (2 * FRAMES_OF_A_CELL / frames - 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        compact = compact_seconds(Path(name), arguments.cells, arguments.frames)
    paper = published_seconds(PAPER)
    result = {
        **{key: round(value, 3) for key, value in compact.items()},
        "published_network_cpu_s_per_cell": round(paper, 1),
        "ratio": round(paper / compact["cpu_s_per_cell"], 1),
        "cells": arguments.cells,
        "frames": arguments.frames,
    }
    print(json.dumps(result, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
