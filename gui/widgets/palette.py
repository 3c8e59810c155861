"""The colours of the window, light and dark. No Tk.

Colours that carry a meaning are those of Okabe and Ito (2008), which people with any colour vision can
tell apart; no meaning is told by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, as "#rrggbb".

    ``text_dim`` is for what is there to be found, not to be read; ``plot`` is the ground of traces,
    images and rasters and ``grid`` their lines; ``series`` are the Okabe-Ito colours that stand out
    against it: blue, orange, green, vermilion, purple, sky blue, yellow.
    """

    name: str
    window: str
    panel: str
    raised: str
    field: str
    border: str
    text: str
    text_dim: str
    accent: str
    on_accent: str
    plot: str
    grid: str
    warning: str
    good: str
    series: tuple[str, ...]


LIGHT = Palette(
    name="light",
    window="#e9e9e6",
    panel="#f7f7f5",
    raised="#ecece9",
    field="#ffffff",
    border="#c6c6c0",
    text="#1d1d1b",
    text_dim="#63635d",
    accent="#0072b2",
    on_accent="#ffffff",
    plot="#ffffff",
    grid="#e4e4e0",
    warning="#a84300",
    good="#006b4b",
    series=("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#c2b000"),
)

DARK = Palette(
    name="dark",
    window="#17181a",
    panel="#232528",
    raised="#2e3135",
    field="#191a1c",
    border="#43464b",
    text="#e8e8e6",
    text_dim="#a3a5a8",
    accent="#3f9fd8",
    on_accent="#0c0d0e",
    plot="#141517",
    grid="#2c2e32",
    warning="#f0a050",
    good="#3dc79d",
    series=("#56b4e9", "#e69f00", "#22b98f", "#f0803c", "#cc79a7", "#9ad0f0", "#f0e442"),
)

PALETTES = {palette.name: palette for palette in (LIGHT, DARK)}
