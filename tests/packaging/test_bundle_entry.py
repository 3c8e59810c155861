"""Where the executable begins: a command, and a Python for the program's own processes."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from deepcinac.cli import main as command

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location(
    "bundle_entry", ROOT / "packaging" / "bundle_entry.py"
)
assert _spec is not None
assert _spec.loader is not None
entry = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(entry)


@pytest.fixture(autouse=True)
def _argv_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["deepcinac"])


def test_a_command() -> None:
    with pytest.raises(SystemExit) as end:
        entry.main(["--version"])
    assert end.value.code == 0


def test_code_as_python_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["-c", "import sys; print(__name__, sys.argv)", "a"]) == 0
    assert capsys.readouterr().out == "__main__ ['-c', 'a']\n"


def test_a_module_as_python_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        entry.main(["-m", "deepcinac", "--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("deepcinac ")


def test_the_program_without_a_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(command, "main", lambda argv: started.append(argv) or 0)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "deepcinac-gui.exe"))
    monkeypatch.setattr(sys, "argv", ["deepcinac-gui.exe", "mouse.deepcinac"])
    assert entry.main(sys.argv[1:]) == 0
    assert started == [["gui", "mouse.deepcinac"]]
    assert sys.executable == str(tmp_path / "deepcinac.exe")


@pytest.mark.parametrize("before", [None, "/opt/theirs"])
def test_other_programs_do_not_find_our_libraries(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle/_internal")
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    entry.restore_environment()
    assert os.environ.get("LD_LIBRARY_PATH") == before
