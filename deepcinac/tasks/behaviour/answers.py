"""What a decoding leaves in a session: held-out answers, and which cells or places they take."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from deepcinac.results.kinds import IMPORTANCE, IMPORTANCE_MAP, KINDS
from deepcinac.results.result import Result, Results
from deepcinac.tasks.behaviour.decoding import Decoding, Plan
from deepcinac.tasks.behaviour.importance import Importance
from deepcinac.tasks.behaviour.maps import CutOuts, squares
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.score import CHANCE
from deepcinac.tasks.behaviour.settings import (
    ALONE,
    CHANCE_FACT,
    LOST,
    LOST_WITH_MIRROR,
    LOST_WITH_PARTNER,
)
from deepcinac.tasks.behaviour.task import held_out_results


def answers_of(
    plan: Plan,
    found: Decoding,
    inputs: Sequence[Sequence[Importance]] = (),
    maps: Sequence[Sequence[CutOuts]] = (),
) -> dict[str, Results]:
    """The held-out answers of the last method and what was important, by the name of the recording.

    ``inputs`` and ``maps``: of each part of the plan, or of none.
    """
    method = found.methods[-1]
    answers: dict[str, Results] = {}
    for number, part in enumerate(plan.parts):
        for one in part.recordings:
            own = found.answers[method][one.name]
            results = held_out_results(one, plan.target, method, own, plan.words)
            added: list[Result] = []
            if inputs and inputs[number]:
                added.append(_importance(results, one, inputs[number], found.measure))
            if maps and maps[number]:
                side = one.inputs.shape[1]
                added.append(_map(results, maps[number], side, found.measure))
            facts = {**results.info, CHANCE_FACT: CHANCE[plan.kind]} if added else results.info
            items = (*results.items, *added)
            answers[one.name] = dataclasses.replace(results, items=items, info=facts)
    return answers


def _importance(
    results: Results, recording: DecodedRecording, rows: Sequence[Importance], measure: str
) -> Result:
    """Means over units, (n_cells, 3); NaN for an input that no unit could judge."""
    values = np.full((len(recording.names), 3), np.nan)
    for place, name in enumerate(recording.names):
        own = [(x.needed, x.needed_with_partner, x.alone) for x in rows if x.name == name]
        if own:
            values[place] = np.mean(own, axis=0)
    return Result(
        IMPORTANCE, values.astype(np.float32), KINDS[IMPORTANCE].dims, measure, results.maker,
        recording.cells, recording.keys, labels={"field": (LOST, LOST_WITH_PARTNER, ALONE)},
    )  # fmt: skip


def _map(results: Results, maps: Sequence[CutOuts], side: int, measure: str) -> Result:
    names = ("needed", "needed_with_mirror", "alone")
    means = [np.mean([getattr(one, name) for one in maps], axis=0) for name in names]
    values = np.stack([over_picture(mean, side) for mean in means])
    return Result(
        IMPORTANCE_MAP, values.astype(np.float32), KINDS[IMPORTANCE_MAP].dims, measure, results.maker,
        labels={"field": (LOST, LOST_WITH_MIRROR, ALONE)},
    )  # fmt: skip


def over_picture(values: np.ndarray, side: int) -> np.ndarray:
    """A value for each square (n, n), as one for each pixel (side, side): the mean of its squares."""
    total, count = np.zeros((side, side)), np.zeros((side, side))
    for value, (rows, columns) in zip(values.ravel(), squares(side), strict=True):
        total[rows, columns] += value
        count[rows, columns] += 1
    return total / count
