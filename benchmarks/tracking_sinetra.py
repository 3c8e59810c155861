"""A movie of SINETRA (Reme et al., 2025) with its truth; run in an environment of its own.

    PYTHON benchmarks/tracking_sinetra.py MOVIE.npz SEED

The kind with springs, drift and rotation, with the motion and firing that its authors publish, on a field of
384 px with 225 cells and 100 frames instead of 1024 px and 200. A cell is shown while its weight is above
0.4: cells fire at random, fall back by 5 % a frame, and rest at 0.1.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import sinetra.motion as motion
from sinetra.emission import EmissionConfig
from sinetra.particle import GaussianParticlesConfig, Recorder
from sinetra.random import enforce_all_seeds
from sinetra.simulator import ImagingConfig, Simulator, SimulatorConfig, VideoConfig

SIDE_PX, CELLS, FRAMES = 384, 225, 100
WARM_UP = 100
SHOWN = 0.4


def main(path: Path, seed: int) -> None:
    """Simulate and write ``movie``, ``positions`` (n_cells, n_frames, 2) and ``shown``."""
    enforce_all_seeds(seed)
    contraction = motion.RandomContractionConfig(motion_rate=6.0, motion_size=10, amplitude=30.0)
    moved = motion.MotionConfig(
        ["shape_variation", "local_rotation", "elastic_motion"],
        shape_variation=motion.ShapeVariationConfig(50.0, 0.1),
        local_rotation=motion.LocalRotationConfig(50.0, 0.05),
        elastic_motion=motion.ElasticMotionConfig(
            10.0, 50.0, 100, motion.ElasticNoiseConfig("contraction", contraction)
        ),
    )
    settings = SimulatorConfig(
        (SIDE_PX, SIDE_PX),
        VideoConfig(),
        ImagingConfig(delta=50.0, alpha=0.3, noise=0.1),
        GaussianParticlesConfig(CELLS, 2.0, 3.5, 3.0),
        GaussianParticlesConfig(100, 15.0, 40.0),
        EmissionConfig("nam"),
        moved,
        motion.GlobalMotionConfig(noise_position=15.0, noise_theta=0.15),
        WARM_UP,
    )
    simulator = Simulator.from_config(settings)
    recorder = Recorder(simulator.particles)
    movie = []
    for _ in range(FRAMES):
        movie.append(simulator.generate_image().numpy())
        simulator.update()
        recorder.update()
    positions, weights = recorder.mu[:FRAMES].numpy(), recorder.weight[:FRAMES].numpy()
    np.savez_compressed(
        path,
        movie=(255 * np.array(movie)).round().astype(np.uint8),
        positions=positions.swapaxes(0, 1),
        shown=(weights > SHOWN).T,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
