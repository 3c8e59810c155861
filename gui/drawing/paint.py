"""Painting with numpy: lines, areas, hatches and dots on an array of pixels.

``pixels`` is (height, width, 4) uint8: red, green, blue and one byte without a meaning, so that a
pixel is one 32-bit word. Painting beyond the borders is cut off. The cost of a trace does not grow
with its frames, and the edges are smooth, which lines of a Tk canvas are not on every system.
"""

from __future__ import annotations

import functools

import numpy as np

from deepcinac.gui.drawing.look import rgb

_INDEXED_BELOW = 5
"""Pixels are filled one by one when less than this part of the box around them is to be filled."""

_PHASES = 4
"""Places within a pixel that the middle of a dot is moved to, in each direction."""


def new_pixels(height: int, width: int, colour: str) -> np.ndarray:
    """Pixels (height, width, 4) of one colour."""
    pixels = np.empty((max(1, height), max(1, width), 4), dtype=np.uint8)
    words(pixels)[...] = word(colour)
    return pixels


def words(pixels: np.ndarray) -> np.ndarray:
    """The same pixels as one 32-bit number each, (height, width)."""
    return pixels.view(np.uint32)[..., 0]


def word(colour: str) -> np.uint32:
    """A colour as the number that :func:`words` holds."""
    return np.array([*rgb(colour), 255], dtype=np.uint8).view(np.uint32)[0]


def blend(part: np.ndarray, colour: str, share: float | np.ndarray) -> None:
    """Mix ``share`` (0 to 1, a number or one for each pixel) of ``colour`` into pixels, in place."""
    if isinstance(share, (int, float)):
        part_of_256 = round(256 * share)
        mixed = part.astype(np.uint16)  # holds 255 * 256, so that no fractions are needed
        mixed *= np.uint16(256 - part_of_256)
        mixed += np.array([*rgb(colour), 255], dtype=np.uint16) * np.uint16(part_of_256)
        mixed += np.uint16(128)
        mixed >>= 8
        part[...] = mixed
        return
    target = np.array(rgb(colour), dtype=np.float32)
    here = part[..., :3].astype(np.float32)
    weight = share.astype(np.float32)[..., None]
    part[..., :3] = (here + (target - here) * weight + np.float32(0.5)).astype(np.uint8)


def tint(part: np.ndarray, colour: str, share: float, columns: np.ndarray | None = None) -> None:
    """Mix ``share`` (0 to 1) of ``colour`` into a ground, or into some ``columns`` (bool) of it.

    The rows of a ground are all alike but for a few: they are mixed once.
    """
    if columns is not None:
        at = np.flatnonzero(columns)
        if not at.size:
            return
        part, columns = part[:, at[0] : at[-1] + 1], columns[at[0] : at[-1] + 1]
    if not part.size:
        return
    here = words(part)
    alike = (here == here[0]).all(axis=1)
    rows = np.flatnonzero(~alike)
    first, others = part[:1].copy(), part[rows]
    for pixels in (first, others):
        if columns is None:
            blend(pixels, colour, share)
        else:
            mixed = pixels[:, columns]
            blend(mixed, colour, share)
            pixels[:, columns] = mixed
    part[rows] = others
    here[alike] = words(first)


