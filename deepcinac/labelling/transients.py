"""Transients of one cell as intervals, and the rasters derived from them.

Transients are a (k, 2) int64 array of (onset, peak) frames, both included, sorted by onset. The
transients of one cell in one layer do not overlap; they may touch, and two that touch stay two.
Frames are counted from 0. Every function returns a new array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepcinac.errors import InputError


def no_transients() -> np.ndarray:
    """An empty (0, 2) array."""
    return np.empty((0, 2), np.int64)


def describe(onset: int, peak: int) -> str:
    """An interval in words: "frames 340 to 348", or "frame 12" when both are the same."""
    return f"frame {onset}" if onset == peak else f"frames {onset} to {peak}"


def checked_frames(onset: Any, peak: Any, n_frames: int) -> tuple[int, int]:
    """Onset and peak as int when they lie in the movie in that order, otherwise an InputError.

    Only whole numbers count: a peak given as 0.7 is a mistake of the caller, not frame 0.
    """
    numbers = [_whole(onset), _whole(peak)]
    if None in numbers:
        raise InputError("whole numbers as frames", f"{onset!r} and {peak!r}")
    first, last = int(onset), int(peak)
    if first > last:
        raise InputError("an onset at or before its peak", f"onset {first} and peak {last}")
    if first < 0 or last >= n_frames:
        raise InputError(f"frames within 0 to {n_frames - 1}", describe(first, last))
    return first, last


def _whole(value: Any) -> int | None:
    try:
        return int(value) if int(value) == value else None
    except (TypeError, ValueError, OverflowError):
        return None


def as_transients(values: Any, n_frames: int) -> np.ndarray:
    """Any list of (onset, peak) as sorted, checked transients of a movie of ``n_frames``.

    Overlapping ones, whole numbers stored as floats aside, raise an InputError.
    """
    try:
        given = np.asarray(values)
        given = given.reshape(0, 2) if given.size == 0 else given
        with np.errstate(invalid="ignore"):  # NaN and infinity are found just below
            transients = given.astype(np.int64)
        whole = bool(np.all(transients == given))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("pairs of frames (onset, peak)", "something else") from error
    if transients.ndim != 2 or transients.shape[1] != 2:
        raise InputError("pairs of frames (onset, peak)", f"an array of shape {given.shape}")
    if not whole:
        raise InputError("whole numbers as frames", "numbers with a fraction")
    transients = transients[np.lexsort((transients[:, 1], transients[:, 0]))]
    wrong = (
        (transients[:, 0] > transients[:, 1])
        | (transients[:, 0] < 0)
        | (transients[:, 1] >= n_frames)
    )
    if wrong.any():
        onset, peak = transients[np.argmax(wrong)].tolist()
        checked_frames(onset, peak, n_frames)
    overlaps = transients[1:, 0] <= transients[:-1, 1]
    if overlaps.any():
        first = int(np.argmax(overlaps))
        one, two = transients[first].tolist(), transients[first + 1].tolist()
        raise InputError("transients that do not overlap", f"{describe(*one)} and {describe(*two)}")
    return transients


def overlapping(intervals: np.ndarray, first: int, last: int) -> np.ndarray:
    """Which intervals (k, 2) share a frame with ``first`` to ``last`` (included): (k,) bool.

    >>> overlapping(np.array([[0, 4], [5, 9], [12, 15]]), 9, 11)
    array([False,  True, False])
    """
    return (intervals[:, 0] <= last) & (intervals[:, 1] >= first)


def index_at(transients: np.ndarray, frame: int) -> int | None:
    """Position in the list of the transient that ``frame`` belongs to, or None."""
    found = np.flatnonzero(overlapping(transients, frame, frame))
    return int(found[0]) if len(found) else None


def index_of_onset(transients: np.ndarray, onset: int) -> int:
    """Position of the transient that begins at ``onset``; an InputError when none does."""
    found = np.flatnonzero(transients[:, 0] == onset)
    if not len(found):
        raise InputError(f"a transient with its onset at frame {onset}", "none")
    return int(found[0])


def add(transients: np.ndarray, onset: int, peak: int, n_frames: int) -> np.ndarray:
    """With one more transient. It may touch its neighbours but not overlap them."""
    onset, peak = checked_frames(onset, peak, n_frames)
    clash = overlapping(transients, onset, peak)
    if clash.any():
        other = describe(*transients[np.argmax(clash)].tolist())
        raise InputError(
            "a transient that overlaps no other of its cell",
            f"{describe(onset, peak)}, which overlaps the one at {other}",
            hint="Move or remove the other one first",
        )
    place = int(np.searchsorted(transients[:, 0], onset))
    return np.insert(transients, place, (onset, peak), axis=0)


def remove(transients: np.ndarray, onset: int) -> np.ndarray:
    """Without the transient that begins at ``onset``."""
    return np.delete(transients, index_of_onset(transients, onset), axis=0)


def remove_within(transients: np.ndarray, first: int, last: int) -> np.ndarray:
    """Without those that share a frame with ``first`` to ``last``, both included."""
    return transients[~overlapping(transients, first, last)]


def move(
    transients: np.ndarray, onset: int, new_onset: int, new_peak: int, n_frames: int
) -> np.ndarray:
    """With the transient that begins at ``onset`` at new frames, under the rules of :func:`add`."""
    return add(remove(transients, onset), new_onset, new_peak, n_frames)


def split(transients: np.ndarray, onset: int, second_onset: int) -> np.ndarray:
    """With the transient that begins at ``onset`` cut in two: the second begins at ``second_onset``.

    >>> split(np.array([[10, 20]]), 10, 16)
    array([[10, 15],
           [16, 20]])
    """
    place = index_of_onset(transients, onset)
    peak = int(transients[place, 1])
    if not onset < second_onset <= peak:
        raise InputError(
            f"a second onset after frame {onset} and not after the peak at {peak}",
            f"frame {second_onset}",
        )
    halves = [(onset, second_onset - 1), (second_onset, peak)]
    return np.insert(np.delete(transients, place, axis=0), place, halves, axis=0)


def raster(intervals: np.ndarray, n_frames: int) -> np.ndarray:
    """Frames that belong to any interval (k, 2), (n_frames,) bool.

    Two that touch become one: a raster cannot tell them apart, so keep the intervals.
    """
    active = np.zeros(n_frames, dtype=bool)
    for first, last in np.asarray(intervals).tolist():
        active[first : last + 1] = True
    return active


def raster_of_all(transients: np.ndarray, n_cells: int, n_frames: int) -> np.ndarray:
    """Rows of (cell, onset, peak), (k, 3), as (n_cells, n_frames) bool."""
    active = np.zeros((n_cells, n_frames), dtype=bool)
    for cell, onset, peak in np.asarray(transients).tolist():
        active[cell, onset : peak + 1] = True
    return active


def runs(active: np.ndarray) -> np.ndarray:
    """Maximal runs of active frames of a raster (n_frames,): (k, 2), both ends included.

    For rasters that come from elsewhere. Transients that touched in such a raster are one run: what
    the raster lost cannot be found again.
    """
    edges = np.diff(np.pad(np.asarray(active).astype(bool), 1).astype(np.int8))
    return np.column_stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1]).astype(
        np.int64
    )


def pair_onsets_with_peaks(
    onsets: np.ndarray, peaks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Transients from separate lists of onset and peak frames, as the published program kept them.

    An onset belongs to the first peak at or after it; when several onsets come before that peak
    the last one has it. Returns the transients (k, 2) and the onsets and peaks that were left over.
    """
    onsets, peaks = (np.unique(np.asarray(frames, dtype=np.int64)) for frames in (onsets, peaks))
    pairs = []
    for onset, following in zip(onsets.tolist(), [*onsets[1:].tolist(), None], strict=False):
        place = int(np.searchsorted(peaks, onset))
        if place == len(peaks):
            continue
        peak = int(peaks[place])
        if following is None or peak < following:
            pairs.append((onset, peak))
    paired = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return paired, np.setdiff1d(onsets, paired[:, 0]), np.setdiff1d(peaks, paired[:, 1])
