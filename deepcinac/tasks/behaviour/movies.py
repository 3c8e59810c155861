"""Movies as they are: pictures of a few pixels on disk, scaled by statistics of each session.

Every pixel loses its mean over the session, and all are divided by one SD: rules that know nothing of
behaviour. The movie is read once, block by block, and never held in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.session import Session
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.tasks.behaviour.recordings import DecodedRecording, prepared
from deepcinac.tasks.behaviour.targets import Target, behaviour_of

BLOCK_FRAMES = 256
SQUARES = 8
"""The picture is cut into this many squares a side for the regression beside the networks."""
DARK = 0.3
"""Pixels below this share of the bright ones (their 95th percentile) lie outside of the tissue."""


@dataclass(frozen=True, eq=False)
class MovieRecording:
    """A session's movie: ``pictures`` (n_frames, side, side) float32 on disk, and what is made of them.

    ``squares`` (n_frames, 64): means of the squares; ``outside`` (n_frames, 1): mean of the pixels outside
    of the tissue, None where there are none; ``still`` (side, side): the mean picture.
    """

    pictures: DecodedRecording
    squares: DecodedRecording
    outside: DecodedRecording | None
    still: np.ndarray


def read_movie(
    path: Path, target: Target, side_px: int, work: Path, progress: Progress = silent
) -> MovieRecording:
    """The movie of a session, reduced to ``side_px`` pixels a side, into the folder ``work``."""
    with (
        Session.open(path, read_only=True) as session,
        open_recording(session, working_copy=False, progress=progress) as recording,
    ):
        n_frames, height, width = recording.shape
        side = min(side_px, height, width)
        rate = recording.frame_rate_hz
        behaviour = behaviour_of(target, recording.signals, n_frames, rate, path)
        work.mkdir(parents=True, exist_ok=True)
        raw = np.lib.format.open_memmap(
            work / f"{path.stem}.npy", "w+", np.float32, (n_frames, side, side)
        )
        for first in range(0, n_frames, BLOCK_FRAMES):
            last = min(first + BLOCK_FRAMES, n_frames)
            raw[first:last] = reduced(recording.movie.frames(first, last), side)
            progress(ProgressEvent("reading", last, n_frames, path.name))
        whose = session.provenance()
    still = raw.mean(0, dtype=float)
    _scale(raw, still)
    dark = still < DARK * np.percentile(still, 95)
    about = (path, np.arange(1), "movie", rate, 0, behaviour, whose)
    pictures = _recording(path.stem, raw, ("movie",), about)
    blocks = [
        reduced(raw[first : first + BLOCK_FRAMES], SQUARES)
        for first in range(0, n_frames, BLOCK_FRAMES)
    ]
    squares = np.concatenate(blocks).reshape(n_frames, -1)
    names = tuple(f"square {row},{column}" for row in range(SQUARES) for column in range(SQUARES))
    outside = raw[:, dark].mean(1, dtype=float)[:, None] if dark.any() else None
    return MovieRecording(
        pictures,
        _recording(path.stem, prepared(squares, 0, False, path), names, about),
        None
        if outside is None
        else _recording(path.stem, prepared(outside, 0, False, path), ("outside",), about),
        still,
    )


def _recording(
    name: str, inputs: np.ndarray, names: Sequence[str], about: tuple
) -> DecodedRecording:
    path, cells, source, rate, reach, behaviour, whose = about
    keys = tuple(names)
    return DecodedRecording(
        name, path, inputs, keys, keys, cells, source, rate, reach, behaviour, whose
    )


def reduced(frames: np.ndarray, side: int) -> np.ndarray:
    """Frames (n, height, width) as means over ``side`` x ``side`` areas of nearly equal size.

    >>> reduced(np.arange(16.0).reshape(1, 4, 4), 2)[0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    rows, columns = (np.linspace(0, n, side + 1).round().astype(int) for n in frames.shape[1:])
    if side > min(frames.shape[1:]):
        raise InputError(f"pictures of at least {side} pixels", f"{frames.shape[1:]}")
    sums = np.add.reduceat(np.add.reduceat(frames.astype(float), rows[:-1], 1), columns[:-1], 2)
    return sums / (np.diff(rows)[:, None] * np.diff(columns))


def _scale(raw: np.ndarray, still: np.ndarray) -> None:
    """Take off each pixel's mean, and divide by one SD; in place, block by block."""
    total = 0.0
    for first in range(0, len(raw), BLOCK_FRAMES):
        block = raw[first : first + BLOCK_FRAMES]
        block -= still.astype(np.float32)
        total += float(np.square(block, dtype=float).sum())
    sd = (total / raw.size) ** 0.5 or 1.0
    for first in range(0, len(raw), BLOCK_FRAMES):
        raw[first : first + BLOCK_FRAMES] /= sd
