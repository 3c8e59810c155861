"""What the network is to say: for every cell and frame, active or not, doubtful, and spikes where known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepcinac.inputs.network_input import PreparedInput
from deepcinac.recording.cells import Cells

CORRECTIONS = "corrections"
"""The kind of a recording of which an expert has only answered questions of a review."""


@dataclass(frozen=True)
class LabelledRecording:
    """A recording with labels, at the movie's own frame rate.

    ``active``, ``doubtful`` (n_cells, n_frames) bool; ``judged`` (n,) numbers of the cells that may train
    and score; ``crosstalk`` (k, 4) known false rises (cell, other cell, onset, peak); ``spikes`` (n_cells,
    n_frames) or None; ``kind`` the preset it was simulated from, for scores by kind.
    """

    movie: str
    cells: Cells
    frame_rate_hz: float
    pixel_size_um: float
    active: np.ndarray
    doubtful: np.ndarray
    judged: np.ndarray
    crosstalk: np.ndarray
    spikes: np.ndarray | None = None
    kind: str = ""


@dataclass(frozen=True, eq=False)
class Targets:
    """The labels of a recording at the classifier's frame rate.

    ``active``, ``doubtful`` (n_cells, n_frames) bool; ``spikes`` (n_cells, n_frames) spikes per frame, or
    None; ``crosstalk`` (k, 4) as in :class:`LabelledRecording`.
    """

    active: np.ndarray
    doubtful: np.ndarray
    crosstalk: np.ndarray
    spikes: np.ndarray | None = None

    def part(self, first: int, last: int) -> Targets:
        """The targets of frames ``first`` to ``last`` (excluded)."""
        within = (self.crosstalk[:, 2] >= first) & (self.crosstalk[:, 3] < last)
        return Targets(
            self.active[:, first:last],
            self.doubtful[:, first:last],
            self.crosstalk[within] - [0, 0, first, first],
            None if self.spikes is None else self.spikes[:, first:last],
        )


@dataclass(frozen=True, eq=False)
class Example:
    """A prepared recording with its targets, and the cells (n,) that are used of it.

    ``first_frame``: which frame of the recording, at the classifier's rate, the first one here is.
    """

    input: PreparedInput
    targets: Targets
    cells: np.ndarray
    kind: str = ""
    first_frame: int = 0

    def part(self, first: int, last: int) -> Example:
        """The same cells from frame ``first`` to ``last`` (excluded)."""
        return replace(
            self,
            input=self.input.part(first, last),
            targets=self.targets.part(first, last),
            first_frame=self.first_frame + first,
        )

    def of_cells(self, cells: np.ndarray) -> Example:
        """Other cells of the same recording."""
        return replace(self, cells=cells)


def targets_of(labels: LabelledRecording, time_bin: int) -> Targets:
    """Labels brought to the frame rate of a classifier, which averages ``time_bin`` frames into one.

    An averaged frame is active when half of its frames or more are, and doubtful when any of them is and
    it is not active.
    """
    active = _binned_share(labels.active, time_bin) >= 0.5
    doubtful = (_binned_share(labels.doubtful, time_bin) > 0) & ~active
    events = np.array(labels.crosstalk, int).reshape(-1, 4)
    events[:, 2:] //= time_bin
    spikes = labels.spikes
    binned = None if spikes is None else _binned_sum(spikes, time_bin).astype(np.float32)
    return Targets(active, doubtful, events, binned)


def _binned_share(raster: np.ndarray, step: int) -> np.ndarray:
    starts = np.arange(0, raster.shape[1], step)
    return _binned_sum(raster, step) / np.diff(np.r_[starts, raster.shape[1]])


def _binned_sum(raster: np.ndarray, step: int) -> np.ndarray:
    starts = np.arange(0, raster.shape[1], step)
    return np.add.reduceat(raster.astype(np.float32), starts, axis=1)
