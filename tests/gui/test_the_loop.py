"""The whole loop by real keys and the mouse, in a window of its own, under a window manager."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deepcinac.learning.zoo import list_classifiers

pytestmark = pytest.mark.window

TESTS = Path(__file__).resolve().parents[1]
MANAGERS = ("openbox", "twm")
NEEDED = ("xvfb-run", "xdotool")
SCREEN = "-screen 0 1366x768x24"


def loop(folder: Path, *options: str) -> list[dict[str, Any]]:
    """Go through it on a screen of its own; what it says of each round."""
    if not list_classifiers():
        pytest.skip("no classifier ships with this checkout")
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    if manager is None or not all(map(shutil.which, NEEDED)):
        pytest.skip("no window manager: apt-get install xvfb xauth openbox xdotool")
    python = f"{sys.executable} -m helpers.whole_loop {folder} {' '.join(options)}"
    script = f"{manager} & manager=$!; sleep 0.5; {python}; status=$?; kill $manager; exit $status"
    command = ["xvfb-run", "--auto-servernum", f"--server-args={SCREEN}", "bash", "-c", script]
    env = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"round"')]


def test_the_whole_loop(tmp_path: Path) -> None:
    assert len(loop(tmp_path)) == 1


@pytest.mark.soak
def test_an_hour_of_the_loop_keeps_its_memory(tmp_path: Path) -> None:
    """The first rounds fill caches; after them the memory stays where it is."""
    rounds = loop(tmp_path, "--processes", "--seconds", "3300")
    assert len(rounds) >= 5
    settled, last = rounds[2]["bytes"], rounds[-1]["bytes"]
    assert last < settled * 1.1 + 20e6, rounds
