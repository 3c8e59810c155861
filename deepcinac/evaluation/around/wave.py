"""How fast a response travels, and from where, by the latencies at many places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.intervals import Interval

FEWEST_PLACES = 8
N_BOOTSTRAP = 200
OUTLIER_MAD = 4.0
EARLIEST = 5


@dataclass(frozen=True)
class Wave:
    """A wave that spreads evenly from ``origin_um`` (y, x), which was given or is the one that fits best.

    ``speed_um_s`` with a 95 % interval over places; ``start_s``: when it leaves the origin. ``explained``:
    share of the variance of the latencies. ``n_places``: places that the fit rests on.
    """

    speed_um_s: float
    interval: Interval | None
    start_s: float
    explained: float
    origin_um: tuple[float, float]
    n_places: int


def fit_wave(
    places_um: np.ndarray,
    latency_s: np.ndarray,
    point_um: np.ndarray | None,
    generator: np.random.Generator,
) -> Wave | None:
    """The wave that fits latencies (n,) at places (n, 2), NaN where there is none.

    Latency grows with the distance from ``point_um`` (2,); without a point, from wherever it fits best, which
    may lie far outside of the field when the wave is straight. Places far off the fit are left out, and it
    is made again. None with fewer than eight places, or where latencies do not grow.
    """
    known = np.isfinite(latency_s)
    places, latency = places_um[known], latency_s[known]
    if len(latency) < FEWEST_PLACES:
        return None
    for _ in range(3):
        origin = _origin(places, latency) if point_um is None else np.asarray(point_um, float)
        _, _, left = _line(places, latency, origin)
        spread = 1.4826 * float(np.median(np.abs(left)))
        kept = np.abs(left) <= OUTLIER_MAD * max(spread, 1e-9)
        if kept.all() or kept.sum() < FEWEST_PLACES:
            break
        places, latency = places[kept], latency[kept]
    slowness, start, left = _line(places, latency, origin)
    if slowness <= 0:
        return None
    total = float(((latency - latency.mean()) ** 2).sum())
    explained = 1 - float((left**2).sum()) / total if total > 0 else 0.0
    drawn = []
    for _ in range(N_BOOTSTRAP):
        again = generator.integers(0, len(latency), len(latency))
        one = _line(places[again], latency[again], origin)[0]
        drawn.append(1 / one if one > 0 else np.inf)
    low, high = np.percentile(drawn, [2.5, 97.5])
    where = (float(origin[0]), float(origin[1]))
    return Wave(1 / slowness, (float(low), float(high)), start, explained, where, len(latency))


def _origin(places: np.ndarray, latency: np.ndarray) -> np.ndarray:
    """The origin (2,) from which distances explain latencies best, sought from the earliest places."""
    from scipy.optimize import minimize

    start = places[np.argsort(latency, kind="stable")[:EARLIEST]].mean(0)
    scale = float(np.ptp(places, axis=0).max())
    found = minimize(
        lambda origin: float((_line(places, latency, origin)[2] ** 2).sum()),
        start,
        method="Nelder-Mead",
        options={"initial_simplex": start + 0.2 * scale * np.array([[0, 0], [1, 0], [0, 1]])},
    )
    return np.asarray(found.x)


def _line(
    places: np.ndarray, latency: np.ndarray, origin: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Seconds for a micrometre, the latency at the origin, and what is left (n,)."""
    apart = np.linalg.norm(places - origin, axis=1)
    table = np.column_stack([apart, np.ones(len(apart))])
    slope, start = np.linalg.lstsq(table, latency, rcond=None)[0]
    return float(slope), float(start), latency - table @ (slope, start)
