"""Make the figures of docs/dynamics.md: cultures are simulated and told apart as the page says.

    python docs/make_dynamics_figures.py [WEIGHTS.pth]

About ten minutes on a quiet machine; with the weights of efficientnet-lite0 they stand beside random ones.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"
FIGURES = ("examples", "scores", "confusions")


def make(weights: list[str]) -> None:
    """Simulate, classify, and copy the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DEEPCINAC_CACHE", str(Path(folder) / "cache"))
        cultures, report = Path(folder) / "cultures", Path(folder) / "report"
        _run("simulate", "--preset", "culture", "--devices", "20", "--length-s", "240", "--out",
             str(cultures))  # fmt: skip
        more = ["--weights", weights[0]] if weights else []
        _run("dynamics", str(cultures / "devices.csv"), "--preset", "small", "--out", str(report),
             *more)  # fmt: skip
        for name in FIGURES:
            shutil.copy(report / "figures" / f"{name}.png", IMAGES / f"dynamics-{name}.png")


def _run(*words: str) -> None:
    if status := main([*words, "--progress", "none"]):
        raise SystemExit(status)


if __name__ == "__main__":
    make(sys.argv[1:])
