"""How soon the program answers, as a ratio to a bare Python that imports numpy.

    python benchmarks/start.py [--json FILE]

Processor seconds from the start of Python, the best of five: `deepcinac --help`, and the window
without a session (needs a screen; Xvfb will do). Goals: help below 2 times, the window below 8
times the bare start.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TOLD = "; import time; print(time.process_time())"
CASES = {
    "numpy": "import numpy",
    "help": "from deepcinac.cli.main import build_parser; build_parser().format_help()",
    "window": "import deepcinac.gui; deepcinac.gui.main()",
}
REPEATS = 5


def seconds(code: str, folder: str) -> float:
    """Processor seconds of a Python that runs ``code``, the best of some."""
    environment = {**os.environ, "DEEPCINAC_START_ONLY": "1", "DEEPCINAC_SETTINGS": folder}
    taken = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-c", code + TOLD],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        taken.append(float(done.stdout.split()[-1]))
    return min(taken)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the results here too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {name: seconds(code, folder) for name, code in CASES.items()}
    for name, taken in found.items():
        print(f"{name:8s} {taken:6.3f} s  {taken / found['numpy']:5.1f} times numpy alone")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
