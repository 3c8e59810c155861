"""The colour of a layer: its own choice, or one that follows from its number and so stays. No Tk."""

from __future__ import annotations

from deepcinac.labelling.session import Layer

COLOUR_NAMES = ("blue", "orange", "green", "vermilion", "purple", "sky blue", "yellow")
"""In the order of :class:`deepcinac.gui.drawing.look.Look`'s series."""
_DEFAULTS = (0, 2, 4, 1, 5, 6)
"""Vermilion is that of the marks of the labels."""


def colour_index(layer: Layer) -> int:
    """The place of a layer's colour in the series."""
    if layer.colour in COLOUR_NAMES:
        return COLOUR_NAMES.index(layer.colour)
    return _DEFAULTS[layer.id % len(_DEFAULTS)]


def next_colour(layer: Layer) -> str:
    """The colour after a layer's own."""
    return COLOUR_NAMES[(colour_index(layer) + 1) % len(COLOUR_NAMES)]
