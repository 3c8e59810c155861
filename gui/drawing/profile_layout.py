"""Where the profiles of a cell and of its neighbours lie, whichever way makes them larger."""

from __future__ import annotations

from dataclasses import dataclass

GAP, FOOT, NAME, SIDE = 8, 18, 20, 62
MIN_PX = 34


@dataclass(frozen=True)
class ProfileGrid:
    """Squares of ``size`` px for the first ``n`` profiles, others are left out.

    ``sources[i]`` and ``transients[i]`` are their top left corners. ``upright`` says that each
    profile is a row (source left, transient right) instead of a column.
    """

    size: int
    sources: tuple[tuple[int, int], ...]
    transients: tuple[tuple[int, int], ...]
    upright: bool

    @property
    def n(self) -> int:
        """How many profiles there are."""
        return len(self.sources)

    def at(self, x: float, y: float) -> int | None:
        """Which profile a point lies in."""
        for i in range(self.n):
            for left, top in (self.sources[i], self.transients[i]):
                if left <= x < left + self.size and top <= y < top + self.size:
                    return i
        return None


def profile_grid(width: int, height: int, n: int, scale: float, head: float) -> ProfileGrid:
    """Squares as large as they go below ``head`` px, which hold the verdict."""
    beside = _columns(width, height, n, scale, head)
    upright = _rows(width, height, n, scale, head)
    return max(beside, upright, key=lambda grid: (grid.n, grid.size))


def _columns(width: int, height: int, n: int, scale: float, head: float) -> ProfileGrid:
    """A column for each: source above, transient and correlation below."""
    gap, foot, side = round(GAP * scale), round(FOOT * scale), round(SIDE * scale)
    top, least = round(head + NAME * scale), round(MIN_PX * scale)
    high = (height - top - foot - gap) // 2
    shown = max(1, min(n, (width - side) // (least + gap)))
    size = int(max(8, min(high, (width - side) // shown - gap)))
    lefts = [side + i * (size + gap) for i in range(shown)]
    below = top + size + gap
    return ProfileGrid(
        size, tuple((x, top) for x in lefts), tuple((x, below) for x in lefts), upright=False
    )


def _rows(width: int, height: int, n: int, scale: float, head: float) -> ProfileGrid:
    """A row for each: source, transient at its right, correlation beside them."""
    gap, side = round(GAP * scale), round(SIDE * scale)
    top, least = round(head + NAME * scale), round(MIN_PX * scale)
    shown = max(1, min(n, (height - top) // (least + gap)))
    size = int(max(8, min((width - 2 * side - gap) // 2, (height - top) // shown - gap)))
    tops = [top + i * (size + gap) for i in range(shown)]
    right = side + size + gap
    return ProfileGrid(
        size, tuple((side, y) for y in tops), tuple((right, y) for y in tops), upright=True
    )
