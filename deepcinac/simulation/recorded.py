"""Recorded fluorescence with simultaneous spikes, to animate simulated cells with real kinetics.

Reads a folder of ``.npz`` files (per trial ``NNN_time_s``, ``NNN_dff``, ``NNN_spike_s``, ``NNN_file``) or
the ``.mat`` files of the public CASCADE ground-truth collection (Rupprecht et al. 2021), in which each
file holds ``CAttached``, a list of trials with ``fluo_time``, ``fluo_mean`` and ``events_AP`` (spike times
in units of 0.1 ms). Neurons, not trials, are divided between training and validation.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers import matlab5
from deepcinac.errors import InputError
from deepcinac.files import read_npz, readable
from deepcinac.recording.noise import MAD_TO_SD

VALIDATION_SHARE = 0.2
# Long enough to take noise away, short enough to keep the rise of the indicator.
SMOOTHING_S = {
    "jGCaMP8f": 0.06,
    "jGCaMP8m": 0.08,
    "GCaMP6f": 0.4,
    "Cal520": 0.4,
    "jGECO1a": 0.4,
    "OGB1": 0.4,
    "R-CaMP": 0.4,
    "GCaMP5k": 0.4,
    "jRCaMP1a": 0.45,
    "GCaMP6s": 0.45,
}
DEFAULT_SMOOTHING_S = 0.3
QUIET_SMOOTHING_S = 1.5
AFTER_SPIKE_S = 1.0
MIN_RATE_SHARE = 0.5
_MAT_TICKS_PER_S = 1e4


@dataclass(frozen=True)
class RecordedTrial:
    """One trial of one neuron: clock in seconds, dF/F as a fraction, spike times in seconds."""

    data_set: str
    neuron: str
    time_s: np.ndarray
    dff: np.ndarray
    spikes_s: np.ndarray

    @cached_property
    def frame_rate_hz(self) -> float:
        """Frames per second of the recording (median interval)."""
        return float(1.0 / np.median(np.diff(self.time_s)))


@dataclass(frozen=True)
class RecordedTrace:
    """A trial put onto a movie's frames: denoised dF/F, spikes per frame, noise left, joints."""

    name: str
    dff: np.ndarray
    spikes: np.ndarray
    noise: float
    joints: np.ndarray


