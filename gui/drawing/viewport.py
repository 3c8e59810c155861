"""Where things are on the screen: frames along x, values along y, pixels of an image.

All are frozen; a zoom or a pan gives a new one. Pixels of the screen count from the canvas's top
left corner. Frame f spans f - 0.5 to f + 0.5, pixel (y, x) of an image spans y - 0.5 to y + 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

MIN_FRAMES = 8
"""The closest that a time axis is zoomed, in frames."""


def kept_within(value: float, low: float, high: float) -> float:
    """``value``, or the nearer of the limits; a hundred times quicker for one number than numpy.

    >>> kept_within(7, 0, 5), kept_within(-1, 0, 5), kept_within(3, 0, 5)
    (5, 0, 3)
    """
    return min(max(value, low), high)


@dataclass(frozen=True)
class TimeAxis:
    """Frames ``start`` to ``stop`` (with fractions) over ``width`` px of the screen from ``left`` on."""

    start: float
    stop: float
    left: float
    width: float
    n_frames: int

    @property
    def first(self) -> int:
        """The first frame whose middle is visible."""
        return int(kept_within(math.ceil(self.start), 0, max(0, self.n_frames - 1)))

    @property
    def last(self) -> int:
        """The last frame whose middle is visible."""
        return int(kept_within(math.floor(self.stop), self.first, max(0, self.n_frames - 1)))

    @property
    def frames_per_px(self) -> float:
        """Frames that a pixel of the screen stands for."""
        return (self.stop - self.start) / max(1.0, self.width)

    def x(self, frame: float) -> float:
        """Pixel of the middle of a frame."""
        return self.left + (frame - self.start) / self.frames_per_px

    def xs(self, frames: np.ndarray) -> np.ndarray:
        """Pixels of the middles of frames, float64."""
        return self.left + (np.asarray(frames, dtype=float) - self.start) / self.frames_per_px

    def position(self, x: float) -> float:
        """Frame at a pixel, with its fraction."""
        return self.start + (x - self.left) * self.frames_per_px

    def frame(self, x: float) -> int:
        """The frame that a click at ``x`` means, kept inside the recording."""
        at = math.floor(self.position(x) + 0.5)
        return int(kept_within(at, 0, max(0, self.n_frames - 1)))

    def zoomed(self, factor: float, about: float) -> TimeAxis:
        """``factor`` times closer, with the frame under pixel ``about`` staying where it is."""
        span = kept_within((self.stop - self.start) / factor, *self._spans())
        share = (about - self.left) / max(1.0, self.width)
        start = self.position(about) - share * span
        return replace(self, start=start, stop=start + span).kept()

    def panned(self, frames: float) -> TimeAxis:
        """Moved by ``frames``, not beyond the recording."""
        return replace(self, start=self.start + frames, stop=self.stop + frames).kept()

    def showing(self, first: float, last: float) -> TimeAxis:
        """From frame ``first`` to frame ``last``, both whole."""
        return replace(self, start=first - 0.5, stop=max(first, last) + 0.5).kept()

    def kept(self) -> TimeAxis:
        """The same, moved and cut so that nothing outside the recording shows."""
        span = kept_within(self.stop - self.start, *self._spans())
        start = (self.start + self.stop - span) / 2
        start = kept_within(start, -0.5, self.n_frames - 0.5 - span)
        return replace(self, start=start, stop=start + span)

    def _spans(self) -> tuple[float, float]:
        whole = float(max(1, self.n_frames))
        return min(MIN_FRAMES, whole), whole


@dataclass(frozen=True)
class ValueAxis:
    """Values ``low`` to ``high`` over ``height`` px of the screen, ``high`` at ``top``."""

    low: float
    high: float
    top: float
    height: float

    def ys(self, values: np.ndarray | float) -> np.ndarray:
        """Pixels of values, float64."""
        span = (self.high - self.low) or 1.0
        return self.top + (self.high - np.asarray(values, dtype=float)) / span * self.height

    def y(self, value: float) -> float:
        """Pixel of a value."""
        return float(self.ys(value))

    def value(self, y: float) -> float:
        """Value at a pixel."""
        return self.high - (y - self.top) / max(1.0, self.height) * (self.high - self.low)


@dataclass(frozen=True)
class ImageAxes:
    """``scale`` px of the screen per pixel of the image, whose outer corner is at (left, top)."""

    scale: float
    left: float
    top: float

    @classmethod
    def fitting(
        cls, width: float, height: float, image_width: int, image_height: int, margin: float = 0.0
    ) -> ImageAxes:
        """The whole image, as large as it goes, in the middle of ``width`` x ``height`` px."""
        room = max(1.0, width - 2 * margin), max(1.0, height - 2 * margin)
        scale = min(room[0] / max(1, image_width), room[1] / max(1, image_height))
        return cls(scale, (width - image_width * scale) / 2, (height - image_height * scale) / 2)

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Point of the screen of a pixel of the image."""
        return self.left + (x + 0.5) * self.scale, self.top + (y + 0.5) * self.scale

    def points(self, xy: np.ndarray) -> np.ndarray:
        """Pixels of the screen (k, 2) of points x, y (k, 2) of the image."""
        return (xy + 0.5) * self.scale + (self.left, self.top)

    def to_image(self, screen_x: float, screen_y: float) -> tuple[float, float]:
        """Point of the image at a point of the screen."""
        return (screen_x - self.left) / self.scale - 0.5, (screen_y - self.top) / self.scale - 0.5

    def pixel(self, screen_x: float, screen_y: float) -> tuple[int, int]:
        """Pixel (x, y) of the image at a point of the screen; it may lie outside the image."""
        x, y = self.to_image(screen_x, screen_y)
        return math.floor(x + 0.5), math.floor(y + 0.5)

    def zoomed(self, factor: float, screen_x: float, screen_y: float) -> ImageAxes:
        """``factor`` times larger, with the point under the pointer staying where it is."""
        return ImageAxes(
            self.scale * factor,
            screen_x - (screen_x - self.left) * factor,
            screen_y - (screen_y - self.top) * factor,
        )

    def panned(self, dx: float, dy: float) -> ImageAxes:
        """Moved by so many pixels of the screen."""
        return replace(self, left=self.left + dx, top=self.top + dy)

    def kept(self, width: float, height: float, image_w: int, image_h: int) -> ImageAxes:
        """Moved so that the image is not lost.

        A small one stays whole in the view, a large one covers its middle.
        """
        return ImageAxes(
            self.scale,
            _kept_in(self.left, image_w * self.scale, width),
            _kept_in(self.top, image_h * self.scale, height),
        )


