"""A corpus of many movies, wide enough that real recordings lie inside it: settings drawn from one seed.

Each movie draws its own indicator, frame rate, packing, brightness, noise, motion, activity and mask faults.
Movies for validation use other seeds and, of recorded traces, other neurons. There are two mixtures:
``classic``, fields in good order, and ``tissue``, the kinds that recordings come in, in equal shares.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepcinac.errors import InputError
from deepcinac.simulation.presets import TISSUE_KINDS
from deepcinac.simulation.settings import PRESETS, SimulationSettings, preset_settings

CLASSIC, TISSUE = "classic", "tissue"
MIXTURES = (CLASSIC, TISSUE)
CLASSIC_KINDS = ("ca1-pup", "crowded", "cortex", "interneuron")
CLASSIC_SHARES = (0.34, 0.26, 0.30, 0.10)
INTERNEURON_SETS = "PV,SST,VIP"
CORTEX_SETS = "GCaMP6f-m-V1,GCaMP6s-m-V1"

# Cells on 96 x 96 px.
PACKING = {
    "ca1-pup": 100,
    "crowded": 130,
    "cortex": 45,
    "interneuron": 22,
    "hybrid": 40,
    "dense": 105,
    "dim": 40,
    "30hz": 50,
    "fast-indicator": 45,
    "bright-tissue": 32,
    "nearly-silent": 45,
}

Changes = dict[str, object]


def corpus_settings(
    count: int,
    seed: int,
    part: str = "training",
    recordings: bool = True,
    mixture: str = CLASSIC,
) -> list[SimulationSettings]:
    """Settings of ``count`` movies. ``part`` is 'training' or 'validation'; both are independent draws.

    ``mixture`` is 'classic', 'tissue' or one preset, which all movies then are; interneurons use recorded
    interneurons only. With ``recordings`` many movies are animated, wholly or partly, by recorded traces.
    """
    if mixture not in MIXTURES and mixture not in PRESETS:
        known = ", ".join([*MIXTURES, *PRESETS])
        raise InputError(f"one of {known}", repr(mixture), "option preset")
    first = 0 if part == "training" else 1
    movies = []
    for number in range(count):
        generator = np.random.default_rng([seed, first, number])
        kind = mixture
        if mixture == CLASSIC:
            kind = str(generator.choice(CLASSIC_KINDS, p=CLASSIC_SHARES))
        elif mixture == TISSUE:
            kind = TISSUE_KINDS[number % len(TISSUE_KINDS)]
        draw = _tissue if kind in TISSUE_KINDS else _classic
        changes = draw(kind, generator)
        if recordings:
            changes["recorded_part"] = part
            if mixture == "interneuron":
                changes["recorded_sets"] = INTERNEURON_SETS
        else:
            changes["recorded_share"] = 0.0
        movies.append(preset_settings(kind, **changes))
    return movies


def _classic(kind: str, generator: np.random.Generator) -> Changes:
    rate = float(np.exp(generator.uniform(np.log(6.8), np.log(14.5))))
    if generator.random() < 0.4:
        rate = float(generator.uniform(9.5, 11.0))
    side = int(generator.integers(72, 105))
    small = generator.uniform(4.5, 7.5)
    photons = float(np.exp(generator.uniform(np.log(4), np.log(45))))
    changes: Changes = {
        "seed": int(generator.integers(2**31)),
        "n_frames": int(generator.integers(1500, 2400)),
        "height": side,
        "width": int(generator.integers(72, 105)),
        "frame_rate_hz": round(rate, 2),
        "radius_um": (small, small + generator.uniform(1.5, 4.0)),
        "overlapping_share": float(generator.uniform(0.3, 0.9)),
        "missed_share": float(generator.uniform(0.0, 0.25)),
        "out_of_focus_share": float(generator.uniform(0.0, 0.5)),
        "mask_fault_share": float(generator.choice([0.0, 0.2, 0.5, 0.8])),
        "merged_share": float(generator.choice([0.0, 0.0, 0.03])),
        "photons": (photons, photons),
        "visibility": (2.0, float(generator.uniform(10, 28))),
        "read_noise_photons": (0.1, 2.0),
        "neuropil": (0.0, float(generator.uniform(0.02, 0.15))),
        "neuropil_coupling": (0.0, 0.8),
        "bleaching": (0.0, 0.3),
        "jitter_px": (0.0, 0.4),
        "sudden_shifts_per_minute": float(generator.uniform(0, 2.5)),
        "blur_px": float(generator.uniform(0.5, 1.1)),
        "vessels": int(generator.integers(0, 4)),
        "indicator": str(
            generator.choice(
                ["GCaMP6s", "GCaMP6f", "GCaMP6s-pup", "mixed"], p=[0.35, 0.25, 0.15, 0.25]
            )
        ),
    }
    changes["n_cells"] = _n_cells(kind, changes, generator)
    if kind in ("ca1-pup", "crowded"):
        changes["synchrony_rate_hz"] = float(generator.uniform(0.0, 0.12))
        changes["synchrony_share"] = float(generator.uniform(0.1, 0.6))
    shares = [0.35, 0.2, 0.45] if kind != "interneuron" else [0.6, 0.2, 0.2]
    changes["recorded_share"] = float(generator.choice([0.0, 0.5, 1.0], p=shares))
    return changes


def _n_cells(kind: str, changes: Changes, generator: np.random.Generator) -> int:
    area = int(changes["height"]) * int(changes["width"]) / 96**2  # type: ignore[call-overload]
    return max(8, round(PACKING.get(kind, 60) * area * generator.uniform(0.6, 1.2)))


def _tissue(kind: str, generator: np.random.Generator) -> Changes:
    """What every kind of tissue draws, and then what its own kind draws on top."""
    changes: Changes = {
        "seed": int(generator.integers(2**31)),
        "n_frames": int(generator.integers(1000, 2200)),
        "height": int(generator.integers(64, 93)),
        "width": int(generator.integers(64, 93)),
        "missed_share": float(generator.uniform(0.05, 0.3)),
        "out_of_focus_share": float(generator.uniform(0.0, 0.4)),
        "mask_fault_share": float(generator.choice([0.0, 0.2, 0.5])),
        "ragged_share": float(generator.choice([0.0, 0.4, 0.9])),
        "mask_shift_px": float(generator.choice([0.0, 0.7, 1.4])),
        "silent_share": float(generator.choice([0.0, 0.2, 0.4])),
        "read_noise_photons": (0.1, 2.0),
        "gain": (1.0, float(np.exp(generator.uniform(np.log(1.5), np.log(300.0))))),
        "noise_correlation": (0.0, 0.2),
        "saturation": float(generator.choice([0.0, 0.0, 0.3])),
        "neuropil": (0.0, float(generator.uniform(0.02, 0.12))),
        "neuropil_coupling": (0.0, 0.8),
        "bleaching": (0.0, 0.4),
        "jitter_px": (0.02, float(generator.choice([0.08, 0.2, 0.4]))),
        "sudden_shifts_per_minute": float(generator.uniform(0.0, 2.0)),
        "depth_jumps_per_minute": float(generator.uniform(0.0, 1.5)),
        "whole_field_per_minute": float(generator.choice([0.0, 0.0, 0.5])),
        "border_px": (0.0, float(generator.choice([0.0, 0.5, 1.0]))),
        "blur_px": float(generator.uniform(0.5, 1.1)),
        "nucleus_share": float(generator.uniform(0.2, 0.9)),
        "vessels": int(generator.integers(0, 3)),
        **_DRAWS[kind](generator),
    }
    changes["n_cells"] = _n_cells(kind, changes, generator)
    return changes


def _between(low: float, high: float, generator: np.random.Generator) -> float:
    """A number drawn evenly on a logarithmic scale."""
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))


def _rate(
    low: float, high: float, usual: tuple[float, float], generator: np.random.Generator
) -> float:
    """A frame rate: half of the movies near the usual one."""
    rate = _between(low, high, generator)
    return round(float(generator.uniform(*usual)) if generator.random() < 0.5 else rate, 2)


def _light(photons: tuple[float, float], generator: np.random.Generator) -> tuple[float, float]:
    level = _between(*photons, generator)
    return (level, level)


def _hybrid(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(5.0, 20.0, (9.5, 11.0), generator),
        "photons": _light((5.0, 30.0), generator),
        "visibility": (2.0, _between(12.0, 40.0, generator)),
        "recorded_sets": str(generator.choice(["", CORTEX_SETS, CORTEX_SETS])),
        "overlapping_share": float(generator.uniform(0.4, 0.9)),
    }


def _dense(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(7.0, 20.0, (9.5, 11.0), generator),
        "photons": _light((4.0, 30.0), generator),
        "visibility": (2.0, _between(6.0, 25.0, generator)),
        "indicator": str(generator.choice(["GCaMP6s", "GCaMP6s-pup", "GCaMP6f", "mixed"])),
        "recorded_share": float(generator.choice([0.0, 0.0, 0.3])),
        "synchrony_rate_hz": float(generator.uniform(0.0, 0.12)),
        "synchrony_share": float(generator.uniform(0.1, 0.6)),
        "overlapping_share": float(generator.uniform(0.5, 0.95)),
    }


def _dim(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(5.0, 20.0, (9.5, 11.0), generator),
        "photons": _light((2.5, 10.0), generator),
        "visibility": (1.5, _between(6.0, 12.0, generator)),
        "recorded_share": float(generator.choice([0.3, 1.0, 1.0])),
        "recorded_sets": str(generator.choice(["", CORTEX_SETS])),
        "indicator": str(generator.choice(["GCaMP6s", "GCaMP6f", "mixed"])),
        "overlapping_share": float(generator.uniform(0.4, 0.9)),
    }


def _30hz(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(20.0, 60.0, (28.0, 31.0), generator),
        "n_frames": int(generator.integers(1800, 2500)),
        "photons": _light((2.5, 15.0), generator),
        "visibility": (1.2, _between(6.0, 25.0, generator)),
        "recorded_share": float(generator.choice([0.4, 1.0, 1.0])),
        "recorded_sets": str(generator.choice(["", CORTEX_SETS])),
        "indicator": str(generator.choice(["GCaMP6s", "GCaMP6f", "GCaMP7f", "mixed"])),
        "overlapping_share": float(generator.uniform(0.3, 0.8)),
    }


def _fast_indicator(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(10.0, 60.0, (28.0, 31.0), generator),
        "n_frames": int(generator.integers(1800, 2500)),
        "photons": _light((3.0, 25.0), generator),
        "visibility": (1.5, _between(8.0, 40.0, generator)),
        "recorded_share": float(generator.choice([0.5, 1.0])),
        "indicator": str(generator.choice(["jGCaMP8f", "jGCaMP8m"])),
        "overlapping_share": float(generator.uniform(0.2, 0.7)),
    }


def _calm(generator: np.random.Generator) -> Changes:
    """Little slow change: in real fields bright cells lie still for minutes (it scales with their light)."""
    return {
        "neuropil": (0.0, _between(0.01, 0.06, generator)),
        "baseline_drift": (0.0, 0.015),
        "z_drift": (0.0, 0.08),
        "bleaching": (0.0, _between(0.01, 0.15, generator)),
    }


def _bright_tissue(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(7.0, 35.0, (28.0, 31.0), generator),
        "pixel_size_um": round(float(generator.uniform(1.1, 2.0)), 2),
        "photons": _light((2.5, 50.0), generator),
        "visibility": (4.0, _between(30.0, 100.0, generator)),
        "brightest_rest": _between(3.0, 15.0, generator),
        "silent_share": float(generator.uniform(0.3, 0.6)),
        "indicator": str(generator.choice(["GCaMP6s-slow", "GCaMP6s-slow", "GCaMP6s", "mixed"])),
        "recorded_share": float(generator.choice([0.0, 0.0, 0.4])),
        **_calm(generator),
        "nucleus_share": float(generator.uniform(0.1, 0.6)),
        "depth_jumps_per_minute": float(generator.uniform(0.5, 3.0)),
        "whole_field_per_minute": float(generator.choice([0.0, 0.5, 1.0])),
        "border_px": (0.1, 1.0),
    }


def _nearly_silent(generator: np.random.Generator) -> Changes:
    return {
        "frame_rate_hz": _rate(5.0, 35.0, (9.5, 11.0), generator),
        "n_frames": int(generator.integers(2000, 2500)),
        "photons": _light((3.0, 30.0), generator),
        "visibility": (3.0, _between(15.0, 80.0, generator)),
        "brightest_rest": _between(2.0, 8.0, generator),
        **_calm(generator),
        "silent_share": float(generator.uniform(0.6, 0.85)),
        "recorded_share": float(generator.choice([0.0, 0.0, 0.2])),
        "indicator": str(generator.choice(["GCaMP6s", "GCaMP6f", "GCaMP6s-slow", "jGCaMP8m"])),
        "depth_jumps_per_minute": float(generator.uniform(0.0, 2.0)),
    }


_DRAWS: dict[str, Callable[[np.random.Generator], Changes]] = {
    "hybrid": _hybrid,
    "dense": _dense,
    "dim": _dim,
    "30hz": _30hz,
    "fast-indicator": _fast_indicator,
    "bright-tissue": _bright_tissue,
    "nearly-silent": _nearly_silent,
}
