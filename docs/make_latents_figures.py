"""Make the figures of docs/latents.md: cells are simulated and their rates inferred as the page says.

python docs/make_latents_figures.py
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"
TRIALS = ("--conditions", "20", "--repeats", "30", "--bins", "25", "--observed", "15")
SCAN = ("--bins-per-frame", "4", "--window-bins", "16", "--factors", "1", "--inputs", "1", "--hidden", "16",
        "--preset", "small")  # fmt: skip


def make(which: list[str]) -> None:
    """Simulate, infer, and copy the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEEPCINAC_CACHE"] = str(Path(folder) / "cache")
        if "scan" in which:
            _scan(Path(folder))
        if "lorenz" in which:
            _lorenz(Path(folder))


def _scan(folder: Path) -> None:
    _run("simulate", "--preset", "line-scan-rhythm", "--out", str(folder / "scan"))
    session, report = folder / "scan" / "rhythm.deepcinac", folder / "scan-report"
    _run("latents", str(session), *SCAN, "--out", str(report))
    _copy(report, "example", "scan")


def _lorenz(folder: Path) -> None:
    report = folder / "report"
    _run("simulate", "--preset", "lorenz", *TRIALS, "--out", str(folder / "lorenz"))
    trials = folder / "lorenz" / "lorenz.npz"
    sizes = ("--hidden", "32", "--factors", "8", "--preset", "small")
    _run("latents", str(trials), *sizes, "--out", str(report))
    _copy(report, "example", "example")
    _copy(report, "scores-hidden-samples", "scores")


def _copy(report: Path, name: str, shown: str) -> None:
    shutil.copy(report / "figures" / f"{name}.png", IMAGES / f"latents-{shown}.png")


def _run(*words: str) -> None:
    if status := main([*words, "--progress", "none"]):
        raise SystemExit(status)


if __name__ == "__main__":
    make(sys.argv[1:] or ["scan", "lorenz"])
