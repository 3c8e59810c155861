"""The classifiers that ship: a folder each. Installed as ``deepcinac.models``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def folder() -> Path:
    """The folder that holds the shipped classifiers."""
    return Path(str(files(__name__)))
