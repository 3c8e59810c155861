"""What a user may say about a file of cells that the file does not say itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deepcinac.errors import InputError, SeveralChoices

MASK_ENERGY = 0.9
"""CaImAn's own outlines hold this part of a footprint's energy (its sum of squared weights)."""


@dataclass(frozen=True)
class CellOptions:
    """Choices for :func:`deepcinac.formats.load_cells`.

    Attributes
    ----------
    variable
        The name of the variable, or the path inside an HDF5 file, where a file holds several.
    counted_from_one
        Whether coordinates begin with 1, as MATLAB's do; None: as the kind of file and the
        coordinates themselves tell.
    swap_xy
        Exchange x and y.
    energy
        A weighted footprint ends where its brightest pixels hold this part of its energy, 0 to 1.
        The weights inside are kept as they are.
    accepted
        The names of what the user has accepted (see :mod:`deepcinac.questions`): with "bad-cells",
        cells that cannot be used are left out.
    """

    variable: str | None = None
    counted_from_one: bool | None = None
    swap_xy: bool = False
    energy: float = MASK_ENERGY
    accepted: tuple[str, ...] = ()

    @staticmethod
    def accepted_in(options: CellOptions | None) -> tuple[str, ...]:
        """What is accepted; nothing where no choices are given."""
        return () if options is None else options.accepted

    def with_variable(self, variable: str | None) -> CellOptions:
        """The same with a variable, where one is given."""
        return self if variable is None else replace(self, variable=variable)

    def as_arguments(self) -> list[str]:
        """The choices as options of ``deepcinac create``, for a process of its own."""
        arguments = []
        if self.variable is not None:
            arguments += ["--variable", self.variable]
        if self.counted_from_one is not None:
            arguments += ["--matlab-indexing" if self.counted_from_one else "--no-matlab-indexing"]
        if self.swap_xy:
            arguments += ["--swap-xy"]
        if self.energy != MASK_ENERGY:
            arguments += ["--mask-energy", repr(self.energy)]
        for name in self.accepted:
            arguments += ["--accept", name]
        return arguments


def split_variable(path: str | Path) -> tuple[Path, str | None]:
    """``file.mat#Coor`` as the path and the variable; a file that is called so comes first."""
    text = str(path)
    base, mark, variable = text.rpartition("#")
    if not mark or not base or not variable or os.path.lexists(text):
        return Path(path), None
    return Path(base), variable


def with_variable(path: str | Path, variable: str) -> str:
    """The inverse: what to write to name a variable of a file."""
    return f"{path}#{variable}"


def chosen(candidates: Mapping[str, str], options: CellOptions, expected: str, path: Path) -> str:
    """The one candidate (name -> what it is) that is meant, or an InputError that lists them.

    ``expected`` says what one of them is ("matrix of cells"), without an article.
    """
    wanted = options.variable
    if wanted is not None:
        if wanted in candidates:
            return wanted
        found = "; ".join(candidates.values()) or "none"
        raise InputError(f"{_article(expected)} {expected} called {wanted}", found, path)
    if len(candidates) == 1:
        return next(iter(candidates))
    if not candidates:
        raise InputError(f"{_article(expected)} {expected}", "none", path)
    choices = {with_variable(path, name): what for name, what in candidates.items()}
    raise SeveralChoices(f"one {expected}", path, choices)


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"
