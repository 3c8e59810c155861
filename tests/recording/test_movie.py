"""The interface all movies share: what is read, what is refused, how it travels to a worker."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.recording.movie import (
    check_frames,
    checked_layout,
    iterate_blocks,
)
from deepcinac.recording.movie_readers import open_movie


@pytest.fixture
def steps(tmp_path):
    """Four frames of 2 x 3 pixels; every pixel of frame t has the value 10 t + its place."""
    movie = 10 * np.arange(4)[:, None, None] + np.arange(6).reshape(2, 3)
    path = tmp_path / "steps.npy"
    np.save(path, movie.astype(np.uint16))
    return path


def test_frames_and_patch_hold_the_expected_pixels(steps):
    with open_movie(steps) as movie:
        assert movie.shape == (4, 2, 3)
        assert (movie.n_frames, movie.height, movie.width) == (4, 2, 3)
        assert movie.dtype == np.uint16
        assert movie.path == steps
        assert movie.frames(1, 3).tolist() == [
            [[10, 11, 12], [13, 14, 15]],
            [[20, 21, 22], [23, 24, 25]],
        ]
        assert movie.patch(0, 2, 1, 2, 1, 3).tolist() == [[[4, 5]], [[14, 15]]]


def test_nothing_asked_for_is_an_empty_block(steps):
    with open_movie(steps) as movie:
        assert movie.frames(2, 2).shape == (0, 2, 3)
        assert movie.patch(0, 4, 1, 1, 0, 3).shape == (4, 0, 3)


@pytest.mark.parametrize(
    "ranges", [(-1, 2, 0, 2, 0, 3), (0, 5, 0, 2, 0, 3), (3, 2, 0, 2, 0, 3), (0, 1, 0, 2, 1, 4)]
)
def test_a_range_outside_the_movie_is_refused_and_not_shortened(steps, ranges):
    with open_movie(steps) as movie, pytest.raises(IndexError):
        movie.patch(*ranges)


def test_blocks_are_copies(steps):
    with open_movie(steps) as movie:
        movie.frames(0, 1)[:] = 99
        assert movie.frames(0, 1).max() == 5


def test_blocks_cover_the_movie_once(steps):
    with open_movie(steps) as movie:
        blocks = list(iterate_blocks(movie, 3))
    assert [(start, len(frames)) for start, frames in blocks] == [(0, 3), (3, 1)]
    assert [int(frames[0, 0, 0]) for _, frames in blocks] == [0, 30]


def test_systems_without_pread_read_the_same(steps, monkeypatch):
    monkeypatch.delattr("os.pread", raising=False)  # Windows has none
    with open_movie(steps) as movie:
        assert movie.patch(1, 3, 1, 2, 0, 3).tolist() == [[[13, 14, 15]], [[23, 24, 25]]]


def test_a_movie_travels_as_its_address(steps):
    with open_movie(steps) as movie:
        parcel = pickle.dumps(movie)
    assert len(parcel) < 500
    with pickle.loads(parcel) as again:
        assert again.frames(3, 4)[0, 0, 0] == 30


def test_big_endian_files_come_out_in_the_order_of_this_machine(tmp_path):
    path = tmp_path / "big.npy"
    np.save(path, np.full((2, 3, 4), 258, ">i2"))
    with open_movie(path) as movie:
        block = movie.frames(0, 2)
    assert movie.dtype == block.dtype == np.dtype("int16")
    assert (block == 258).all()


@given(
    shape=st.tuples(st.integers(2, 6), st.integers(1, 9), st.integers(1, 9)),
    dtype=st.sampled_from(["uint8", "uint16", "int16", "float32"]),
    data=st.data(),
)
@settings(max_examples=40)
def test_a_patch_is_a_slice_of_the_frames(tmp_path_factory, shape, dtype, data):
    pixels = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    path = tmp_path_factory.mktemp("patch") / "movie.npy"
    np.save(path, pixels)
    (a, b), (c, d), (e, f) = (
        sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size)))) for size in shape
    )
    with open_movie(path) as movie:
        np.testing.assert_array_equal(movie.patch(a, b, c, d, e, f), pixels[a:b, c:d, e:f])


# What is refused


def test_nan_names_the_first_bad_frame():
    block = np.zeros((3, 2, 2), np.float32)
    block[1, 0, 1] = np.nan
    block[2] = np.inf
    with pytest.raises(InputError, match=r"1 pixels .* in frame 101 .*movie\.tif"):
        check_frames(block, 100, "movie.tif")
    check_frames(block[:1], 100, "movie.tif")
    check_frames(np.zeros((3, 2, 2), np.uint16), 0, "movie.tif")


def test_nan_is_found_while_streaming(tmp_path):
    movie = np.ones((5, 2, 2), np.float32)
    movie[3, 1, 1] = np.nan
    np.save(tmp_path / "gap.npy", movie)
    with open_movie(tmp_path / "gap.npy") as opened, pytest.raises(InputError, match="frame 3"):
        list(iterate_blocks(opened, 2))


@pytest.mark.parametrize(
    ("shape", "dtype", "sentence"),
    [
        ((20, 30), "uint16", "one image"),
        ((0, 20, 30), "uint16", "0 frames"),
        ((5, 20, 30, 3), "uint8", "4 axes"),
        ((5, 0, 30), "uint8", "plausible size"),
        ((5, 20, 30), "float64", "found float64"),
        ((5, 20, 30), "uint32", "found uint32"),
        ((5, 20, 30), "complex64", "found complex64"),
    ],
)
def test_layouts_that_are_no_movie(shape, dtype, sentence):
    with pytest.raises(InputError, match=sentence):
        checked_layout(shape, dtype, "somewhere")


def test_a_path_without_a_file(tmp_path):
    with pytest.raises(InputError, match="found nothing in"):
        open_movie(tmp_path / "absent.tif")


@pytest.mark.parametrize("name", ["movie.tif", "movie.npy", "movie.h5", "data.bin", "movie.avi"])
def test_an_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="an empty file"):
        open_movie(tmp_path / name)


@pytest.mark.parametrize("name", ["movie.tif", "movie.npy", "movie.h5", "data.bin", "movie.avi"])
def test_a_file_of_another_kind(tmp_path, name):
    (tmp_path / name).write_text("These are my notes about the recording of Tuesday.")
    with pytest.raises(InputError):
        open_movie(tmp_path / name)


def test_a_file_that_shrinks_while_it_is_open(steps):
    with open_movie(steps) as movie:
        with open(steps, "r+b") as stream:
            stream.truncate(140)
        with pytest.raises(InputError, match="cut short or changed"):
            movie.frames(0, 4)


def test_npy_with_bytes_left_over(steps):
    with open(steps, "ab") as stream:
        stream.write(b"\0" * 12)
    with pytest.raises(InputError, match="48 bytes|176 bytes"):
        open_movie(steps)


def test_npy_in_fortran_order_says_how_to_save_it(tmp_path):
    np.save(tmp_path / "f.npy", np.asfortranarray(np.zeros((3, 4, 5), np.uint8)))
    with pytest.raises(InputError, match="ascontiguousarray"):
        open_movie(tmp_path / "f.npy")


def test_npy_with_pickled_objects_is_not_unpickled(tmp_path):
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="plain array"):
        open_movie(tmp_path / "o.npy")
