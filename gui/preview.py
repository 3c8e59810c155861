"""What a new session would show: the mean image with the cells on it, and what the files say.

Made by a process of its own (``deepcinac gui --preview OUT --movie M --cells C``), because a movie may
be slow to read; the create form reads its file. No Tk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.files import read_npz, write_npz
from deepcinac.formats import load_cells
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import open_movie

FRAMES_LOOKED_AT = 60
"""Enough for an image in which every cell can be seen; reading all would make the user wait."""


@dataclass(frozen=True, eq=False)
class Preview:
    """``mean`` (h, w); ``outlines`` of each cell as (k, 2) x, y; rates are None where unknown."""

    mean: np.ndarray
    outlines: list[list[np.ndarray]]
    n_frames: int
    frame_rate_hz: float | None
    pixel_size_um: float | None

    @property
    def sentence(self) -> str:
        """What was found."""
        height, width = self.mean.shape
        return f"{len(self.outlines)} cells on {self.n_frames:,} frames of {width} x {height} px"


def make_preview(movie: str, cells: str, out: Path, progress: Progress = silent) -> None:
    """Write the preview of a movie and its cells."""
    with open_movie(movie, working_copy=False) as opened:
        known = load_cells(cells, (opened.height, opened.width))
        wanted = np.unique(np.linspace(0, opened.n_frames - 1, FRAMES_LOOKED_AT).astype(int))
        total = np.zeros((opened.height, opened.width))
        for done, frame in enumerate(wanted.tolist(), start=1):
            total += opened.frames(frame, frame + 1)[0]
            progress(ProgressEvent("looking at the movie", done, len(wanted)))
        loops, owners = [], []
        for cell in range(len(known)):
            for loop in known.contour(cell):
                loops.append(loop)
                owners.append(cell)
        write_npz(
            out,
            mean=(total / len(wanted)).astype(np.float32),
            points=np.concatenate(loops),
            lengths=np.array([len(loop) for loop in loops]),
            owners=np.array(owners),
            facts=np.array(
                [
                    opened.n_frames,
                    len(known),
                    opened.frame_rate_hz or math.nan,
                    opened.pixel_size_um or math.nan,
                ]
            ),
        )


def read_preview(path: Path) -> Preview:
    """A preview written by :func:`make_preview`."""
    arrays = read_npz(path, ("mean", "points", "lengths", "owners", "facts"))
    n_frames, n_cells, rate, size = arrays["facts"].tolist()
    outlines: list[list[np.ndarray]] = [[] for _ in range(int(n_cells))]
    loops = np.split(arrays["points"], np.cumsum(arrays["lengths"])[:-1])
    for owner, loop in zip(arrays["owners"].tolist(), loops, strict=True):
        outlines[owner].append(loop)
    return Preview(
        arrays["mean"],
        outlines,
        int(n_frames),
        None if math.isnan(rate) else rate,
        None if math.isnan(size) else size,
    )