def scale_bar(px_per_um: float, room: float) -> tuple[float, float]:
    """Micrometres and pixels of the longest bar of 1, 2, 5, 10, ... um that fits into ``room`` px.

    >>> scale_bar(2.5, 100), scale_bar(0.5, 30)
    ((20.0, 50.0), (50.0, 25.0))
    """
    longest = room / px_per_um
    power = 10.0 ** math.floor(math.log10(longest))
    length = max(step * power for step in (1, 2, 5) if step * power <= longest)
    return length, length * px_per_um


def _kept_in(position: float, size: float, room: float) -> float:
    if size <= room:
        return min(max(position, 0.0), room - size)
    return min(max(position, room / 2 - size), room / 2)


def tick_step(span: float, at_most: int) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (or 0.1, 0.2, ...) with at most ``at_most`` in ``span``.

    >>> tick_step(95, 10), tick_step(1.2, 6), tick_step(7, 7)
    (10.0, 0.2, 1.0)
    """
    least = span / max(1, at_most)
    if not least > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least) + 1e-9)
    for step in (1, 2, 5):
        if step * power >= least * (1 - 1e-9):
            return step * power
    return 10 * power


def ticks(low: float, high: float, at_most: int) -> Iterator[float]:
    """Round values between ``low`` and ``high``."""
    step = tick_step(high - low, at_most)
    for count in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        yield count * step


def number(value: float, step: float) -> str:
    """``value`` with as many decimals as ``step`` needs.

    >>> number(0.30000000000000004, 0.1), number(1200.0, 200), number(-0.0, 0.5)
    ('0.3', '1200', '0.0')
    """
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value + 0.0:.{decimals}f}"


CLOCK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)


def time_ticks(axis: TimeAxis, frame_rate_hz: float, at_most: int) -> list[tuple[float, str]]:
    """Frames (with fractions) and texts of the ticks of a time axis.

    Seconds up to ten minutes, minutes and seconds beyond.
    """
    low, high = max(0.0, axis.start) / frame_rate_hz, axis.stop / frame_rate_hz
    if high < 600:
        step = tick_step(high - low, at_most)
        return [(t * frame_rate_hz, f"{number(t, step)} s") for t in ticks(low, high, at_most)]
    whole = [step for step in CLOCK_STEPS_S if (high - low) / step <= at_most]
    step = whole[0] if whole else CLOCK_STEPS_S[-1]
    counts = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return [(count * step * frame_rate_hz, clock(count * step)) for count in counts]


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are some.

    >>> clock(75), clock(3725)
    ('1:15', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def magnified(frame: int, n_frames: int, half: int = 50) -> tuple[int, int]:
    """First and last frame of the magnifier: ``half`` on both sides, as many at the ends.

    >>> magnified(10, 1000), magnified(500, 1000), magnified(990, 1000), magnified(3, 20)
    ((0, 100), (450, 550), (899, 999), (0, 19))
    """
    first = max(0, min(frame - half, n_frames - 1 - 2 * half))
    return first, min(n_frames - 1, first + 2 * half)
