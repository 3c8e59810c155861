"""The report around events: conditions side by side, with intervals over animals or recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.around import figures
from deepcinac.evaluation.around.analysis import OVER, RING, SOMATA, Condition, Recorded
from deepcinac.evaluation.around.settings import AroundSettings
from deepcinac.evaluation.comparison import Difference, compare_units, in_words
from deepcinac.evaluation.html_page import Section, write_page
from deepcinac.evaluation.report import number
from deepcinac.evaluation.tables import write_csv
from deepcinac.evaluation.units import ROUGH, UnitScores, over_units, wilson
from deepcinac.files import write_json
from deepcinac.version import __version__

UNITS = {"events": "", "activated": "share of cells", "depressed": "share of cells", "amplitude": "dF/F",
         "depth": "dF/F", "duration": "s", "depression lasts": "s", "evoked area": "mm²",
         "wave speed": "um/s", "connectivity": "r", "active cells": "share of cells"}  # fmt: skip
COMPARED = (
    f"activated, {OVER}",
    f"depressed, {OVER}",
    f"amplitude, {SOMATA}",
    "evoked area",
    "wave speed",
)
ALL = "all events"


@dataclass(frozen=True, eq=False)
class Around:
    """Recordings around their events, and each measure of each condition over units.

    ``unit``: "animal" or "recording"; ``scores[measure][condition]``; ``differences`` between conditions.
    """

    words: str
    settings: AroundSettings
    recordings: tuple[Recorded, ...]
    unit: str
    conditions: tuple[str, ...]
    scores: dict[str, dict[str, UnitScores]]
    differences: tuple[Difference, ...]

    @property
    def n_units(self) -> int:
        """How many animals, or recordings, there are."""
        return len({one.unit for one in parts_of(self.recordings)})


def parts_of(recordings: Sequence[Recorded]) -> list[Condition]:
    """Every condition of every recording."""
    return [one for recording in recordings for one in recording.conditions]


def put_together(
    words: str, settings: AroundSettings, recordings: Sequence[Recorded], seed: int = 0
) -> Around:
    """Each measure over units: recordings of one animal are averaged first."""
    parts = parts_of(recordings)
    conditions = tuple(sorted({one.name for one in parts}))
    named = [one.whose.animal for one in recordings]
    unit = "animal" if all(named) and len(set(named)) > 1 else "recording"
    measures = list(dict.fromkeys(name for one in parts for name in one.measures))
    scores: dict[str, dict[str, UnitScores]] = {}
    for measure in measures:
        scores[measure] = {}
        for condition in conditions:
            own = [one for one in parts if one.name == condition]
            units = [one.unit if unit == "animal" else one.recording for one in own]
            values = [one.measures.get(measure) for one in own]
            none = np.empty((0, len(own)))
            generator = np.random.default_rng(seed)
            scores[measure][condition] = over_units(units, values, none, generator)
    differences: list[Difference] = []
    for measure in COMPARED:
        if len(conditions) > 1 and measure in scores:
            by_unit = [scores[measure][name].by_unit for name in conditions]
            shown = [name or ALL for name in conditions]
            differences += compare_units(shown, by_unit, unit, measure)
    return Around(words, settings, tuple(recordings), unit, conditions, scores, tuple(differences))


def unit_of(measure: str) -> str:
    """What a measure is counted in.

    >>> unit_of("activated, ring"), unit_of("connectivity before")
    ('share of cells', 'r')
    """
    return next((unit for name, unit in UNITS.items() if measure.startswith(name)), "")


def head(found: Around) -> list[str]:
    """The head of the table of measures."""
    return ["", "in", *[name or ALL for name in found.conditions]]


def summary(found: Around) -> list[list[str]]:
    """A line for each measure: the mean over units of each condition, with its interval."""
    lines = []
    for measure, own in found.scores.items():
        words = []
        for condition in found.conditions:
            one = own[condition]
            text = number(one.mean, 0 if measure in ("events", "wave speed") else 3)
            if one.interval is not None and measure != "events":
                digits = 0 if measure == "wave speed" else 3
                text += f" ({one.interval[0]:.{digits}f} to {one.interval[1]:.{digits}f})"
            words.append(text)
        lines.append([measure, unit_of(measure), *words])
    return lines


def notes_on(found: Around) -> list[str]:
    """What a reader has to bear in mind."""
    notes = []
    if found.n_units == 1:
        notes.append(
            f"One {found.unit} alone: there are no intervals, and nothing is said of others."
        )
    elif found.n_units < ROUGH:
        notes.append(
            f"An interval over {found.n_units} {found.unit}s is a rough guess: with so few it tends to be "
            "too narrow."
        )
    if left := sum(one.left_out for one in found.recordings):
        notes.append(f"{left} events were left out: their windows reach beyond the movie.")
    parts = parts_of(found.recordings)
    if unquiet := [one for one in parts if not one.somata.quiet]:
        notes.append(
            f"{len(unquiet)} of {len(parts)} conditions of recordings have no moment that is free of events: "
            "there responses are judged by the noise of single frames, which leaves slow changes out and is "
            "too generous. Shorter --before-s and --after-s, or a stretch without events, would help."
        )
    if any(one.wave is not None and one.wave.explained < 0.5 for one in parts):
        notes.append(
            "Where less than half of the variance of the latencies is explained, the speed of a wave means "
            "little."
        )
    notes.append(
        "Somata hold light of the neuropil around them. What exceeds the ring ('somata over ring') is of the "
        "cells; ring and somata are shown as they are, nothing subtracted."
    )
    return notes


def measure_rows(found: Around) -> list[dict[str, Any]]:
    """Each measure of each condition of each recording; shares with intervals over its cells."""
    rows: list[dict[str, Any]] = []
    for one in parts_of(found.recordings):
        for measure, value in one.measures.items():
            interval = None
            if unit_of(measure) == "share of cells" and value is not None:
                interval = wilson(round(value * one.somata.n_cells), one.somata.n_cells)
            low, high = interval or (None, None)
            if measure == "wave speed" and one.wave is not None and one.wave.interval:
                low, high = one.wave.interval
            rows.append(
                {"recording": one.recording, "unit": one.unit, "condition": one.name or ALL,
                 "measure": measure, "in": unit_of(measure), "value": value, "low": low, "high": high}
            )  # fmt: skip
    return rows


def trace_rows(found: Around) -> list[dict[str, Any]]:
    """Mean traces around the event: over cells, then over recordings."""
    rows: list[dict[str, Any]] = []
    for condition in found.conditions:
        own = [one for one in parts_of(found.recordings) if one.name == condition]
        n = min(len(one.seconds) for one in own)
        own = [one for one in own if np.allclose(one.seconds[:n], own[0].seconds[:n])]
        for kind in (SOMATA, RING, OVER):
            table_ = np.stack([_of(one, kind).mean[:, :n].mean(0) for one in own])
            masked = ~(own[0].windows.before | own[0].windows.during | own[0].windows.after)[:n]
            for frame in range(n):
                value = None if masked[frame] else float(table_[:, frame].mean())
                spread = float(table_[:, frame].std() / np.sqrt(len(own))) if len(own) > 1 else 0.0
                rows.append(
                    {"condition": condition or ALL, "kind": kind,
                     "time_s": round(float(own[0].seconds[frame]), 4), "dff": value, "sem": spread}
                )  # fmt: skip
    return rows


def _of(one: Condition, kind: str) -> Any:
    return {SOMATA: one.somata, RING: one.ring, OVER: one.over}[kind]


def share_rows(found: Around) -> list[dict[str, Any]]:
    """Activated and depressed shares of each unit, and over all (unit "")."""
    rows: list[dict[str, Any]] = []
    for what in ("activated", "depressed"):
        for kind in (SOMATA, RING, OVER):
            for condition in found.conditions:
                one = found.scores[f"{what}, {kind}"][condition]
                about = {"what": what, "kind": kind, "condition": condition or ALL}
                low, high = one.interval or (None, None)
                rows += [
                    {**about, "unit": unit, "share": value, "low": None, "high": None}
                    for unit, value in one.by_unit.items()
                ]
                rows.append({**about, "unit": "", "share": one.mean, "low": low, "high": high})
    return rows


def distance_rows(found: Around) -> list[dict[str, Any]]:
    """Share of activated cells in rings of distance from the point, of each condition, all cells together."""
    rows: list[dict[str, Any]] = []
    parts = [one for one in parts_of(found.recordings) if one.distance_um is not None]
    if not parts:
        return rows
    largest = max(float(one.distance_um.max()) for one in parts if one.distance_um is not None)
    edges = np.linspace(0, largest * 1.0001, found.settings.bins + 1)
    for condition in found.conditions:
        own = [one for one in parts if one.name == condition]
        apart = np.concatenate([one.distance_um for one in own if one.distance_um is not None])
        up = np.concatenate([one.over.during_sd >= found.settings.response_sd for one in own])
        height = np.concatenate([one.somata.during for one in own])
        for low, high in zip(edges[:-1], edges[1:], strict=True):
            inside = (apart >= low) & (apart < high)
            n = int(inside.sum())
            interval = wilson(int(up[inside].sum()), n) or (None, None)
            rows.append(
                {"condition": condition or ALL, "from_um": round(float(low), 1),
                 "to_um": round(float(high), 1), "cells": n,
                 "activated": float(up[inside].mean()) if n else None, "low": interval[0],
                 "high": interval[1], "dff": float(height[inside].mean()) if n else None}
            )  # fmt: skip
    return rows


def map_rows(found: Around) -> list[dict[str, Any]]:
    """The squares of the field of the first recording, each condition."""
    rows: list[dict[str, Any]] = []
    for one in found.recordings[0].conditions:
        if one.maps is None:
            continue
        for place, (row, column) in enumerate(np.ndindex(*one.maps.shape)):
            late = one.maps.latency_s[place]
            y, x = one.maps.places_um[place]
            rows.append(
                {"condition": one.name or ALL, "row": row, "column": column, "y_um": float(y),
                 "x_um": float(x), "dff": float(one.maps.during[place]),
                 "sd": float(one.maps.during_sd[place]),
                 "latency_s": float(late) if np.isfinite(late) else None}
            )  # fmt: skip
    return rows


def wave_rows(found: Around) -> list[dict[str, Any]]:
    """Latency and distance from the origin of each square of the first recording, and what the fit says."""
    rows: list[dict[str, Any]] = []
    for one in found.recordings[0].conditions:
        if one.maps is None or one.wave is None:
            continue
        apart = np.linalg.norm(one.maps.places_um - np.array(one.wave.origin_um), axis=1)
        for distance, late in zip(apart.tolist(), one.maps.latency_s.tolist(), strict=True):
            if np.isfinite(late):
                fitted = one.wave.start_s + distance / one.wave.speed_um_s
                rows.append(
                    {"condition": one.name or ALL, "distance_um": distance, "latency_s": late,
                     "fitted_s": fitted, "speed_um_s": one.wave.speed_um_s}
                )  # fmt: skip
    return rows


def sections(found: Around) -> list[Section]:
    """The figures that there is something to show for."""
    parts = [
        Section("traces", "Around the event",
                f"dF/F over the {found.settings.before_s:g} s before each event; means over cells and "
                f"recordings, with the standard error over recordings. Gaps are masked frames.",
                trace_rows(found), figures.traces_figure),
        Section("shares", "Activated during, depressed after",
                f"Each dot is a {found.unit}; lines are means, bars 95 % intervals over {found.unit}s.",
                share_rows(found), figures.shares_figure),
    ]  # fmt: skip
    if rows := distance_rows(found):
        parts.append(
            Section("distance", "Distance from the point", "Cells of all recordings together; bars are 95 % "
                    "intervals over cells.", rows, figures.distance_figure)
        )  # fmt: skip
    if rows := map_rows(found):
        parts.append(
            Section("maps", f"Where and when, in {found.recordings[0].name}",
                    "Left: mean dF/F during the event. Right: when half of the response is reached.",
                    rows, figures.maps_figure)
        )  # fmt: skip
    if rows := wave_rows(found):
        parts.append(
            Section("wave", f"How it travels, in {found.recordings[0].name}", "Each dot is a square of the "
                    "field; the line is the wave that fits.", rows, figures.wave_figure)
        )  # fmt: skip
    return parts


def as_dict(found: Around) -> dict[str, Any]:
    """Everything in plain containers."""
    return {
        "version": __version__,
        "around": found.words,
        "unit": found.unit,
        "measures": [
            {"measure": measure, "in": unit_of(measure), "condition": condition or ALL, "mean": one.mean,
             "interval": one.interval, "units": dict(one.by_unit)}
            for measure, own in found.scores.items()
            for condition, one in own.items()
        ],
        "differences": [in_words(gap) for gap in found.differences],
        "notes": notes_on(found),
    }  # fmt: skip


def write_report(out: Path, found: Around) -> Path:
    """Write ``report.html``, ``measures.csv``, ``scores.json`` and the figures; returns the page."""
    write_json(out / "scores.json", as_dict(found))
    write_csv(out / "measures.csv", measure_rows(found))
    shown = [name or ALL for name in found.conditions]
    parts = sections(found)
    n_events = sum(one.somata.n_events for one in parts_of(found.recordings))
    lead = (
        f"{len(found.recordings)} recordings, {n_events} events; means over {found.unit}s with 95 % "
        "intervals."
    )
    return write_page(
        out, f"Around {found.words}", lead, head(found), summary(found), notes_on(found), parts, shown,
        [in_words(gap) for gap in found.differences], what_differs="Condition against condition",
    )  # fmt: skip
