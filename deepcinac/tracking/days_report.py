"""The report of cells followed across days: who is who, and how many stay active."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.evaluation import palette
from deepcinac.evaluation.html_page import Section, Table, write_page
from deepcinac.evaluation.report import number
from deepcinac.evaluation.report_style import LABEL, TICK, name_ticks, print_figure, tidy
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import write_json
from deepcinac.tracking.across_days import LEAST_AGREEMENT, AcrossDays
from deepcinac.tracking.turnover import ACTIVE, OUTSIDE, SILENT
from deepcinac.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS = {OUTSIDE: "outside", SILENT: "silent", ACTIVE: "active"}
HEAD = ["Days", "Cells in both fields", "Active on the first", "Still active", "95 %", "By chance",
        "Without wrong matches", "If not found were silent"]  # fmt: skip
DAY_HEAD = ["Day", "Cells", "Known before", "Active", "Silent", "Not found", "of these active", "Turned",
            "Shifted", "Agreement", "Wrong matches expected"]  # fmt: skip


def turnover_lines(found: AcrossDays) -> list[list[str]]:
    """A line for each pair of days, under ``HEAD``."""
    lines = []
    for a, b, one in found.turnovers:
        interval = "–" if one.interval is None else "{:.2f} to {:.2f}".format(*one.interval)
        values = (number(value, 2) for value in (one.chance, one.corrected, one.found_alone))
        pair = f"{found.days[a].name}, {found.days[b].name}"
        lines.append([pair, f"{one.n}", f"{one.n_active}", number(one.kept, 2), interval, *values])
    return lines


def day_lines(found: AcrossDays) -> list[list[str]]:
    """A line for each day, under ``DAY_HEAD``."""
    lines = []
    registry = found.registry
    for day, (one, aligned) in enumerate(zip(found.days, found.alignments, strict=True)):
        here, state = registry.number[:, day] >= 0, found.state[:, day]
        missed = ~here & (state != OUTSIDE)
        p = registry.probability[here, day]
        p = p[~np.isnan(p)]
        wrong = f"{(1 - p).sum():.1f} of {len(p)}" if len(p) else "–"
        lines.append(
            [one.name, f"{int(here.sum())}", f"{len(p)}", f"{int((state == ACTIVE).sum())}",
             f"{int((state == SILENT).sum())}", f"{int(missed.sum())}",
             f"{int((missed & (state == ACTIVE)).sum())}", f"{aligned.angle_deg:.2f}°",
             f"{np.linalg.norm(aligned.shift_px):.1f} px", f"{aligned.agreement:.2f}", wrong]
        )  # fmt: skip
    return lines


def notes_on(found: AcrossDays) -> list[str]:
    """What a reader has to bear in mind."""
    notes = [
        f"{one.name}: its mean picture agrees badly with that of {found.days[0].name} (correlation "
        f"{aligned.agreement:.2f}): it may be another field, and no match of it means anything."
        for one, aligned in zip(found.days, found.alignments, strict=True)
        if aligned.agreement < LEAST_AGREEMENT
    ]
    return [
        *notes,
        "A cell that was not found on a day is judged by the light at the place where it should be; light of "
        "a neighbour there would make it active.",
        "By chance: the share that a cell would have that remembers nothing of the first day. Intervals "
        "are over cells of this field and say nothing about other animals.",
    ]


def cell_rows(found: AcrossDays) -> list[dict[str, Any]]:
    """A row for each cell of the field and each day."""
    rows: list[dict[str, Any]] = []
    registry = found.registry
    for cell, day in np.ndindex(*registry.number.shape):
        own = int(registry.number[cell, day])
        p = float(registry.probability[cell, day])
        rows.append(
            {
                "cell": cell,
                "day": found.days[day].name,
                "number": int(found.days[day].numbers[own]) if own >= 0 else None,
                "probability": round(p, 4) if np.isfinite(p) else None,
                "state": WORDS[int(found.state[cell, day])],
                "y_px": round(float(registry.places[cell, 0]), 2),
                "x_px": round(float(registry.places[cell, 1]), 2),
            }
        )
    return rows


def distance_rows(found: AcrossDays) -> list[dict[str, Any]]:
    """How far the cells of each day lie from the nearest of the first."""
    from scipy.spatial import cKDTree

    tree = cKDTree(found.places[0])
    return [
        {"day": day.name, "apart_px": round(float(apart), 3)}
        for day, places in zip(found.days[1:], found.places[1:], strict=True)
        for apart in tree.query(places)[0].tolist()
    ]


def turnover_rows(found: AcrossDays) -> list[dict[str, Any]]:
    """The shares of each pair of days."""
    rows = []
    for a, b, one in found.turnovers:
        low, high = one.interval or (None, None)
        rows.append(
            {"days": f"{found.days[a].name}, {found.days[b].name}", "still_active": one.kept, "low": low,
             "high": high, "chance": one.chance, "without_wrong_matches": one.corrected,
             "not_found_as_silent": one.found_alone, "cells": one.n, "active_first": one.n_active}
        )  # fmt: skip
    return rows


def field_figure(
    rows: Sequence[dict[str, Any]], methods: Sequence[str], mean: np.ndarray
) -> Figure:
    """The mean picture of the first day (height, width) and its cells on each day, by what they do."""
    days = list(dict.fromkeys(row["day"] for row in rows))
    shown = days[:4]
    figure = print_figure(7.2 / max(len(shown), 2) + 0.3)
    looks = {"active": ("o", palette.VERMILION), "silent": (".", palette.SKY_BLUE)}
    for axes, day in zip(np.atleast_1d(figure.subplots(1, len(shown))), shown, strict=True):
        axes.imshow(mean, cmap="gray", interpolation="nearest")
        own = [row for row in rows if row["day"] == day]
        for state, (marker, colour) in looks.items():
            for known in (True, False):
                some = [
                    r for r in own if r["state"] == state and (r["number"] is not None) == known
                ]
                axes.plot([r["x_px"] for r in some], [r["y_px"] for r in some], linestyle="",
                          marker=marker, markersize=4, color=colour, markeredgewidth=0.7,
                          markerfacecolor=colour if known else "none")  # fmt: skip
        axes.set(
            xticks=[], yticks=[], xlim=(-0.5, mean.shape[1] - 0.5), ylim=(mean.shape[0] - 0.5, -0.5)
        )
        axes.set_title(day, loc="left", fontsize=LABEL, color=palette.INK)
    return figure


def distances_figure(rows: Sequence[dict[str, Any]], methods: Sequence[str]) -> Figure:
    """How far cells lie from the nearest cell of the first day."""
    figure = print_figure(2.2)
    axes = figure.subplots()
    days = list(dict.fromkeys(row["day"] for row in rows))
    top = max((row["apart_px"] for row in rows), default=1.0)
    edges = np.linspace(0, min(top, 15.0), 40)
    for place, day in enumerate(days):
        own = [row["apart_px"] for row in rows if row["day"] == day]
        colour = palette.METHODS[place % len(palette.METHODS)]
        axes.hist(own, edges, histtype="step", color=colour, linewidth=1.2, label=day)
    tidy(axes, x="distance to the nearest cell of the first day (px)", y="cells", grid="y")
    axes.legend(frameon=False, fontsize=TICK)
    return figure


def turnover_figure(rows: Sequence[dict[str, Any]], methods: Sequence[str]) -> Figure:
    """Share of the active cells that stay active, its interval, and chance."""
    figure = print_figure(2.5)
    axes = figure.subplots()
    for place, row in enumerate(rows):
        if row["still_active"] is None:
            continue
        axes.plot(place, row["still_active"], marker="o", color=palette.BLUE, markersize=5,
                  label="still active" if place == 0 else None)  # fmt: skip
        if row["low"] is not None:
            axes.plot([place] * 2, [row["low"], row["high"]], color=palette.BLUE, linewidth=1.2)
        axes.plot([place - 0.25, place + 0.25], [row["chance"]] * 2, color=palette.FAINT, linestyle="--",
                  linewidth=1.2, label="by chance" if place == 0 else None)  # fmt: skip
        axes.plot(place + 0.12, row["not_found_as_silent"], marker="v", color=palette.ORANGE,
                  markersize=4, linestyle="",
                  label="if not found were silent" if place == 0 else None)  # fmt: skip
    tidy(axes, y="share of active cells", grid="y")
    axes.set_ylim(0, 1)
    name_ticks(axes, [row["days"] for row in rows], 6.0)
    axes.legend(frameon=False, fontsize=TICK, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def as_dict(found: AcrossDays) -> dict[str, Any]:
    """Everything in plain containers."""
    return {"version": __version__, "turnover": turnover_rows(found), "notes": notes_on(found)}


def write_report(out: Path, found: AcrossDays) -> Path:
    """Write ``report.html``, ``cells.csv``, ``scores.json`` and the figures; returns the page."""
    write_csv(out / "cells.csv", cell_rows(found))
    write_json(out / "scores.json", as_dict(found))
    mean = found.days[0].mean
    parts = [
        Section("field", "The cells on each day", "Full: found on this day; open: not found, looked at where "
                "it should be. Discs: active; dots: silent. Places and picture are those of the first day.",
                cell_rows(found), functools.partial(field_figure, mean=mean)),
        Section("turnover", "How many stay active", "Bars: 95 % intervals over cells.",
                turnover_rows(found), turnover_figure),
        Section("distances", "How well the days fit", "Matches are sure where the first hump stands apart.",
                distance_rows(found), distances_figure),
    ]  # fmt: skip
    return write_page(
        out, "Cells across days", "", HEAD, turnover_lines(found), notes_on(found), parts,
        more_tables=[Table(DAY_HEAD, day_lines(found))],
    )  # fmt: skip
