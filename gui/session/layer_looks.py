"""How a layer is drawn: its colour, chosen or by its number, and shown, dimmed or hidden. No Tk.

A dimmed layer says so behind its colour in the session file: "orange,dimmed".
"""

from __future__ import annotations

from deepcinac.labelling.session import Layer

COLOUR_NAMES = ("blue", "orange", "green", "vermilion", "purple", "sky blue", "yellow")
"""In the order of :class:`deepcinac.gui.drawing.look.Look`'s series."""
DIMMED = "dimmed"
_DEFAULTS = (0, 2, 4, 1, 5, 6)
"""Vermilion is that of the marks of the labels."""


def colour_index(layer: Layer) -> int:
    """The place of a layer's colour in the series."""
    chosen = layer.colour.partition(",")[0]
    if chosen in COLOUR_NAMES:
        return COLOUR_NAMES.index(chosen)
    return _DEFAULTS[layer.id % len(_DEFAULTS)]


def next_colour(layer: Layer) -> str:
    """The colour after a layer's own; it stays as bright as it is."""
    name = COLOUR_NAMES[(colour_index(layer) + 1) % len(COLOUR_NAMES)]
    return f"{name},{DIMMED}" if is_dimmed(layer) else name


def is_dimmed(layer: Layer) -> bool:
    """Whether a layer is drawn faintly, behind what matters."""
    return layer.colour.partition(",")[2] == DIMMED


def shown_in_words(layer: Layer) -> str:
    """One of "yes", "dimmed" and "no"."""
    return ("dimmed" if is_dimmed(layer) else "yes") if layer.visible else "no"


def next_showing(layer: Layer) -> dict[str, object]:
    """From shown to dimmed to hidden and back, as arguments of ``Session.show_layer``."""
    name = COLOUR_NAMES[colour_index(layer)]
    if not layer.visible:
        return {"visible": True, "colour": name}
    return {"visible": False} if is_dimmed(layer) else {"colour": f"{name},{DIMMED}"}
