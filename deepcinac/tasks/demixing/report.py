"""The report of demixing: a page with its figures and tables, and the same as text."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.html_page import Section, write_page
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import write_json
from deepcinac.recording.movie import Movie
from deepcinac.tasks.demixing import figures
from deepcinac.tasks.demixing.demixing import Demixed
from deepcinac.version import __version__

HEAD = ["Cells", "Overlapping", "Places looked at", "Pixels of a cell (median)"]
MOST_TRACES, LONGEST_S = 6, 120.0
FEW_SURE = 0.6


def overlapping(one: Demixed) -> np.ndarray:
    """Which cells share pixels with another, (n_cells,) bool."""
    shared = (one.cells.mask_matrix() @ one.cells.mask_matrix().T).toarray()
    np.fill_diagonal(shared, 0)
    return shared.any(1)


def summary(one: Demixed) -> list[list[str]]:
    """One line under ``HEAD``."""
    size = np.median(one.cells.n_pixels)
    return [[f"{len(one.cells)}", f"{overlapping(one).sum()}", f"{one.n_seeds}", f"{size:.0f}"]]


def notes_on(one: Demixed) -> list[str]:
    """What a reader has to bear in mind."""
    notes = [
        "Cells that do nothing in this movie are not found. Traces are grey levels of a cell's brightest "
        "pixel over its median, fitted together with the other cells and a smooth background; light from a "
        "cell that was not found stays in those around it.",
    ]
    unsure = int((one.confidence < FEW_SURE).sum())
    if unsure:
        notes.append(
            f"{unsure} of the {len(one.cells)} cells are doubtful (confidence below {FEW_SURE})."
        )
    return notes


def cell_rows(one: Demixed) -> list[dict[str, Any]]:
    """A line for each cell."""
    shared = overlapping(one)
    return [
        {
            "cell": cell,
            "y_px": round(float(y), 2),
            "x_px": round(float(x), 2),
            "pixels": int(one.cells.n_pixels[cell]),
            "confidence": round(float(one.confidence[cell]), 4),
            "overlaps": bool(shared[cell]),
        }
        for cell, (y, x) in enumerate(one.cells.centres())
    ]


def trace_rows(one: Demixed, movie: Movie, frame_rate_hz: float) -> list[dict[str, Any]]:
    """The overlapping cells that do most, beside the mean of their pixels, in units of their own range."""
    shared = overlapping(one)
    height = np.percentile(one.traces, 99.5, axis=1) + 1e9 * shared
    order = np.argsort(-height)[:MOST_TRACES]
    n = min(movie.n_frames, round(LONGEST_S * frame_rate_hz))
    pixels = movie.frames(0, n).reshape(n, -1)
    mixed = one.cells.subset(order).weight_matrix() @ pixels.T.astype(float)
    rows = []
    for place, cell in enumerate(order.tolist()):
        lines = [_of_own_range(mixed[place]), _of_own_range(one.traces[cell, :n])]
        for frame, (raw, alone) in enumerate(zip(*(line.tolist() for line in lines), strict=True)):
            rows.append(
                {"cell": cell, "time_s": round(frame / frame_rate_hz, 4),
                 "mean_of_pixels": round(raw, 4), "demixed": round(alone, 4)}
            )  # fmt: skip
    return rows


def _of_own_range(trace: np.ndarray) -> np.ndarray:
    low, high = np.percentile(trace, [50, 99.8])
    return (trace - low) / max(high - low, 1e-9)


def strongest(one: Demixed) -> np.ndarray:
    """The most that each pixel is lit up by cells, (height, width)."""
    height = np.percentile(one.traces, 99.5, axis=1)
    return (one.footprints * height[:, None, None]).max(0)


def write_report(out: Path, one: Demixed, movie: Movie, frame_rate_hz: float) -> Path:
    """Write ``report.html``, ``cells.csv``, ``scores.json`` and the figures; returns the page."""
    rows = cell_rows(one)
    write_csv(out / "cells.csv", rows)
    write_json(out / "scores.json", as_dict(one, movie))
    draw = functools.partial(
        figures.field_figure, cells=one.cells, mean=one.mean, strongest=strongest(one)
    )
    parts = [
        Section("field", "The cells", "Outlines of what the network takes for cells.", rows, draw),
        Section("traces", "Light taken apart", "Cells that overlap with others. Grey: the mean over their "
                "pixels, in which their neighbours show; blue: their own light.",
                trace_rows(one, movie, frame_rate_hz), figures.traces_figure),
    ]  # fmt: skip
    title = f"Demixing {movie.path.name}"
    lead = "Cells of the movie that do something, and the light of each taken apart from its neighbours'."
    return write_page(out, title, lead, HEAD, summary(one), notes_on(one), parts, ["demix"])


def as_dict(one: Demixed, movie: Movie) -> dict[str, Any]:
    """Everything in plain containers."""
    return {
        "movie": movie.path.name,
        "version": __version__,
        "cells": len(one.cells),
        "overlapping": int(overlapping(one).sum()),
        "seeds": one.n_seeds,
        "notes": notes_on(one),
    }
