"""Scores as aligned tables of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from deepcinac.evaluation.comparison import Difference
from deepcinac.evaluation.metrics import Quartiles, Share
from deepcinac.evaluation.score import RULES, Scores

UNDEFINED = "–"
Table = list[list[str]]


@dataclass(frozen=True)
class Method:
    """One method's scores under the name it is shown by."""

    name: str
    scores: Scores


def text_report(methods: Sequence[Method], differences: Sequence[Difference] = ()) -> str:
    """All tables, methods beside each other; ``–`` stands where a number is undefined."""
    parts = [
        ("Transients of all cells together", _pooled_table(methods)),
        ("Cell by cell: median (quartiles)", _per_cell_table(methods)),
        ("Frames", _frames_table(methods)),
        ("Share of a transient's frames predicted: median (quartiles)", _proportion_table(methods)),
        ("Cross-talk rejected (share of rises that come from another source)", _crosstalk(methods)),
        ("Recall of transients by height over the noise", _recall(methods, "recall_by_visibility")),
        ("Recall by kind of cell", _recall(methods, "recall_by_kind")),
        ("F1 of the same units, method against method", _difference_table(differences)),
    ]
    shown = [f"{title}\n{aligned(rows)}" for title, rows in parts if len(rows) > 1]
    return "\n\n".join([*shown, explanation(methods)])


def explanation(methods: Sequence[Method]) -> str:
    """What the names of the scores mean, and what could not be computed."""
    scores = methods[0].scores
    lines = [
        f"A transient is predicted when a frame of it has a probability of {scores.threshold:g} "
        "or more.",
    ]
    if "paper" in scores.rules:
        lines += [
            "as in the paper:   precision over putative transients (rises of the smoothed trace).",
            "strict:            predicted activity outside any putative transient is false, too.",
        ]
    else:
        lines.append(
            "Without traces there are no putative transients, and so no score as in the paper."
        )
    lines.append(
        "by predicted run:  precision over runs of predicted frames, whatever the trace does."
    )
    lines.append(f"{UNDEFINED}  undefined: nothing to divide by.")
    if len(methods) > 1:
        lines.append("not tested: fewer than six units differ.")
    return "\n".join(lines)


def aligned(rows: Table) -> str:
    """Rows of text in columns, indented by 2: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = (
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  " + "   ".join([first, *rest]).rstrip())
    return "\n".join(lines)


def number(value: float | None, digits: int = 3) -> str:
    """A rounded number, or the sign for undefined."""
    return UNDEFINED if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def spread(value: Quartiles | None) -> str:
    """Median and quartiles, as in "0.85 (0.80-0.95)"."""
    return f"{value.median:.2f} ({value.q1:.2f}-{value.q3:.2f})" if value else UNDEFINED


def part_of(value: Share | None) -> str:
    """A share and of how many, as in "0.96 of 333"."""
    if value is None or value.value is None:
        return UNDEFINED
    return f"{value.value:.3f} of {value.n}"


def _label(methods: Sequence[Method], method: Method, rule: str) -> str:
    return f"{method.name}, {RULES[rule]}" if len(methods) > 1 else RULES[rule]


def _pooled_table(methods: Sequence[Method]) -> Table:
    rows = [["", "recall", "precision", "F1", "95 % of F1", "detected/real", "true/predicted"]]
    for method in methods:
        for rule, result in method.scores.rules.items():
            counts = result.pooled
            rows.append(
                [
                    _label(methods, method, rule),
                    number(counts.recall),
                    number(counts.precision),
                    number(counts.f1),
                    "{:.3f}-{:.3f}".format(*result.interval) if result.interval else UNDEFINED,
                    f"{counts.n_detected}/{counts.n_real}",
                    f"{counts.n_true}/{counts.n_predicted}",
                ]
            )
    return rows


def _per_cell_table(methods: Sequence[Method]) -> Table:
    rows = [["", "recall", "precision", "F1", "cells with F1"]]
    for method in methods:
        for rule, result in method.scores.rules.items():
            values = (result.recall, result.precision, result.f1)
            defined = str(result.f1.n if result.f1 else 0)
            rows.append([_label(methods, method, rule), *map(spread, values), defined])
    return rows


def _frames_table(methods: Sequence[Method]) -> Table:
    head = ["average precision", "ROC AUC", "recall", "precision", "calibration error", "active"]
    rows = [["", *head]]
    for method in methods:
        frames, error = method.scores.frames, method.scores.calibration.error
        values = (frames.average_precision, frames.roc_auc, frames.recall, frames.precision, error)
        rows.append([method.name, *map(number, values), number(frames.active_share)])
    return rows


def _proportion_table(methods: Sequence[Method]) -> Table:
    rows = [["", "detected ones", "all real ones"]]
    for method in methods:
        proportion = method.scores.proportion
        rows.append([method.name, spread(proportion.detected), spread(proportion.all_real)])
    return rows


def _crosstalk(methods: Sequence[Method]) -> Table:
    names = ["all", "from a cell", "from elsewhere", "overlap >= 15 %", "strong (>= 5 SD)"]
    rows = [["", *names, "paper's rule"]]
    for method in methods:
        known, by_rule = method.scores.crosstalk, method.scores.profile_events
        if known is None and by_rule is None:
            continue
        groups: list[Share | None] = [None] * len(names)
        if known is not None:
            groups = [
                known.all,
                known.from_cells,
                known.from_elsewhere,
                known.overlapping,
                known.strong,
            ]
        rows.append([method.name, *map(part_of, [*groups, by_rule])])
    return rows


def _recall(methods: Sequence[Method], grouping: str) -> Table:
    groups = [getattr(method.scores, grouping) for method in methods]
    names = list(dict.fromkeys(name for group in groups for name in group))
    if len(names) < 2:
        return []
    rows = [["", *names]]
    for method, group in zip(methods, groups, strict=True):
        rows.append([method.name, *(part_of(group.get(name)) for name in names)])
    return rows


def _difference_table(differences: Sequence[Difference]) -> Table:
    rows = [["", "median difference", "p (Holm)", "units"]]
    for gap in differences:
        shown = UNDEFINED if gap.median is None else f"{gap.median:+.3f}"
        p = "not tested" if gap.p is None else f"{gap.p:.2g}"
        counted = f"{gap.n_units} {gap.unit}s"
        rows.append([f"{gap.first} - {gap.second}", shown, p, counted])
    return rows
