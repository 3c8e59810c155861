"""HDF5 datasets: which one, how it is stored, what is missing in it."""

import h5py
import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_hdf5 import Hdf5Movie
from deepcinac.recording.movie_readers import open_movie

PIXELS = np.arange(40 * 6 * 5, dtype=np.uint16).reshape(40, 6, 5)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))


def write(path, name="mov", pixels=PIXELS, userblock=0, **storage):
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file.create_dataset(name, data=pixels, **storage)
    return path


@pytest.mark.parametrize(
    ("storage", "kind"),
    [
        ({}, FlatMovie),
        ({"userblock": 512}, FlatMovie),
        ({"chunks": (1, 6, 5)}, Hdf5Movie),
        ({"chunks": (1, 6, 5), "compression": "gzip"}, Hdf5Movie),
        ({"chunks": (7, 4, 3), "compression": "gzip", "shuffle": True}, Hdf5Movie),
        ({"chunks": (40, 3, 3), "compression": "gzip"}, FlatMovie),  # a working copy
    ],
)
def test_every_way_of_storing_gives_the_same_pixels(tmp_path, storage, kind):
    path = write(tmp_path / "movie.h5", **storage)
    with open_movie(path) as movie:
        assert isinstance(movie, kind)
        assert movie.shape == (40, 6, 5)
        assert movie.dtype == np.uint16
        assert movie.dataset == "/mov"
        np.testing.assert_array_equal(movie.frames(0, 40), PIXELS)
        np.testing.assert_array_equal(movie.patch(7, 30, 1, 5, 2, 4), PIXELS[7:30, 1:5, 2:4])


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "<i2", ">f4"])
@pytest.mark.parametrize("storage", [{}, {"chunks": True}])
def test_pixel_types(tmp_path, dtype, storage):
    pixels = (PIXELS % 250).astype(dtype)
    with open_movie(write(tmp_path / "m.h5", pixels=pixels, **storage)) as movie:
        block = movie.frames(3, 9)
    assert block.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(block, pixels[3:9])


def test_the_only_movie_in_the_file_is_found(tmp_path):
    path = write(tmp_path / "m.h5", "acquisition/data")
    with h5py.File(path, "a") as file:
        file["times"] = np.arange(40.0)
        file["mean"] = PIXELS.mean(0)
        file["masks"] = np.ones((3, 6, 5))  # float64: no movie
    with open_movie(path) as movie:
        assert movie.dataset == "/acquisition/data"


def test_several_candidates_are_listed_and_one_can_be_named(tmp_path):
    path = write(tmp_path / "m.h5", "raw")
    with h5py.File(path, "a") as file:
        file["corrected/movie"] = PIXELS + 1
    with pytest.raises(InputError, match=r"2 datasets .*/corrected/movie 40 x 6 x 5, /raw"):
        open_movie(path)
    for name in ("/corrected/movie", "corrected/movie"):
        with open_movie(f"{path}:{name}") as movie:
            assert movie.frames(0, 1)[0, 0, 0] == 1
            assert movie.address == f"{path}:/corrected/movie"


def test_names_that_are_not_there(tmp_path):
    path = write(tmp_path / "m.h5")
    with pytest.raises(InputError, match=r"a dataset called other, found /mov 40 x 6 x 5"):
        open_movie(f"{path}:/other")
    with pytest.raises(InputError, match="found nothing"):
        open_movie(f"{tmp_path}/absent.h5:/mov")


def test_frame_rate_of_nwb_and_caiman(tmp_path):
    path = write(tmp_path / "m.nwb", "acquisition/TwoPhotonSeries/data")
    with h5py.File(path, "a") as file:
        file["acquisition/TwoPhotonSeries/starting_time"] = 0.0
        file["acquisition/TwoPhotonSeries/starting_time"].attrs["rate"] = 9.8
    with open_movie(path) as movie:
        assert movie.frame_rate_hz == pytest.approx(9.8)
    path = write(tmp_path / "m.hdf5")
    with h5py.File(path, "a") as file:
        file["mov"].attrs["fr"] = 30
    with open_movie(path) as movie:
        assert movie.frame_rate_hz == 30.0


@pytest.mark.parametrize("storage", [{}, {"chunks": (5, 6, 5)}])
def test_frames_that_were_never_written(tmp_path, storage):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("mov", (40, 6, 5), "uint16", **storage)
        if storage:
            data[:20] = PIXELS[:20]
    with pytest.raises(InputError, match="interrupted"):
        open_movie(path)


def test_no_movie_in_the_file(tmp_path):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file["trace"] = np.arange(10.0)
    with pytest.raises(InputError, match="frames x height x width, found none"):
        open_movie(path)


def test_a_movie_of_doubles_and_an_array_of_matlab(tmp_path):
    with pytest.raises(InputError, match="found float64"):
        open_movie(write(tmp_path / "d.h5", pixels=PIXELS.astype(float)))
    path = write(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        file["mov"].attrs["MATLAB_class"] = np.bytes_("uint16")
    with pytest.raises(InputError, match="MATLAB"):
        open_movie(path)


def test_a_file_that_was_cut(tmp_path):
    path = write(tmp_path / "m.h5")
    data = path.read_bytes()
    for n in (8, 100, len(data) // 2, len(data) - 100, len(data) - 1):
        path.write_bytes(data[:n])
        with pytest.raises(InputError):
            open_movie(path)


@pytest.mark.parametrize("shape", [(40, 1, 6, 5), (1, 40, 6, 5), (40, 1, 6, 5, 1)])
@pytest.mark.parametrize("storage", [{}, {"chunks": True, "compression": "gzip"}])
def test_axes_of_one_plane_or_channel(tmp_path, shape, storage):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("mov", data=PIXELS.reshape(shape), **storage)
    with open_movie(path, working_copy=False) as movie:
        assert movie.shape == (40, 6, 5)
        assert np.array_equal(movie.patch(3, 9, 1, 4, 2, 5), PIXELS[3:9, 1:4, 2:5])


def test_an_array_with_an_axis_of_one(tmp_path):
    np.save(tmp_path / "m.npy", PIXELS.reshape(40, 1, 6, 5))
    with open_movie(tmp_path / "m.npy") as movie:
        assert np.array_equal(movie.frames(0, 40), PIXELS)


@pytest.mark.parametrize(
    "storage", [{"compression": "gzip"}, {"fletcher32": True}, {"compression": "lzf"}]
)
def test_a_movie_that_ends_in_zeros(tmp_path, storage):
    """They are no damage."""
    pixels = np.ones((8, 16, 16), np.uint16)
    pixels[4:] = 0
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_dataset("mov", data=pixels, chunks=(4, 16, 16), **storage)
    with open_movie(tmp_path / "m.h5", working_copy=False) as movie:
        np.testing.assert_array_equal(movie.frames(0, 8), pixels)
