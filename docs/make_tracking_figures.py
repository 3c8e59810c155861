"""Make the pictures of docs/tracking.md: everything is simulated and tracked as the page says.

python docs/make_tracking_figures.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from deepcinac.cli.main import main

IMAGES = Path(__file__).parent / "images"


def make() -> None:
    """Simulate, track, and copy the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["DEEPCINAC_CACHE"] = str(folder / "cache")
        hydra, tracks, days = folder / "hydra", folder / "tracks", folder / "days"
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
        _run("simulate", "--preset", "days", "--out", days)
        _run("track", "--days", *sorted(days.glob("*.deepcinac")), "--out", folder / "turnover")
        _copy(folder / "turnover", "days", "field", "turnover")


def _copy(report: Path, page: str, *figures: str) -> None:
    for figure in figures:
        shutil.copy(report / "figures" / f"{figure}.png", IMAGES / f"{page}-{figure}.png")


def _run(*words: object) -> None:
    if status := main([*map(str, words), "--progress", "none"]):
        raise SystemExit(status)


if __name__ == "__main__":
    make()
