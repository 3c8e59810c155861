"""How the program is installed, and what it advises where something is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from deepcinac import installation
from deepcinac.errors import InputError
from deepcinac.learning import backend
from deepcinac.version import __version__

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("deepcinac", "gui", "models", "data", "docs", "notebooks", "packaging", "benchmarks")
OLD_PROGRAM = re.compile(r"pip3? install[^\n`]*?[ \"']deepcinac\b(?!/)")
"""Installing "deepcinac" by name gets the program of 2020 from the package index."""


def said_texts() -> list[Path]:
    """Everything in which a user may read how to install something."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found += [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "pyproject.toml"]
    return [path for path in found if path.suffix in (".py", ".md", ".ipynb", ".sh", ".toml")]


def test_nobody_is_told_to_install_the_old_program() -> None:
    told = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in said_texts()
        for found in OLD_PROGRAM.finditer(path.read_text(encoding="utf-8"))
    ]
    assert told == []


@pytest.mark.parametrize(
    ("text", "is_old"),
    [
        ("pip install deepcinac", True),
        ('pip install "deepcinac[nwb]"', True),
        ("%pip install -q deepcinac[zarr]", True),
        ("pip install ./deepcinac", False),
        ('pip install ".[tensorflow]"', False),
        ("`pip install pynwb`, then deepcinac", False),
    ],
)
def test_what_counts_as_the_old_program(text: str, is_old: bool) -> None:
    assert bool(OLD_PROGRAM.search(text)) == is_old


def test_advice_in_a_python_and_in_the_executable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installation.how_to_install("pynwb") == "run `pip install pynwb`"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert installation.is_executable()
    assert "not the executable" in installation.how_to_install("pynwb")


def test_versions() -> None:
    assert installation.version_of("numpy")
    assert installation.version_of("no-such-package") is None


def test_the_changes_begin_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(r"^## (.*)$", text, re.MULTILINE)
    assert heading is not None
    assert heading[1].split()[0] == __version__.split(".dev")[0]
    assert ("not released" in heading[1]) == (".dev" in __version__)


def test_without_an_engine_the_error_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keras", raising=False)

    class NoTensorFlow:
        """As keras on a machine without TensorFlow."""

        def find_spec(self, name: str, *_: object) -> None:
            if name == "keras":
                raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")

    monkeypatch.setattr(sys, "meta_path", [NoTensorFlow(), *sys.meta_path])
    with pytest.raises(InputError) as failure:
        backend.load_keras()
    assert str(failure.value) == (
        "Expected TensorFlow, which runs the network, found no package tensorflow. "
        "Run `pip install tensorflow`, or `pip install tensorflow-cpu` (smaller, without GPU)."
    )


def test_our_own_program_is_started() -> None:
    assert installation.command_line(["doctor"]) == [sys.executable, "-m", "deepcinac", "doctor"]
