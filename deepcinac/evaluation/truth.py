"""The truth to score against: what is active, what is doubtful, and what else is known.

``load_truth`` reads the ``.npz`` of ``deepcinac simulate`` (or the folder that holds it) and
whatever other kinds of file have registered a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.crosstalk import CrosstalkEvents
from deepcinac.files import read_npz
from deepcinac.labelling.transients import runs
from deepcinac.recording.cells import Cells


@dataclass(frozen=True)
class Truth:
    """What is known about a recording.

    ``transients``: real transients of each cell, intervals (n, 2), both frames included;
    ``doubtful`` (n_cells, n_frames) bool. The rest may be unknown (None): ``trace`` (n_cells,
    n_frames), the mean of each cell's pixels; ``visibility``: for each cell the height (n,) of its
    transients in noise SD; ``crosstalk`` known from a simulation; ``profile_events`` found by the
    paper's rule; ``kinds`` (n_cells,) str; ``cells`` with their footprints, by which predictions find
    their cells (all cells of the recording, whichever the truth is about).
    """

    transients: tuple[np.ndarray, ...]
    doubtful: np.ndarray
    trace: np.ndarray | None = None
    frame_rate_hz: float | None = None
    visibility: tuple[np.ndarray, ...] | None = None
    crosstalk: CrosstalkEvents | None = None
    profile_events: CrosstalkEvents | None = None
    kinds: np.ndarray | None = None
    path: Path | None = None
    cells: Cells | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells and of frames."""
        return (self.doubtful.shape[0], self.doubtful.shape[1])

    def of_cells(self, cells: np.ndarray) -> Truth:
        """The truth about ``cells`` (n,) alone, in that order."""
        return replace(
            self,
            transients=tuple(self.transients[cell] for cell in cells),
            doubtful=self.doubtful[cells],
            trace=None if self.trace is None else self.trace[cells],
            visibility=None
            if self.visibility is None
            else tuple(self.visibility[c] for c in cells),
            crosstalk=None if self.crosstalk is None else self.crosstalk.of_cells(cells),
            profile_events=(
                None if self.profile_events is None else self.profile_events.of_cells(cells)
            ),
            kinds=None if self.kinds is None else self.kinds[cells],
        )


TruthReader = Callable[[Path], Truth]
_readers: dict[str, TruthReader] = {}


def register_truth_reader(suffix: str, reader: TruthReader) -> None:
    """Let ``load_truth`` open files whose name ends with ``suffix`` (with its dot, lower case)."""
    _readers[suffix] = reader


def load_truth(path: str | Path) -> Truth:
    """Read the truth from a file, or from the ``truth.npz`` of a folder."""
    path = Path(path)
    if path.is_dir() and (path / "truth.npz").is_file():
        path = path / "truth.npz"
    reader = _readers.get(path.suffix.lower())
    if reader is None:
        known = " or ".join(sorted(_readers))
        raise InputError(f"a truth file ending in {known}", path.suffix or "no ending", path)
    return reader(path)


def read_truth_npz(path: Path) -> Truth:
    """Read the truth of a recording from an ``.npz``.

    ``active`` (n_cells, n_frames) is required; ``doubtful``, ``trace``, ``fr``, ``transients`` with
    ``transient_z``, ``crosstalk``, ``paper_overlap`` and ``kind`` are optional.

    A real transient is a maximal run of active frames.
    """
    arrays = read_npz(path, required=("active",))
    active = _raster(arrays["active"], "active", path)
    doubtful = np.zeros_like(active)
    if "doubtful" in arrays:
        doubtful = _raster(arrays["doubtful"], "doubtful", path)
        _same_shape(doubtful, active, "doubtful", path)
    transients = tuple(runs(row) for row in active)
    kinds = arrays.get("kind")
    if kinds is not None and kinds.shape != active.shape[:1]:
        raise InputError(f"one kind for each of {len(active)} cells", f"{kinds.size}", path)
    return Truth(
        transients=transients,
        doubtful=doubtful & ~active,
        trace=_trace(arrays, active, path),
        frame_rate_hz=_frame_rate(arrays, path),
        visibility=_visibility(arrays, transients, path),
        crosstalk=_events(arrays, "crosstalk", active.shape, path),
        profile_events=_events(arrays, "paper_overlap", active.shape, path),
        kinds=None if kinds is None else kinds.astype(str),
        path=path,
    )


