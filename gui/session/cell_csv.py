"""Traces and labels of a cell as a table, one row per frame. No Tk."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import defused, written_atomically
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling.transients import raster
from deepcinac.recording.trace_cache import TRACE_CHOICE


def write_cell_csv(path: Path, work: Workspace) -> None:
    """One row per frame of the current cell: seconds, traces, probability and marks."""
    session, data = work.session, work.data
    if session is None:
        raise InputError("an open session", "none")
    columns: dict[str, Any] = {
        "frame": np.arange(work.n_frames),
        "seconds": np.round(np.arange(work.n_frames) / work.frame_rate_hz, 4),
    }
    if data is not None:
        for name in TRACE_CHOICE:
            columns[name] = data.trace(name, work.cell)
    probability = work.prediction()
    if probability is not None:
        columns["probability"] = probability
    columns["active"] = raster(work.transients(), work.n_frames).astype(int)
    if work.layer_id is not None:
        for kind in ("labelled", "doubtful", "movement"):
            columns[kind] = session.span_raster(work.layer_id, work.cell, kind).astype(int)
    with (
        written_atomically(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in zip(*(values.tolist() for values in columns.values()), strict=True):
            writer.writerow([_written(value) for value in row])


def _written(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6g}"
    return defused(value) if isinstance(value, str) else value
