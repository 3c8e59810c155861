"""The agreement of experts as text: two matrices, and the distance of onsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deepcinac.evaluation.report import UNDEFINED, aligned, number
from deepcinac.labelling.agreement import Agreement, compare_layers
from deepcinac.labelling.layer_labels import Labels


def agreement_text(layers: Sequence[Labels], frame_rate_hz: float) -> str:
    """F1 of transients and kappa of frames of every two layers, and how far apart onsets are."""
    found = {(pair.first, pair.second): pair.total for pair in compare_layers(layers)}
    names = [layer.name for layer in layers]
    rows = [["", "transients", "matched", "frames", "onsets apart (ms)"]]
    for (first, second), total in found.items():
        onset = total.onset_jitter
        apart = UNDEFINED if onset is None else f"{1000 * onset.median / frame_rate_hz:.0f}"
        counted = f"{total.n_first}, {total.n_second}"
        rows.append(
            [f"{first}, {second}", counted, str(total.n_matched), str(total.frames.n), apart]
        )
    parts = [
        "F1 of transients matched one to one",
        aligned(_matrix(names, found, lambda total: total.f1)),
        "\nCohen's kappa of frames",
        aligned(_matrix(names, found, lambda total: total.kappa)),
        "\nEvery two, over the frames that both have judged (onsets: median distance)",
        aligned(rows),
        "",
        "A consensus shares its labels with those who took part in it: their agreement is no evidence.",
    ]
    return "\n".join(parts)


def _matrix(
    names: Sequence[str],
    found: dict[tuple[str, str], Agreement],
    value: Callable[[Agreement], float | None],
) -> list[list[str]]:
    rows = [["", *names]]
    for first in names:
        row = [first]
        for second in names:
            total = found.get((first, second)) or found.get((second, first))
            row.append("" if total is None else number(value(total)))
        rows.append(row)
    return rows
