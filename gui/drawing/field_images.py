"""The images of the field: which one is shown, and what each shows black and white."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepcinac.gui.drawing.contrast import automatic_limits, grey, lookup_table

LIVE = "live"
"""Name of the frame that the movie is at."""


class FieldImages:
    """Images (h, w) by name beside the live frame; each keeps its own contrast.

    ``shown`` is the name of the image to show; unknown names show the first image.
    """

    def __init__(self) -> None:
        self.images: dict[str, np.ndarray] = {}
        self.shown = ""
        self._live: np.ndarray | None = None
        self._limits: dict[str, tuple[float, float]] = {}
        self._table: tuple[tuple[float, float], np.ndarray] | None = None

    def take(self, images: Mapping[str, np.ndarray]) -> None:
        """Other images, with automatic contrast."""
        self.images = dict(images)
        self._limits = {name: automatic_limits(image) for name, image in self.images.items()}
        self._live = None
        if self.shown not in self.images and self.shown != LIVE:
            self.shown = next(iter(self.images), "")

    def take_live(self, frame: np.ndarray) -> None:
        """The present frame; the first one decides the contrast of all."""
        self._live = frame
        self._limits.setdefault(LIVE, automatic_limits(frame))

    def image(self) -> np.ndarray | None:
        """The image to show, None without any."""
        if self.shown == LIVE and self._live is not None:
            return self._live
        return self.images.get(self.shown, next(iter(self.images.values()), None))

    @property
    def limits(self) -> tuple[float, float]:
        """What the shown image shows black and white."""
        return self._limits.get(self.shown, (0.0, 1.0))

    @limits.setter
    def limits(self, limits: tuple[float, float]) -> None:
        self._limits[self.shown] = limits

    def extremes(self) -> tuple[float, float]:
        """Lowest and highest finite value of the shown image; (0, 1) without any."""
        image = self.image()
        values = np.empty(0) if image is None else image[np.isfinite(image)]
        return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)

    def shades(self) -> np.ndarray | None:
        """The shown image (h, w) as uint8 shades."""
        image = self.image()
        if image is None:
            return None
        if self._table is None or self._table[0] != self.limits:
            self._table = (self.limits, lookup_table(*self.limits))
        return grey(image, *self.limits, self._table[1])
