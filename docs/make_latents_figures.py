"""Make the figures of docs/latents.md: cells are simulated and their rates inferred as the page says.

python docs/make_latents_figures.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"
FIGURES = {"example": "example", "scores-hidden-samples": "scores"}


def make() -> None:
    """Simulate, infer, and copy the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEEPCINAC_CACHE"] = str(Path(folder) / "cache")
        lorenz, report = Path(folder) / "lorenz", Path(folder) / "report"
        _run("simulate", "--preset", "lorenz", "--observed", "15", "--out", str(lorenz))
        _run("latents", str(lorenz / "lorenz.npz"), "--preset", "small", "--out", str(report))
        for name, shown in FIGURES.items():
            shutil.copy(report / "figures" / f"{name}.png", IMAGES / f"latents-{shown}.png")


def _run(*words: str) -> None:
    if status := main([*words, "--progress", "none"]):
        raise SystemExit(status)


if __name__ == "__main__":
    make()
