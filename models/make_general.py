"""Train the shipped classifier ``general`` again, from seeds.

    python models/make_general.py OUT --traces FOLDER

``FOLDER`` holds recorded traces with simultaneous spikes: the ``.mat`` files of the public CASCADE
ground-truth collection (github.com/HelmchenLabSoftware/Cascade, folder Ground_truth), or ``.npz`` files of
the same content. Without it the corpus is simulated throughout. Simulates 240 movies to learn from and 8,
of other seeds and other neurons, to choose the epoch by; then trains twice: on the first 120 movies from
random weights, and on all of them from there. Takes some 15 GB of disk below ``OUT`` and about three hours
on two cores. Everything can be stopped and started again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deepcinac.cli.main import main as deepcinac

CORPUS_SEED = 1
N_FIRST, N_TRAINING, N_VALIDATION = 120, 240, 8
WINDOWS = ["--windows-per-epoch", "12000"]
FIRST = [*WINDOWS, "--epochs", "24", "--patience", "24", "--name", "general-first"]
SECOND = [
    *WINDOWS,
    *("--epochs", "12", "--patience", "12", "--average", "0.998", "--keep-of-start", "0"),
    *("--learning-rate", "0.0005", "--name", "general"),
]


def simulated(out: Path, part: str, count: int, traces: Path | None) -> int:
    """Simulate one part of the corpus; movies that are there already stay."""
    command = ["simulate", "--out", str(out / part), "--corpus", str(count)]
    command += ["--seed", str(CORPUS_SEED), "--recorded-part", part]
    if traces:
        command += ["--traces", str(traces)]
    return deepcinac(command)


def trained(out: Path, name: str, n_movies: int, options: list[str]) -> int:
    """Train into ``out / name``; the same command goes on where it stopped."""
    run = out / name
    movies = sorted((out / "training").glob("*/"))[:n_movies]
    command = ["train", *map(str, movies), "--validation", str(out / "validation")]
    command += ["--out", str(run), *options]
    return deepcinac(command)


def main(out: Path, traces: Path | None) -> int:
    """Make both parts of the corpus, then train in two steps."""
    return (
        simulated(out, "training", N_TRAINING, traces)
        or simulated(out, "validation", N_VALIDATION, traces)
        or trained(out, "general-first", N_FIRST, FIRST)
        or trained(
            out, "general", N_TRAINING, [*SECOND, "--start-from", str(out / "general-first")]
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--traces", type=Path)
    arguments = parser.parse_args()
    sys.exit(main(arguments.out, arguments.traces))
