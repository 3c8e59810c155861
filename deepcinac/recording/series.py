"""Several movies in one place: they are listed by name, and one is chosen; they are never joined."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.recording.movie_address import MovieAddress

ALL = "all"
"""The series that takes all frames as one movie, against what the header or the names say."""


class SeveralSeries(SeveralChoices):
    """Several series in one place, and none was named; ``series`` are their names."""

    def __init__(
        self, where: Path, described: Mapping[str, str], why: str, overrule: str = ""
    ) -> None:
        self.series = tuple(described)
        choices = {
            str(MovieAddress(where, series=name)): f"{name}: {text}"
            for name, text in described.items()
        }
        first = next(iter(described))
        hint = f"choose one with --series, for instance --series {first}"
        hint += f"; --series {ALL} takes {overrule}" if overrule else ""
        super().__init__(f"one series{why}", where, choices, hint)


def chosen(
    described: Mapping[str, str],
    wanted: str | None,
    where: Path,
    why: str = "",
    overrule: str = "",
) -> str:
    """The name of the series that is meant: the wanted one, or the only one.

    Parameters
    ----------
    described
        What each series is, by its name.
    wanted
        What the user named; capitals do not matter.
    why
        What says that there are several (", as its ScanImage header says").
    overrule
        What :data:`ALL` would be, where taking everything as one movie can be right.
    """
    offered = dict(described) | ({ALL: overrule} if overrule else {})
    if wanted is None:
        if len(described) == 1:
            return next(iter(described))
        raise SeveralSeries(where, described, why, overrule)
    for name in offered:
        if name.lower() == wanted.lower():
            return name
    if len(described) == 1 and wanted.lower() == ALL:
        return next(iter(described))
    raise InputError(f"a series called {wanted}", f"only {', '.join(offered)}", where)
