"""Make the pictures of docs/evaluation.md: three experts and a classifier on the recording that ships.

    python docs/make_evaluation_figures.py

The experts are drawn from the known truth of the simulation with mistakes of their own; the classifier is
``general``. Everything happens in a temporary folder; the report itself is left nowhere.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from deepcinac.cli.main import main
from deepcinac.data import shipped
from deepcinac.files import read_json
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.layer_labels import Labels, add_labels, make_labels
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import runs
from deepcinac.recording.cells import read_cells

IMAGES = Path(__file__).resolve().parent / "images"
EXPERTS = {"anna": (0.05, 1), "ben": (0.12, 2), "carla": (0.2, 1)}
"""Share of the transients that each one misses, and how many frames the onset may be off."""
FIGURES = {"cells": "evaluation-cells", "agreement": "evaluation-agreement"}


def expert(
    name: str, missed: float, off: int, active: np.ndarray, generator: np.random.Generator
) -> Labels:
    """The labels of one expert about ``active`` (n_cells, n_frames)."""
    n_cells, n_frames = active.shape
    rows = []
    for cell in range(n_cells):
        last = -1
        for onset, peak in runs(active[cell]).tolist():
            first = max(onset + int(generator.integers(-off, off + 1)), last + 2)
            if generator.random() >= missed and first <= peak:
                rows.append((cell, first, peak))
                last = peak
    judged = {"labelled": [(-1, 0, n_frames - 1)]}
    return make_labels(n_cells, n_frames, rows, judged, name=name, author=name)


def make_session(path: Path) -> None:
    """The shipped recording with three experts and their consensus."""
    demo = shipped("demo")
    meta = read_json(demo / "meta.json")
    settings = meta["settings"]
    shape = (settings["n_frames"], settings["height"], settings["width"])
    rates = (float(meta["frame_rate_hz"]), float(meta["pixel_size_um"]))
    with np.load(demo / "truth.npz") as truth:
        active = truth["active"]
    generator = np.random.default_rng(0)
    layers = [expert(name, *how, active, generator) for name, how in EXPERTS.items()]
    cells = read_cells(demo / "cells.npz")
    with Session.create(path, demo / "movie.tif", shape, cells, *rates) as session:
        for labels in [*layers, make_consensus(layers).labels]:
            add_labels(session, labels)


def make() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as name:
        session, report = Path(name) / "demo.deepcinac", Path(name) / "report"
        make_session(session)
        if main(["predict", str(session), "--classifier", "general", "--progress", "none"]):
            raise SystemExit(1)
        if main(["evaluate", "--truth", str(session), "--out", str(report), "--progress", "none"]):
            raise SystemExit(1)
        for figure, picture in FIGURES.items():
            shutil.copy(report / "figures" / f"{figure}.png", IMAGES / f"{picture}.png")


if __name__ == "__main__":
    make()
