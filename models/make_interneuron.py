"""Train the shipped classifier ``interneuron`` again, from seeds and from ``general``.

    python models/make_interneuron.py OUT --traces FOLDER

For cells that are active slowly and often and overlap little. ``FOLDER`` as in ``make_general.py``; of its
recordings only those of interneurons are used. Simulates 40 movies to learn from and 6, of other seeds and
other neurons, to choose the epoch by; then goes on training from ``general``. Everything can be stopped and
started again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deepcinac.cli.main import main as deepcinac

CORPUS_SEED = 2
N_TRAINING, N_VALIDATION = 40, 6
TRAINING = [
    *("--start-from", "general"),
    *("--epochs", "8"),
    *("--windows-per-epoch", "6000"),
    *("--patience", "8"),
    *("--learning-rate", "0.0005"),
    *("--average", "0.998"),
    *("--keep-of-start", "0"),
    *("--name", "interneuron"),
]


def main(out: Path, traces: Path | None) -> int:
    """Make both parts of the corpus, then train; a run that was stopped goes on."""
    for part, count in (("training", N_TRAINING), ("validation", N_VALIDATION)):
        command = ["simulate", "--out", str(out / part), "--corpus", str(count)]
        command += ["--preset", "interneuron", "--seed", str(CORPUS_SEED), "--recorded-part", part]
        if traces:
            command += ["--traces", str(traces)]
        if status := deepcinac(command):
            return status
    run = out / "interneuron"
    command = ["train", str(out / "training"), "--validation", str(out / "validation")]
    command += ["--out", str(run), *TRAINING]
    return deepcinac(command)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--traces", type=Path)
    arguments = parser.parse_args()
    sys.exit(main(arguments.out, arguments.traces))
