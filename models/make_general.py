"""Train the shipped classifier ``general`` again, from seeds.

    python models/make_general.py OUT --traces FOLDER

``FOLDER`` holds recorded traces with simultaneous spikes: the ``.mat`` files of the public CASCADE
ground-truth collection (github.com/HelmchenLabSoftware/Cascade, folder Ground_truth), or ``.npz`` files of
the same content. Without it the corpus is simulated throughout. Simulates 120 movies to learn from and 8,
of other seeds and other neurons, to choose the epoch by; then trains. Takes some 7 GB of disk below
``OUT`` and about an hour and a half on two cores. Everything can be stopped and started again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deepcinac.cli.main import main as deepcinac

CORPUS_SEED = 1
N_TRAINING, N_VALIDATION = 120, 8
TRAINING = [
    "--epochs",
    "24",
    "--windows-per-epoch",
    "12000",
    "--patience",
    "24",
    "--name",
    "general",
]


def main(out: Path, traces: Path | None) -> int:
    """Make both parts of the corpus, then train or go on training."""
    for part, count in (("training", N_TRAINING), ("validation", N_VALIDATION)):
        command = ["simulate", "--out", str(out / part), "--corpus", str(count)]
        command += ["--seed", str(CORPUS_SEED), "--recorded-part", part]
        if traces:
            command += ["--traces", str(traces)]
        if status := deepcinac(command):
            return status
    run = out / "general"
    command = ["train", str(out / "training"), "--validation", str(out / "validation")]
    command += ["--out", str(run), *TRAINING]
    if (run / "state.json").is_file():
        command.append("--resume")
    return deepcinac(command)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--traces", type=Path)
    arguments = parser.parse_args()
    sys.exit(main(arguments.out, arguments.traces))
