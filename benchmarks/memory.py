"""Peak memory of predicting 300 cells of a 12,500 x 200 x 200 movie, and of opening a sparse 50 GB file.

    python benchmarks/memory.py [--cells 300] [--frames 12500] [--classifier general]

Each figure is the peak resident size of a process of its own; a second
run with a fifth of the frames shows what depends on the length of the movie. Unix only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def peak_mb() -> float:
    """Peak resident memory of this process so far, in MB.

    From the kernel's high-water mark where there is one: ``getrusage`` also counts what the parent held
    before this program replaced it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def predict_once(path: Path, n_cells: int, classifier: str) -> dict[str, float]:
    """Predict a movie in this process; peak memory, CPU and wall seconds."""
    from speed import scattered_cells

    from deepcinac.learning.zoo import find_classifier
    from deepcinac.recording.movie_readers import open_movie
    from deepcinac.tasks.activity.prediction import predict

    began, cpu = time.monotonic(), time.process_time()
    with open_movie(path) as movie:
        predict(movie, scattered_cells(n_cells), 10.0, 2.0, find_classifier(classifier))
    return {
        "peak_mb": round(peak_mb()),
        "wall_s": round(time.monotonic() - began, 1),
        "cpu_s_per_cell": round((time.process_time() - cpu) / n_cells, 3),
    }


def open_once(path: Path) -> dict[str, float]:
    """Open a movie and read one frame in this process."""
    from deepcinac.recording.movie_readers import open_movie

    began = time.monotonic()
    with open_movie(path) as movie:
        movie.frames(movie.n_frames // 2, movie.n_frames // 2 + 1)
    return {"peak_mb": round(peak_mb()), "wall_s": round(time.monotonic() - began, 2)}


def sparse_movie(path: Path) -> None:
    """An .npy file that says 50 GB and takes no room on the disk."""
    import numpy as np

    shape = (50_000_000_000 // (2 * 512 * 512), 512, 512)
    with open(path, "wb") as stream:
        header = {"descr": "<u2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(stream, header)
        stream.truncate(stream.tell() + int(np.prod(shape, dtype=np.int64)) * 2)


def in_own_process(*arguments: str) -> dict[str, float]:
    """Run this script again for one figure."""
    command = [sys.executable, __file__, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--frames", type=int, default=12_500)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--predict", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.predict:
        print(json.dumps(predict_once(arguments.predict, arguments.cells, arguments.classifier)))
        return
    if arguments.open:
        print(json.dumps(open_once(arguments.open)))
        return
    from speed import noise_movie

    with tempfile.TemporaryDirectory() as name:
        for frames in (arguments.frames // 5, arguments.frames):
            path = Path(name) / "movie.npy"
            noise_movie(path, frames)
            common = ("--cells", str(arguments.cells), "--classifier", arguments.classifier)
            print(frames, "frames:", in_own_process("--predict", str(path), *common), flush=True)
        path = Path(name) / "sparse.npy"
        sparse_movie(path)
        print("50 GB sparse file opened:", in_own_process("--open", str(path)))


if __name__ == "__main__":
    main()
