"""What a program says about the type of a cell: a probability for each type, never the expert's word."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcinac.errors import InputError

TOLERANCE = 1e-3
"""Probabilities that come as rounded text may add up to a little more than 1."""


@dataclass(frozen=True)
class TypePrediction:
    """Probability of each type for one cell.

    ``unlike`` says in which way the cell lies outside everything that the classifier learned from
    ("area 512 um2, 90 to 210 learned"); "": it does not, or nobody knows.
    """

    probability: Mapping[str, float]
    unlike: str = ""

    @property
    def type(self) -> str:
        """The most probable type; of several the first in the alphabet."""
        return min(self.probability, key=lambda name: (-self.probability[name], name))

    @property
    def certainty(self) -> float:
        """The probability of :attr:`type`."""
        return float(self.probability[self.type])

    def in_words(self) -> str:
        """All types, the most probable first: "interneuron 83 %, pyramidal 17 %".

        >>> TypePrediction({"pyramidal": 0.172, "interneuron": 0.828}).in_words()
        'interneuron 83 %, pyramidal 17 %'
        """
        order = sorted(self.probability.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{name} {100 * share:.0f} %" for name, share in order)


def checked_prediction(cell: int, prediction: TypePrediction, where: Any = None) -> TypePrediction:
    """The same prediction when its probabilities are valid; otherwise an error that names the cell."""
    shares = list(prediction.probability.values())
    if not shares or not all(str(name).strip() for name in prediction.probability):
        raise InputError("a probability for at least one type", f"none for cell {cell}", where)
    good = all(math.isfinite(share) and 0 <= share <= 1 for share in shares)
    if not good or sum(shares) > 1 + TOLERANCE or not sum(shares):
        found = ", ".join(f"{share:g}" for share in shares)
        raise InputError(
            "probabilities of types from 0 to 1 that add up to at most 1",
            f"{found} for cell {cell}",
            where,
        )
    return prediction
