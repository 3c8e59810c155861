"""What the window exports: a cell's traces and labels as CSV, the view as a figure. No Tk."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import written_atomically
from deepcinac.gui import data as session_data
from deepcinac.gui.workspace import Workspace
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import raster

FIGURE_INCHES = (10.0, 3.6)
DPI = 200
ENDINGS = (".png", ".svg", ".pdf")
COLOURS = {
    "raw": "#8c8c8c",
    "smoothed": "#1d1d1b",
    "without_overlap": "#cc79a7",
    "neuropil": "#e69f00",
    "dff": "#009e73",
}


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
        for name in ("raw", "without_overlap", "neuropil"):
            columns[name] = getattr(data, name)[work.cell]
        columns["smoothed"], columns["dff"] = data.smoothed(work.cell), data.dff(work.cell)
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
            writer.writerow([f"{v:.6g}" if isinstance(v, float) else v for v in row])


def draw_view(session_path: str | Path, out: Path, state: dict[str, Any]) -> None:
    """Draw the traces, transients and prediction of a cell over the visible range."""
    if out.suffix not in ENDINGS:
        raise InputError(f"a file name that ends in {', '.join(ENDINGS)}", f"'{out.name}'")
    from matplotlib.figure import Figure

    with Session.open(session_path, read_only=True) as session:
        data = session_data.open_data(session)
        if data is None:
            raise InputError("traces", "none yet", session_path, "open the session in the window")
        rate = session.recording.frame_rate_hz
        first, last = state["visible"]
        frames = np.arange(first, last + 1)
        figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
        axes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _draw_traces(axes[0], data, state, frames, rate)
        _draw_labels(axes, session, state, frames, rate)
        axes[1].set_xlabel("Time (s)")
        figure.suptitle(f"{Path(session_path).stem}, cell {state['cell']}", fontsize=9)
    with written_atomically(out) as temporary:
        figure.savefig(temporary, format=out.suffix[1:], dpi=DPI)


def _draw_traces(axis: Any, data: Any, state: dict[str, Any], frames: Any, rate: float) -> None:
    for name in state["traces"]:
        held = getattr(data, name)
        trace = held(state["cell"]) if callable(held) else held[state["cell"]]
        axis.plot(frames / rate, trace[frames], color=COLOURS[name], lw=0.8, label=name)
    axis.legend(frameon=False, fontsize=7, ncols=5, loc="upper right")
    axis.set_ylabel("Fluorescence")
    axis.spines[["top", "right"]].set_visible(False)


def _draw_labels(
    axes: Any, session: Session, state: dict[str, Any], frames: Any, rate: float
) -> None:
    first, last = int(frames[0]), int(frames[-1])
    if state["layer"] is not None:
        for onset, peak in session.transients(state["layer"], state["cell"]).tolist():
            if peak >= first and onset <= last:
                axes[0].axvspan(onset / rate, peak / rate, color="#0072b2", alpha=0.25, lw=0)
                axes[0].axvline(onset / rate, color="#0072b2", lw=0.8, ls="--")
    if state["prediction"] is not None:
        probability = session.prediction(state["prediction"], state["cell"])
        if probability is not None:
            seen = probability[frames]
            axes[1].plot(frames / rate, seen, color="#d55e00", lw=0.8)
            axes[1].axhline(state["threshold"], color="#d55e00", lw=0.6, ls=":")
            active = np.where(seen >= state["threshold"], seen, 0)
            axes[1].fill_between(frames / rate, 0, active, color="#d55e00", alpha=0.3, lw=0)
    axes[1].set_ylim(0, 1)
    axes[1].set_ylabel("Probability")
    axes[1].set_xlim(first / rate, last / rate)
    axes[1].spines[["top", "right"]].set_visible(False)
