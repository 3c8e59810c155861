"""The start of the window: without the heavy packages, and an error message where it cannot open.

How long it takes is measured by `benchmarks/start.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("tensorflow", "keras", "matplotlib", "h5py", "pandas")
OPEN_AND_COUNT = f"""
import json, sys
import deepcinac.gui
assert deepcinac.gui.main() == 0
print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    settings = {"DEEPCINAC_SETTINGS": str(folder / "s"), "DEEPCINAC_CACHE": str(folder / "c")}
    return {**os.environ, **settings, **more}


@pytest.mark.window
@pytest.mark.usefixtures("own_screen")
def test_the_window_imports_nothing_heavy(tmp_path: Path) -> None:
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        pytest.skip("no screen")
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AND_COUNT],
        capture_output=True,
        text=True,
        check=True,
        env=environment(tmp_path, DEEPCINAC_START_ONLY="1"),
    )
    assert json.loads(done.stdout) == []


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
