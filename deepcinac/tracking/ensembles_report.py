"""The report of ensembles: where they lie, how sharp they are, and what they follow."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.html_page import Section, write_page
from deepcinac.evaluation.report_style import LABEL, TICK, print_figure, say_nothing, tidy
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import write_json
from deepcinac.tracking.ensembles import Ensembles, SignalFit
from deepcinac.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = ["Ensemble", "Cells", "Mean correlation within", "With all others", "With the signal", "p"]
Rows = Sequence[dict[str, Any]]


def colour_of(ensemble: int) -> str:
    """The colour of an ensemble; cells of none are pale."""
    return palette.METHODS[ensemble % len(palette.METHODS)] if ensemble >= 0 else palette.PALE


def marker_of(ensemble: int) -> str:
    """Its marker, so that it is not told by colour alone."""
    return palette.MARKERS[ensemble % len(palette.MARKERS)] if ensemble >= 0 else "."


def summary(found: Ensembles, fits: Sequence[SignalFit]) -> list[list[str]]:
    """A line for each ensemble, under ``HEAD``."""
    lines = []
    for number in range(found.n):
        own = found.member == number
        inside = found.correlation[np.ix_(own, own)][~np.eye(int(own.sum()), dtype=bool)]
        outside = found.correlation[np.ix_(own, ~own)]
        fit = next((one for one in fits if one.ensemble == number), None)
        lines.append(
            [f"{number + 1}", f"{int(own.sum())}", f"{inside.mean():.2f}",
             f"{outside.mean():.2f}" if outside.size else "–",
             "–" if fit is None else f"{fit.correlation:.2f}", "–" if fit is None else f"{fit.p:.3f}"]
        )  # fmt: skip
    return lines


def notes_on(found: Ensembles) -> list[str]:
    """What a reader has to bear in mind."""
    first = (
        "No group of cells is more alike than cells shuffled in time are in one case of twenty."
        if found.n == 0
        else f"{int((found.member < 0).sum())} of {len(found.member)} cells belong to no ensemble."
    )
    return [
        first,
        f"Groups are cut at a mean correlation of {found.cut:.2f}, which cells shuffled in time exceed in "
        "one case of twenty. Light that is common to neighbours, or movement, makes ensembles as well.",
    ]


def cell_rows(found: Ensembles, numbers: np.ndarray, centres: np.ndarray) -> list[dict[str, Any]]:
    """The ensemble and place of each cell (0: none)."""
    return [
        {
            "cell": int(cell),
            "ensemble": int(own) + 1,
            "y_px": round(float(y), 2),
            "x_px": round(float(x), 2),
        }
        for cell, own, (y, x) in zip(numbers, found.member, centres.tolist(), strict=True)
    ]


def activity_rows(
    found: Ensembles, signal: np.ndarray | None, name: str, frame_rate_hz: float
) -> list[dict[str, Any]]:
    """The mean activity of each ensemble, and the signal, frame by frame."""
    rows = []
    for frame in range(found.activity.shape[1]):
        row: dict[str, Any] = {"time_s": round(frame / frame_rate_hz, 4)}
        for number, values in enumerate(found.activity):
            row[f"ensemble {number + 1}"] = _known(values[frame])
        if signal is not None:
            row[name] = _known(signal[frame])
        rows.append(row)
    return rows


def _known(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None


def map_figure(rows: Rows, methods: Sequence[str], mean: np.ndarray, table_: np.ndarray) -> Figure:
    """The ensembles over the mean picture (height, width), and the correlations in their order."""
    figure = print_figure(3.6)
    left, right = figure.subplots(1, 2)
    left.imshow(mean, cmap="gray", interpolation="nearest")
    members = np.array([row["ensemble"] - 1 for row in rows])
    for number in sorted(set(members.tolist())):
        own = [row for row in rows if row["ensemble"] - 1 == number]
        label = f"{number + 1}" if number >= 0 else "none"
        left.plot([r["x_px"] for r in own], [r["y_px"] for r in own], linestyle="", label=label,
                  marker=marker_of(number), markersize=4.5, color=colour_of(number),
                  markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
    left.set(xticks=[], yticks=[])
    left.legend(frameon=False, fontsize=TICK, loc="upper left", bbox_to_anchor=(0, -0.02), ncols=5)
    order = np.argsort(np.where(members < 0, members.max() + 1, members), kind="stable")
    shown = right.imshow(table_[np.ix_(order, order)], cmap="RdBu_r", vmin=-1, vmax=1)
    edges = np.flatnonzero(np.diff(members[order])) + 0.5
    for edge in edges:
        right.axhline(edge, color=palette.INK, linewidth=0.5)
        right.axvline(edge, color=palette.INK, linewidth=0.5)
    right.set(xticks=[], yticks=[])
    right.set_title(
        "correlation, ordered by ensemble", loc="left", fontsize=LABEL, color=palette.INK
    )
    figure.colorbar(shown, ax=right, shrink=0.8).ax.tick_params(labelsize=TICK)
    return figure


def activity_figure(rows: Rows, methods: Sequence[str]) -> Figure:
    """The mean activity of each ensemble, and the signal."""
    names = [name for name in rows[0] if name != "time_s"] if rows else []
    figure = print_figure(0.6 + 0.6 * max(len(names), 1))
    lanes = np.atleast_1d(figure.subplots(max(len(names), 1), 1, sharex=True))
    if not names:
        say_nothing(lanes[0], "no ensemble")
        return figure
    seconds = [row["time_s"] for row in rows]
    for place, (axes, name) in enumerate(zip(lanes, names, strict=True)):
        values = [np.nan if row[name] is None else row[name] for row in rows]
        colour = colour_of(place) if name.startswith("ensemble ") else palette.INK
        axes.plot(seconds, values, color=colour, linewidth=0.9)
        tidy(axes, title=name)
    lanes[-1].set_xlabel("s", fontsize=LABEL)
    return figure


def as_dict(found: Ensembles, fits: Sequence[SignalFit]) -> dict[str, Any]:
    """Everything in plain containers."""
    return {
        "version": __version__,
        "cut": found.cut,
        "ensembles": [dict(zip(HEAD, line, strict=True)) for line in summary(found, fits)],
        "notes": notes_on(found),
    }


def write_report(
    out: Path,
    found: Ensembles,
    fits: Sequence[SignalFit],
    numbers: np.ndarray,
    centres: np.ndarray,
    mean: np.ndarray,
    signal: tuple[str, np.ndarray] | None,
    frame_rate_hz: float,
) -> Path:
    """Write ``report.html``, ``ensembles.csv``, ``scores.json`` and the figures; returns the page."""
    rows = cell_rows(found, numbers, centres)
    write_csv(out / "ensembles.csv", rows)
    write_json(out / "scores.json", as_dict(found, fits))
    name, values = signal or ("", None)
    parts = [
        Section("map", "Where they lie", "Left: the cells over the mean picture. Right: how alike every two "
                "cells are.", rows,
                functools.partial(map_figure, mean=mean, table_=found.correlation)),
        Section("activity", "What they do", "Means over the cells of each ensemble, each cell in its SD.",
                activity_rows(found, values, name, frame_rate_hz), activity_figure),
    ]  # fmt: skip
    return write_page(out, "Ensembles", "", HEAD, summary(found, fits), notes_on(found), parts)
