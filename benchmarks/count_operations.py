"""Floating-point operations and bytes for one cell of 12,500 frames, from the layers' shapes alone.

    python benchmarks/count_operations.py

A multiplication and an addition count as two. The network as published runs every window whole at 50 %
overlap; this program runs the CNN once per frame and input, for the surroundings in some frames only, skips
the second input of a cell without neighbours, and lets windows overlap less. The bytes are those of the
patches read and of the features written and read once. A large matrix product of this machine gives the floor
in seconds of one core.
"""

from __future__ import annotations

import os
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from deepcinac.tasks.activity.model import COMPACT, PAPER, Architecture, build_network
from deepcinac.tasks.activity.settings import PredictionSettings

FRAMES = 12_500


def operations(layer: Any) -> float:
    """Operations of one layer for one sample, from the shapes of its weights and output."""
    kind, weights = type(layer).__name__, layer.get_weights()
    if kind == "Bidirectional":
        return operations_of_recurrent(layer.forward_layer) + operations_of_recurrent(
            layer.backward_layer
        )
    if kind in ("LSTM", "GRU"):
        return operations_of_recurrent(layer)
    if kind in ("Conv2D", "Conv1D", "Dense"):
        positions = np.prod(layer.output.shape[1:-1], dtype=float)
        return 2 * float(np.prod(weights[0].shape)) * positions
    return 0.0


def operations_of_recurrent(layer: Any) -> float:
    """Input and recurrent products of every step."""
    kernel, recurrent = layer.get_weights()[:2]
    steps = COMPACT.window_frames
    return 2.0 * steps * (kernel.size + recurrent.size)


def total(model: Any) -> float:
    """Operations of all layers of a model for one sample."""
    return sum(operations(layer) for layer in model.layers)


def peak_gflops(size: int = 2000) -> float:
    """Rate of a large float32 matrix product on one core, in GFLOP per CPU second."""
    a = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    a @ a
    began = time.process_time()
    for _ in range(5):
        a @ a
    return 5 * 2 * size**3 / (time.process_time() - began) / 1e9


def report(name: str, architecture: Architecture, peak: float) -> None:
    """Print one row for the way the published program works and one for ours."""
    network = build_network(architecture)
    image, window = total(network.encoder), total(network.sequence)
    frames, size = architecture.window_frames, architecture.patch_px
    n_windows = 2 * FRAMES / frames - 1
    settings = PredictionSettings()
    n_ours = FRAMES / (frames * (1 - settings.window_overlap))
    some = 1 / settings.surroundings_every
    ways = {
        "as published": n_windows * (3 * frames * image + window),
        "once per frame": FRAMES * 3 * image + n_windows * window,
        "ours": FRAMES * (1 + 2 * some) * image + n_ours * window,
        "ours, no neighbour": FRAMES * (1 + some) * image + n_ours * window,
    }
    feature_bytes = 4 * FRAMES * 3 * architecture.frame_features
    bytes_moved = 4 * FRAMES * size**2 + 2 * feature_bytes
    for way, count in ways.items():
        print(
            f"{name:8s} {way:20s} {count / 1e9:9.1f} GFLOP   {bytes_moved / 1e6:7.0f} MB   "
            f"floor {count / 1e9 / peak:8.3f} s   {network.whole.count_params():>10,} parameters"
        )


def main() -> None:
    """Measure and print."""
    peak = peak_gflops()
    print(f"matrix product on one core: {peak:.0f} GFLOP/s")
    report("compact", COMPACT, peak)
    report("paper", PAPER, peak)


if __name__ == "__main__":
    main()
