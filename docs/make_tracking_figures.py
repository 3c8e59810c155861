"""Make the pictures of docs/tracking.md: everything is simulated and tracked as the page says.

python docs/make_tracking_figures.py
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"


def make_moving(folder: Path) -> None:
    """Simulate a movie that stretches, track it, group its cells, and copy the figures."""
    hydra, tracks = folder / "hydra", folder / "tracks"
    _run("simulate", "--preset", "elastic", "--ensembles", "3", "--moving-frames", "600",
         "--out", hydra)  # fmt: skip
    _run("track", hydra / "movie.tif", "--frame-rate", "10", "--pixel-size", "2", "--truth",
         hydra / "truth.npz", "--out", tracks)  # fmt: skip
    _copy(tracks, "tracking", "tracks", "traces")
    session = tracks / "tracked.deepcinac"
    main(["import", str(session), str(hydra / "contraction.csv"), "--kind", "signal"])
    _run("track", "--ensembles", session, "--from", "smoothed", "--signal", "contraction",
         "--out", folder / "groups")  # fmt: skip
    _copy(folder / "groups", "ensembles", "map", "activity")


def make_days(folder: Path) -> None:
    """Simulate three days, put them together, and copy the figures."""
    days = folder / "days"
    _run("simulate", "--preset", "days", "--out", days)
    _run("track", "--days", *sorted(days.glob("*.deepcinac")), "--out", folder / "turnover")
    _copy(folder / "turnover", "days", "field", "turnover")


def _copy(report: Path, page: str, *figures: str) -> None:
    for figure in figures:
        shutil.copy(report / "figures" / f"{figure}.png", IMAGES / f"{page}-{figure}.png")


def _run(*words: object) -> None:
    if status := main([*map(str, words), "--progress", "none"]):
        raise SystemExit(status)


PARTS = {"moving": make_moving, "days": make_days}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        os.environ["DEEPCINAC_CACHE"] = str(Path(name) / "cache")
        for part in sys.argv[1:] or list(PARTS):
            PARTS[part](Path(name))
