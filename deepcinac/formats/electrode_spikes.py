"""Spikes of a raw recording of electrodes: which electrodes count, and when they spike.

Reference electrodes, dead and noisy ones are left out, each with its reason. The recording is read twice
in blocks, once for the noise and once for the spikes; what was found is kept in the cache folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_npz, write_npz
from deepcinac.formats.mcs_electrodes import McsRecording, open_mcs
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie_identity import identify_files
from deepcinac.recording.spike_detection import (
    HighPass,
    SpikeDetectionSettings,
    noise_sd,
    spikes_in_blocks,
)
from deepcinac.recording.spikes import Spikes, make_spikes
from deepcinac.settings import to_mapping

REFERENCE = ("ref", "gnd", "ground", "reference")
"""What labels of reference and ground electrodes begin with."""
QUIETEST, LOUDEST = 0.2, 5.0
"""Noise of an electrode, as parts of the median of all, below and above which it is left out."""
MOST_SATURATED = 0.01
"""Share of samples at the end of the converter's range above which an electrode is left out."""
SAMPLED_S, N_SAMPLED = 1.0, 30
"""So many stretches of this length, evenly spread, tell the noise."""
_FORM = 1


@dataclass(frozen=True, eq=False)
class ElectrodeSpikes:
    """``spikes`` of the electrodes called ``labels``; ``left_out`` says by label why others are not."""

    spikes: Spikes
    labels: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def in_words(self) -> str:
        """What was taken and what was left out, in a sentence."""
        reasons: dict[str, list[str]] = {}
        for label, why in self.left_out.items():
            reasons.setdefault(why, []).append(label)
        out = "; ".join(f"{', '.join(labels)} ({why})" for why, labels in reasons.items())
        n = len(self.labels) + len(self.left_out)
        said = f"{len(self.labels)} of {n} electrodes"
        return f"{said}; left out: {out}" if out else said


def read_electrode_spikes(
    path: Path, settings: SpikeDetectionSettings | None = None, progress: Progress = silent
) -> ElectrodeSpikes:
    """Detect the spikes of a raw recording, or take them from the cache.

    Raises
    ------
    InputError
        Another file, several recordings or stretches in it, or no electrode that is alive.
    """
    settings = settings or SpikeDetectionSettings()
    kept = _cached(path, settings)
    if kept.exists():
        with contextlib.suppress(InputError, KeyError, ValueError):  # damaged: detected anew
            return _from_cache(kept)
    with open_mcs(path) as file:
        found = detect(McsRecording(file, path), settings, progress)
    _into_cache(kept, found)
    return found


def detect(
    recording: McsRecording, settings: SpikeDetectionSettings, progress: Progress = silent
) -> ElectrodeSpikes:
    """The spikes of all electrodes that are alive."""
    noise, middle, saturated = _noise(recording, settings)
    left_out = reasons_to_leave_out(
        [one.label for one in recording.electrodes], noise, saturated, settings.leave_out_electrodes
    )
    taken = [n for n, one in enumerate(recording.electrodes) if one.label not in left_out]
    if not taken:
        why = "; ".join(f"{label}: {why}" for label, why in list(left_out.items())[:3])
        raise InputError("at least one electrode that is alive", f"none ({why})", recording.path)
    lifetime = max(1, round(settings.lifetime_ms * recording.rate_hz / 1000))
    refractory = round(settings.refractory_ms * recording.rate_hz / 1000)
    told = _Told(progress, len(taken) * recording.n_samples)
    times: list[np.ndarray] = []
    for batch in recording.batches(taken):
        high_pass = HighPass(settings.highpass_hz, recording.rate_hz, len(batch))
        blocks = (high_pass(one) - middle[batch, None] for one in told(recording.blocks(batch)))
        times += spikes_in_blocks(blocks, settings.spike_sd * noise[batch], lifetime, refractory)
    counts = [len(one) for one in times]
    spikes = make_spikes(
        (np.concatenate(times) + 0.5) / recording.rate_hz,
        np.repeat(np.arange(len(taken)), counts),
        len(taken),
        recording.duration_s,
        where=str(recording.path),
    )
    labels = tuple(recording.electrodes[number].label for number in taken)
    return ElectrodeSpikes(spikes, labels, left_out, recording.note)


