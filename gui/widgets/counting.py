"""Numbers with their word: "1 transient", "5 transients"."""

from __future__ import annotations


def counted(number: int, what: str, plural: str = "") -> str:
    """A number and what is counted.

    >>> counted(1, "transient"), counted(1200, "cell"), counted(2, "more to review", "more to review")
    ('1 transient', '1,200 cells', '2 more to review')
    """
    return f"{number:,} {what if number == 1 else plural or what + 's'}"
