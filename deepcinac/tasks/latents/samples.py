"""What is learnt from: values of cells in trials or in one long recording, NaN where nothing was observed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_npz
from deepcinac.labelling.session import Session
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, silent
from deepcinac.recording.line_times import bins_within_frame, line_times, spread_over_bins
from deepcinac.tasks.cell_values import CLASSIFIER, METHOD, cell_values
from deepcinac.tasks.latents.settings import ACTIVITY, COUNTS, EVENTS, FLUORESCENCE, KINDS_OF_VALUES

FEWEST_CELLS, FEWEST_BINS, FEWEST_TRIALS = 2, 4, 10


@dataclass(frozen=True, eq=False)
class Samples:
    """Values (n_trials, n_bins, n_cells) float32 of trials, or of one recording (n_trials = 1).

    ``kind``: counts, events, fluorescence or activity. ``truth`` of the same shape: rates in Hz, or
    fluorescence without noise, where they are known. ``cells`` (n_cells,): numbers in the session;
    ``bins_per_frame`` and ``start_s``: where a bin lies in the recording.
    """

    name: str
    path: Path
    values: np.ndarray
    kind: str
    bin_s: float
    names: tuple[str, ...]
    keys: tuple[str, ...]
    cells: np.ndarray
    source: str = ""
    bins_per_frame: int = 1
    truth: np.ndarray | None = None

    @property
    def is_trials(self) -> bool:
        """Whether there are trials, and not one recording."""
        return len(self.values) > 1

    @property
    def n_bins(self) -> int:
        """Bins of a trial, or of the recording."""
        return int(self.values.shape[1])

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(self.values.shape[2])

    @property
    def missing(self) -> float:
        """Share of the samples that were not observed."""
        return float(np.isnan(self.values).mean())

    def chosen(self, trials: Sequence[int] | np.ndarray) -> Samples:
        """Some of the trials."""
        truth = None if self.truth is None else self.truth[trials]
        return dataclasses.replace(self, values=self.values[trials], truth=truth)

    def fingerprint(self) -> str:
        """SHA-256 of values and cells."""
        digest = hashlib.sha256(json.dumps([self.kind, self.bin_s, *self.keys]).encode())
        digest.update(np.ascontiguousarray(self.values, np.float32).tobytes())
        return digest.hexdigest()


def checked_samples(one: Samples) -> Samples:
    """The same samples when a network can learn from them; an InputError otherwise."""
    values, where = one.values, one.path
    if values.ndim != 3 or values.dtype.kind not in "biuf":
        expected = "numbers of trials x bins x cells, or bins x cells"
        raise InputError(expected, f"{values.dtype} of shape {values.shape}", where)
    if one.kind not in KINDS_OF_VALUES:
        raise InputError(f"values among {', '.join(KINDS_OF_VALUES)}", repr(one.kind), where)
    if not 0 < one.bin_s < float("inf"):
        raise InputError("bins of a length above 0 s", repr(one.bin_s), where)
    if one.n_cells < FEWEST_CELLS or one.n_bins < FEWEST_BINS:
        expected = f"at least {FEWEST_CELLS} cells and {FEWEST_BINS} bins"
        raise InputError(expected, f"{one.n_cells} cells, {one.n_bins} bins", where)
    if one.is_trials and len(values) < FEWEST_TRIALS:
        raise InputError(f"at least {FEWEST_TRIALS} trials", f"{len(values)}", where)
    if np.isinf(values).any():
        raise InputError("finite numbers, or NaN where nothing was observed", "infinity", where)
    silent = np.flatnonzero(np.isnan(values).all((0, 1)))
    if len(silent):
        found = f"none in {len(silent)}, the first is {one.names[silent[0]]}"
        raise InputError("samples of every cell", found, where)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if one.kind != FLUORESCENCE and low < 0:
        hint = "take 'fluorescence' for values below 0 (--values)"
        raise InputError(f"{one.kind} of at least 0", f"{low:g}", where, hint)
    if one.kind == ACTIVITY and high > 1:
        raise InputError("activity from 0 to 1", f"{high:g}", where)
    if one.kind == COUNTS and (np.nan_to_num(values) % 1 != 0).any():
        hint = "deconvolved events are 'events' (--values)"
        raise InputError("whole numbers as counts", "fractions", where, hint)
    if not (np.nanstd(values, axis=(0, 1)) > 0).any():
        raise InputError("cells whose values change", "none that does", where)
    return dataclasses.replace(one, values=np.asarray(values, np.float32))


def read_file(
    path: Path, kind: str | None = None, bin_s: float | None = None, bins_per_frame: int = 1
) -> Samples:
    """Samples of an ``.npz`` with ``values`` (trials, bins, cells) or (bins, cells), NaN where there is none.

    ``bin_s`` and ``kind`` may be in the file, as may ``truth`` of the same shape and ``names`` (n_cells,).
    What the user says goes before the file. With several bins in a frame ``values`` are frames of ``bin_s``,
    and ``line_times_s`` (n_cells,) says when each cell is passed within one.
    """
    arrays = read_npz(path, ("values", "line_times_s") if bins_per_frame > 1 else ("values",))
    values = arrays["values"]
    if values.ndim == 2:
        values = values[None]
    kind = kind or (str(arrays["kind"]) if "kind" in arrays else None)
    if bin_s is None and "bin_s" in arrays and arrays["bin_s"].size == 1:
        bin_s = float(arrays["bin_s"].ravel()[0])
    if kind is None or bin_s is None:
        missing = "what the values are" if kind is None else "the length of a bin"
        hint = "add --values counts" if kind is None else "add --bin-s 0.02"
        raise InputError(f"{missing}, as 'kind' and 'bin_s' in the file", "neither it nor an option",
                         path, hint)  # fmt: skip
    n_cells = values.shape[-1] if values.ndim == 3 else 0
    if bins_per_frame > 1:
        values = _in_finer_bins(values, arrays["line_times_s"], bin_s, bins_per_frame, path)
        bin_s /= bins_per_frame
    truth = arrays.get("truth")
    if truth is not None:
        truth = truth[None] if truth.ndim == 2 else truth
        if truth.shape != values.shape:
            raise InputError(f"truth of shape {values.shape}", f"{truth.shape}", path)
    names = tuple(map(str, arrays["names"])) if "names" in arrays else ()
    if names and len(names) != n_cells:
        raise InputError(f"{n_cells} names", f"{len(names)}", path)
    names = names or tuple(f"cell {number}" for number in range(n_cells))
    found = Samples(path.stem, path, values, kind, bin_s, names, names, np.arange(n_cells),
                    path.name, bins_per_frame, truth)  # fmt: skip
    return checked_samples(found)


def _in_finer_bins(
    values: np.ndarray, times_s: np.ndarray, frame_s: float, bins_per_frame: int, path: Path
) -> np.ndarray:
    """Frames (n_trials, n_frames, n_cells) in finer bins."""
    if values.ndim != 3 or times_s.shape != values.shape[2:]:
        found = f"values of shape {values.shape}, times of shape {times_s.shape}"
        raise InputError("trials x frames x cells, and a line time for each cell", found, path)
    bins = bins_within_frame(times_s, 1 / frame_s, bins_per_frame)
    return np.stack([spread_over_bins(trial, bins, bins_per_frame) for trial in values])


def scale_of(values: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD (n_cells,) by which the network's values are scaled; 0 and 1 where they are not.

    Fluorescence is centred and divided by its SD, events are divided by the mean of those above 0.

    >>> [part.tolist() for part in scale_of(np.array([[[0.0], [2.0], [4.0], [np.nan]]]), "events")]
    [[0.0], [3.0]]
    """
    n_cells = values.shape[-1]
    mean, sd = np.zeros(n_cells), np.ones(n_cells)
    if kind == FLUORESCENCE:
        mean, sd = np.nanmean(values, axis=(0, 1)), np.nanstd(values, axis=(0, 1))
    elif kind == EVENTS:
        above = np.where(values > 0, values, 0.0)
        counts = np.maximum((values > 0).sum((0, 1)), 1)
        sd = above.sum((0, 1)) / counts
    return mean.astype(float), np.where(sd > 0, sd, 1.0).astype(float)


def read_session(
    path: Path,
    source: str | None = None,
    kind: str | None = None,
    bins_per_frame: int = 1,
    progress: Progress = silent,
) -> Samples:
    """Samples of a session's valid cells, each in the bin of the frame in which the laser passes it.

    Without a ``source``: what the only classifier says, or dF/F. Without a ``kind``: activity of a
    classifier, events of another method, fluorescence of traces.
    """
    with (
        Session.open(path, read_only=True) as session,
        open_recording(session, working_copy=False, progress=progress) as recording,
    ):
        found = cell_values(session, recording, source, "dff")
        rate = recording.frame_rate_hz
        times = line_times(recording.cells, found.cells, rate)
    kind = kind or {CLASSIFIER: ACTIVITY, METHOD: EVENTS}.get(found.made_by, FLUORESCENCE)
    values = found.values
    if bins_per_frame > 1:
        bins = bins_within_frame(times, rate, bins_per_frame)
        values = spread_over_bins(values, bins, bins_per_frame)
    one = Samples(path.stem, path, values[None], kind, 1 / rate / bins_per_frame, found.names,
                  found.keys, found.cells, found.source, bins_per_frame)  # fmt: skip
    return checked_samples(one)
