"""How long an edit takes until it is on disk, and how long a session takes to open.

    python benchmarks/session_latency.py [--folder DIR] [--edits 1000] [--json FILE]

A session of 300 cells x 12,500 frames with 5,000 transients of an expert and one classifier's
probabilities. Milliseconds depend on the disk and on what else it does, so edits take turns with bare
SQLite inserts (one row, the same safety settings, the same folder) and the ratio of the two is given.
On a machine whose cores are all busy every sync waits for its turn: read the ratios, or use an idle one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cells, make_cells

N_CELLS, N_FRAMES, SIDE = 300, 12_500, 200
N_TRANSIENTS = 5_000
LONGEST_EDIT_MS, LONGEST_OPENING_MS = 5.0, 300.0


def scattered_cells(generator: np.random.Generator) -> Cells:
    """300 round cells of about 80 pixels."""
    y, x = np.mgrid[:SIDE, :SIDE]
    footprints = []
    for row, column in generator.uniform(6, SIDE - 6, (N_CELLS, 2)):
        ypix, xpix = np.nonzero(np.hypot(y - row, x - column) <= 5)
        footprints.append((ypix, xpix, None))
    return make_cells(footprints, SIDE, SIDE, "made up")


def make_session(folder: Path) -> tuple[Session, int]:
    """The session, open, and the number of its expert layer."""
    generator = np.random.default_rng(0)
    np.save(folder / "movie.npy", np.zeros((10, SIDE, SIDE), np.uint16))
    session = Session.create(
        folder / "recording.deepcinac",
        folder / "movie.npy",
        (N_FRAMES, SIDE, SIDE),
        scattered_cells(generator),
        10.0,
        2.0,
    )
    layer = session.add_layer("expert", "anna")
    with session.group("label"):
        per_cell = np.bincount(generator.integers(0, N_CELLS, N_TRANSIENTS), minlength=N_CELLS)
        for cell, count in enumerate(per_cell.tolist()):
            onsets = generator.choice(N_FRAMES // 10, count, replace=False) * 10
            session.replace_transients(layer.id, cell, np.column_stack([onsets, onsets + 4]))
    result = session.add_layer("classifier", "general")
    session.write_prediction(
        result.id, np.arange(N_CELLS), generator.random((N_CELLS, N_FRAMES), np.float32)
    )
    return session, layer.id


def milliseconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def percentiles(durations: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    p50, p95 = np.percentile(durations, [50, 95])
    return {"p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3)}


def time_edits(session: Session, layer: int, folder: Path, n_edits: int) -> dict[str, Any]:
    """Edits of all kinds and bare inserts in turn."""
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA synchronous = EXTRA")
    bare.execute("CREATE TABLE rows (a, b, c, d)")

    def insert() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO rows VALUES (1, 2, 3, '{}')")
        bare.execute("COMMIT")

    generator = np.random.default_rng(1)
    edits: dict[str, list[float]] = {"add": [], "move": [], "remove": [], "undo": [], "redo": []}
    inserts = []
    for number in range(n_edits // len(edits)):
        cell = int(generator.integers(0, N_CELLS))
        taken = set((session.transients(layer, cell)[:, 0] // 10).tolist())
        onset = 10 * next(place for place in range(number, N_FRAMES // 10) if place not in taken)
        steps: dict[str, Callable[[], object]] = {
            "add": partial(session.add_transient, layer, cell, onset, onset + 4),
            "move": partial(session.move_transient, layer, cell, onset, onset + 1, onset + 6),
            "undo": session.undo,
            "redo": session.redo,
            "remove": partial(session.remove_transient, layer, cell, onset + 1),
        }
        for name, step in steps.items():
            edits[name].append(milliseconds(step))
            inserts.append(milliseconds(insert))
    bare.close()
    together = percentiles([duration for durations in edits.values() for duration in durations])
    plain = percentiles(inserts)
    return {
        "edit": together,
        "edit_by_kind": {name: percentiles(durations) for name, durations in edits.items()},
        "bare_insert": plain,
        "ratio_p50": round(together["p50_ms"] / plain["p50_ms"], 2),
        "ratio_p95": round(together["p95_ms"] / plain["p95_ms"], 2),
    }


def time_opening(path: Path, times: int = 15) -> dict[str, Any]:
    """Opening for writing and reading the cells, layers and transients that a window needs first."""

    def open_once() -> None:
        with Session.open(path) as session:
            session.cells()
            session.all_transients(session.layers("expert")[0].id)

    with_daily_copy = milliseconds(open_once)
    return {
        "with_the_copy_of_the_day_ms": round(with_daily_copy, 1),
        **percentiles([milliseconds(open_once) for _ in range(times)]),
    }


def verdict(found_ms: float, limit_ms: float, bare_ms: float) -> str:
    """Whether a limit holds; a machine on which bare SQLite needs half of it cannot tell."""
    if found_ms < limit_ms:
        return "holds"
    return "this machine is too busy to tell" if bare_ms > limit_ms / 2 else "broken"


def main() -> None:
    """Measure, print, and say whether the limits hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary folder)")
    parser.add_argument("--edits", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        session, layer = make_session(folder)
        with contextlib.closing(session):
            found = time_edits(session, layer, folder, arguments.edits)
            path = session.path
        found["opening"] = opening = time_opening(path)
        found["file_mb"] = round(path.stat().st_size / 1e6, 1)
    found["limits"] = {
        f"an edit below {LONGEST_EDIT_MS:g} ms (p95)": verdict(
            found["edit"]["p95_ms"], LONGEST_EDIT_MS, found["bare_insert"]["p95_ms"]
        ),
        f"opening below {LONGEST_OPENING_MS:g} ms (p95)": verdict(
            opening["p95_ms"], LONGEST_OPENING_MS, 0.0
        ),
    }
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
