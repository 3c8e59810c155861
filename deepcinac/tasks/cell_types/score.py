"""How often a cell got the type that the expert gave it, while it was held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from deepcinac.learning.task import Judgement

SCORE_NAME = "share of typed cells right"


@dataclass(frozen=True)
class TypeScores:
    """How often held-out cells got the type that the expert gave, as shares.

    ``majority``: always saying the commonest type would reach this. ``balanced``: mean over the
    types of their own shares (by chance one over the number of types). ``held_out``: "recordings"
    when each recording was left out whole, else "cells".
    """

    n_cells: int
    accuracy: float
    majority: float
    balanced: float
    commonest: str
    held_out: str

    @property
    def is_useful(self) -> bool:
        """Better than always saying the commonest type."""
        return self.accuracy > self.majority

    def sentence(self) -> str:
        """The score beside its baseline, and a warning where it is no better than that.

        "16 of 18 typed cells right when held out: 89 % (always saying interneuron: 50 %; mean over
        types: 89 %)".
        """
        right = f"{round(self.accuracy * self.n_cells)} of {self.n_cells} typed cells right"
        how = "when held out" if self.held_out == "cells" else "when their recording was held out"
        base = f"always saying {self.commonest}: {100 * self.majority:.0f} %"
        text = f"{right} {how}: {100 * self.accuracy:.0f} % ({base}"
        text += f"; mean over types: {100 * self.balanced:.0f} %)"
        return text if self.is_useful else f"{text}. Do not rely on it"


def scores_of(
    types: Sequence[str], names: Sequence[str], held_out: np.ndarray, how: str
) -> TypeScores:
    """Scores of probabilities (n, k) of ``names`` that typed cells (n,) got while they were held out."""
    given = np.array(types)
    right = np.array([names[place] for place in held_out.argmax(axis=1)]) == given
    counts = Counter(types)
    commonest = min(counts, key=lambda name: (-counts[name], name))
    return TypeScores(
        n_cells=len(types),
        accuracy=float(right.mean()),
        majority=counts[commonest] / len(types),
        balanced=float(np.mean([right[given == name].mean() for name in names])),
        commonest=commonest,
        held_out=how,
    )


def judgement_of(scores: TypeScores) -> Judgement:
    """The same for the card."""
    values = {"accuracy": scores.accuracy, "balanced": scores.balanced}
    return Judgement(scores.accuracy, values, details=asdict(scores))
