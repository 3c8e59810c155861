"""What a view needs to know of the theme: colours by name, sizes and fonts."""

from __future__ import annotations

from dataclasses import dataclass

TEXT_POINTS = 9


@dataclass(frozen=True)
class Look:
    """The theme as the views see it. Colours are "#rrggbb"; ``scale`` is 1 at 96 dpi, 2 at 192.

    ``series`` holds the Okabe-Ito colours that stand out against ``panel``, in this order: blue,
    orange, green, vermilion, purple, sky blue, yellow. ``faint`` is ink for what matters less,
    ``family`` the window's font.
    """

    background: str
    panel: str
    ink: str
    faint: str
    grid: str
    accent: str
    series: tuple[str, ...]
    scale: float
    family: str

    def font(self, size: int = TEXT_POINTS) -> tuple[str, int]:
        """A Tk font; ``size`` in points."""
        return (self.family, size)


def px(look: Look, logical: float) -> int:
    """Pixels of the screen for ``logical`` pixels at 96 dpi, at least 1."""
    return max(1, round(logical * look.scale))


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green, blue (0 to 255) of "#rrggbb".

    >>> rgb("#0072b2")
    (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(colour: str, other: str, share: float) -> str:
    """``share`` (0 to 1) of ``other`` in ``colour``.

    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = zip(rgb(colour), rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
