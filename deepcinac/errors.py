"""Two kinds of failure: the user's mistakes, told in sentences, and ours, which keep their traceback.

An :class:`InputError` is shown as it stands, on the command line (exit status 2) and in the window.
Any other exception that reaches the top is our fault (exit status 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class DeepCinacError(Exception):
    """Base of every exception that this package raises on purpose."""


class InputError(DeepCinacError):
    """Something the user gave cannot be used: what was expected, what was found, where, what to try.

    Parameters
    ----------
    expected
        What would have been right, without a full stop ("a movie of at least 1 frame").
    found
        What is there instead ("an empty file").
    where
        The file, folder, dataset or option that it was found in.
    hint
        What to try, one sentence without its full stop.
    """

    def __init__(
        self,
        expected: str,
        found: str,
        where: str | Path | None = None,
        hint: str | None = None,
    ) -> None:
        self.expected = expected
        self.found = found
        self.where = None if where is None else str(where)
        self.hint = hint
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = f" in {self.where}" if self.where else ""
        text = f"Expected {self.expected}, found {self.found}{place}."
        return f"{text} {self.hint[0].upper()}{self.hint[1:]}." if self.hint else text


class SeveralChoices(InputError):
    """A file holds several things that could be meant, and none was named.

    ``choices`` maps what to write instead of the path (``file.mat#Coor``) to what it is, in the
    order of the file; a window offers them.
    """

    def __init__(
        self,
        expected: str,
        where: str | Path,
        choices: Mapping[str, str],
        hint: str | None = None,
    ) -> None:
        self.choices = dict(choices)
        named = "; ".join(choices.values())
        how = hint or f"name one of them, for instance {next(iter(choices))}"
        super().__init__(expected, f"{len(choices)} ({named})", where, how)
