"""The report of tracking: a page with its figures and tables, and the same as text."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.html_page import Section, Table, write_page
from deepcinac.evaluation.report import number
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import write_json
from deepcinac.labelling.transients import runs
from deepcinac.tracking import figures
from deepcinac.tracking.score import Counts, TrackingScore
from deepcinac.tracking.tracking import Tracked
from deepcinac.version import __version__

ELASTIC, CONSTANT = "elastic", "constant position"
HEAD = ["Method", "Cells", "Fragments", "Joined gaps", "Frames followed (median)"]
SCORE_HEAD = ["Method", "What", "Precision", "95 %", "Recall", "95 %", "Real"]
WHAT = {
    "detection": "cells found in frames",
    "links": "links to the next frame",
    "silent": "gaps in which the cell is dark",
    "hidden": "gaps in which its spot is not found",
}
FEW = 0.5


def summary(tracked: Mapping[str, Tracked]) -> list[list[str]]:
    """A line for each method, under ``HEAD``."""
    return [
        [
            name,
            f"{len(one.tracks)}",
            f"{len(one.fragments)}",
            f"{len(one.joins)}",
            f"{np.median(one.tracks.followed.sum(1)):.0f} of {one.tracks.n_frames}",
        ]
        for name, one in tracked.items()
    ]


def score_lines(scores: Mapping[str, TrackingScore]) -> list[list[str]]:
    """A line for each method and each part of the task, under ``SCORE_HEAD``."""
    lines = []
    for part, what in WHAT.items():
        for name, score in scores.items():
            counts: Counts = getattr(score, part)
            precision, recall = (
                "–" if one is None else "{:.3f} to {:.3f}".format(*one) for one in counts.intervals
            )
            lines.append(
                [name, what, number(counts.precision), precision, number(counts.recall), recall,
                 f"{counts.real}"]
            )  # fmt: skip
    return lines


def notes_on(tracked: Tracked) -> list[str]:
    """What a reader has to bear in mind."""
    notes = []
    seen = tracked.tracks.seen.sum(0)
    if (few := int((seen < 8).sum())) > 0:
        notes.append(
            f"In {few} of {len(seen)} frames fewer than eight cells are seen: there nothing is known of "
            "the others, and the stabilised movie is deformed as in the frame before."
        )
    alone = int((tracked.tracks.followed.sum(1) < FEW * tracked.tracks.n_frames).sum())
    if alone:
        notes.append(
            f"{alone} of {len(tracked.tracks)} cells are followed in less than half of the frames; some of "
            "them may be parts of one cell."
        )
    notes.append(
        "Where a cell is not seen, its place comes from its neighbours: that it moves with them is "
        "assumed, not measured."
    )
    return notes


def track_rows(tracked: Tracked) -> list[dict[str, Any]]:
    """Where each cell is in each frame in which it is followed."""
    tracks, names = tracked.tracks, _axes(tracked.rest.shape[1])
    rows = []
    for cell, frame in np.argwhere(tracks.followed).tolist():
        place = zip(names, tracks.positions[cell, frame].tolist(), strict=True)
        rest = zip(names, tracked.rest[cell].tolist(), strict=True)
        rows.append(
            {
                "cell": cell,
                "frame": frame,
                **{f"{name}_px": round(value, 3) for name, value in place},
                "seen": bool(tracks.seen[cell, frame]),
                **{f"rest_{name}_px": round(value, 3) for name, value in rest},
            }
        )
    return rows


def _axes(n: int) -> tuple[str, ...]:
    return ("y", "x") if n == 2 else ("z", "y", "x")


def join_rows(tracked: Tracked) -> list[dict[str, Any]]:
    """Each joined gap, with the cell that it belongs to."""
    cell_of = {number: cell for cell, own in enumerate(tracked.tracks.fragments) for number in own}
    rows = []
    for one in tracked.joins:
        before, after = tracked.fragments[one.before], tracked.fragments[one.after]
        rows.append(
            {
                "cell": cell_of.get(one.before),
                "last_frame": before.last,
                "first_frame": after.first,
                "gap_frames": one.gap_frames,
                "apart_px": round(one.apart_px, 3),
                "margin_px": None if one.margin_px is None else round(one.margin_px, 3),
            }
        )
    return rows


def stretch_rows(tracked: Tracked) -> list[dict[str, Any]]:
    """The stretches in which each cell is seen or carried."""
    tracks = tracked.tracks
    return [
        {"cell": cell, "how": how, "first_frame": first, "last_frame": last}
        for cell in range(len(tracks))
        for how, known in (
            ("seen", tracks.seen[cell]),
            ("carried", tracks.followed[cell] & ~tracks.seen[cell]),
        )
        for first, last in runs(known).tolist()
    ]


def trace_rows(
    tracked: Tracked, light: np.ndarray, frame_rate_hz: float, most: int = figures.MOST_TRACES
) -> list[dict[str, Any]]:
    """The light of the cells with the most joined gaps, frame by frame."""
    order = sorted(range(len(light)), key=lambda cell: -len(tracked.tracks.fragments[cell]))[:most]
    return [
        {
            "cell": cell,
            "time_s": round(frame / frame_rate_hz, 4),
            "light": float(value) if np.isfinite(value) else None,
        }
        for cell in order
        for frame, value in enumerate(light[cell].tolist())
    ]


def write_tables(out: Path, tracked: Tracked, content: dict[str, Any]) -> None:
    """``tracks.csv``, ``joins.csv`` and ``scores.json``."""
    write_csv(out / "tracks.csv", track_rows(tracked))
    write_csv(out / "joins.csv", join_rows(tracked))
    write_json(out / "scores.json", {"version": __version__, **content})


def write_report(
    out: Path,
    tracked: Mapping[str, Tracked],
    scores: Mapping[str, TrackingScore],
    pictures: tuple[np.ndarray, np.ndarray],
    light: np.ndarray,
    frame_rate_hz: float,
    movie: str,
) -> Path:
    """Write ``report.html`` and the figures with their tables; returns the page.

    ``pictures``: the brightest light of the movie and of the stabilised one, (height, width) both.
    """
    best = tracked[ELASTIC]
    before, after = pictures
    parts = [
        Section("tracks", "Where the cells were",
                "Left: each line is a cell. Right: the movie in which the cells stand still; dots are their "
                "places.",
                track_rows(best),
                functools.partial(figures.tracks_figure, before=before, after=after)),
        Section("seen", "When they were seen", "A line for each cell; in a joined gap it is carried on "
                "with its neighbours.", stretch_rows(best), figures.seen_figure),
        Section("joins", "The joined gaps", "How close what was carried forward passes what was carried "
                "backward. Long gaps that pass far are the doubtful ones.",
                join_rows(best), figures.joins_figure),
        Section("traces", "Traces at the tracked places", "The cells with the most joined gaps; light "
                "over the surroundings.", trace_rows(best, light, frame_rate_hz),
                figures.traces_figure),
    ]  # fmt: skip
    truth = [Table(SCORE_HEAD, score_lines(scores), "Against the truth")] if scores else []
    return write_page(
        out, f"Tracking {Path(movie).name}", "", HEAD, summary(tracked), notes_on(best), parts,
        [ELASTIC], more_tables=truth,
    )  # fmt: skip


def as_dict(
    tracked: Mapping[str, Tracked], scores: Mapping[str, TrackingScore], notes: Sequence[str]
) -> dict[str, Any]:
    """Everything in plain containers."""
    return {
        "methods": [
            {
                "method": name,
                "cells": len(one.tracks),
                "fragments": len(one.fragments),
                "joined": len(one.joins),
                **({"scores": dataclasses.asdict(scores[name])} if name in scores else {}),
            }
            for name, one in tracked.items()
        ],
        "notes": list(notes),
    }
