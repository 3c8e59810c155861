"""Numbers that describe a cell as a whole: its outline, its brightness, what its trace does.

All are in physical units (um, s, minutes), so that recordings with another frame rate or pixel size
can be compared. Events are the clear rises of the trace, not labels: every recording has them, so a
classifier means the same wherever it is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cell, Cells
from deepcinac.recording.traces import (
    baseline,
    dff,
    noise_sd,
    putative_transients,
    smooth,
    snr,
)

CLEAR_RISE_SD = 3.0
"""A rise counts as an event from this many noise SDs of one frame on."""
FEWEST_INTERVALS = 3
"""With fewer intervals between rises nothing is said about their regularity."""
STAGE = "features"


@dataclass(frozen=True)
class Feature:
    """A column of the features. ``logarithm``: differences are judged as ratios (of 1 + value)."""

    name: str
    unit: str
    meaning: str
    logarithm: bool = False

    def in_words(self, value: float) -> str:
        """A value with its unit: "512 um2"."""
        return f"{value:.3g} {self.unit}".strip()


FEATURES: tuple[Feature, ...] = (
    Feature("area", "um2", "area of the outline", True),
    Feature("elongation", "", "long over short axis of the outline; a disc has 1", True),
    Feature("overlap", "", "share of the outline that other cells cover"),
    Feature("contrast", "", "median brightness over that of the ring around the cell, minus 1"),
    Feature("snr", "", "height of large rises over the noise of one second", True),
    Feature("skewness", "", "skewness of smoothed dF/F: bursts over a quiet baseline are high"),
    Feature("asymmetry", "", "95th percentile over 5th, both as distances from the median", True),
    Feature("transients", "per minute", "clear rises", True),
    Feature("height", "dF/F", "median height of the clear rises", True),
    Feature("rise", "s", "median time from onset to peak of the clear rises", True),
    Feature("decay", "s", "median time from peak to half of the rise", True),
    Feature("irregularity", "", "SD over mean of the intervals between clear rises"),
    Feature("active", "", "share of time above the baseline by three noise SDs"),
    Feature("memory", "", "autocovariance after 1 s over that after 0.1 s"),
    Feature("surroundings", "", "correlation of smoothed dF/F with that of the ring"),
)
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)


def features(
    cells: Cells,
    raw: np.ndarray,
    without_overlap: np.ndarray,
    neuropil: np.ndarray,
    frame_rate_hz: float,
    pixel_size_um: float,
    progress: Progress = silent,
) -> np.ndarray:
    """Features of all cells, (n_cells, n_features) float64; NaN where a cell has no such number.

    Traces are (n_cells, n_frames), as :func:`deepcinac.recording.traces.extract_traces` gives
    them. What the cell does is taken from the pixels that it shares with no other one.
    """
    shape = (len(cells), np.shape(raw)[-1])
    for trace in (raw, without_overlap, neuropil):
        if np.shape(trace) != shape:
            raise InputError(f"traces of shape {shape} (cells, frames)", f"{np.shape(trace)}")
    covered = covered_shares(cells)
    table = np.full((len(cells), len(FEATURES)), np.nan)
    for cell, footprint in enumerate(cells.cells):
        own = np.asarray(without_overlap[cell], dtype=float)
        values = {
            "area": area_um2(footprint, pixel_size_um),
            "elongation": elongation(footprint),
            "overlap": covered[cell],
            "contrast": contrast(raw[cell], neuropil[cell]),
            **trace_features(own, np.asarray(neuropil[cell], dtype=float), frame_rate_hz),
        }
        table[cell] = [values[name] for name in NAMES]
        progress(ProgressEvent(STAGE, cell + 1, len(cells)))
    return table


def trace_features(trace: np.ndarray, ring: np.ndarray, frame_rate_hz: float) -> dict[str, float]:
    """What a trace (n_frames,) does, beside that of its surroundings, by the name of the feature."""
    relative = dff(trace, frame_rate_hz)
    smoothed = smooth(relative, frame_rate_hz)
    noise = float(noise_sd(relative))
    rises = clear_rises(smoothed, CLEAR_RISE_SD * noise)
    minutes = len(trace) / frame_rate_hz / 60
    found = float(snr(trace, frame_rate_hz)[0]) * math.sqrt(frame_rate_hz)
    return {
        "snr": found if math.isfinite(found) else math.nan,
        "skewness": skewness(smoothed),
        "asymmetry": asymmetry(smoothed),
        "transients": len(rises) / minutes,
        "height": _median(smoothed[rises[:, 1]] - smoothed[rises[:, 0]]),
        "rise": _median((rises[:, 1] - rises[:, 0]) / frame_rate_hz),
        "decay": _median(half_decays(smoothed, rises) / frame_rate_hz),
        "irregularity": irregularity(rises),
        "active": active_share(smoothed, frame_rate_hz, noise),
        "memory": memory(relative, frame_rate_hz),
        "surroundings": correlation(smoothed, smooth(dff(ring, frame_rate_hz), frame_rate_hz)),
    }


# The outline


def area_um2(cell: Cell, pixel_size_um: float) -> float:
    """Area of a footprint."""
    return len(cell) * pixel_size_um**2


def elongation(cell: Cell) -> float:
    """Long over short axis of the ellipse with the footprint's second moments, at least 1."""
    pixels = np.stack([cell.ypix, cell.xpix]).astype(float)
    # A pixel is a square, not a point: its own second moment keeps a line of pixels finite.
    moments = np.cov(pixels, bias=True) + np.eye(2) / 12
    short, long = np.linalg.eigvalsh(moments)
    return math.sqrt(long / short)


