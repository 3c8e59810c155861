"""Ensembles: groups of cells that are active together more than cells shuffled in time ever are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.tracking.settings import EnsembleSettings

FEWEST_COMMON = 20
COMMON_SHARE = 0.25
"""Cells that are known together in fewer frames, or a smaller part of them, are not compared."""
ALPHA = 0.05
N_BLOCKS = 5


@dataclass(frozen=True, eq=False)
class Ensembles:
    """``member`` (n_cells,): the ensemble of each cell, from 0, the largest first; -1 for none.

    ``correlation`` (n_cells, n_cells). ``cut``: the mean correlation from which cells are one group, which
    shuffled cells exceed in one case of twenty. ``activity`` (n_ensembles, n_frames): mean over the cells,
    each in SD, NaN where none is known. ``largest_by_chance`` (n_shuffles,): the highest correlation at which
    shuffled cells form a group.
    """

    member: np.ndarray
    correlation: np.ndarray
    cut: float
    activity: np.ndarray
    largest_by_chance: np.ndarray

    @property
    def n(self) -> int:
        """How many ensembles there are."""
        return len(self.activity)


def find_ensembles(
    activity: np.ndarray, settings: EnsembleSettings, generator: np.random.Generator
) -> Ensembles:
    """Groups of at least ``settings.smallest`` cells from activity (n_cells, n_frames), NaN where unknown.

    Cells are clustered by the correlation of their activity over the frames in which both are known (average
    linkage). The tree is cut where, with the stretches of every cell put in another order, a group of that
    size arises in only one case of twenty, so that independent cells end up in none.
    """
    n_cells, n_frames = activity.shape
    if n_cells < 2 * settings.smallest or n_frames < 2 * FEWEST_COMMON:
        raise InputError(
            f"at least {2 * settings.smallest} cells and {2 * FEWEST_COMMON} frames",
            f"{n_cells} and {n_frames}",
            "the activity",
        )
    chance = []
    for _ in range(settings.shuffles):
        shuffled = np.stack([in_blocks(row, generator) for row in activity])
        chance.append(_highest_group(correlations(shuffled), settings.smallest))
    cut = float(np.quantile(chance, 1 - ALPHA))
    table = correlations(activity)
    member = _groups(table, cut, settings.smallest)
    return Ensembles(member, table, cut, means(activity, member), np.array(chance))


def in_blocks(row: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The same values (n_frames,) in blocks of random length that change places, half of them reversed.

    A shift alone will not do: thirty cells that do the same still do the same here and there when each is
    shifted by itself.
    """
    cuts = np.sort(generator.integers(0, len(row), N_BLOCKS - 1))
    blocks = np.split(row, cuts)
    order = generator.permutation(len(blocks))
    turned = generator.random(len(blocks)) < 0.5
    return np.concatenate([blocks[k][::-1] if turned[k] else blocks[k] for k in order])


def correlations(activity: np.ndarray) -> np.ndarray:
    """Correlation of every two cells over the frames in which both are known, (n_cells, n_cells).

    0 where fewer than 20 frames, or a quarter of them, are common, and where a cell does not change.

    >>> wave = np.tile([0.0, 1.0], 15)
    >>> correlations(np.stack([wave, 1 - wave])).round(6).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    known = np.isfinite(activity)
    values = np.where(known, activity, 0.0)
    values = values - (values.sum(1) / np.maximum(known.sum(1), 1))[:, None] * known
    weight = known.astype(float)
    n = weight @ weight.T
    total = values @ weight.T  # of cell i over the frames known of both
    squares = (values**2) @ weight.T
    products = values @ values.T
    safe = np.maximum(n, 1)
    covariance = products - total * total.T / safe
    spread = squares - total**2 / safe
    scale = np.sqrt(np.maximum(spread * spread.T, 0))
    fewest = max(FEWEST_COMMON, COMMON_SHARE * activity.shape[1])
    found = np.where((n >= fewest) & (scale > 1e-12), covariance / np.maximum(scale, 1e-12), 0.0)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, -1.0, 1.0)


def _tree(table: np.ndarray) -> np.ndarray:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    apart = np.clip(1 - (table + table.T) / 2, 0, 2)
    np.fill_diagonal(apart, 0.0)
    return linkage(squareform(apart, checks=False), "average")


def _highest_group(table: np.ndarray, smallest: int) -> float:
    """The mean correlation at which the first group of ``smallest`` cells arises."""
    tree = _tree(table)
    large = tree[:, 3] >= smallest
    return float(1 - tree[large, 2].min())


def _groups(table: np.ndarray, cut: float, smallest: int) -> np.ndarray:
    from scipy.cluster.hierarchy import fcluster

    labels = fcluster(_tree(table), 1 - cut, "distance")
    names, counts = np.unique(labels, return_counts=True)
    order = sorted(
        (-int(count), int(name))
        for name, count in zip(names, counts, strict=True)
        if count >= smallest
    )
    member = np.full(len(table), -1)
    for number, (_, name) in enumerate(order):
        member[labels == name] = number
    return member


def means(activity: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Mean activity of each ensemble, (n_ensembles, n_frames), every cell in its own SD."""
    scaled = activity - np.nanmean(activity, axis=1, keepdims=True)
    sd = np.nanstd(scaled, axis=1, keepdims=True)
    scaled = scaled / np.where(sd > 0, sd, 1.0)
    n = int(member.max(initial=-1)) + 1
    found = np.full((n, activity.shape[1]), np.nan)
    for number in range(n):
        own = scaled[member == number]
        known = np.isfinite(own).sum(0)
        total = np.nansum(own, axis=0)
        found[number] = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    return found


@dataclass(frozen=True)
class SignalFit:
    """Correlation of an ensemble with a signal, and how often a shifted signal fits as well."""

    ensemble: int
    correlation: float
    p: float


def fit_signal(
    activity: np.ndarray, signal: np.ndarray, shuffles: int, generator: np.random.Generator
) -> list[SignalFit]:
    """How each ensemble (n_ensembles, n_frames) follows a signal (n_frames,), NaN where unknown.

    ``p``: the share of circular shifts of the signal, at least a tenth of the recording long, whose
    correlation is as far from 0; corrected by Holm for the number of ensembles.
    """
    from deepcinac.evaluation.comparison import holm

    n_frames = len(signal)
    found, raw = [], []
    for row in activity:
        r = _correlation(row, signal)
        shifts = generator.integers(n_frames // 10, n_frames - n_frames // 10, shuffles)
        others = np.array([_correlation(row, np.roll(signal, int(by))) for by in shifts])
        raw.append(float((1 + (np.abs(others) >= abs(r)).sum()) / (1 + shuffles)))
        found.append(r)
    corrected = holm(raw)
    return [
        SignalFit(number, r, float(p if p is not None else 1.0))
        for number, (r, p) in enumerate(zip(found, corrected, strict=True))
    ]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < FEWEST_COMMON or one[known].std() == 0 or other[known].std() == 0:
        return 0.0
    return float(np.corrcoef(one[known], other[known])[0, 1])
