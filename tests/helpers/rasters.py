"""Cultures whose channels spike all at once, or each for itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from deepcinac.recording.spikes import make_spikes
from deepcinac.tasks.dynamics.rasters import RasterRecording
from deepcinac.tasks.dynamics.settings import DynamicsSettings

SETTINGS = DynamicsSettings(
    window_s=4.0, stride_s=2.0, bin_ms=100.0, side_px=32, hidden=4, trees=5, exchanges=20
)
# Fewer exchanges than a user may ask for: enough to see that they are there.
FEW = replace(SETTINGS, exchanges=5)


def culture(name, label, seed, group="", seconds=12.0):
    """Ten channels, five spikes each in a second: all in one bin ("burst"), or anywhere ("even")."""
    generator = np.random.default_rng(seed)
    times, channels = [], []
    for second in range(int(seconds)):
        for channel in range(10):
            own = np.full(5, 0.05) if label == "burst" else generator.random(5)
            times += (second + own).tolist()
            channels += [channel] * 5
    spikes = make_spikes(np.array(times), np.array(channels), 10, seconds)
    return RasterRecording(name, Path(name), spikes, label, group)


def cultures(n=4):
    """n of each class, each a device of its own."""
    return [
        culture(f"{label}{number}", label, [number, len(label)], f"device {label}{number}")
        for label in ("burst", "even")
        for number in range(n)
    ]
