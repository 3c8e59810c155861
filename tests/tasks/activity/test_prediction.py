"""Prediction of a whole movie: block sizes do not matter, short movies work, numbers come back."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.files import read_npz
from deepcinac.learning import checkpoint
from deepcinac.learning.calibration import Calibration
from deepcinac.progress import silent
from deepcinac.recording.cells import make_cells, read_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity import running
from deepcinac.tasks.activity.prediction import edge_weights, predict, window_starts
from deepcinac.tasks.activity.settings import PredictionSettings


def _predict(folder, classifier, **settings):
    select = settings.pop("select", None)
    rate = settings.pop("rate", 10.0)
    file = settings.pop("checkpoint", None)
    progress = settings.pop("progress", silent)
    with open_movie(folder / "movie.tif") as movie:
        cells = read_cells(folder / "cells.npz")
        return predict(
            movie,
            cells,
            rate,
            2.0,
            classifier,
            PredictionSettings(**settings),
            select,
            progress,
            file,
        )


def test_probabilities_for_every_cell_and_frame(recording_folder, tiny_classifier):
    prediction = _predict(recording_folder, tiny_classifier)
    probability, rate = prediction["probability"], prediction["spike_rate_hz"]
    assert (probability.array.shape, probability.array.dtype) == ((6, 230), np.float32)
    assert rate.array.shape == (6, 230)
    assert rate.units == "Hz"
    assert len(set(probability.footprints)) == 6
    assert prediction.threshold == 0.5
    maker = prediction.maker
    assert (maker.task, maker.name) == ("activity", "tiny")
    assert maker.weights_sha256 == tiny_classifier.card.weights_sha256
    assert json.loads(json.dumps(maker.to_dict()))["settings"]["window_overlap"] == 0.34


def test_the_maker_is_the_same_for_other_blocks_and_cells_but_not_for_other_inputs(
    recording_folder, tiny_classifier
):
    def identity(**settings):
        return _predict(recording_folder, tiny_classifier, **settings).maker.identity

    expected = identity()
    assert identity(block_frames=40, select=np.array([1, 3])) == expected
    assert identity(window_overlap=0.25) != expected
    assert identity(surroundings_every=1) != expected
    assert identity(rate=9.0) != expected


@pytest.mark.parametrize("block_frames", [1, 7, 40, 1000])
def test_the_answer_does_not_depend_on_the_block(recording_folder, tiny_classifier, block_frames):
    expected = _predict(recording_folder, tiny_classifier, block_frames=100)["probability"].array
    found = _predict(recording_folder, tiny_classifier, block_frames=block_frames)[
        "probability"
    ].array
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("images", "windows"), [(1, 1), (700, 5)])
def test_the_answer_does_not_depend_on_the_batch(
    recording_folder, tiny_classifier, monkeypatch, images, windows
):
    expected = _predict(recording_folder, tiny_classifier)["probability"].array
    monkeypatch.setattr(running, "_ENCODER_IMAGES", images)
    monkeypatch.setattr(running, "_SEQUENCE_WINDOWS", windows)
    found = _predict(recording_folder, tiny_classifier)["probability"].array
    assert np.allclose(found, expected, atol=1e-5)


ON_ONE_CORE = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from deepcinac.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_the_answer_does_not_depend_on_the_number_of_cores(
    recording_folder, tiny_classifier, tmp_path
):
    out = tmp_path / "one.npz"
    command = ["predict", "--movie", recording_folder / "movie.tif", "--frame-rate", "10"]
    command += ["--cells", recording_folder / "cells.npz", "--pixel-size", "2", "--out", out]
    command += ["--classifier", tiny_classifier.path, "--progress", "none"]
    subprocess.run([sys.executable, "-c", ON_ONE_CORE, *map(str, command)], check=True, timeout=300)
    expected = _predict(recording_folder, tiny_classifier)["probability"].array
    assert np.allclose(read_npz(out, ("probability",))["probability"], expected, atol=1e-5)


class _Stopped(Exception):
    pass


def test_a_stopped_run_goes_on_where_it_was(
    recording_folder, tiny_classifier, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", 0.0)
    file = tmp_path / "partial"
    expected = _predict(recording_folder, tiny_classifier)["probability"].array
    read = []

    def stop_late(event):
        if event.stage == "predicting":
            read.append(event.done)
            if len(read) == 4:
                raise _Stopped

    arguments = {"block_frames": 40, "checkpoint": file}
    with pytest.raises(_Stopped):
        _predict(recording_folder, tiny_classifier, progress=stop_late, **arguments)
    assert file.is_file()
    read.clear()
    again = _predict(
        recording_folder, tiny_classifier, progress=lambda e: read.append(e.done), **arguments
    )
    assert np.allclose(again["probability"].array, expected, atol=1e-5)
    assert not file.exists()
    assert min(done for done in read if done) > 40  # the first block was not read again


def test_a_checkpoint_of_another_choice_of_cells_is_not_used(
    recording_folder, tiny_classifier, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", 0.0)
    arguments = {"block_frames": 40, "checkpoint": tmp_path / "partial"}
    _predict(recording_folder, tiny_classifier, select=np.array([0, 1]), **arguments)
    other = _predict(recording_folder, tiny_classifier, select=np.array([2, 3]), **arguments)
    expected = _predict(recording_folder, tiny_classifier, select=np.array([2, 3]))
    assert np.allclose(other["probability"].array, expected["probability"].array, atol=1e-5)


def test_selected_cells_get_the_numbers_they_have_among_all(recording_folder, tiny_classifier):
    everything = _predict(recording_folder, tiny_classifier)
    some = _predict(recording_folder, tiny_classifier, select=np.array([4, 1]))
    assert some["probability"].cells.tolist() == [4, 1]
    assert np.allclose(
        some["probability"].array, everything["probability"].array[[4, 1]], atol=1e-5
    )


def test_blocks_arrive_in_order_and_are_the_answer(recording_folder, tiny_classifier):
    arrived = []
    with open_movie(recording_folder / "movie.tif") as movie:
        cells = read_cells(recording_folder / "cells.npz")
        whole = predict(
            movie, cells, 10.0, 2.0, tiny_classifier, PredictionSettings(block_frames=50),
            arrived=lambda first, block: arrived.append((first, block)),
        )  # fmt: skip
    firsts = [first for first, _ in arrived]
    assert len(firsts) > 1
    assert firsts == np.cumsum([0, *(block.shape[1] for _, block in arrived[:-1])]).tolist()
    joined = np.concatenate([block for _, block in arrived], axis=1)
    np.testing.assert_allclose(joined, whole["probability"].array, atol=1e-6)


def test_a_movie_at_thirty_hertz_is_answered_on_its_own_frames(recording_folder, tiny_classifier):
    prediction = _predict(recording_folder, tiny_classifier, rate=30.0)
    assert prediction["probability"].array.shape == (6, 230)
    assert prediction.info["resampling"]["time_bin"] == 3


def test_a_movie_shorter_than_a_window(tmp_path, tiny_classifier):
    frames = np.random.default_rng(0).integers(90, 110, (25, 20, 20)).astype(np.uint16)
    np.save(tmp_path / "short.npy", frames)
    cells = make_cells([([9, 10], [9, 9], None)], 20, 20, "drawn")
    with open_movie(tmp_path / "short.npy") as movie:
        prediction = predict(movie, cells, 10.0, 2.0, tiny_classifier)
    assert prediction["probability"].array.shape == (1, 25)
    assert "fewer than its window of 40" in prediction.warnings[0]
    assert np.isfinite(prediction["probability"].array).all()


def test_a_frame_that_is_no_number_is_named(tmp_path, tiny_classifier):
    frames = np.random.default_rng(0).normal(100, 5, (60, 20, 20)).astype(np.float32)
    frames[33, 3, 3] = np.nan
    np.save(tmp_path / "hole.npy", frames)
    cells = make_cells([([9, 10], [9, 9], None)], 20, 20, "drawn")
    with open_movie(tmp_path / "hole.npy") as movie, pytest.raises(InputError, match="33"):
        predict(movie, cells, 10.0, 2.0, tiny_classifier)


def test_cells_of_another_field_are_refused(recording_folder, tiny_classifier):
    cells = make_cells([([1], [1], None)], 99, 99, "drawn")
    with open_movie(recording_folder / "movie.tif") as movie, pytest.raises(InputError, match="99"):
        predict(movie, cells, 10.0, 2.0, tiny_classifier)


@given(st.integers(1, 500), st.integers(2, 120), st.floats(0.0, 0.9))
def test_windows_cover_every_frame(n_frames, window, overlap):
    starts = window_starts(n_frames, window, max(1, round(window * (1 - overlap))))
    covered = np.zeros(max(n_frames, window), bool)
    for start in starts:
        covered[start : start + window] = True
    assert covered.all()
    assert starts == sorted(set(starts))
    assert starts[-1] + window == max(n_frames, window)


def test_edges_of_a_window_count_less():
    assert edge_weights(100)[[0, 24, 50, 99]].tolist() == pytest.approx([0.04, 1.0, 1.0, 0.04])


def test_a_calibration_that_follows_the_recording_is_the_same_whatever_cells_are_selected(
    recording_folder, tiny_classifier
):
    following = Calibration(by_activity=0.5)
    card = dataclasses.replace(tiny_classifier.card, calibration=following)
    classifier = dataclasses.replace(tiny_classifier, card=card)
    plain = dataclasses.replace(
        tiny_classifier, card=dataclasses.replace(card, calibration=Calibration())
    )
    whole = _predict(recording_folder, classifier)
    some = _predict(recording_folder, classifier, select=np.array([1, 3]))
    of_whole = whole["probability"].array[[1, 3]]
    assert np.allclose(some["probability"].array, of_whole, rtol=0, atol=1e-5)
    offset = whole.info["calibration_offset"]
    assert some.info["calibration_offset"] == offset
    raw = _predict(recording_folder, plain)["probability"].array
    mean = raw.mean()  # of all windows, where the level looks at some of them
    assert offset == pytest.approx(0.5 * np.log(mean / (1 - mean)), abs=0.1)
    moved = whole["probability"].array
    assert (moved < raw).all() == (offset < 0)
