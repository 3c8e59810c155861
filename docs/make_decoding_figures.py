"""Make the figures of docs/decoding.md: mice are simulated and decoded as the page says.

    python docs/make_decoding_figures.py [NETWORK ...]

The GRU by default, beside regression: about five minutes on a quiet machine; ``none`` leaves it out.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"
FIGURES = ("scores", "importance", "example")


def make(networks: list[str]) -> None:
    """Simulate, decode, and copy the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEEPCINAC_CACHE"] = str(Path(folder) / "cache")
        mice, report = Path(folder) / "mice", Path(folder) / "report"
        _run("simulate", "--preset", "cortex-wide", "--out", str(mice))
        sessions = sorted(map(str, mice.glob("*.deepcinac")))
        _run("decode", *sessions, "--signal", "speed > 0.5", "--preset", "small", "--out",
             str(report), "--network", *networks)  # fmt: skip
        for name in FIGURES:
            shutil.copy(report / "figures" / f"{name}.png", IMAGES / f"decoding-{name}.png")


def _run(*words: str) -> None:
    if status := main([*words, "--progress", "none"]):
        raise SystemExit(status)


if __name__ == "__main__":
    make(sys.argv[1:] or ["gru"])
