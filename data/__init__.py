"""The small recording that ships, for ``deepcinac demo``. Installed as ``deepcinac.data``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from deepcinac.errors import InputError


def folder() -> Path:
    """The folder that holds the shipped recordings."""
    return Path(str(files(__name__)))


def shipped(name: str) -> Path:
    """The file or folder ``name`` among the shipped recordings."""
    path = folder() / name
    if not path.exists():
        raise InputError(
            f"the shipped {name}",
            "nothing of that name",
            folder(),
            "Install DeepCINAC again: this installation is incomplete",
        )
    return path
