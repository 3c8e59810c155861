"""What a new session would show: the mean image with the cells on it, and what the files say.

Made by a process of its own, because a movie may be slow to read; the create form reads its file. No Tk.

A file that holds several movies or lists of cells is shown with the first of them, and the preview
says what there is to choose from. What is asked about the files is shown as if it had been accepted, and
the preview says what was asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from deepcinac.errors import SeveralChoices
from deepcinac.files import read_npz, write_npz
from deepcinac.formats import CellOptions, load_cells
from deepcinac.formats.cinac_segments import open_crop
from deepcinac.gui.jobs.asking import Question
from deepcinac.gui.session.cell_doubts import CellDoubts, doubts_of
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.cells import Cells, read_cells, save_cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import open_movie

FRAMES_LOOKED_AT = 60
"""Enough for an image in which every cell can be seen; reading all would make the user wait."""

Opened = TypeVar("Opened")
Choices = dict[str, str]
"""What to write in place of a path -> what it is."""


@dataclass(frozen=True, eq=False)
class Preview:
    """``mean`` (h, w); ``outlines`` of each cell as (k, 2) x, y; rates are None where unknown.

    ``rejected`` are the numbers of invalid cells, ``source`` says where the cells come from.
    ``movie_choices`` and ``cell_choices`` are empty where there was nothing to choose; otherwise the
    first of each is what is shown. ``questions`` are to be answered before anything is made of it.
    """

    mean: np.ndarray
    outlines: list[list[np.ndarray]]
    n_frames: int
    frame_rate_hz: float | None
    pixel_size_um: float | None
    rejected: tuple[int, ...] = ()
    source: str = ""
    movie_choices: Choices = field(default_factory=dict)
    cell_choices: Choices = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    cells: Cells | None = None
    _doubts: dict[float | None, CellDoubts] = field(default_factory=dict)

    def doubts(self, pixel_size_um: float | None = None) -> CellDoubts:
        """What is odd about the cells; ``pixel_size_um``: instead of that of the file."""
        if self.cells is None:
            return CellDoubts()
        size = pixel_size_um or self.pixel_size_um
        if size not in self._doubts:
            self._doubts[size] = doubts_of(self.cells, size).of_valid(self.cells.valid)
        return self._doubts[size]

    @property
    def sentence(self) -> str:
        """What was found."""
        height, width = self.mean.shape
        rejected = f" ({len(self.rejected)} rejected)" if self.rejected else ""
        cells = "cell" if len(self.outlines) == 1 else "cells"
        frames = f"{self.n_frames:,} frames of {width} x {height} px"
        if not self.outlines and not self.source:
            return frames
        return f"{len(self.outlines)} {cells}{rejected} on {frames}"


def opened_or_first(open_it: Callable[[str], Opened], address: str) -> tuple[Opened, Choices]:
    """What ``open_it`` gives for an address, or for the first of several, with the choices."""
    try:
        return open_it(address), {}
    except SeveralChoices as several:
        return open_it(next(iter(several.choices))), several.choices


def accepting(
    open_it: Callable[[tuple[str, ...]], Opened], accepted: tuple[str, ...]
) -> tuple[Opened, list[dict[str, str]]]:
    """What ``open_it(accepted)`` gives once every question is answered with yes, and the questions."""
    questions: list[dict[str, str]] = []
    while True:
        try:
            return open_it((*accepted, *(asked["accept"] for asked in questions))), questions
        except NeedsAnswer as asked:
            if asked.accept in (*accepted, *(before["accept"] for before in questions)):
                raise
            questions.append(asked.record())


def make_preview(
    movie: str,
    cells: str,
    out: Path,
    progress: Progress = silent,
    options: CellOptions | None = None,
) -> None:
    """Write the preview of a movie and its cells; of the movie alone where ``cells`` is ""."""
    options = options or CellOptions()
    (opened, movie_choices), questions = accepting(
        lambda yes: opened_or_first(lambda address: _opened(address, yes), movie),
        options.accepted,
    )
    with opened:
        shape = (opened.height, opened.width)
        known: Cells | None = None
        cell_choices: Choices = {}
        if cells:
            given = options

            def load(yes: tuple[str, ...]) -> tuple[Cells, Choices]:
                said = replace(given, accepted=yes)
                return opened_or_first(lambda address: load_cells(address, shape, said), cells)

            (loaded, cell_choices), asked = accepting(load, options.accepted)
            questions += asked
            save_cells(_cells_of(out), loaded)
            known = loaded
        mean = _mean_of_some(opened, progress)
        loops, owners = [np.empty((0, 2))], []
        for cell in range(0 if known is None else len(known)):
            assert known is not None
            for loop in known.contour(cell):
                loops.append(loop)
                owners.append(cell)
        about = {
            "n_frames": opened.n_frames,
            "n_cells": 0 if known is None else len(known),
            "rejected": [] if known is None else np.flatnonzero(~known.valid).tolist(),
            "source": "" if known is None else known.source,
            "frame_rate_hz": opened.frame_rate_hz,
            "pixel_size_um": opened.pixel_size_um,
            "movie_choices": movie_choices,
            "cell_choices": cell_choices,
            "questions": questions,
        }
        write_npz(
            out,
            mean=mean,
            points=np.concatenate(loops),
            lengths=np.array([len(loop) for loop in loops[1:]], dtype=np.int64),
            owners=np.array(owners, dtype=np.int64),
            about=np.array(json.dumps(about)),
        )


def _opened(address: str, accepted: tuple[str, ...]) -> Movie:
    """A movie, or what a .cinac holds of one around a labelled segment."""
    yes = frozenset(accepted)
    return open_crop(address) or open_movie(address, accepted=yes, working_copy=False)


def _cells_of(out: Path) -> Path:
    return out.with_suffix(".cells.npz")


def _mean_of_some(movie: Movie, progress: Progress) -> np.ndarray:
    """The mean (h, w) float32 of frames spread over the movie."""
    wanted = np.unique(np.linspace(0, movie.n_frames - 1, FRAMES_LOOKED_AT).astype(int))
    total = np.zeros((movie.height, movie.width))
    for done, frame in enumerate(wanted.tolist(), start=1):
        total += movie.frames(frame, frame + 1)[0]
        progress(ProgressEvent("looking at the movie", done, len(wanted)))
    return (total / len(wanted)).astype(np.float32)


def read_preview(path: Path) -> Preview:
    """A preview written by :func:`make_preview`."""
    arrays = read_npz(path, ("mean", "points", "lengths", "owners", "about"))
    about: dict[str, Any] = json.loads(str(arrays["about"]))
    outlines: list[list[np.ndarray]] = [[] for _ in range(about.pop("n_cells"))]
    about["rejected"] = tuple(about["rejected"])
    loops = np.split(arrays["points"], np.cumsum(arrays["lengths"]))[:-1]
    for owner, loop in zip(arrays["owners"].tolist(), loops, strict=True):
        outlines[owner].append(loop)
    questions = [Question.of_record(record) for record in about.pop("questions")]
    about["questions"] = tuple(asked for asked in questions if asked is not None)
    cells = read_cells(_cells_of(path)) if _cells_of(path).is_file() else None
    return Preview(arrays["mean"], outlines, cells=cells, **about)