def area(pixels: np.ndarray, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """The part of ``pixels`` inside a rectangle, as a view; empty when it lies outside."""
    height, width = pixels.shape[:2]
    x0, x1 = (min(max(round(x), 0), width) for x in (left, right))
    y0, y1 = (min(max(round(y), 0), height) for y in (top, bottom))
    return pixels[y0 : max(y0, y1), x0 : max(x0, x1)]


def columns(
    pixels: np.ndarray,
    tops: np.ndarray,
    bottoms: np.ndarray,
    colour: str,
    thickness: float = 1.0,
    share: float = 1.0,
    dash: tuple[int, int] | None = None,
    left: int = 0,
) -> None:
    """Paint column ``left`` + i from ``tops[i]`` to ``bottoms[i]`` (px), made thicker by ``thickness``.

    Columns with NaN are left out. ``dash`` (on, off) px cuts gaps; it counts from the border of the
    array, so that it does not crawl while a trace is redrawn.
    """
    height, width = pixels.shape[:2]
    n = min(len(tops), width - left)
    upper, lower = _thickened(
        np.asarray(tops[:n], dtype=np.float64),
        np.asarray(bottoms[:n], dtype=np.float64),
        thickness / 2,
    )
    wanted = np.isfinite(upper) & np.isfinite(lower) & (lower > 0) & (upper < height)
    if dash is not None:
        wanted &= (np.arange(n) + left) % sum(dash) < dash[0]
    at = np.flatnonzero(wanted)
    if not at.size:
        return
    upper, lower = np.clip(upper[at], 0, height), np.clip(lower[at], 0, height)
    first, last = np.ceil(upper).astype(np.int64), np.floor(lower).astype(np.int64)
    _fill_whole(pixels, at + left, first, last, colour, share)
    within = first > last  # the column ends in the pixel row that it starts in
    above = np.where(within, lower - upper, first - upper)
    below = np.where(within, 0.0, lower - last)
    ends = np.concatenate([first - 1, last])
    _soften(pixels, np.tile(at + left, 2), ends, np.concatenate([above, below]), colour, share)


def _thickened(
    tops: np.ndarray, bottoms: np.ndarray, radius: float
) -> tuple[np.ndarray, np.ndarray]:
    """A line of columns drawn with a round pen: a steep stretch gets as thick as a level one."""
    upper, lower = tops - radius, bottoms + radius
    for shift in range(1, int(radius + 0.75)):  # 2 * shift + 1 columns, at most the thickness
        reach = np.sqrt(radius**2 - shift**2)
        for here, there in (
            (slice(shift, None), slice(-shift)),
            (slice(-shift), slice(shift, None)),
        ):
            upper[here] = np.fmin(upper[here], tops[there] - reach)
            lower[here] = np.fmax(lower[here], bottoms[there] + reach)
    return upper, lower


def _fill_whole(
    pixels: np.ndarray,
    at: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    colour: str,
    share: float,
) -> None:
    """Fill rows ``first`` up to (not with) ``last`` of the columns ``at``."""
    lengths = np.maximum(last - first, 0)
    n = int(lengths.sum())
    if not n:
        return
    whole = lengths > 0
    top, bottom = int(first[whole].min()), int(last[whole].max())
    left, right = int(at.min()), int(at.max()) + 1
    if n * _INDEXED_BELOW < (bottom - top) * (right - left) and share >= 1:
        before = np.cumsum(lengths) - lengths
        rows = np.arange(n) + np.repeat(first - before, lengths)
        words(pixels)[rows, np.repeat(at, lengths)] = word(colour)
        return
    starts, sizes = (np.zeros(right - left, dtype=np.uint16) for _ in range(2))
    starts[at - left], sizes[at - left] = np.maximum(first - top, 0), lengths
    rows = np.arange(bottom - top, dtype=np.uint16)[:, None]
    inside = rows - starts < sizes  # unsigned: rows before the start are very large numbers
    part = pixels[top:bottom, left:right]
    if share >= 1:
        np.copyto(words(part), word(colour), where=inside)
    else:
        mixed = part[inside]
        blend(mixed, colour, share)
        part[inside] = mixed


def _soften(
    pixels: np.ndarray,
    at: np.ndarray,
    rows: np.ndarray,
    cover: np.ndarray,
    colour: str,
    share: float,
) -> None:
    """Mix the part ``cover`` (0 to 1) of ``colour`` into one pixel of each column."""
    some = (cover > 0) & (rows >= 0) & (rows < pixels.shape[0])
    if some.any():
        at, rows = at[some], rows[some]
        mixed = pixels[rows, at]
        blend(mixed, colour, cover[some] * share)
        pixels[rows, at] = mixed


def hatch(
    part: np.ndarray, colour: str, spacing: int, line: int, kind: str, offset: int = 0
) -> None:
    r"""Slanted lines over ``part``: ``kind`` is "/", "\" or "x" (both).

    ``offset`` is where the part starts on the screen, so that neighbouring parts continue each other.
    """
    height, width = part.shape[:2]
    down, right = np.ogrid[:height, :width]
    right = right + offset
    rising = (right + down) % spacing < line
    falling = (right - down) % spacing < line
    mask = {"/": rising, "\\": falling, "x": rising | falling}[kind]
    np.copyto(words(part), word(colour), where=mask)


def verticals(
    pixels: np.ndarray,
    xs: np.ndarray,
    top: int,
    bottom: int,
    colour: str,
    thickness: int = 1,
    dash: tuple[int, int] | None = None,
) -> None:
    """Vertical lines at ``xs`` (px) from ``top`` to ``bottom``, dashed (on, off) where wanted."""
    height, width = pixels.shape[:2]
    rows = np.arange(max(0, top), min(height, bottom))
    if dash is not None:
        rows = rows[(rows - top) % sum(dash) < dash[0]]
    starts = np.rint(np.asarray(xs, dtype=float) - thickness / 2).astype(np.int64)
    at = (starts[:, None] + np.arange(thickness)).ravel()
    at = at[(at >= 0) & (at < width)]
    if rows.size and at.size:
        words(pixels)[np.ix_(rows, at)] = word(colour)


def dots(
    pixels: np.ndarray,
    xs: np.ndarray,
    ys: np.ndarray,
    radius: float,
    colour: str,
    hollow: float | None = None,
) -> None:
    """Round dots with smooth edges; ``hollow`` is the radius that is left open in the middle."""
    xs, ys = np.asarray(xs, dtype=np.float32), np.asarray(ys, dtype=np.float32)
    height, width = pixels.shape[:2]
    reach = int(np.ceil(radius + 0.5)) + 1
    good = (np.abs(xs - width / 2) < width / 2 + reach) & (np.abs(ys - height / 2) < height + reach)
    xs, ys = xs[good], ys[good]
    if not xs.size:
        return
    stamps, down, right = _stamps(float(radius), None if hollow is None else float(hollow))
    fine_x, fine_y = (np.rint(of * _PHASES).astype(np.int32) for of in (xs, ys))
    stamp = fine_y % _PHASES * _PHASES + fine_x % _PHASES
    cover = stamps[:, stamp]
    x, y = fine_x // _PHASES + right[:, None], fine_y // _PHASES + down[:, None]
    some = (cover > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y, cover = x[some], y[some], cover[some]
    # Where dots overlap, the one that covers more of a pixel is painted last and stays.
    order = np.argsort(cover, kind="stable")
    x, y, cover = x[order], y[order], cover[order]
    n_soft = int(np.searchsorted(cover, 255))
    soft = y[:n_soft], x[:n_soft]
    mixed = pixels[soft]
    blend(mixed, colour, cover[:n_soft] / np.float32(255))
    words(pixels)[soft] = words(mixed)
    words(pixels)[y[n_soft:], x[n_soft:]] = word(colour)


@functools.lru_cache(64)
def _stamps(radius: float, hollow: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much (n_pixels, phases) uint8 of each pixel around the middle of a dot is covered.

    The other two are the rows and columns (n_pixels,) of those pixels beside the one of the middle.
    """
    reach = int(np.ceil(radius + 0.5))
    down, right = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    phase_y, phase_x = np.divmod(np.arange(_PHASES**2), _PHASES)
    distance = np.hypot(
        right[:, None] + 0.5 - phase_x / _PHASES, down[:, None] + 0.5 - phase_y / _PHASES
    )
    cover = np.clip(radius + 0.5 - distance, 0, 1)
    if hollow is not None:
        cover = np.minimum(cover, np.clip(distance - (hollow - 0.5), 0, 1))
    used = cover.any(axis=1)
    return np.rint(cover[used] * 255).astype(np.uint8), down[used], right[used]
