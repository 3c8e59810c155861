"""Values laid over an image: their colours, mixed with its shades, and the bar that explains them."""

from __future__ import annotations

import tkinter as tk

import numpy as np

from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.gui.drawing.image_canvas import visible_part
from deepcinac.gui.drawing.look import Look, px
from deepcinac.gui.drawing.text import Anchor, write
from deepcinac.gui.drawing.viewport import ImageAxes

STOPS = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], float)
"""From least to most, as in the figures of reports (viridis); brighter is more, also without colours."""
COVERS = 0.65
"""Share of the colour in a pixel that has a value; the rest is the image."""
BAR, BAR_STEPS, TITLE = (10, 90), 30, 84
"""Width and height of the bar, its steps, and the width in which its title is broken into lines."""


def colours_of(shares: np.ndarray) -> np.ndarray:
    """Colours (..., 3) uint8 of shares from 0 to 1.

    >>> colours_of(np.array([0.0, 0.5, 1.0])).tolist()
    [[68, 1, 84], [33, 145, 140], [253, 231, 37]]
    """
    places = np.linspace(0, 1, len(STOPS))
    channels = [np.interp(shares, places, STOPS[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


class MapLayer:
    """The colours of a map, ready to be mixed with any image of its size."""

    def __init__(self, field_map: FieldMap) -> None:
        self.map = field_map
        known = np.isfinite(field_map.values)
        span = max(field_map.high - field_map.low, 1e-12)
        shares = np.clip((np.nan_to_num(field_map.values) - field_map.low) / span, 0, 1)
        self._channels = [
            np.ascontiguousarray(one) for one in np.moveaxis(colours_of(shares), -1, 0)
        ]
        for channel in self._channels:
            channel[~known] = 0
        self._cover = np.where(known, round(255 * COVERS), 0).astype(np.uint8)

    def over(self, shown: np.ndarray, axes: ImageAxes) -> np.ndarray:
        """Pixels (height, width, 4) uint8 of the screen, from its shades (height, width) uint8."""
        height, width = shown.shape
        cover = visible_part(self._cover, axes, width, height, 0).astype(np.uint16)
        out = np.full((height, width, 4), 255, np.uint8)
        for place, channel in enumerate(self._channels):
            colour = visible_part(channel, axes, width, height, 0).astype(np.uint16)
            out[..., place] = (shown * (255 - cover) + colour * cover) // 255
        return out


def draw_map_bar(canvas: tk.Canvas, look: Look, field_map: FieldMap, room: tuple[int, int]) -> None:
    """The bar of a map in the upper left corner, tagged "map": its ends, and what its values are."""
    left, top = px(look, 8), px(look, 8)
    wide, high = px(look, BAR[0]), min(px(look, BAR[1]), room[1] // 2)
    at = left + wide + px(look, 5)
    texts: tuple[tuple[float, str, Anchor], ...] = (
        (top, f"{field_map.high:.3g}", "nw"),
        (top + high / 2, field_map.title, "w"),
        (top + high, f"{field_map.low:.3g}", "sw"),
    )
    for y, text, anchor in texts:
        write(canvas, at, y, text, look, anchor, colour=look.ink, room=px(look, TITLE), tags="map")
    edge = px(look, 4)
    right = max(canvas.bbox(item)[2] for item in canvas.find_withtag("map"))
    ground = canvas.create_rectangle(
        left - edge, top - edge, right + edge, top + high + edge, fill=look.panel, outline=look.grid,
        tags="map",
    )  # fmt: skip
    canvas.tag_lower(ground, "map")
    colours = colours_of(np.linspace(1, 0, BAR_STEPS))
    edges = np.linspace(top, top + high, BAR_STEPS + 1)
    for colour, a, b in zip(colours.tolist(), edges[:-1], edges[1:], strict=True):
        fill = "#{:02x}{:02x}{:02x}".format(*colour)
        canvas.create_rectangle(left, a, left + wide, b, fill=fill, outline="", tags="map")
