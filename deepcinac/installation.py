"""How this program is installed: in a Python or as an executable, with which engine and which packages."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence

ENGINES = ("tensorflow", "tensorflow-cpu")
"""The packages that run the network, of which one is needed; both hold the module ``tensorflow``."""


def is_executable() -> bool:
    """Whether this is the program that ``packaging/deepcinac.spec`` describes, which holds its own Python."""
    return bool(getattr(sys, "frozen", False))


def command_line(arguments: Sequence[str]) -> list[str]:
    """How to start our own program with these arguments; the executable knows ``-m`` as Python does."""
    return [sys.executable, "-m", "deepcinac", *arguments]


def version_of(package: str) -> str | None:
    """The version of an installed package, which is not imported; None where there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def how_to_install(requirement: str) -> str:
    """What to do where a package is missing, as the hint of an error.

    It names the package itself and never an extra of ours: on the package index, ``deepcinac`` is another,
    older program.
    """
    if is_executable():
        return f"use DeepCINAC in a Python where you have run `pip install {requirement}`, not the executable"
    return f"run `pip install {requirement}`"


def how_to_install_an_engine() -> str:
    """The hint of an error where no network can be run."""
    return f"{how_to_install('tensorflow')}, or `pip install tensorflow-cpu` (smaller, without GPU)"
