"""The view of a cell as a figure for paper: traces, labels, prediction, other layers. No Tk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import written_atomically
from deepcinac.gui.jobs.requests import ViewToDraw
from deepcinac.gui.widgets.palette import LIGHT
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import runs
from deepcinac.opening import trace_key
from deepcinac.recording.trace_cache import CachedTraces, open_traces

FIGURE_INCHES = (10.0, 3.6)
DPI = 200
ENDINGS = (".png", ".svg", ".pdf")
DFF = "dff"
LINES: dict[str, tuple[str, str, Any]] = {
    "raw": ("raw", LIGHT.series[0], "-"),
    "smoothed": ("smoothed", LIGHT.text, "-"),
    "without_overlap": ("without overlap", LIGHT.series[2], (0, (6, 2))),
    "neuropil": ("neuropil", LIGHT.series[4], (0, (3, 2))),
    "minus_neuropil": ("without overlap, minus neuropil", LIGHT.series[3], (0, (1.5, 1.5))),
    "dff": ("dF/F", LIGHT.series[1], "-"),
}
"""Name, colour and dashes of each trace, as in the window."""
MARK, ACTIVE, FILLED = LIGHT.series[3], LIGHT.series[0], "#bfe0f5"
SPANS = {
    "labelled": (LIGHT.series[2], ""),
    "doubtful": (LIGHT.series[1], "///"),
    "movement": (LIGHT.series[4], "xxx"),
}
"""Colour and hatch of each kind of span; judged frames are a bar along the top."""


def draw_view(session_path: str | Path, out: Path, view: ViewToDraw) -> None:
    """Draw the traces, transients and prediction of a cell over the visible range."""
    if out.suffix not in ENDINGS:
        raise InputError(f"a file name that ends in {', '.join(ENDINGS)}", f"'{out.name}'")
    from matplotlib.figure import Figure

    with Session.open(session_path, read_only=True) as session:
        data = open_traces(trace_key(session), session.n_cells)
        if data is None:
            raise InputError("traces", "none yet", session_path, "open the session in the window")
        rate = session.recording.frame_rate_hz
        first, last = view.visible
        frames = np.arange(first, last + 1)
        figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
        n_lanes = len(other_layers(session, view))
        ratios = (3.0, 1.0, *([0.12 + 0.2 * n_lanes] if n_lanes else []))
        axes = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
        _draw_traces(axes[0], data, view, frames, rate)
        _draw_labels(axes[0], session, data, view, frames, rate)
        _draw_prediction(axes[1], session, view, frames, rate)
        if n_lanes:
            _draw_lanes(axes[2], session, view, frames, rate)
        axes[0].set_xlim(first / rate, last / rate)
        axes[-1].set_xlabel("Time (s)")
        figure.suptitle(f"{Path(session_path).stem}, cell {view.cell}", fontsize=9)
    with written_atomically(out) as temporary:
        figure.savefig(temporary, format=out.suffix[1:], dpi=DPI)


def _draw_traces(
    axis: Any, data: CachedTraces, view: ViewToDraw, frames: np.ndarray, rate: float
) -> None:
    """The traces on one axis, dF/F on one of its own; the legend stands above, over no peak."""
    both = DFF in view.traces and len(view.traces) > 1
    own = axis.twinx() if both else axis
    lines = []
    for name in view.traces:
        label, colour, dashes = LINES[name]
        values = data.trace(name, view.cell)[frames]
        place = own if name == DFF else axis
        lines += place.plot(frames / rate, values, color=colour, ls=dashes, lw=0.8, label=label)
    if both:
        own.set_ylabel(LINES[DFF][0])
        own.spines[["top"]].set_visible(False)
    axis.legend(handles=lines, frameon=False, fontsize=7, ncols=len(lines),
                loc="lower right", bbox_to_anchor=(1.0, 1.0))  # fmt: skip
    axis.set_ylabel("dF/F" if view.traces == (DFF,) else "Fluorescence")
    axis.spines[["top", "right"]].set_visible(False)


def _draw_labels(axis: Any, session: Session, data: CachedTraces, view: ViewToDraw, frames: np.ndarray,
                 rate: float) -> None:  # fmt: skip
    """Onsets dashed, peaks as dots on the first trace, active frames shaded, spans hatched."""
    layer, cell = view.layer, view.cell
    if layer is None:
        return
    first, last = int(frames[0]), int(frames[-1])
    name = "smoothed" if "smoothed" in view.traces else view.traces[0]
    on = data.trace(name, cell)
    place = axis if name != DFF or len(view.traces) == 1 else axis.figure.axes[-1]
    for onset, peak in session.transients(layer, cell).tolist():
        if peak >= first and onset <= last:
            axis.axvspan((onset - 0.5) / rate, (peak + 0.5) / rate, color=ACTIVE, alpha=0.15, lw=0)
            axis.axvline(onset / rate, color=MARK, lw=0.8, ls="--")
            if peak <= last:
                place.plot(peak / rate, on[peak], "o", color=MARK, ms=3.5, clip_on=False)
    for kind, (colour, hatch) in SPANS.items():
        spans = [session.spans(layer, owner, kind) for owner in (cell, -1)]
        for a, b in np.concatenate(spans).tolist():
            if b >= first and a <= last:
                ends = (a - 0.5) / rate, (b + 0.5) / rate
                if hatch:
                    axis.axvspan(*ends, facecolor="none", edgecolor=colour, hatch=hatch, lw=0)
                else:
                    axis.axvspan(*ends, ymin=0.97, color=colour, lw=0)


def _draw_prediction(
    axis: Any, session: Session, view: ViewToDraw, frames: np.ndarray, rate: float
) -> None:
    """The probability, its threshold, and the active frames filled."""
    probability = None
    if view.prediction is not None:
        probability = session.prediction(view.prediction, view.cell)
    if probability is not None:
        seen = probability[frames]
        axis.plot(frames / rate, seen, color=ACTIVE, lw=0.8)
        axis.axhline(view.threshold, color=LIGHT.text, lw=0.6, ls="--")
        active = np.where(seen >= view.threshold, seen, 0)
        axis.fill_between(frames / rate, 0, active, color=FILLED, lw=0, step="mid")
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("Probability")
    axis.spines[["top", "right"]].set_visible(False)


def _draw_lanes(
    axis: Any, session: Session, view: ViewToDraw, frames: np.ndarray, rate: float
) -> None:
    """A row of bars for each of the other layers; of a method that says a curve, the curve."""
    names = []
    for row, (name, intervals, curve) in enumerate(other_layers(session, view)):
        names.append(name)
        if curve is not None:
            base = row + 0.3
            axis.fill_between(frames / rate, base, base - 0.6 * curve[frames], color=ACTIVE, lw=0)
        for onset, peak in intervals.tolist():
            if peak >= frames[0] and onset <= frames[-1]:
                start, length = (onset - 0.5) / rate, (peak - onset + 1) / rate
                axis.barh(row, length, left=start, height=0.6, color=ACTIVE)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(left=False)


def other_layers(
    session: Session, view: ViewToDraw
) -> list[tuple[str, np.ndarray, np.ndarray | None]]:
    """Other experts, methods and classifiers: name, transients (k, 2) of the cell, and curve if any."""
    found = []
    for layer_id in view.lanes:
        layer = session.layer(layer_id)
        intervals = session.transients(layer.id, view.cell)
        said = None if layer.kind in LABEL_KINDS else session.prediction(layer.id, view.cell)
        if layer.kind == "classifier":
            if said is None:
                continue
            intervals = runs(said >= layer.cut)
        found.append((layer.name, intervals, said if layer.kind == "method" else None))
    return found
