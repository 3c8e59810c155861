"""Spikes in the voltage of an electrode, by precision timing (PTSD).

Maccione and others, J. Neurosci. Methods 177, 241-249 (2009): from each relative minimum or maximum the
opposite peak is looked for within the lifetime of a peak; where the two differ by the differential
threshold, a multiple of the noise of the electrode, there is a spike, timed at the larger of the two.
Its refractory period follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from deepcinac.recording.noise import MAD_TO_SD
from deepcinac.settings import option


@dataclass(frozen=True)
class SpikeDetectionSettings:
    """How spikes are found in raw recordings of electrodes."""

    highpass_hz: float = option(
        300.0, "raw electrodes: what is slower is taken off first; 0: nothing", unit="Hz",
        minimum=0.0, maximum=5000.0,
    )  # fmt: skip
    spike_sd: float = option(
        8.0, "raw electrodes: height of a spike from peak to peak over the noise of its electrode",
        unit="SD", minimum=2.0, maximum=100.0,
    )  # fmt: skip
    lifetime_ms: float = option(
        2.0, "raw electrodes: within which the opposite peak follows", unit="ms", minimum=0.1,
        maximum=20.0,
    )  # fmt: skip
    refractory_ms: float = option(
        1.0, "raw electrodes: after the time of a spike no other begins", unit="ms", minimum=0.0,
        maximum=100.0,
    )  # fmt: skip
    leave_out_electrodes: str = option(
        "", "raw electrodes: labels of more to leave out, separated by commas"
    )


def noise_sd(voltage: np.ndarray) -> np.ndarray:
    """Standard deviation of the noise of each row (n_electrodes, n), which spikes hardly change.

    >>> noise_sd(np.array([[-1.0, 1.0, -1.0, 1.0, 50.0]])).round(2).tolist()
    [2.97]
    """
    apart = np.abs(voltage - np.median(voltage, axis=-1, keepdims=True))
    return np.asarray(MAD_TO_SD * np.median(apart, axis=-1))


def find_spikes(
    voltage: np.ndarray, threshold: float, lifetime: int, refractory: int
) -> np.ndarray:
    """Samples at which an electrode spikes, (k,) int, ascending.

    ``voltage`` (n,) around 0; ``threshold`` in its units, from peak to peak; ``lifetime`` and
    ``refractory`` in samples.

    A negative peak of 9 and the positive one of 3 after it make one spike, timed at the negative peak:

    >>> find_spikes(np.array([0, 1, 0, -9, 0, 3, 0, 0.0]), 10.0, 4, 4).tolist()
    [3]
    """
    pairs = peak_pairs(voltage, threshold, lifetime)
    return spaced(*pairs, refractory)


def look_ahead(lifetime: int) -> int:
    """Samples behind a peak that decide about it."""
    return lifetime + _overshoot(lifetime) + 1


def _overshoot(lifetime: int) -> int:
    """How much longer an opposite peak is followed that is still growing when the lifetime ends."""
    return max(1, lifetime // 2)


def peak_pairs(
    voltage: np.ndarray, threshold: float, lifetime: int
) -> tuple[np.ndarray, np.ndarray]:
    """Peaks whose opposite peak is far enough: where each begins, and where the larger of the two lies.

    Both (k,) int, in the order of the beginnings. See :func:`find_spikes`.
    """
    x = np.asarray(voltage, float)
    if len(x) < 3:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    near = _near_large(x, threshold / 2, lifetime)
    before, here, after = x[near - 1], x[near], x[near + 1]
    starts = near[((here > before) & (here >= after)) | ((here < before) & (here <= after))]
    is_top = x[starts] > x[starts - 1]
    padded = np.concatenate([x, np.full(lifetime, x[-1])])
    windows = np.lib.stride_tricks.sliding_window_view(padded, lifetime + 1)[starts]
    opposite = np.where(is_top, windows.min(axis=1), windows.max(axis=1))
    far = np.abs(x[starts] - opposite) >= threshold
    starts, is_top = starts[far], is_top[far]
    pairs = zip(starts.tolist(), is_top.tolist(), strict=True)
    peaks = [_larger_of_pair(x, start, top, lifetime) for start, top in pairs]
    return starts, np.array(peaks, np.int64)


def _near_large(x: np.ndarray, height: float, lifetime: int) -> np.ndarray:
    """Samples (k,), but the first and last, from which this height is reached within a lifetime.

    Of two peaks that differ by twice the height one is that high: most of a recording need not be looked at.
    """
    large = np.flatnonzero(np.abs(x) >= height)
    near = np.unique(large[:, None] - np.arange(lifetime + 1))
    return near[(near > 0) & (near < len(x) - 1)]


def _larger_of_pair(x: np.ndarray, start: int, is_top: bool, lifetime: int) -> int:
    """The sample of a peak or of its opposite, whichever is farther from 0."""
    sign = -1.0 if is_top else 1.0
    part = sign * x[start : start + lifetime + 1]
    other = start + int(np.argmax(part))
    latest = min(other + _overshoot(lifetime), len(x) - 1)
    if other == start + lifetime:
        while other < latest and sign * x[other + 1] > sign * x[other]:
            other += 1
    return start if abs(x[start]) >= abs(x[other]) else other


def spaced(starts: np.ndarray, peaks: np.ndarray, refractory: int) -> np.ndarray:
    """The peaks (k,) of pairs that begin when the refractory period of the spike before is over.

    >>> spaced(np.array([2, 3, 9]), np.array([3, 3, 9]), 5).tolist()
    [3, 9]
    """
    kept: list[int] = []
    for start, peak in zip(starts.tolist(), peaks.tolist(), strict=True):
        if not kept or (start > kept[-1] + refractory and peak > kept[-1]):
            kept.append(peak)
    return np.array(kept, np.int64)


class HighPass:
    """A Butterworth high-pass of second order that remembers the block before; 0 Hz lets all through."""

    def __init__(self, cut_hz: float, rate_hz: float, n_electrodes: int) -> None:
        from scipy.signal import butter

        self._sections = None
        if 0 < cut_hz < rate_hz / 2:
            self._sections = butter(2, cut_hz, "highpass", fs=rate_hz, output="sos")
        self._state = np.zeros((1, n_electrodes, 2))
        self._is_new = True

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next block (n_electrodes, n), filtered; it begins as if the first value had always been."""
        from scipy.signal import sosfilt, sosfilt_zi

        if self._sections is None:
            return block
        if self._is_new and block.shape[1]:
            self._state = sosfilt_zi(self._sections)[:, None, :] * block[None, :, :1]
            self._is_new = False
        found, self._state = sosfilt(self._sections, block, axis=1, zi=self._state)
        return np.asarray(found)


