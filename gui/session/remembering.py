"""Values from a settings file, which may hold anything, and names that are still free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def names_from(first: str) -> Iterator[str]:
    """``first``, then "first 2", "first 3" and so on."""
    yield first
    number = 2
    while True:
        yield f"{first} {number}"
        number += 1


def pair_or(value: Any, default: tuple[int, int]) -> tuple[int, int]:
    """``value`` when it is two whole numbers in order, otherwise ``default``."""
    good = isinstance(value, (list, tuple)) and len(value) == 2
    good = good and all(isinstance(v, int) for v in value)
    return (value[0], value[1]) if good and value[0] <= value[1] else default


def int_in(value: Any, stop: int) -> int:
    """``value`` when it is a whole number from 0 to ``stop`` (excluded), otherwise 0."""
    return value if isinstance(value, int) and 0 <= value < stop else 0
