"""The handle of the overview strip: what of it the pointer takes, and where a drag brings it."""

from __future__ import annotations

from deepcinac.gui.drawing.viewport import MIN_FRAMES, TimeAxis


def grip(x: float, axis: TimeAxis, shown: tuple[int, int], reach: float) -> str:
    """Part of the handle at ``x``: "first", "last" (its ends), "middle", or "beside" it."""
    left, right = axis.x(shown[0] - 0.5), axis.x(shown[1] + 0.5)
    to_left, to_right = abs(x - left), abs(x - right)
    if min(to_left, to_right) <= reach:
        # A handle that is hardly wider than its ends must still be moved as a whole.
        if right - left < 3 * reach and left <= x <= right:
            return "middle"
        return "first" if to_left < to_right else "last"
    return "middle" if left < x < right else "beside"


def moved_range(part: str, shown: tuple[int, int], by: int, n_frames: int) -> tuple[int, int]:
    """First and last frame after ``part`` of the handle was dragged by ``by`` frames.

    >>> moved_range("middle", (10, 19), 5, 100), moved_range("middle", (10, 19), 500, 100)
    ((15, 24), (90, 99))
    >>> moved_range("first", (10, 29), 100, 100), moved_range("last", (10, 29), 100, 100)
    ((22, 29), (10, 99))
    """
    first, last = shown
    least = min(MIN_FRAMES, n_frames) - 1
    if part == "first":
        return max(0, min(first + by, last - least)), last
    if part == "last":
        return first, min(n_frames - 1, max(last + by, first + least))
    span = min(last - first, n_frames - 1)
    first = max(0, min(first + by, n_frames - 1 - span))
    return first, first + span
