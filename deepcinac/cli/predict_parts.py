"""How a batch splits ``deepcinac predict``: by session and by cells, written by one writer at the end.

A worker holds no session: one that died would leave it locked, and two classifiers could not predict one
session at the same time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deepcinac.batch.parts import Split
from deepcinac.batch.table import Row
from deepcinac.cli.movie_options import opened_so
from deepcinac.cli.predict import cells_of, check, held, kept, selected, written

if TYPE_CHECKING:
    from deepcinac.recording.cells import Cells

_OF_THE_WHOLE = ("out", "force", "layer", "select")


class _Part(NamedTuple):
    """Some cells of a session, or of the row's movie, and the file for what is said of them."""

    session: Path | None
    cells: str
    file: Path


def splitter(cells_per_task: int | None) -> Callable[[Row, Path], Split | None]:
    """What splits a row into blocks of so many cells; with None, all cells of a recording are one."""

    def split(row: Row, folder: Path) -> Split | None:
        args = row.args
        check(args)
        if args.live is not None or (args.out is not None and cells_per_task is None):
            return None
        parts = list(_parts(args, folder, cells_per_task))
        if args.out is not None and len(parts) == 1:
            return None
        return Split(
            tuple((_arguments(row, part), part.file) for part in parts), lambda: _keep(args, parts)
        )

    return split


def _arguments(row: Row, part: _Part) -> tuple[str, ...]:
    """The command line of a part."""
    return row.arguments(
        f"--out={part.file}",
        *([f"--select={part.cells}"] if part.cells else []),
        "--force",
        without=_OF_THE_WHOLE,
        positional=[str(part.session)] if part.session else [],
    )


def _parts(args: argparse.Namespace, folder: Path, cells_per_task: int | None) -> Iterator[_Part]:
    number = 0
    for session in args.sessions or [None]:
        for cells in _blocks(args, session, cells_per_task):
            yield _Part(session, cells, folder / f"part-{number:03d}.npz")
            number += 1


def _blocks(
    args: argparse.Namespace, session: Path | None, cells_per_task: int | None
) -> Iterator[str]:
    """The cells of each block, as ``--select`` takes them; "" for all."""
    if cells_per_task is None:
        yield ",".join(args.select or [])
        return
    cells = _cells(args, session)
    chosen = selected(args, cells)
    numbers = list(range(len(cells))) if chosen is None else chosen.tolist()
    for first in range(0, len(numbers), cells_per_task):
        yield _in_words(numbers[first : first + cells_per_task])


def _cells(args: argparse.Namespace, session: Path | None) -> Cells:
    """The cells of a session, or of the row's movie."""
    from deepcinac.labelling.session import Session
    from deepcinac.recording.movie_readers import open_movie

    if session is not None:
        with Session.open(session, read_only=True) as opened:
            return opened.cells()
    with open_movie(args.movie, working_copy=False, **opened_so(args)) as movie:
        return cells_of(args, movie)


def _in_words(numbers: list[int]) -> str:
    """Ascending cell numbers as ``--select`` takes them.

    >>> _in_words([0, 1, 2, 5, 7, 8])
    '0-2,5,7-8'
    """
    words: list[str] = []
    first = last = numbers[0]
    for number in [*numbers[1:], -1]:
        if number != last + 1:
            words.append(str(first) if first == last else f"{first}-{last}")
            first = number
        last = number
    return ",".join(words)


def _keep(args: argparse.Namespace, parts: list[_Part]) -> str:
    """Write what the parts say where the command would have written it; what was done, in words."""
    from deepcinac.results.files import read_results
    from deepcinac.results.joining import joined

    said = []
    for session in args.sessions or [None]:
        results = joined([read_results(part.file) for part in parts if part.session == session])
        if args.out is not None:
            cells = _cells(args, session) if args.out.suffix.lower() == ".nwb" else None
            said.append(written(args, results, cells))
            continue
        with held([session]) as (opened,):
            said.append(kept(opened, results, args))
    return "; ".join(said)
