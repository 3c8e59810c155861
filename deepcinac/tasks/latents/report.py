"""The report of latent dynamics: a page, its figures and tables, and the same as text."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.comparison import in_words
from deepcinac.evaluation.html_page import Section, Table, write_page
from deepcinac.evaluation.report import number
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import write_json
from deepcinac.learning.splits import counted
from deepcinac.tasks.latents import figures
from deepcinac.tasks.latents.inferring import HELD_OUT, HIDDEN, TRUTH, Findings
from deepcinac.tasks.latents.samples import Samples
from deepcinac.tasks.latents.settings import FLUORESCENCE
from deepcinac.version import __version__

HEAD = ["Method", "Mean", "95 % over cells", "Cells"]
TITLES = {
    HIDDEN: "Samples that were hidden: share of the deviance from each cell's mean that is explained",
    HELD_OUT: "Cells that the input never shows (co-smoothing): share of the deviance that is explained",
    TRUTH: "The truth: R2 in every bin, observed or not",
}
EXAMPLE_CELLS, EXAMPLE_BINS = 4, 120


def data_in_words(one: Samples) -> str:
    """What is learnt from, in a sentence."""
    length = one.n_bins * one.bin_s
    what = (
        f"{len(one.values)} trials of {length:.3g} s"
        if one.is_trials
        else f"a recording of {length:.4g} s"
    )
    finer = f", {one.bins_per_frame} in a frame" if one.bins_per_frame > 1 else ""
    return (
        f"{one.kind[:1].upper()}{one.kind[1:]} of {counted(one.n_cells, 'cell')} ({one.source}) in {what}, "
        f"bins of {one.bin_s * 1000:.4g} ms{finer}; {one.missing:.0%} of the samples are missing."
    )


def summary(found: Findings, measure: str) -> list[list[str]]:
    """A line for each method, under ``HEAD``."""
    rows = []
    for name, one in found.scores[measure].items():
        low_high = "–" if one.interval is None else "{:.3f} to {:.3f}".format(*one.interval)
        rows.append([name, number(one.mean), low_high, str(len(one.by_unit))])
    return rows


def tables_of(found: Findings) -> list[tuple[str, list[list[str]]]]:
    """Title and rows, the head among them, of each measure."""
    return [(TITLES[measure], [HEAD, *summary(found, measure)]) for measure in found.scores]


def notes_on(found: Findings) -> list[str]:
    """What a reader has to bear in mind."""
    one, notes = found.plan.samples, []
    notes.append(
        f"Judged on {found.plan.division.words}, which chose nothing. The interval is over cells of this one "
        "recording, which share its dynamics: it says nothing about other recordings."
    )
    hidden = found.scores[HIDDEN]
    means = {name: scores.mean for name, scores in hidden.items() if scores.mean is not None}
    if means and max(means.values()) <= 0:
        notes.append("No method tells hidden samples better than the mean of each cell does.")
    if one.kind == FLUORESCENCE:
        notes.append(
            "The answer is fluorescence, with the indicator's rise and decay in it; it is no rate."
        )
    if one.bins_per_frame > 1:
        notes.append(
            "Each cell was put into the bin in which the laser passes its rows, from the top of the frame to "
            "its bottom in equal steps."
        )
    return notes


def score_rows(found: Findings, measure: str) -> list[dict[str, Any]]:
    """Each method in each cell, and over all of them (unit "")."""
    rows: list[dict[str, Any]] = []
    for name, one in found.scores[measure].items():
        about = {"method": name, "measure": measure}
        empty = {"low": None, "high": None, "null_95": None}
        rows += [{**about, "unit": u, "score": value, **empty} for u, value in one.by_unit.items()]
        low, high = one.interval or (None, None)
        rows.append(
            {**about, "unit": "", "score": one.mean, "low": low, "high": high, "null_95": None}
        )
    return rows


def example_rows(found: Findings) -> list[dict[str, Any]]:
    """Some cells of a middling trial: what was sampled, what each method says, and the truth."""
    judged = found.judged
    bins = min(judged.n_bins, EXAMPLE_BINS)
    own = judged.truth if judged.truth is not None else list(found.told.values())[-1]
    strength = own[:, :bins].std(1).mean(1)
    trial = int(np.argsort(strength)[len(strength) // 2])
    cells = _various(own[trial, :bins].std(0))
    unit = found.truth_unit
    rows = []
    for cell in cells.tolist():
        for place in range(bins):
            row: dict[str, Any] = {
                "cell": judged.names[cell],
                "time_s": round((place + 0.5) * judged.bin_s, 6),
                "sample": _known(judged.values[trial, place, cell] / unit),
                "truth": None if judged.truth is None else _known(judged.truth[trial, place, cell]),
            }
            told = {n: _known(said[trial, place, cell] / unit) for n, said in found.told.items()}
            rows.append({**row, **told})
    return rows


def _various(spread: np.ndarray) -> np.ndarray:
    """Some of the cells that vary more than others, the one that varies most among them."""
    order = np.argsort(-spread)[: max(EXAMPLE_CELLS, len(spread) // 2)]
    places = np.linspace(0, len(order) - 1, min(EXAMPLE_CELLS, len(order))).round().astype(int)
    return np.sort(order[places])


def factor_rows(found: Findings) -> list[dict[str, Any]]:
    """The strongest factors of the first trials, or of the first bins of a recording."""
    factors, bin_s = found.inferred.factors, found.plan.samples.bin_s
    shown = factors[:20, :EXAMPLE_BINS]
    flat = shown.reshape(-1, shown.shape[-1])
    centred = flat - np.nanmean(flat, 0)
    _, _, axes = np.linalg.svd(centred[np.isfinite(centred).all(1)], full_matrices=False)
    projected = (shown - np.nanmean(flat, 0)) @ axes[:3].T
    return [
        {
            "trial": trial,
            "time_s": round((place + 0.5) * bin_s, 6),
            **{f"axis {n + 1}": _known(value) for n, value in enumerate(projected[trial, place])},
        }
        for trial in range(len(projected))
        for place in range(projected.shape[1])
    ]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def sections(found: Findings) -> list[Section]:
    """The figures."""
    parts = [
        Section(f"scores-{measure.replace(' ', '-')}", TITLES[measure],
                "Each dot is a cell; the line is their mean, the bar beside it its 95 % interval. Below 0 "
                "lie cells that a method tells worse than their mean does.",
                score_rows(found, measure), figures.scores_figure)
        for measure in found.scores
    ]  # fmt: skip
    fits = functools.partial(figures.example_figure, units=found.units)
    parts.append(
        Section("example", "A stretch that was judged",
                "Dots: samples that were observed. Lines: what each method says from them, black the truth "
                "where it is known. The middling trial, and cells that vary.", example_rows(found), fits)
    )  # fmt: skip
    parts.append(
        Section("factors", "What the cells share",
                "The three main axes of the factors over time, a line a trial.", factor_rows(found),
                figures.factors_figure)
    )  # fmt: skip
    return parts


def write_report(out: Path, found: Findings) -> Path:
    """Write ``report.html``, ``scores.json`` and the figures with their tables; returns the page."""
    write_json(out / "scores.json", as_dict(found))
    rows = [row for measure in found.scores for row in score_rows(found, measure)]
    write_csv(out / "scores.csv", rows)
    parts = sections(found)
    first, *others = [
        Table(HEAD, summary(found, measure), TITLES[measure]) for measure in found.scores
    ]
    return write_page(
        out,
        f"Latent dynamics of {found.plan.samples.name}",
        data_in_words(found.plan.samples),
        first.head,
        first.rows,
        notes_on(found),
        parts,
        tuple(found.told),
        [in_words(gap) for gaps in found.differences.values() for gap in gaps],
        table_title=first.title,
        more_tables=others,
    )


def as_dict(found: Findings) -> dict[str, Any]:
    """Everything in plain containers."""
    plan = found.plan
    return {
        "recording": plan.samples.name,
        "values": plan.samples.kind,
        "missing": plan.samples.missing,
        "held_out": plan.division.words,
        "version": __version__,
        "settings": dataclasses.asdict(plan.settings),
        "training": dataclasses.asdict(plan.training),
        "measures": {
            measure: [
                {"method": n, "mean": s.mean, "interval": s.interval, "cells": dict(s.by_unit)}
                for n, s in scores.items()
            ]
            for measure, scores in found.scores.items()
        },
        "differences": {
            measure: [in_words(gap) for gap in gaps] for measure, gaps in found.differences.items()
        },
        "notes": notes_on(found),
    }