def spikes_in_blocks(
    blocks: Iterable[np.ndarray], thresholds: np.ndarray, lifetime: int, refractory: int
) -> list[np.ndarray]:
    """What :func:`find_spikes` finds in each row of blocks (n_electrodes, n) that follow each other."""
    ahead = look_ahead(lifetime)
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in thresholds]
    kept, offset = np.empty((len(thresholds), 0)), 0
    for block in blocks:
        kept = np.concatenate([kept, block], axis=1)
        decided = kept.shape[1] - ahead
        if decided <= 1:
            continue
        _look(kept, decided, offset, thresholds, lifetime, found)
        kept, offset = kept[:, decided - 1 :], offset + decided - 1
    _look(kept, kept.shape[1], offset, thresholds, lifetime, found)
    return [_joined(own, refractory) for own in found]


def _look(
    kept: np.ndarray,
    decided: int,
    offset: int,
    thresholds: np.ndarray,
    lifetime: int,
    found: list[list[tuple[np.ndarray, np.ndarray]]],
) -> None:
    """Add the pairs that begin before sample ``decided`` of ``kept``, counted from the very first sample."""
    for row, threshold, own in zip(kept, thresholds.tolist(), found, strict=True):
        starts, peaks = peak_pairs(row, threshold, lifetime)
        early = starts < decided
        own.append((starts[early] + offset, peaks[early] + offset))


def _joined(pairs: list[tuple[np.ndarray, np.ndarray]], refractory: int) -> np.ndarray:
    starts = np.concatenate([one for one, _ in pairs]) if pairs else np.empty(0, np.int64)
    peaks = np.concatenate([one for _, one in pairs]) if pairs else np.empty(0, np.int64)
    return spaced(starts, peaks, refractory)
