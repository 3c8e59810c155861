"""Recorded traces: read, put onto the movie's frames, divided by neuron."""

import numpy as np
import pytest
from scipy.io import savemat

from deepcinac.errors import InputError
from deepcinac.simulation.recorded import (
    RecordedTrial,
    animate,
    from_sets,
    on_movie_frames,
    part_of,
    read_recordings,
    smoothing_s,
)


def _write(folder, name="DS99-GCaMP6f-m-V1", n_trials=2, neurons=2):
    generator = np.random.default_rng(0)
    arrays = {}
    for trial in range(n_trials):
        time = np.arange(0, 40, 1 / 50)
        arrays[f"{trial:03d}_time_s"] = time.astype(np.float32)
        arrays[f"{trial:03d}_dff"] = generator.normal(0, 0.1, len(time)).astype(np.float32)
        arrays[f"{trial:03d}_spike_s"] = np.array([5.0, 10.0, 20.0], np.float32)
        arrays[f"{trial:03d}_file"] = np.array(f"cell{trial % neurons}.mat#{trial}")
    np.savez(folder / f"{name}.npz", **arrays)


def test_an_npz_and_a_mat_file_give_the_same_trial(tmp_path):
    _write(tmp_path, n_trials=1)
    (trial,) = read_recordings(tmp_path)
    other = tmp_path / "mat" / "DS99-GCaMP6f-m-V1"
    other.mkdir(parents=True)
    record = {
        "fluo_time": trial.time_s,
        "fluo_mean": trial.dff,
        "events_AP": trial.spikes_s * 1e4,
    }
    savemat(other / "cell0.mat", {"CAttached": np.array([record], dtype=object)})
    (from_mat,) = read_recordings(tmp_path / "mat")
    assert np.allclose(from_mat.dff, trial.dff)
    assert np.allclose(from_mat.spikes_s, [5, 10, 20])
    assert (from_mat.data_set, from_mat.neuron) == (trial.data_set, trial.neuron)


def test_frames_are_averages_and_spikes_fall_into_their_frame(tmp_path):
    _write(tmp_path, n_trials=1)
    (trial,) = read_recordings(tmp_path)
    trace = on_movie_frames(trial, 10.0)
    assert len(trace.dff) == len(trace.spikes) == 399
    assert np.flatnonzero(trace.spikes).tolist() == [50, 100, 200]
    # 0.1 of noise at 50 Hz is 0.045 at 10 Hz, and the filter of 5 frames keeps 0.70 of it
    assert trace.noise == pytest.approx(0.045 * 0.7, rel=0.25)


def _trial(data_set, dff, spikes_s, rate=60.0):
    return RecordedTrial(data_set, "cell", np.arange(len(dff)) / rate, dff, np.array(spikes_s))


def test_a_fast_indicator_keeps_its_rise_at_60_hz():
    """jGCaMP8f: up within two frames. Smoothing over 0.45 s would spread it over a dozen."""
    dff = np.zeros(1200)
    dff[600:] = np.exp(-np.arange(600) / 6.0)  # a spike at 10 s, a decay of 0.1 s
    trace = on_movie_frames(_trial("jGCaMP8f-m-V1", dff, [10.0]), 60.0)
    assert trace.dff[598] < 0.1
    assert trace.dff[598:604].max() > 0.75
    assert smoothing_s("jGCaMP8f-m-V1") < smoothing_s("DS09-GCaMP6f-m-V1")


def test_far_from_spikes_the_noise_of_the_recording_is_taken_away():
    noise = np.random.default_rng(0).normal(0, 0.1, 3600)
    few, many = [10.0], np.arange(1.0, 60.0, 0.5)
    far, near = (
        on_movie_frames(_trial("DS09-GCaMP6f-m-V1", noise, spikes), 30.0).dff[600:].std()
        for spikes in (few, many)
    )
    assert far < 0.6 * near


def test_recordings_slower_than_half_the_movies_rate_are_left_out_where_there_are_others():
    slow = _trial("DS04-OGB1-zf-pDp", np.zeros(400), [1.0, 2.0, 3.0], rate=8.0)
    fast = _trial("DS09-GCaMP6f-m-V1", np.zeros(3000), [1.0, 2.0, 3.0])
    names = {
        animate([slow, fast], 200, 30.0, np.random.default_rng(seed)).name for seed in range(8)
    }
    assert names == {"DS09-GCaMP6f-m-V1: cell"}
    assert animate([slow], 200, 30.0, np.random.default_rng(0)).name == "DS04-OGB1-zf-pDp: cell"


def test_a_short_recording_is_joined_and_the_joints_are_told(tmp_path):
    _write(tmp_path)
    trace = animate(read_recordings(tmp_path), 1000, 10.0, np.random.default_rng(1))
    assert len(trace.dff) == 1000
    assert len(trace.joints) in (2, 3)
    assert (np.diff(trace.joints) == 399).all()


def test_all_trials_of_a_neuron_are_on_one_side(tmp_path):
    _write(tmp_path, n_trials=40, neurons=20)
    trials = read_recordings(tmp_path)
    sides = {}
    for trial in trials:
        sides.setdefault(trial.neuron, set()).add(part_of(trial))
    assert all(len(parts) == 1 for parts in sides.values())
    count = {part: len(read_recordings(tmp_path, part)) for part in ("training", "validation")}
    assert count["training"] + count["validation"] == len(trials)
    assert count["training"] > count["validation"] > 0


def test_data_sets_are_chosen_by_parts_of_their_names(tmp_path):
    for name in ("DS01-OGB1-m-V1", "DS24-GCaMP6f-m-PV-V1"):
        _write(tmp_path, name)
    trials = read_recordings(tmp_path)
    assert {t.data_set for t in from_sets(trials, "PV, SST")} == {"DS24-GCaMP6f-m-PV-V1"}
    with pytest.raises(InputError, match="DS01"):
        from_sets(trials, "VIP")


def test_missing_folders_and_arrays_are_sentences(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        read_recordings(tmp_path / "nothing")
    with pytest.raises(InputError, match="none"):
        read_recordings(tmp_path)
    np.savez(tmp_path / "bad.npz", **{"000_time_s": np.arange(3.0)})
    with pytest.raises(InputError, match="000_dff"):
        read_recordings(tmp_path)