register_truth_reader(".npz", read_truth_npz)


def _raster(array: np.ndarray, name: str, path: Path) -> np.ndarray:
    where = f"{name} of {path}"
    if array.ndim != 2 or 0 in array.shape:
        raise InputError("an array (n_cells, n_frames)", f"one of shape {array.shape}", where)
    if not np.isin(array, (0, 1)).all():
        raise InputError("only 0 and 1 (or false and true)", "other values", where)
    return array.astype(bool)


def _same_shape(array: np.ndarray, active: np.ndarray, name: str, path: Path) -> None:
    if array.shape != active.shape:
        raise InputError(
            f"the shape of active, {active.shape}", f"{array.shape}", f"{name} of {path}"
        )


def _trace(arrays: dict[str, np.ndarray], active: np.ndarray, path: Path) -> np.ndarray | None:
    if "trace" not in arrays:
        return None
    trace = arrays["trace"]
    _same_shape(trace, active, "trace", path)
    if not np.isfinite(trace).all():
        raise InputError("finite numbers", "NaN or infinity", f"trace of {path}")
    return trace


def _frame_rate(arrays: dict[str, np.ndarray], path: Path) -> float | None:
    if "fr" not in arrays:
        return None
    rate = arrays["fr"]
    if rate.size != 1 or not np.isfinite(rate).all() or float(rate.reshape(())) <= 0:
        raise InputError("one frame rate above 0 Hz", str(rate), f"fr of {path}")
    return float(rate.reshape(()))


def _visibility(
    arrays: dict[str, np.ndarray], transients: tuple[np.ndarray, ...], path: Path
) -> tuple[np.ndarray, ...] | None:
    """The largest ``transient_z`` among the listed transients that begin in each real one."""
    if "transients" not in arrays or "transient_z" not in arrays:
        return None
    table, height = arrays["transients"], np.asarray(arrays["transient_z"], dtype=float)
    if table.ndim != 2 or table.shape[1] != 3 or height.shape != table.shape[:1]:
        found = f"shapes {table.shape} and {height.shape}"
        raise InputError("transients (n, 3) with transient_z (n,)", found, path)
    by_cell = []
    for cell, real in enumerate(transients):
        own = table[:, 0] == cell
        onsets, heights = table[own, 1], height[own]
        inside = (onsets >= real[:, :1]) & (onsets <= real[:, 1:])
        highest = np.where(inside, heights, -np.inf).max(axis=1, initial=-np.inf)
        by_cell.append(np.where(np.isfinite(highest), highest, np.nan))
    return tuple(by_cell)


def _events(
    arrays: dict[str, np.ndarray], name: str, shape: tuple[int, ...], path: Path
) -> CrosstalkEvents | None:
    if name not in arrays:
        return None
    table, where = arrays[name], f"{name} of {path}"
    if table.size and (table.ndim != 2 or table.shape[1] != 4):
        raise InputError("rows of target, source, onset, peak", f"shape {table.shape}", where)
    events = CrosstalkEvents.from_table(table)
    n_cells, n_frames = shape
    in_range = (events.target >= 0) & (events.target < n_cells) & (events.source < n_cells)
    in_range &= (events.onset >= 0) & (events.onset <= events.peak) & (events.peak < n_frames)
    if not in_range.all():
        raise InputError(f"cells below {n_cells} and frames below {n_frames}", "others", where)
    extra = {}
    for field, key in (("strength", f"{name}_z"), ("overlap", f"{name}_overlap")):
        if key in arrays:
            if arrays[key].shape != (len(events),):
                raise InputError(f"{len(events)} values", f"{arrays[key].size}", f"{key} of {path}")
            extra[field] = np.asarray(arrays[key], dtype=float)
    return replace(events, **extra)