class _Told:
    """Blocks as they come, with how many of all values have been read told after each."""

    def __init__(self, progress: Progress, n_values: int) -> None:
        self._progress, self._n_values, self._n_read = progress, n_values, 0

    def __call__(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for block in blocks:
            yield block
            self._n_read += block.size
            share = round(100 * self._n_read / self._n_values)
            self._progress(ProgressEvent("finding spikes", share, 100))


def _noise(
    recording: McsRecording, settings: SpikeDetectionSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise SD and middle of each electrode in uV, and the share of its samples that are saturated.

    The first two are medians over stretches: one in which an electrode was touched does not count.
    """
    numbers = range(len(recording.electrodes))
    length = min(round(SAMPLED_S * recording.rate_hz), recording.n_samples)
    n = min(N_SAMPLED, max(1, recording.n_samples // max(length, 1)))
    starts = np.linspace(0, recording.n_samples - length, n).astype(int)
    limits = np.array([2 ** (one.bits - 1) - 1 for one in recording.electrodes], float)[:, None]
    limits[limits < 1] = np.inf  # the file does not say how many bits there are
    scale = np.array([1e6 * one.volts_per_step for one in recording.electrodes])[:, None]
    noises, middles, saturated = [], [], np.zeros(len(recording.electrodes))
    for start in starts.tolist():
        steps = recording.steps(numbers, start, start + length)
        saturated += (np.abs(steps) >= limits).mean(axis=1) / len(starts)
        high_pass = HighPass(settings.highpass_hz, recording.rate_hz, len(steps))
        voltage = high_pass(steps * scale)
        noises.append(noise_sd(voltage))
        middles.append(np.median(voltage, axis=1))
    return np.median(noises, axis=0), np.median(middles, axis=0), saturated


def reasons_to_leave_out(
    labels: list[str], noise: np.ndarray, saturated: np.ndarray, named: str = ""
) -> dict[str, str]:
    """Why electrodes are left out, by label: references, those that were named, dead, noisy, saturated ones.

    >>> noise = np.array([5.0, 5.0, 0.1, 6.0, 90.0])
    >>> reasons_to_leave_out(["12", "Ref", "14", "21", "22"], noise, np.zeros(5))
    {'Ref': 'reference', '14': 'dead: noise of 0.1 uV', '22': 'noise of 90.0 uV'}
    """
    unwanted = {one.strip().lower() for one in named.split(",") if one.strip()}
    unknown = unwanted - {label.lower() for label in labels}
    if unknown:
        raise InputError(f"electrodes among {', '.join(labels)}", ", ".join(sorted(unknown)))
    is_reference = [label.lower().startswith(REFERENCE) for label in labels]
    others = noise[~np.array(is_reference, bool)]
    usual = float(np.median(others[others > 0])) if (others > 0).any() else 0.0
    found: dict[str, str] = {}
    for label, reference, own, share in zip(labels, is_reference, noise, saturated, strict=True):
        if reference:
            found[label] = "reference"
        elif label.lower() in unwanted:
            found[label] = "named"
        elif own <= QUIETEST * usual:
            found[label] = f"dead: noise of {own:.1f} uV"
        elif share > MOST_SATURATED:
            found[label] = "saturated"
        elif own > LOUDEST * usual:
            found[label] = f"noise of {own:.1f} uV"
    return found


def _cached(path: Path, settings: SpikeDetectionSettings) -> Path:
    own = [_FORM, identify_files([path]), to_mapping(settings)]
    key = hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "spikes" / f"{key}.npz"


def _into_cache(path: Path, found: ElectrodeSpikes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"labels": found.labels, "left_out": dict(found.left_out), "note": found.note}
    spikes = found.spikes
    write_npz(path, times_s=spikes.times_s, channels=spikes.channels,
              duration_s=spikes.duration_s, about=json.dumps(about))  # fmt: skip


def _from_cache(path: Path) -> ElectrodeSpikes:
    held = read_npz(path, required=("times_s", "channels", "duration_s", "about"))
    about = json.loads(str(held["about"]))
    labels, duration = tuple(about["labels"]), float(held["duration_s"])
    spikes = make_spikes(held["times_s"], held["channels"], len(labels), duration)
    return ElectrodeSpikes(spikes, labels, about["left_out"], about["note"])
