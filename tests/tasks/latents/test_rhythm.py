"""A rhythm above half the frame rate is recovered from the times at which cells are passed, and only so.

30 cells at 10 frames a second, one drive with a rhythm of 7 Hz whose phase wanders, an indicator that decays
in 50 ms, noise of 0.3 SD of a cell. By itself each trace shows 3 Hz.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt, welch

from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import train
from deepcinac.recording.line_times import spread_over_bins
from deepcinac.simulation.rhythm import draw_rhythm
from deepcinac.simulation.rhythm_settings import RhythmSettings
from deepcinac.tasks.latents.inferring import make_plan, network_of
from deepcinac.tasks.latents.samples import Samples, checked_samples
from deepcinac.tasks.latents.score import r2_by_cell
from deepcinac.tasks.latents.settings import LatentsSettings
from deepcinac.tasks.latents.task import LoadedNetwork

RATE_HZ, BINS, CELLS, RHYTHM_HZ = 10.0, 4, 30, 7.0


def scanned(seconds, seed, shuffled):
    """Samples in the bins of a frame in which cells are passed, or in those of other cells."""
    rng = np.random.default_rng([seed, 0])
    settings = RhythmSettings(scanned_cells=CELLS, rhythm_hz=RHYTHM_HZ, decay_s=0.05)
    rhythm = draw_rhythm(round(seconds * RATE_HZ * BINS), RATE_HZ * BINS, settings, rng)
    bins = rng.integers(BINS, size=CELLS)
    frames = rhythm.dff.reshape(-1, BINS, CELLS)[:, bins, np.arange(CELLS)]
    frames = frames + 0.3 * frames.std(0) * rng.normal(size=frames.shape)
    said = rng.permutation(bins) if shuffled else bins
    names = tuple(f"cell {n}" for n in range(CELLS))
    return checked_samples(
        Samples("scan", Path("scan"), spread_over_bins(frames, said, BINS)[None], "fluorescence",
                1 / RATE_HZ / BINS, names, names, np.arange(CELLS), "frames", BINS,
                rhythm.dff[None])
    )  # fmt: skip


def recovered(folder, one, epochs, seed):
    """The strongest frequency above 1.5 Hz, and the mean R2 of cells in the band of the rhythm."""
    training = TrainingSettings(epochs=epochs, windows_per_epoch=1280, batch_windows=32,
                                learning_rate=1e-2, average=0.99, seed=seed)  # fmt: skip
    settings = LatentsSettings(hidden=16, factors=1, inputs=1, window_bins=16, dropout=0.0,
                               penalty=0.0, mask_input=False)  # fmt: skip
    plan = make_plan(one, settings, training)
    train(plan.task, folder, training)
    said = LoadedNetwork(network_of(folder)).infer(one).values[0]
    rate = 1 / one.bin_s
    band = butter(2, [RHYTHM_HZ - 1, RHYTHM_HZ + 1], "bandpass", fs=rate, output="sos")
    [judged] = plan.division.judge
    part = slice(judged.start, judged.stop)
    filtered = [sosfiltfilt(band, values, axis=0)[part] for values in (one.truth[0], said)]
    hz, power = welch(said[part].mean(1), rate, nperseg=256)
    fast = hz > 1.5
    return hz[fast][power[fast].argmax()], float(r2_by_cell(*filtered).mean())


def test_a_rhythm_above_half_the_frame_rate_needs_the_times_of_the_rows(tmp_path):
    """A few seconds of training see it; the long form below recovers it."""
    peak_hz, explained = recovered(tmp_path / "a", scanned(60, 0, False), 3, 0)
    assert peak_hz == pytest.approx(RHYTHM_HZ, abs=0.3)
    assert explained > 0.25
    peak_hz, explained = recovered(tmp_path / "b", scanned(60, 0, True), 3, 0)
    assert abs(peak_hz - RHYTHM_HZ) > 1
    assert explained < 0.15


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 6))
def test_the_same_with_more_time(tmp_path, seed):
    peak_hz, explained = recovered(tmp_path / "a", scanned(300, seed, False), 20, seed)
    assert peak_hz == pytest.approx(RHYTHM_HZ, abs=0.3)
    assert explained > 0.7
    peak_hz, explained = recovered(tmp_path / "b", scanned(300, seed, True), 20, seed)
    assert abs(peak_hz - RHYTHM_HZ) > 1
    assert explained < 0.5
