"""Draw the program's icon: two cells that overlap, and a transient of the bright one.

    python packaging/make_icons.py FOLDER     icon-16.png to icon-512.png, deepcinac.ico, deepcinac.icns
    python packaging/make_icons.py --window   the sizes that the window shows, in gui/icons

Every size is drawn for itself: small ones have thicker lines and leave the second cell out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
WINDOW_SIZES = (16, 32, 48, 256)
SMALL = 24
"""Pixels up to which only what is needed is drawn."""

OVERSAMPLED = 8
BACKGROUND = "#12263a"
CELL, NEIGHBOUR, TRACE = "#e69f00", "#56b4e9", "#ffffff"  # Okabe-Ito orange and sky blue
WINDOW_FOLDER = Path(__file__).resolve().parents[1] / "gui" / "icons"


def transient(top: float, bottom: float) -> np.ndarray:
    """Points (x, y) of a calcium transient in a unit square: flat, a steep rise, an exponential decay."""
    x = np.linspace(0.12, 0.88, 2000)
    since = np.clip(x - 0.32, 0, None)
    shape = (1 - np.exp(-since / 0.02)) * np.exp(-since / 0.16)
    return np.column_stack([x, bottom - (bottom - top) * shape / shape.max()])


def draw(size: int) -> Image.Image:
    """The icon, ``size`` x ``size`` px with transparent corners."""
    small = size <= SMALL
    side = size * OVERSAMPLED
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=0.2 * side, fill=BACKGROUND)
    if small:
        _disc(pen, side, (0.5, 0.31), 0.22, fill=CELL)
    else:
        _disc(pen, side, (0.64, 0.32), 0.20, outline=NEIGHBOUR, width=0.045)
        _disc(pen, side, (0.40, 0.32), 0.21, fill=CELL)
    thickness = 0.12 if small else 0.07
    for x, y in transient(0.62, 0.83):
        _disc(pen, side, (x, y), thickness / 2, fill=TRACE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _disc(
    pen: ImageDraw.ImageDraw,
    side: int,
    centre: tuple[float, float],
    radius: float,
    fill: str | None = None,
    outline: str | None = None,
    width: float = 0.0,
) -> None:
    x, y = centre
    box = [(x - radius) * side, (y - radius) * side, (x + radius) * side, (y + radius) * side]
    pen.ellipse(box, fill=fill, outline=outline, width=round(width * side))


def write_all(folder: Path) -> None:
    """Every size as PNG, and the collections that Windows and macOS want."""
    folder.mkdir(parents=True, exist_ok=True)
    images = {size: draw(size) for size in SIZES}
    for size, image in images.items():
        image.save(folder / f"icon-{size}.png")
    largest = images[256]
    others = [images[size] for size in SIZES if size < 256]
    sizes = [(size, size) for size in SIZES if size <= 256]
    largest.save(folder / "deepcinac.ico", sizes=sizes, append_images=others)
    images[512].save(folder / "deepcinac.icns", append_images=[*others, largest])


def main(arguments: list[str]) -> int:
    """Write the icons of an executable or those of the window."""
    if arguments == ["--window"]:
        for size in WINDOW_SIZES:
            draw(size).save(WINDOW_FOLDER / f"icon-{size}.png")
        return 0
    write_all(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
