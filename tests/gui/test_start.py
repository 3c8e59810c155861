"""The start of the window: quick, without the heavy packages, and a sentence where it cannot open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "matplotlib", "h5py", "pandas")
START_SECONDS = 1.5
OPEN_AND_COUNT = f"""
import json, sys, time
import deepcinac.gui
assert deepcinac.gui.main() == 0
print(json.dumps([time.process_time(), sorted(set({HEAVY!r}) & set(sys.modules))]))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    settings = {"DEEPCINAC_SETTINGS": str(folder / "s"), "DEEPCINAC_CACHE": str(folder / "c")}
    return {**os.environ, **settings, **more}


@pytest.mark.window
def test_the_window_is_up_soon_and_imports_nothing_heavy(tmp_path: Path) -> None:
    """Processor time from the start of Python, the best of three: a busy machine is no fault."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        pytest.skip("no screen")
    seconds = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", OPEN_AND_COUNT],
            capture_output=True,
            text=True,
            check=True,
            env=environment(tmp_path, DEEPCINAC_START_ONLY="1"),
        )
        taken, heavy = json.loads(done.stdout)
        assert heavy == []
        seconds.append(taken)
    assert min(seconds) < START_SECONDS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY is X11's")
def test_without_a_screen_there_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepcinac"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(tmp_path, DISPLAY=""),
    )
    assert done.returncode == 2
    assert "Expected a screen to open the window on" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_tkinter_there_is_a_sentence(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['tkinter'] = None;"
        "from deepcinac.cli.main import main; sys.exit(main([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=environment(tmp_path),
    )
    assert done.returncode == 2
    assert "a Python with tkinter" in done.stderr
