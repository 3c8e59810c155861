"""Files of other programs, written as those programs do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

Writer = Callable[..., Path]


@pytest.fixture
def write_cinac() -> Writer:
    """``write_cinac(path, segments, outlines=None, ...)``: a file as DeepCINAC 1.1.10 wrote it."""
    return _write_cinac


def _write_cinac(
    path: Path,
    segments: list[dict[str, Any]],
    outlines: list[np.ndarray] | None = None,
    n_frames: int = 100,
    movie: str | None = None,
    invalid: list[int] | None = None,
    embedded: np.ndarray | None = None,
) -> Path:
    """Each segment: ``cell``, ``first``, ``last``, ``active`` and ``doubtful`` (lists of frames of the
    recording, both ends included), ``cell_type``, more in :func:`_write_segment`. ``outlines``: (2, k)
    x and y of each cell."""
    with h5py.File(path, "a") as file:
        if outlines is not None:
            full = file.create_group("full_data")
            if movie is not None:
                full.attrs["ci_movie_file_name"] = movie
            if embedded is not None:
                full.create_dataset("ci_movie", data=embedded)
            full.attrs["n_frames"] = n_frames
            full.attrs["n_cells"] = len(outlines)
            _write_outlines(full, outlines, np.int16)
            flags = np.zeros(len(outlines), dtype="int8")
            flags[invalid or []] = 1
            full.create_dataset("invalid_cells", data=flags)
            full.create_dataset("smooth_traces", data=np.zeros((len(outlines), n_frames)))
            full.create_dataset("raw_traces", data=np.zeros((len(outlines), n_frames)))
        for segment in segments:
            _write_segment(file, **segment)
    return path


def _write_outlines(group: h5py.Group, outlines: list[np.ndarray], kind: type) -> None:
    form = h5py.vlen_dtype(np.dtype(kind))
    written = group.create_dataset("cells_contour", shape=(len(outlines), 2), dtype=form)
    for cell, outline in enumerate(outlines):
        for axis in range(2):
            written[cell, axis] = outline[axis]


def _write_segment(
    file: h5py.File,
    cell: int,
    first: int,
    last: int,
    active: list[tuple[int, int]] = (),
    doubtful: list[tuple[int, int]] | None = None,
    cell_type: str | None = None,
    crop: np.ndarray | None = None,
    outlines: list[np.ndarray] | None = None,
    invalid: list[int] | None = None,
    has_crop: bool = True,
) -> None:
    """``crop`` (frames, height, width) with the ``outlines`` of the cell and of those overlapping it."""
    n_frames = last - first + 1
    group = file.create_group(f"cell_{cell}_{first}_{last}")
    group.attrs["pixels_around"], group.attrs["buffer"] = 0, 1
    if cell_type is not None:
        group.attrs["cell_type"] = cell_type
    for name, intervals in (("raster_dur", active), ("doubtful_frames", doubtful)):
        if intervals is None:
            continue
        frames = np.zeros(n_frames, dtype="int8")
        for onset, peak in intervals:
            frames[onset - first : peak - first + 1] = 1
        group.create_dataset(name, data=frames)
    group.create_dataset("smooth_traces", data=np.zeros(n_frames))
    group.create_dataset("raw_traces", data=np.zeros(n_frames))
    if has_crop:
        stored = np.zeros((n_frames, 25, 25)) if crop is None else crop
        group.create_dataset("ci_movie", data=stored)
    drawn = outlines or [np.array([[1, 3, 3], [1, 1, 3]])]
    _write_outlines(group, drawn, np.int32)
    flags = np.zeros(len(drawn), dtype="int8")
    flags[invalid or []] = 1
    group.create_dataset("invalid_cells", data=flags)
