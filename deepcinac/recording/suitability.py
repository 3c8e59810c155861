"""Movies and cells that do not suit: each doubt a sentence with what to do, from frames spread over them."""

from __future__ import annotations

import numpy as np

from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie

_PAIRS = 12
_WHOLE_FIELD = 0.08  # standard deviation of the mean of frames, as a share of it
_NEAR_TOP = 0.2  # of the way from the median to the brightest level
_SATURATED = 0.001
_DIM_LEVELS = 4.0
_RUN = 5
_OF_THE_CELL = 0.2  # of the pixels of a cell, in one frame
_LEAST_PIXELS = 8
_LEVELS_OF_A_CELL = (
    8.0  # from its median to its brightest; of fewer, many pixels share the brightest
)
_NAMED = 10


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


def saturated_cells(movie: Movie, cells: Cells) -> list[int]:
    """Valid cells that are cut off at their brightest level, from runs of frames spread over the movie.

    A fifth of their pixels or more have one and the same level in some frame, with few just below it. Of dim
    cells, whose pixels have few levels anyway, nothing is said.
    """
    starts = np.unique(np.linspace(0, max(movie.n_frames - _RUN, 0), _PAIRS).astype(int))
    pixels = [cell.ypix.astype(int) * movie.width + cell.xpix for cell in cells.cells]
    seen: list[list[np.ndarray]] = [[] for _ in pixels]
    top, bottom = -np.inf, np.inf
    for start in starts.tolist():
        frames = movie.frames(start, min(start + _RUN, movie.n_frames)).astype(np.float32)
        flat = np.where(np.isfinite(frames), frames, 0).reshape(len(frames), -1)
        top, bottom = max(top, float(flat.max())), min(bottom, float(flat.min()))
        for values, own in zip(seen, pixels, strict=True):
            values.append(flat[:, own])
    if top == bottom:
        return []
    levels = movie.dtype.kind in "ui"
    return [
        cell
        for cell in np.flatnonzero(cells.valid).tolist()
        if _is_cut_off(np.concatenate(seen[cell]), top, levels)
    ]


def _is_cut_off(values: np.ndarray, top_of_movie: float, levels: bool) -> bool:
    """Whether a cell (n_frames, n_pixels) is on a plateau in some frame."""
    top, middle = float(values.max()), float(np.median(values))
    at_top = values == top
    if at_top.mean(axis=1).max() < _OF_THE_CELL or at_top.sum() < _LEAST_PIXELS:
        return False
    if (
        middle == top
    ):  # always saturated; a cell that never changes at another level is another matter
        return top == top_of_movie
    if levels and top - middle < _LEVELS_OF_A_CELL:
        return False
    below = np.count_nonzero((values < top) & (values >= top - _NEAR_TOP * (top - middle)))
    return bool(at_top.sum() > 3 * below)


def doubts_about_cells(movie: Movie, cells: Cells) -> list[str]:
    """What is wrong with single cells in a movie that suits otherwise: a sentence that names them."""
    found = saturated_cells(movie, cells)
    if not found:
        return []
    named = ", ".join(map(str, found[:_NAMED])) + (", ..." if len(found) > _NAMED else "")
    return [
        f"{len(found)} of {len(cells)} cells are saturated, their pixels on a plateau at the brightest level "
        f"({named}): their transients are cut off and cannot be judged; record with less gain or light, or "
        "mark those cells invalid"
    ]


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
