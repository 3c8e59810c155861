"""Make the pictures of docs/around.md: three simulated animals, stimulated as the page says.

python docs/make_around_figures.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"


def make() -> None:
    """Simulate, evaluate, and copy the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["DEEPCINAC_CACHE"] = str(folder / "cache")
        _run("simulate", "--preset", "stimulus", "--out", folder / "mice", "--progress", "none")
        _run("evaluate", "--around", "stimulus", "--sessions",
             *sorted((folder / "mice").glob("*.deepcinac")), "--point", "22.4,22.4", "--artefact-s",
             "0.1", "--out", folder / "report", "--progress", "none")  # fmt: skip
        for figure in ("traces", "shares", "maps", "wave"):
            shutil.copy(
                folder / "report" / "figures" / f"{figure}.png", IMAGES / f"around-{figure}.png"
            )


def _run(*words: object) -> None:
    if status := main(list(map(str, words))):
        raise SystemExit(status)


if __name__ == "__main__":
    make()
