"""A recording is opened in one place: a movie of 40 frames on 8 x 10 pixels with two cells."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from deepcinac import opening
from deepcinac.errors import InputError
from deepcinac.files import cache_folder
from deepcinac.labelling.session import Session
from deepcinac.opening import open_recording
from deepcinac.recording.cells import Cells, make_cells, save_cells
from deepcinac.recording.signals import regular_signal
from deepcinac.recording.traces import extract_traces

SHAPE = (40, 8, 10)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def two_cells() -> Cells:
    left = np.array([1, 1, 2, 2]), np.array([1, 2, 1, 2]), None
    right = np.array([5, 5, 6]), np.array([7, 8, 8]), None
    return make_cells([left, right], *SHAPE[1:], "by hand")


@pytest.fixture
def movie_file(tmp_path: Path) -> Path:
    """Every pixel of frame t is t."""
    path = tmp_path / "movie.npy"
    np.save(path, np.broadcast_to(np.arange(40, dtype=np.uint16)[:, None, None], SHAPE).copy())
    return path


@pytest.fixture
def session_file(tmp_path: Path, movie_file: Path, two_cells: Cells) -> Path:
    path = tmp_path / "mouse.deepcinac"
    with Session.create(path, movie_file, SHAPE, two_cells, 10.0, 2.0) as session:
        session.add_layer("expert", "anna")
        session.write_signal(regular_signal("speed", np.arange(40.0), "cm/s", 10.0))
    return path


def test_a_session_says_all_there_is(session_file: Path) -> None:
    with open_recording(session_file) as recording:
        assert recording.name == "mouse"
        assert recording.shape == SHAPE
        assert (recording.frame_rate_hz, recording.pixel_size_um) == (10.0, 2.0)
        assert len(recording.cells) == 2
        assert [layer.name for layer in recording.layers] == ["anna"]
        assert recording.signals["speed"].values[3] == 3
        assert recording.movie.frames(3, 4).max() == 3
        assert recording.traces.raw[:, 7].tolist() == [7, 7]


def test_a_movie_and_its_cells_are_the_same(
    tmp_path: Path, movie_file: Path, two_cells: Cells
) -> None:
    save_cells(tmp_path / "cells.npz", two_cells)
    for cells in (tmp_path / "cells.npz", two_cells):
        with open_recording(movie_file, cells, frame_rate_hz=5.0) as recording:
            assert recording.name == "movie"
            assert recording.session is None
            assert recording.layers == []
            assert recording.shape == SHAPE
            assert recording.frame_rate_hz == 5.0
            assert recording.traces.raw[:, 7].tolist() == [7, 7]
            with pytest.raises(InputError, match="--pixel-size UM"):
                _ = recording.pixel_size_um


def test_the_word_of_the_user_comes_first(session_file: Path) -> None:
    with open_recording(session_file, frame_rate_hz=8.0) as recording:
        assert (recording.frame_rate_hz, recording.pixel_size_um) == (8.0, 2.0)
    with pytest.raises(InputError, match="a pixel size above 0 um"):
        open_recording(session_file, pixel_size_um=-1.0)


def test_an_open_session_stays_open(session_file: Path) -> None:
    with Session.open(session_file) as session:
        with open_recording(session) as recording:
            assert recording.session is session
        assert session.n_cells == 2


def test_cells_beside_a_session_and_a_movie_without_any(
    session_file: Path, movie_file: Path, two_cells: Cells
) -> None:
    with pytest.raises(InputError, match="the session's own cells"):
        open_recording(session_file, two_cells)
    with open_recording(movie_file) as recording, pytest.raises(InputError, match="no cells"):
        _ = recording.cells


def test_a_movie_is_reduced_once(session_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_recording(session_file) as recording:
        assert not recording.has_traces()
        made = np.array(recording.traces.without_overlap)
        assert recording.has_traces()
        assert not recording.has_traces(images=True)

    def opened_again(*_args: object, **_more: object) -> None:
        raise AssertionError("the movie was opened again")

    monkeypatch.setattr(opening, "open_movie", opened_again)
    with open_recording(session_file) as recording:
        assert np.array_equal(recording.traces.without_overlap, made)


def test_images_are_added_to_traces_that_are_there(
    session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_recording(session_file) as recording:
        assert recording.traces.folder.is_dir()
    monkeypatch.setattr("deepcinac.recording.traces.extract_traces", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with open_recording(session_file) as recording:
            assert recording.traces_with_images.images["maximum"].tolist() == [[39] * 10] * 8
            assert recording.has_traces(images=True)


def test_cached_traces_are_those_of_the_movie(session_file: Path) -> None:
    with open_recording(session_file) as recording:
        direct = extract_traces(recording.movie, recording.cells)
        for name in ("raw", "without_overlap", "neuropil"):
            assert np.array_equal(getattr(recording.traces, name), getattr(direct, name))


def test_damaged_traces_are_made_again(session_file: Path) -> None:
    with open_recording(session_file) as recording:
        folder = recording.traces.folder
    (folder / "raw.npy").write_bytes(b"damage")
    with open_recording(session_file) as recording:
        assert recording.traces.raw[0].tolist() == list(range(40))


def test_a_movie_of_another_length_is_refused(session_file: Path, movie_file: Path) -> None:
    np.save(movie_file, np.zeros((30, 8, 10), np.uint16))
    with open_recording(session_file) as recording, pytest.raises(InputError, match="movie"):
        _ = recording.movie


def test_other_cells_have_other_traces(movie_file: Path, two_cells: Cells) -> None:
    other = make_cells([(np.array([3]), np.array([3]), None)], *SHAPE[1:], "by hand")
    folders = set()
    for cells in (two_cells, other):
        with open_recording(movie_file, cells, frame_rate_hz=10.0) as recording:
            folders.add(recording.traces.folder)
    assert len(folders) == 2


def test_traces_that_the_window_made_before_are_found(session_file: Path) -> None:
    """Name of the folder and of its files stay as they were."""
    with open_recording(session_file) as recording:
        folder = recording.traces_with_images.folder
    with Session.open(session_file, read_only=True) as session:
        session_id = session.meta()["session_id"]
        key = [1, session.recording.fingerprint, 40, 10.0, session_id]
    name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:20]
    assert folder == cache_folder() / "sessions" / name
    (folder / "traces.json").unlink()  # which the window did not write
    held = {"raw.npy", "without_overlap.npy", "neuropil.npy", "snr.npy", "images.npz"}
    assert {path.name for path in folder.iterdir()} == held | {"complete.json"}
    with open_recording(session_file) as recording:
        assert recording.has_traces(images=True)
        assert recording.has_traces()
