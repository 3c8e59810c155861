"""What a batch costs: time by workers and threads, overhead of a row, memory of a worker.

    python benchmarks/batch.py [--recordings 2] [--cells 60] [--frames 3000]

Every way runs the same recordings; machines are shared, so read the ratios and the CPU seconds.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deepcinac.batch.states import read_states
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings

WAYS = ((1, 1, None), (2, 1, None), (1, 2, None), (2, 1, 20))
"""Workers, threads of each, cells per task."""


def main() -> None:
    """Measure all ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recordings", type=int, default=2)
    parser.add_argument("--cells", type=int, default=60)
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--ways-only", action="store_true", help="without the two of one row")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not args.ways_only:
            lines = ["command,name", "classifiers,general"]
            measure("a row that does nothing", folder, lines, 1, 1)
            one = recording(folder, 0, 3, 120)
            row = f"{one}/movie.tif,{one}/cells.npz,10,2"
            lines = ["command,movie,cells,frame-rate,pixel-size,out", f"predict,{row},small.npz"]
            measure("3 cells x 120 frames", folder, lines, 1, 1)
        made = [
            recording(folder, n, args.cells, args.frames) for n in range(1, args.recordings + 1)
        ]
        for workers, threads, cells in WAYS:
            mark = f"{workers}-{threads}-{cells}"
            lines = ["command,movie,cells,frame-rate,pixel-size,out"]
            lines += [
                f"predict,{one}/movie.tif,{one}/cells.npz,10,2,{one.name}-{mark}.npz"
                for one in made
            ]
            measure(f"{args.cells} cells x {args.frames}", folder, lines, workers, threads, cells)


def recording(folder: Path, seed: int, n_cells: int, n_frames: int) -> Path:
    """A simulated recording of 100 x 100 px."""
    size = {"n_frames": n_frames, "height": 100, "width": 100, "n_cells": n_cells}
    return simulate(preset_settings("small", seed=seed, **size), folder / f"movie-{seed}")


def measure(
    what: str,
    folder: Path,
    lines: list[str],
    workers: int,
    threads: int,
    cells: int | None = None,
) -> None:
    """Run a table and print what it took."""
    table = folder / "table.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    states = table.with_name("table.states.csv")
    states.unlink(missing_ok=True)
    command = [sys.executable, "-m", "deepcinac", "batch", str(table), "--progress", "none"]
    command += ["--workers", str(workers), "--threads", str(threads)]
    command += ["--cells-per-task", str(cells)] if cells else []
    began, cpu = time.monotonic(), cpu_seconds()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, cpu = time.monotonic() - began, cpu_seconds() - cpu
    rows = list(read_states(states).values())
    print(
        f"{what}: {len(rows)} rows, {workers} workers x {threads} threads, cells per task {cells}: "
        f"{wall:.1f} s, CPU {cpu:.1f} s, in rows {sum(row.seconds for row in rows):.1f} s, "
        f"largest process {max(row.memory_mb for row in rows)} MB",
        flush=True,
    )


def cpu_seconds() -> float:
    """Of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
