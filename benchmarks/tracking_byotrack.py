"""Link and stitch given spots with byotrack; run in an environment of its own.

    PYTHON benchmarks/tracking_byotrack.py SPOTS.npz            writes SPOTS-by-NAME.npz for each way

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
        for row in np.flatnonzero(~np.isnan(positions[:, frame, 0])).tolist():
            apart = np.linalg.norm(own - positions[row, frame], axis=1)
            seen[row, frame] = len(apart) > 0 and apart.min() < 1.0
    np.savez(path, positions=positions, seen=seen)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
