"""What one variable of a file is, before its values are read."""

from __future__ import annotations

from dataclasses import dataclass

NUMBERS = "numbers"
SPARSE = "sparse matrix"
LIST = "list"
OTHER = "other"


@dataclass(frozen=True)
class Variable:
    """A named value: its shape (in the order of the program that wrote it) and what it is.

    ``whole``: whether its numbers are stored as whole ones.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    whole: bool = False
