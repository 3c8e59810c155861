"""Movies that do not suit: each doubt a sentence with what to do, from a few frames spread over the movie."""

from __future__ import annotations

import numpy as np

from deepcinac.recording.movie import Movie

_PAIRS = 12
_WHOLE_FIELD = 0.08  # standard deviation of the mean of frames, as a share of it
_NEAR_TOP = 0.2  # of the way from the median to the brightest level
_SATURATED = 0.001
_DIM_LEVELS = 4.0


def doubts(movie: Movie) -> list[str]:
    """Reasons why results on this movie may be worthless; at most two frames are in memory at once."""
    firsts = np.unique(np.linspace(0, max(movie.n_frames - 2, 0), _PAIRS).astype(int)).tolist()
    means, same, saturated, missing, spread = [], 0, 0.0, 0.0, []
    pairs = []
    for first in firsts:
        pair = movie.frames(first, min(first + 2, movie.n_frames)).astype(np.float32)
        good = np.isfinite(pair)
        missing = max(missing, 1 - float(good.mean()))
        if not good.any():
            continue
        pair = np.where(good, pair, np.nan)
        saturated = max(saturated, _share_at_top(pair))
        means.append(float(np.nanmean(pair[0])))
        spread.append(float(np.nanpercentile(pair[0], 99) - np.nanpercentile(pair[0], 1)))
        if len(pair) == 2:
            pairs.append(first)
            same += bool(np.array_equal(pair[0], pair[1], equal_nan=True))
    said = []
    if missing:
        said.append(
            f"{missing:.1%} of the pixels of a frame are not numbers (the borders that motion "
            "correction leaves); predict needs a number in every pixel: make the session with --mask-nan"
        )
    if pairs and same >= max(1, len(pairs) // 4):
        said.append(
            f"{same} of {len(pairs)} pairs of neighbouring frames are identical, without any noise: the "
            "movie is corrupt, simulated without noise, or repeats its frames; export it again"
        )
    if saturated > _SATURATED:
        said.append(
            f"{saturated:.1%} of the pixels of a frame are on a plateau at the brightest level: cells "
            "that are saturated show no transients; record with less gain, or leave those cells out"
        )
    if spread and movie.dtype.kind in "ui" and max(spread) < _DIM_LEVELS:
        said.append(
            f"the movie is very dim, {max(spread):.3g} grey levels between dark and bright pixels: "
            "transients drown in the steps of the levels; record or export it with a wider range"
        )
    if (note := _whole_field(means)) is not None:
        said.append(note)
    return said


def _share_at_top(pair: np.ndarray) -> float:
    """Share of pixels on a plateau: at the brightest level, with few just below it.

    The bright end of an ordinary picture thins out; where it was cut, pixels pile up at one level.
    """
    top, middle = float(np.nanmax(pair)), float(np.nanmedian(pair))
    at_top = np.count_nonzero(pair == top)
    below = np.count_nonzero((pair < top) & (pair >= top - _NEAR_TOP * (top - middle)))
    return at_top / pair.size if top > middle and at_top >= 3 and at_top > 3 * below else 0.0


def _whole_field(means: list[float]) -> str | None:
    """One-photon movies breathe as a whole: out-of-focus light rises and falls everywhere."""
    if len(means) < 4 or np.mean(means) <= 0:
        return None
    swing = float(np.std(means) / abs(np.mean(means)))
    if swing < _WHOLE_FIELD:
        return None
    return (
        f"the whole field rises and falls (by {swing:.0%} of its mean): as in one-photon movies, which "
        "are not supported, or from bleaching or stimulation light; correct the background first"
    )
