"""What is possible but unlikely is asked about, never assumed and never prompted for.

The library raises a :class:`NeedsAnswer`; whoever called says yes by naming its ``accept`` in the set
of what is accepted. On the command line that is ``--accept NAME``, in the window a dialog, and a
session keeps what was accepted when it was made.
"""

from __future__ import annotations

from pathlib import Path

from deepcinac.errors import InputError


class NeedsAnswer(InputError):
    """Something that may be meant so, but would silently spoil the results if it were not.

    Attributes
    ----------
    accept
        The name that accepts it: a word or two in small letters, joined by hyphens.
    question
        What is asked, without how to answer: for a window that shows buttons.
    advice
        The hint of the question alone.
    """

    def __init__(
        self,
        accept: str,
        expected: str,
        found: str,
        where: str | Path | None = None,
        hint: str | None = None,
    ) -> None:
        self.accept = accept
        self.question = str(InputError(expected, found, where, hint))
        self.advice = hint or ""
        answer = f"if it is right as it is, add --accept {accept}"
        answer += f' (in Python: accepted={{"{accept}"}})'
        super().__init__(expected, found, where, f"{hint}; {answer}" if hint else answer)

    def record(self) -> dict[str, str]:
        """The question in parts, for JSON: "accept", "expected", "found", "where" and "advice"."""
        return {
            "accept": self.accept,
            "expected": self.expected,
            "found": self.found,
            "where": self.where or "",
            "advice": self.advice,
        }


def ask(
    accept: str,
    expected: str,
    found: str,
    where: str | Path | None = None,
    hint: str | None = None,
    accepted: frozenset[str] = frozenset(),
) -> None:
    """Raise :class:`NeedsAnswer` unless ``accept`` is among what the user has accepted.

    Parameters
    ----------
    accept
        The name that accepts it.
    expected, found, where, hint
        As in :class:`~deepcinac.errors.InputError`.
    accepted
        The names that the user has accepted.
    """
    if accept not in accepted:
        raise NeedsAnswer(accept, expected, found, where, hint)
