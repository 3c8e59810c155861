"""Recordings of a few hundred frames in which one input knows when the animal runs, and others do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.learning.settings import TrainingSettings
from deepcinac.recording.cells import make_cells
from deepcinac.recording.signals import regular_signal
from deepcinac.results import Maker, Result, Results
from deepcinac.tasks.behaviour.recordings import DecodedRecording, prepared
from deepcinac.tasks.behaviour.settings import DecodingSettings
from deepcinac.tasks.behaviour.targets import Behaviour, parsed_target

RUN = parsed_target("speed > 0.5")
# Fewer shifts than a user may ask for: enough to see that they are there.
SETTINGS = DecodingSettings(window_frames=5, baseline_s=0, hidden=4, pooled=3, blocks=4, shifts=5)
QUICK = TrainingSettings(
    epochs=1, windows_per_epoch=256, batch_windows=64, learning_rate=0.05, average=0.5
)


def bouts(n, seed):
    """Runs of 10 to 30 frames of 0 and 1."""
    generator = np.random.default_rng(seed)
    steps = np.repeat(np.arange(n) % 2, generator.integers(10, 30, n))
    return steps[:n].astype(float)


def recording(
    name, animal="", seed=0, n=600, names=("limb left", "limb right", "eye"), drive=(1, 1, 0)
):
    """Each input is running times its drive, and noise."""
    run = bouts(n, seed)
    noise = np.random.default_rng([seed, 1]).normal(0, 0.7, (n, len(names)))
    inputs = prepared(run[:, None] * np.array(drive) + noise, 0, False, name)
    keys = tuple(f"{name}{word}" for word in names)
    return DecodedRecording(
        name, Path(name), inputs, names, keys, np.arange(len(names)), "raw", 10.0, 0,
        Behaviour(run, "yes or no"), Provenance(animal),
    )  # fmt: skip


def running_session(tmp_path, monkeypatch):
    """Two cells whose curve of a method follows running."""
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    run = bouts(600, 3)
    np.save(tmp_path / "movie.npy", np.zeros((600, 8, 8), np.uint16))
    cells = make_cells([([1, 1], [1, 2], None), ([5, 5], [5, 6], None)], 8, 8, "drawn")
    path = tmp_path / "mouse.deepcinac"
    noise = np.random.default_rng(0).normal(0, 0.3, (2, 600))
    curve = np.abs(run * np.array([[1.0], [0.5]]) + noise).astype(np.float32)
    with Session.create(path, tmp_path / "movie.npy", (600, 8, 8), cells, 10.0, 2.0) as session:
        session.set_provenance(Provenance("M1"))
        session.write_signal(regular_signal("speed", run * 3, "cm/s", 10.0, 0.05))
        item = Result(
            "curve", curve, ("cell", "frame"), "1", Maker("method", "spikes"), np.arange(2)
        )
        session.write_results(Results((item,)))
    return path
