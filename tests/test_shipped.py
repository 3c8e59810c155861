"""What stands beside the library in the repository is found under its installed name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import deepcinac.data
import deepcinac.models
from deepcinac.errors import InputError


def test_folders() -> None:
    assert (deepcinac.models.folder() / "__init__.py").is_file()
    assert (deepcinac.data.folder() / "__init__.py").is_file()


def test_a_shipped_recording() -> None:
    assert deepcinac.data.shipped("__init__.py") == deepcinac.data.folder() / "__init__.py"
    with pytest.raises(InputError, match="Install DeepCINAC again"):
        deepcinac.data.shipped("no-such-recording")


def test_nothing_of_ours_at_the_top_level(tmp_path: Path) -> None:
    """Seen from another folder: the names gui, models and data belong to everybody."""
    code = (
        "import importlib.util as u, deepcinac.gui, deepcinac.models, deepcinac.data;"
        "print([n for n in ('gui', 'models', 'data', 'tests') if u.find_spec(n)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout == "[]\n"
