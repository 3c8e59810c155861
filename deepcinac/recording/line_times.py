"""When the laser passes each cell: a scanned frame is not taken at once, but row after row.

Within a frame of 0.1 s a cell at the bottom is seen 0.1 s after one at the top. With the times of the rows,
the samples of a population lie much closer than the frames do, each of a few cells only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.cells import Cells


def line_times(
    cells: Cells, numbers: Sequence[int] | np.ndarray, frame_rate_hz: float
) -> np.ndarray:
    """Seconds after the beginning of a frame at which each of these cells is passed, (n,).

    The mean row of the footprint, its pixels weighted, where the rows of the movie take equal shares of the
    frame from top to bottom. What scanners do else (a pause between frames, rows that were cropped) belongs
    into times that the user gives.
    """
    rows = []
    for number in np.asarray(numbers, int).tolist():
        cell = cells[number]
        rows.append(np.average(cell.ypix + 0.5, weights=cell.weight))
    return np.array(rows) / cells.height / frame_rate_hz


def bins_within_frame(times_s: np.ndarray, frame_rate_hz: float, bins_per_frame: int) -> np.ndarray:
    """The bin of a frame in which each cell is passed, (n,) int.

    >>> bins_within_frame(np.array([0.0, 0.049, 0.05, 0.099]), 10.0, 4).tolist()
    [0, 1, 2, 3]
    """
    times = np.asarray(times_s, float)
    if not (np.isfinite(times).all() and (times >= 0).all() and (times < 1 / frame_rate_hz).all()):
        expected = f"times from 0 to {1 / frame_rate_hz:g} s, within a frame"
        raise InputError(expected, f"{np.nanmin(times):g} to {np.nanmax(times):g} s", "line times")
    # a time that was computed from a row may fall short of its bin by the last bit
    return np.minimum(
        (times * frame_rate_hz * bins_per_frame + 1e-9).astype(int), bins_per_frame - 1
    )


def spread_over_bins(values: np.ndarray, bins: np.ndarray, bins_per_frame: int) -> np.ndarray:
    """Values (n_frames, n_cells) in finer bins, (n_frames x bins_per_frame, n_cells), NaN elsewhere.

    >>> spread_over_bins(np.array([[1.0, 2.0]]), np.array([0, 1]), 2).tolist()
    [[1.0, nan], [nan, 2.0]]
    """
    n_frames, n_cells = values.shape
    found = np.full((n_frames, bins_per_frame, n_cells), np.nan)
    found[:, bins, np.arange(n_cells)] = values
    return found.reshape(-1, n_cells)
