"""Cells of one field on several days: who is who, with a probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.tracking.assignment import assign, near_pairs

N_STEPS = 200
FEWEST_PAIRS = 5
LEAST_PROBABILITY = 0.5


@dataclass(frozen=True)
class DistanceModel:
    """How far the same cell lies from itself on another day: a Rayleigh distribution of ``sigma_px``.

    Other cells are spread evenly within ``reach_px``; ``share``: how many of the pairs are the same cell.
    """

    sigma_px: float
    share: float
    reach_px: float

    def probability(self, apart_px: np.ndarray) -> np.ndarray:
        """Probability that a pair at this distance is the same cell.

        >>> DistanceModel(1.0, 0.5, 10.0).probability(np.array([0.5, 5.0])).round(2).tolist()
        [0.98, 0.0]
        """
        same, other = self._densities(np.asarray(apart_px, float))
        return self.share * same / (self.share * same + (1 - self.share) * other)

    def _densities(self, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Both have the factor of the distance itself, which cancels.
        same = np.exp(-(apart**2) / (2 * self.sigma_px**2)) / self.sigma_px**2
        return same, np.full(apart.shape, 2 / self.reach_px**2)


def fit_distances(apart_px: np.ndarray, reach_px: float) -> DistanceModel:
    """The model of the distances (n,) of all pairs within ``reach_px``, by expectation maximisation."""
    apart = np.asarray(apart_px, float)
    model = DistanceModel(reach_px / 5, 0.5, reach_px)
    if len(apart) < FEWEST_PAIRS:
        return model
    for _ in range(N_STEPS):
        p = model.probability(apart)
        sigma = float(np.sqrt((p * apart**2).sum() / max(2 * p.sum(), 1e-9)))
        model = DistanceModel(max(sigma, 0.05), float(np.clip(p.mean(), 0.01, 0.99)), reach_px)
    return model


@dataclass(frozen=True, eq=False)
class Registry:
    """Cells of the field over days.

    ``number`` (n_cells, n_days): the cell of each day's session, -1 where it was not found. ``probability``,
    the same shape: that it is the same cell as on the days before; NaN where there is nothing to say.
    ``places`` (n_cells, 2): in the field of the first day. ``models``: one a day from the second on.
    """

    number: np.ndarray
    probability: np.ndarray
    places: np.ndarray
    models: tuple[DistanceModel, ...]


def register(places: Sequence[np.ndarray], reach_px: float) -> Registry:
    """Who is who, from the places (n, 2) of each day's cells in the field of the first day.

    Day after day, cells are matched to those known so far by a linear assignment of probabilities;
    pairs below one half are not matched.
    """
    n_days = len(places)
    known = places[0].copy()
    number = np.full((len(known), n_days), -1)
    number[:, 0] = np.arange(len(known))
    probability = np.full((len(known), n_days), np.nan)
    models = []
    for day in range(1, n_days):
        now = places[day]
        first, second, apart = near_pairs(known, now, reach_px)
        model = fit_distances(apart, reach_px)
        models.append(model)
        p = model.probability(apart)
        rows, columns = assign(
            first, second, -np.log(np.maximum(p, 1e-12)), -np.log(LEAST_PROBABILITY)
        )
        of_pair = {(int(i), int(j)): float(v) for i, j, v in zip(first, second, p, strict=True)}
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            number[row, day] = column
            probability[row, day] = of_pair[row, column]
        new = np.setdiff1d(np.arange(len(now)), columns)
        more = np.full((len(new), n_days), -1)
        more[:, day] = new
        seen = (number[rows] >= 0).sum(1)[:, None]
        known[rows] = known[rows] + (now[columns] - known[rows]) / seen
        known = np.vstack([known, now[new]])
        number = np.vstack([number, more])
        probability = np.vstack([probability, np.full(more.shape, np.nan)])
    return Registry(number, probability, known, tuple(models))
