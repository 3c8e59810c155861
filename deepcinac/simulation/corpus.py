"""A corpus of many movies, wide enough that real recordings lie inside it: settings drawn from one seed.

Each movie draws its own kind of field, indicator, frame rate, packing, brightness, noise, motion and mask
faults. Movies for validation use other seeds and, of recorded traces, other neurons.
"""

from __future__ import annotations

import numpy as np

from deepcinac.simulation.settings import SimulationSettings, preset_settings

KINDS = ("ca1-pup", "crowded", "cortex", "interneuron")
KIND_SHARES = (0.34, 0.26, 0.30, 0.10)
PACKING = {"ca1-pup": 100, "crowded": 130, "cortex": 45, "interneuron": 22}  # cells on 96 x 96 px
INTERNEURON_SETS = "PV,SST,VIP"


def corpus_settings(
    count: int,
    seed: int,
    part: str = "training",
    recordings: bool = True,
    kind: str | None = None,
) -> list[SimulationSettings]:
    """Settings of ``count`` movies. ``part`` is 'training' or 'validation'; both are independent draws.

    With ``recordings`` about half of the movies are animated, wholly or partly, by recorded traces.
    ``kind`` makes all movies of one preset; interneurons then use recorded interneurons only.
    """
    first = 0 if part == "training" else 1
    return [
        _draw(np.random.default_rng([seed, first, number]), part, recordings, kind)
        for number in range(count)
    ]


def _draw(
    generator: np.random.Generator, part: str, recordings: bool, only: str | None
) -> SimulationSettings:
    kind = only or str(generator.choice(KINDS, p=KIND_SHARES))
    rate = float(np.exp(generator.uniform(np.log(6.8), np.log(14.5))))
    if generator.random() < 0.4:
        rate = float(generator.uniform(9.5, 11.0))
    side = int(generator.integers(72, 105))
    small = generator.uniform(4.5, 7.5)
    photons = float(np.exp(generator.uniform(np.log(4), np.log(45))))
    changes: dict[str, object] = {
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
    packing = PACKING.get(kind, 60)
    area = side * int(changes["width"]) / 96**2  # type: ignore[call-overload]
    changes["n_cells"] = max(8, round(packing * area * generator.uniform(0.6, 1.2)))
    if kind in ("ca1-pup", "crowded"):
        changes["synchrony_rate_hz"] = float(generator.uniform(0.0, 0.12))
        changes["synchrony_share"] = float(generator.uniform(0.1, 0.6))
    if recordings:
        changes["recorded_share"] = float(
            generator.choice(
                [0.0, 0.5, 1.0], p=[0.35, 0.2, 0.45] if kind != "interneuron" else [0.6, 0.2, 0.2]
            )
        )
        changes["recorded_part"] = part
        if only == "interneuron":
            changes["recorded_sets"] = INTERNEURON_SETS
    return preset_settings(kind, **changes)
