"""Where the patch and the three inputs of the classifier lie in the movie view."""

from __future__ import annotations

from deepcinac.gui.drawing.viewport import ImageAxes

INPUT_NAMES = ("cell", "neighbours", "the rest")
GAP = 8
LABEL = 16


def patch_axes(
    width: int, height: int, patch_w: int, patch_h: int, scale: float, with_inputs: bool
) -> list[ImageAxes]:
    """Axes of the patch and, where wanted, of the three inputs: in a row below, or at its right.

    The inputs lie on the side that leaves the patch larger.
    """
    gap, label = round(GAP * scale), round(LABEL * scale)
    if not with_inputs:
        return [ImageAxes.fitting(width, height, patch_w, patch_h, gap / 2)]
    below = _divided(width, height, patch_w, patch_h, gap, label, below=True)
    beside = _divided(width, height, patch_w, patch_h, gap, label, below=False)
    return max(below, beside, key=lambda axes: (axes[0].scale, axes[1].scale))


def _divided(
    width: int, height: int, patch_w: int, patch_h: int, gap: int, label: int, below: bool
) -> list[ImageAxes]:
    small = _small_scale(width, height, patch_w, patch_h, gap, label, below)
    small_w, small_h = small * patch_w, small * patch_h
    if below:
        rest = height - small_h - label - gap
        main = ImageAxes.fitting(width, rest, patch_w, patch_h, gap / 2)
        left = (width - 3 * small_w - 2 * gap) / 2
        places = [(left + i * (small_w + gap), rest + label) for i in range(3)]
    else:
        rest = width - small_w - gap
        main = ImageAxes.fitting(rest, height, patch_w, patch_h, gap / 2)
        top = (height - 3 * (small_h + label)) / 2
        places = [(rest, top + label + i * (small_h + label)) for i in range(3)]
    return [main, *(ImageAxes(small, x, y) for x, y in places)]


def _small_scale(
    width: int, height: int, patch_w: int, patch_h: int, gap: int, label: int, below: bool
) -> float:
    """How large the inputs are drawn: as the room allows, at most a third of the long side."""
    if below:
        wide = (width - 4 * gap) / (3 * patch_w)
        return max(0.1, min(wide, height / 3 / patch_h))
    high = (height - 3 * label - gap) / (3 * patch_h)
    return max(0.1, min(high, width / 3 / patch_w))