def covered_shares(cells: Cells) -> np.ndarray:
    """Share of each footprint that at least one other cell covers, (n_cells,)."""
    n_cells_at = np.zeros((cells.height, cells.width), dtype=np.int32)
    for cell in cells.cells:
        n_cells_at[cell.ypix, cell.xpix] += 1
    return np.array([np.mean(n_cells_at[cell.ypix, cell.xpix] > 1) for cell in cells.cells])


# Brightness and trace


def contrast(raw: np.ndarray, ring: np.ndarray) -> float:
    """How much brighter a cell is than its surroundings: median over median, minus 1.

    Where the surroundings are not above the trace's noise (an offset was subtracted), the
    difference is divided by the noise instead, which keeps it finite.
    """
    inside, outside = float(np.median(raw)), float(np.median(ring))
    divisor = max(outside, float(noise_sd(raw)))
    return (inside - outside) / divisor if divisor > 0 else 0.0


def skewness(trace: np.ndarray) -> float:
    """Third standardised moment of a trace; 0 for one that never changes."""
    values = np.asarray(trace, dtype=float) - np.mean(trace)
    sd = float(np.sqrt(np.mean(values**2)))
    return float(np.mean((values / sd) ** 3)) if sd > 0 else 0.0


def asymmetry(trace: np.ndarray) -> float:
    """How much farther the high values lie from the median than the low ones; 1: equally far."""
    low, middle, high = np.percentile(trace, [5, 50, 95])
    return float((high - middle) / (middle - low)) if middle > low else math.nan


def clear_rises(smoothed: np.ndarray, height: float) -> np.ndarray:
    """Onset and peak (k, 2) of the rises of a smoothed trace that are higher than ``height``."""
    rises = putative_transients(smoothed)
    return rises[smoothed[rises[:, 1]] - smoothed[rises[:, 0]] > height]


def half_decays(smoothed: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """Frames from each peak until half of the rise is lost, between frames by a straight line.

    Rises after which the next one begins earlier, or the recording ends, are left out: (up to k,).
    """
    ends = np.append(rises[1:, 0], len(smoothed) - 1)[: len(rises)]
    found = []
    for (onset, peak), end in zip(rises.tolist(), ends.tolist(), strict=True):
        half = (smoothed[onset] + smoothed[peak]) / 2
        below = np.flatnonzero(smoothed[peak : end + 1] <= half)
        if len(below):
            after = peak + int(below[0])
            step = smoothed[after - 1] - smoothed[after]
            found.append(after - peak - 1 + (smoothed[after - 1] - half) / step)
    return np.array(found)


def irregularity(rises: np.ndarray) -> float:
    """SD over mean of the intervals between onsets: 0 like a clock, about 1 at random."""
    intervals = np.diff(rises[:, 0])
    return (
        float(intervals.std() / intervals.mean())
        if len(intervals) >= FEWEST_INTERVALS
        else math.nan
    )


def memory(trace: np.ndarray, frame_rate_hz: float) -> float:
    """Autocovariance after 1 s as a share of that after 0.1 s, which is free of noise; -1 to 1."""
    values = np.asarray(trace, dtype=float) - np.mean(trace)
    short, long = (max(1, round(lag * frame_rate_hz)) for lag in (0.1, 1.0))
    if long >= len(values):
        return math.nan
    covariance = [float(np.mean(values[:-lag] * values[lag:])) for lag in (short, long)]
    return float(np.clip(covariance[1] / covariance[0], -1, 1)) if covariance[0] > 0 else math.nan


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson correlation of two traces; 0 when one of them never changes."""
    if not (np.std(one) > 0 and np.std(other) > 0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def active_share(smoothed: np.ndarray, frame_rate_hz: float, noise: float) -> float:
    """Share of frames that lie above the baseline by three noise SDs of one frame."""
    level = baseline(smoothed, frame_rate_hz)
    return float(np.mean(smoothed > level + CLEAR_RISE_SD * noise))


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else math.nan
