"""Link and stitch given spots with byotrack, or make movies with sinetra; run in an environment of its own.

    PYTHON benchmarks/tracking_byotrack.py SPOTS.npz            writes SPOTS-by-NAME.npz for each way
    PYTHON benchmarks/tracking_byotrack.py --sinetra OUT.npz SEED

byotrack's nearest-neighbour linker and its EMC2 stitcher run with their defaults, the largest step being
3 px, as ours.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.filterwarnings("ignore")
STEP_PX = 3.0


def run(path: Path) -> None:
    """All ways of byotrack on the spots of a file."""
    import byotrack
    from byotrack.implementation.linker.frame_by_frame import nearest_neighbor
    from byotrack.implementation.refiner.stitching import EMC2Stitcher

    held = np.load(path)
    spots, n_frames, shape = held["spots"], int(held["n_frames"]), tuple(map(int, held["shape"]))
    detections = []
    for frame in range(n_frames):
        own = spots[spots[:, 0] == frame, 1:]
        detections.append(
            byotrack.PointDetections(torch.tensor(own, dtype=torch.float32), shape=shape)
        )
    video = np.zeros((n_frames, *shape, 1), np.uint8)
    ways = {
        "nearest neighbour": nearest_neighbor.NearestNeighborLinker(
            nearest_neighbor.NearestNeighborParameters(STEP_PX)
        ),
    }
    for name, linker in ways.items():
        tracks = list(linker.run(video, detections))
        for stitched, own in (("", tracks), (" + EMC2", None)):
            if own is None:
                own = list(EMC2Stitcher("tps", alpha=10.0).run(video, tracks))
            save(
                path.with_name(f"{path.stem}-by-byotrack {name}{stitched}.npz"),
                own,
                spots,
                n_frames,
            )


def save(path: Path, tracks: list, spots: np.ndarray, n_frames: int) -> None:
    """Positions (n_tracks, n_frames, d); seen where a spot lies within the step."""
    d = spots.shape[1] - 1
    positions = np.full((len(tracks), n_frames, d), np.nan)
    for row, one in enumerate(tracks):
        points = one.points.numpy()
        positions[row, one.start : one.start + len(points)] = points[:, :d]
    seen = np.zeros(positions.shape[:2], bool)
    for frame in range(n_frames):
        own = spots[spots[:, 0] == frame, 1:]
        for row in np.flatnonzero(~np.isnan(positions[:, frame, 0])):
            apart = np.linalg.norm(own - positions[row, frame], axis=1)
            seen[row, frame] = len(apart) > 0 and apart.min() < 1.0
    np.savez(path, positions=positions, seen=seen)


def simulate(path: Path, seed: int) -> None:
    """A movie of 80 frames of sinetra: elastic motion by springs, cells that fire and fade."""
    from sinetra.emission import EmissionConfig
    from sinetra.motion import (
        ElasticMotionConfig,
        ElasticNoiseConfig,
        GlobalMotionConfig,
        MotionConfig,
        RandomContractionConfig,
    )
    from sinetra.particle import GaussianParticlesConfig, Recorder
    from sinetra.random import enforce_all_seeds
    from sinetra.simulator import ImagingConfig, Simulator, SimulatorConfig, VideoConfig

    enforce_all_seeds(seed)
    # The settings that the README of sinetra gives for springs, on a smaller field with a finer grid.
    springs = ElasticMotionConfig(
        10.0, 50.0, 60, ElasticNoiseConfig("contraction", RandomContractionConfig(40.0, 10, 30.0))
    )
    config = SimulatorConfig(
        shape=(400, 400), base_video=VideoConfig(), imaging_config=ImagingConfig(),
        particle=GaussianParticlesConfig(220, 1.6, 2.2, 3.0),
        background=GaussianParticlesConfig(8, 15.0, 30.0), emission=EmissionConfig("nam"),
        motion=MotionConfig(["elastic_motion"], elastic_motion=springs),
        global_motion=GlobalMotionConfig(), warm_up=50,
    )  # fmt: skip
    simulator = Simulator.from_config(config)
    recorder = Recorder(simulator.particles)
    frames = []
    for _ in range(80):
        frames.append((simulator.generate_image().numpy() * 60000).astype(np.uint16))
        simulator.update()
        recorder.update()
    mu = recorder.mu[:80].numpy().transpose(1, 0, 2)
    weight = recorder.weight[:80].numpy().T
    print(len(mu), "particles; weights", np.percentile(weight, [5, 25, 50, 75, 95]).round(2))
    np.savez(path, movie=np.stack(frames), positions=mu, shown=weight > 0.5, weight=weight)


if __name__ == "__main__":
    if sys.argv[1] == "--sinetra":
        simulate(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        run(Path(sys.argv[1]))