def read_recordings(folder: str | Path, part: str = "all") -> list[RecordedTrial]:
    """All usable trials of a folder (searched through), of all, the training or the validation neurons."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("a folder of recorded traces", "no folder", folder)
    trials: list[RecordedTrial] = []
    for path in sorted(folder.rglob("*.npz")):
        trials += _trials_of_npz(path)
    for path in sorted(folder.rglob("*.mat")):
        trials += _trials_of_mat(path)
    trials = [trial for trial in trials if part in ("all", part_of(trial)) and _is_usable(trial)]
    if not trials:
        raise InputError(
            ".npz or .mat files of traces with spikes",
            "none",
            folder,
            "see `deepcinac simulate --help`",
        )
    return trials


def part_of(trial: RecordedTrial) -> str:
    """'training' or 'validation', the same for every trial of a neuron, whatever else is in the folder."""
    digest = hashlib.sha256(f"{trial.data_set}/{trial.neuron}".encode()).digest()
    return "validation" if digest[0] < 256 * VALIDATION_SHARE else "training"


def from_sets(trials: list[RecordedTrial], names: str) -> list[RecordedTrial]:
    """The trials of data sets whose name holds one of the parts of ``names`` ("PV,SST")."""
    parts = [part.strip() for part in names.split(",") if part.strip()]
    chosen = [trial for trial in trials if any(part in trial.data_set for part in parts)]
    if not chosen:
        known = ", ".join(sorted({trial.data_set for trial in trials}))
        raise InputError(f"data sets among {known}", names, "option recorded_sets")
    return chosen


def _is_usable(trial: RecordedTrial) -> bool:
    finite = np.isfinite(trial.dff).all() and np.isfinite(trial.time_s).all()
    return bool(finite and len(trial.dff) >= 50 and len(trial.spikes_s) >= 3)


def _trials_of_npz(path: Path) -> list[RecordedTrial]:
    arrays = read_npz(path)
    numbers = sorted(name[:-7] for name in arrays if name.endswith("_time_s"))
    trials = []
    for number in numbers:
        names = [f"{number}_{field}" for field in ("time_s", "dff", "spike_s", "file")]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise InputError(f"the array {missing[0]} beside {names[0]}", "none", path)
        time, dff, spikes, neuron = (arrays[name] for name in names)
        trials.append(_trial(path.stem, str(neuron).split("#")[0], time, dff, spikes))
    return trials


def _trials_of_mat(path: Path) -> list[RecordedTrial]:
    with readable(path, "a MATLAB file of version 7 or older"):
        names = sorted(head.name for head in matlab5.list_heads(path))
        if "CAttached" not in names:
            raise InputError("a variable CAttached", ", ".join(names) or "none", path)
        records = [_record(entry) for entry in matlab5.read(path, "CAttached").ravel()]
        return [
            _trial(
                path.parent.name,
                path.name,
                record["fluo_time"].ravel(),
                record["fluo_mean"].ravel(),
                record["events_AP"].ravel() / _MAT_TICKS_PER_S,
            )
            for record in records
        ]


def _record(entry: Any) -> dict[str, Any]:
    """A structure (one entry) that is a cell of a list, or stands alone."""
    return entry if isinstance(entry, dict) else entry.ravel()[0]


def _trial(data_set: str, neuron: str, time: Any, dff: Any, spikes: Any) -> RecordedTrial:
    time = np.atleast_1d(np.asarray(time, float))
    dff = np.atleast_1d(np.asarray(dff, float))
    spikes = np.atleast_1d(np.asarray(spikes, float))
    good = np.isfinite(time) & np.isfinite(dff)
    return RecordedTrial(
        data_set, neuron, time[good], dff[good], np.sort(spikes[np.isfinite(spikes)])
    )


def smoothing_s(data_set: str) -> float:
    """Seconds over which traces of a data set are smoothed, by the indicator in its name.

    >>> smoothing_s("DS09-GCaMP6f-m-V1"), smoothing_s("jGCaMP8f-m-V1")
    (0.4, 0.06)
    """
    return next(
        (seconds for name, seconds in SMOOTHING_S.items() if name in data_set), DEFAULT_SMOOTHING_S
    )


def on_movie_frames(trial: RecordedTrial, frame_rate_hz: float) -> RecordedTrace:
    """Average a trial into frames of the movie (or interpolate a slower one) and smooth its own noise.

    Around spikes the smoothing is short enough for the indicator; where no spike is near, over 1.5 s: what
    moves there is noise of the recording and not light of the cell. ``noise`` is the robust SD of what
    the short filter cannot tell from signal.
    """
    start = trial.time_s[0]
    n_frames = int(np.floor((trial.time_s[-1] - start) * frame_rate_hz))
    if n_frames < 10:
        return RecordedTrace(
            trial.neuron, np.zeros(0), np.zeros(0, np.int16), 0.0, np.zeros(0, int)
        )
    edges = start + np.arange(n_frames + 1) / frame_rate_hz
    which = np.searchsorted(edges, trial.time_s, side="right") - 1
    inside = (which >= 0) & (which < n_frames)
    counts = np.bincount(which[inside], minlength=n_frames)
    sums = np.bincount(which[inside], trial.dff[inside], minlength=n_frames)
    centres = (edges[:-1] + edges[1:]) / 2
    dff = np.interp(centres, trial.time_s, trial.dff)
    dff[counts > 0] = sums[counts > 0] / counts[counts > 0]
    spikes, _ = np.histogram(trial.spikes_s, edges)
    smooth, noise = _smoothed(dff, smoothing_s(trial.data_set), frame_rate_hz)
    quiet, _ = _smoothed(dff, QUIET_SMOOTHING_S, frame_rate_hz)
    near = _near_spikes(spikes, frame_rate_hz)
    smooth = near * smooth + (1 - near) * quiet
    floor = np.percentile(smooth, 5)
    return RecordedTrace(
        trial.neuron, smooth - floor, spikes.astype(np.int16), noise, np.zeros(0, int)
    )


def _smoothed(dff: np.ndarray, seconds: float, frame_rate_hz: float) -> tuple[np.ndarray, float]:
    """Savitzky-Golay of second order, and the noise left: what it removed, scaled by what it keeps."""
    from scipy.signal import savgol_coeffs, savgol_filter

    longest = (len(dff) - 1) | 1
    window = min(max(3, int(round(seconds * frame_rate_hz)) | 1), longest - 2)
    if window <= 3:
        return dff, float(MAD_TO_SD * np.median(np.abs(np.diff(dff))) / np.sqrt(2))
    smooth = savgol_filter(dff, window, 2)
    kept = float(np.sqrt(np.sum(savgol_coeffs(window, 2) ** 2)))
    removed = dff - smooth
    white = MAD_TO_SD * np.median(np.abs(removed - np.median(removed))) / np.sqrt(1 - kept**2)
    return smooth, float(white * kept)


def _near_spikes(spikes: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """1 around spikes, 0 far from them, (n_frames,), with slopes between.

    It begins half a long window before a spike, so that the long filter never sees the rise.
    """
    from scipy.ndimage import uniform_filter1d

    before = int(np.ceil((QUIET_SMOOTHING_S / 2 + 0.2) * frame_rate_hz))
    after = int(np.ceil((AFTER_SPIKE_S + 0.2) * frame_rate_hz))
    change = np.zeros(len(spikes) + 1, int)
    frames = np.flatnonzero(spikes)
    np.add.at(change, np.maximum(frames - before, 0), 1)
    np.add.at(change, np.minimum(frames + after + 1, len(spikes)), -1)
    near = (np.cumsum(change)[:-1] > 0).astype(float)
    return uniform_filter1d(near, max(1, int(0.4 * frame_rate_hz) | 1), mode="nearest")


def animate(
    trials: list[RecordedTrial],
    n_frames: int,
    frame_rate_hz: float,
    generator: np.random.Generator,
) -> RecordedTrace:
    """A trace of n_frames from one recorded neuron drawn at random, joined with others of its data set.

    Data sets are drawn first, so that a set with many trials does not crowd out the others. ``joints``
    are the frames at which one recording ends and the next begins. Recordings with less than half of the
    movie's frame rate are left out where there are others: between their frames the rise is not known.
    """
    fast = [trial for trial in trials if trial.frame_rate_hz >= MIN_RATE_SHARE * frame_rate_hz]
    trials = fast or trials
    sets = sorted({trial.data_set for trial in trials})
    chosen = sets[generator.integers(len(sets))]
    pool = [trial for trial in trials if trial.data_set == chosen]
    pieces: list[RecordedTrace] = []
    length = 0
    while length < n_frames:
        piece = on_movie_frames(pool[generator.integers(len(pool))], frame_rate_hz)
        if not len(piece.dff):
            piece = RecordedTrace("", np.zeros(20), np.zeros(20, np.int16), 0.0, np.zeros(0, int))
        pieces.append(piece)
        length += len(piece.dff)
    first = int(generator.integers(0, length - n_frames + 1))
    joints = np.cumsum([len(piece.dff) for piece in pieces])[:-1] - first
    window = slice(first, first + n_frames)
    return RecordedTrace(
        f"{chosen}: {pieces[0].name}",
        np.concatenate([piece.dff for piece in pieces])[window],
        np.concatenate([piece.spikes for piece in pieces])[window],
        max(piece.noise for piece in pieces),
        joints[(joints > 0) & (joints < n_frames)],
    )
