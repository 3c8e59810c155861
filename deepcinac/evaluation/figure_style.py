"""What the figures share: plain axes, text sizes, and saving without a window.

Figures are made from ``matplotlib.figure.Figure``: no pyplot, so nothing is shown, kept or global.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepcinac.evaluation.palette import FAINT, GRID, INK
from deepcinac.files import written_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_SIZE, LABEL_SIZE, TICK_SIZE, NOTE_SIZE = 11, 9, 8, 8
DOTS_PER_INCH = 150


def new_figure(width: float, height: float, dots_per_inch: int = DOTS_PER_INCH) -> Figure:
    """An empty white figure; ``width`` and ``height`` in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=dots_per_inch, facecolor="white")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as its ending says, beside and into place; the same figure gives the same file."""
    import matplotlib

    unstamped = {"Date": None} if path.suffix in (".svg", ".pdf") else None
    with (
        written_atomically(path) as temporary,
        matplotlib.rc_context({"svg.hashsalt": "deepcinac"}),
    ):
        figure.savefig(temporary, metadata=unstamped)


def plain(axes: Axes, title: str = "", x: str = "", y: str = "", grid: str = "") -> None:
    """Axes with two spines, a title at the left, and faint grid lines along ``grid``'s values."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(labelsize=TICK_SIZE, color=FAINT, labelcolor=INK, length=3)
    if title:
        heading(axes, title)
    axes.set_xlabel(x, fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(y, fontsize=LABEL_SIZE, color=INK)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)


def heading(axes: Axes, text: str, pad: float = 6.0) -> None:
    """A bold title at the left; ``pad`` in points above the axes."""
    axes.set_title(text, loc="left", pad=pad, fontsize=TITLE_SIZE, fontweight="bold", color=INK)


def nothing_to_show(axes: Axes, reason: str) -> None:
    """Say in the middle of empty axes why they are empty."""
    axes.text(
        0.5,
        0.5,
        reason,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=LABEL_SIZE,
        color=FAINT,
        wrap=True,
    )
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
