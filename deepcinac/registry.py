"""Readers that register themselves: a format is one file, and its name in the list of its package.

A package that offers readers lists its modules in ``READER_MODULES``, in the order in which they are
to be asked. They are imported when somebody asks for the first time, so that starting the program
costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Entries in the order in which the packages list their modules, whichever was imported first.

    Parameters
    ----------
    packages
        Names of the packages whose modules register; the first is asked first.
    """

    def __init__(self, *packages: str) -> None:
        self._packages = list(packages)
        self._entries: dict[str, list[Entry]] = {}

    def provided_first_by(self, package: str) -> None:
        """One more package, whose entries come before all others."""
        if package not in self._packages:
            self._packages.insert(0, package)

    def add(self, module: str, entry: Entry) -> None:
        """What the decorator of a reader calls; ``module`` is the name of the reader's module."""
        self._entries.setdefault(module, []).append(entry)

    def __iter__(self) -> Iterator[Entry]:
        listed = [
            f"{package}.{module}"
            for package in self._packages
            for module in import_module(package).READER_MODULES
        ]
        for module in listed:
            import_module(module)
        others = [module for module in self._entries if module not in listed]
        for module in (*listed, *others):
            yield from self._entries.get(module, ())
