"""Make the pictures of docs/demixing.md: the movie is simulated and demixed as the page says.

python docs/make_demixing_figures.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"


def make(folder: Path) -> None:
    """Simulate, demix, copy the figures."""
    _run("simulate", "--preset", "ca1-pup", "--seed", "8", "--n-frames", "1500",
         "--out", folder / "field")  # fmt: skip
    _run("demix", folder / "field" / "movie.tif", "--out", folder / "demixed")
    for figure in ("field", "traces"):
        shutil.copy(
            folder / "demixed" / "figures" / f"{figure}.png", IMAGES / f"demixing-{figure}.png"
        )


def _run(*words: object) -> None:
    if status := main([*map(str, words), "--progress", "none"]):
        raise SystemExit(status)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        os.environ["DEEPCINAC_CACHE"] = str(Path(name) / "cache")
        make(Path(name))
