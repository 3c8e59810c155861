"""suite2p's data.bin, described by ops.npy (before 1.0) or by db.npy and settings.npy."""

import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.recording.movie_readers import open_movie

PIXELS = (np.arange(6 * 4 * 3) - 20).astype("<i2").reshape(6, 4, 3)
SIZES = {"nframes": 6, "Ly": 4, "Lx": 3}


def plane(folder, *, sizes=SIZES, old=True, pixels=PIXELS, **more):
    """A plane folder as suite2p leaves it, with the options this reader looks at."""
    folder.mkdir(parents=True)
    if old:
        np.save(folder / "ops.npy", {**sizes, "fs": 15.5, **more}, allow_pickle=True)
    else:
        np.save(folder / "db.npy", {**sizes, "nplanes": 1, **more}, allow_pickle=True)
        settings = {"fs": 15.5, "tau": 1.0, "run": {"do_registration": 1}}
        np.save(folder / "settings.npy", settings, allow_pickle=True)
    (folder / "data.bin").write_bytes(pixels.tobytes())
    return folder


@pytest.mark.parametrize("old", [True, False])
def test_the_registered_movie(tmp_path, old):
    folder = plane(tmp_path / "plane0", old=old)
    for path in (folder, folder / "data.bin"):
        with open_movie(path) as movie:
            assert movie.path == path
            assert movie.shape == (6, 4, 3)
            assert movie.dtype == np.int16
            assert movie.frame_rate_hz == 15.5
            assert movie.pixel_size_um is None
            np.testing.assert_array_equal(movie.frames(0, 6), PIXELS)
            np.testing.assert_array_equal(movie.patch(1, 3, 2, 4, 1, 2), PIXELS[1:3, 2:4, 1:2])


@pytest.mark.parametrize("upper", ["suite2p", "."])
def test_folders_above_the_plane(tmp_path, upper):
    plane(tmp_path / "mouse" / "suite2p" / "plane0")
    with open_movie(tmp_path / "mouse" / upper) as movie:
        assert movie.n_frames == 6


def test_the_folder_of_the_tiffs_means_the_tiffs(tmp_path):
    """suite2p writes its results into the folder of the movie unless it is told otherwise."""
    plane(tmp_path / "suite2p" / "plane0")
    tifffile.imwrite(tmp_path / "recording.tif", np.zeros((9, 5, 5), np.uint16))
    with open_movie(tmp_path) as movie:
        assert movie.shape == (9, 5, 5)
    with open_movie(tmp_path / "suite2p") as movie:
        assert movie.shape == (6, 4, 3)


def test_several_planes(tmp_path):
    for name in ("plane0", "plane1"):
        plane(tmp_path / "suite2p" / name)
    with pytest.raises(InputError, match=r"one plane, found 2 \(plane0, plane1\)"):
        open_movie(tmp_path / "suite2p")


@pytest.mark.parametrize(
    ("pixels", "frames"),
    [(PIXELS[:5], "5 frames"), (np.concatenate([PIXELS, PIXELS]), "12 frames")],
)
def test_a_file_of_another_length(tmp_path, pixels, frames):
    with pytest.raises(InputError, match=rf"Expected 6 frames of 4 x 3 .*{frames}"):
        open_movie(plane(tmp_path / "plane0", pixels=pixels))


@pytest.mark.parametrize("cut", [1, 2, 23, 24, 100, 143])
def test_a_file_that_was_cut(tmp_path, cut):
    folder = plane(tmp_path / "plane0")
    data = (folder / "data.bin").read_bytes()
    (folder / "data.bin").write_bytes(data[:-cut])
    with pytest.raises(InputError, match="cut short"):
        open_movie(folder)


def test_results_without_the_movie(tmp_path):
    folder = plane(tmp_path / "plane0")
    (folder / "data.bin").unlink()
    with pytest.raises(InputError, match="delete_bin"):
        open_movie(folder)


def test_a_movie_without_its_description(tmp_path):
    folder = plane(tmp_path / "plane0")
    (folder / "ops.npy").unlink()
    with pytest.raises(InputError, match="whole plane folder"):
        open_movie(folder / "data.bin")


@pytest.mark.parametrize(
    "sizes", [{"Ly": 4, "Lx": 3}, {**SIZES, "Lx": 0}, {**SIZES, "Ly": "four"}, {**SIZES, "Ly": 1.5}]
)
def test_sizes_that_are_none(tmp_path, sizes):
    with pytest.raises(InputError, match="a whole number for"):
        open_movie(plane(tmp_path / "plane0", sizes=sizes))


def test_a_mean_image_of_another_size(tmp_path):
    folder = plane(tmp_path / "plane0", sizes={**SIZES, "Ly": 3, "Lx": 4}, meanImg=np.zeros((4, 3)))
    with pytest.raises(InputError, match="do not belong together"):
        open_movie(folder)


def test_numpy_numbers_in_the_options(tmp_path):
    sizes = {name: np.int64(size) for name, size in SIZES.items()}
    with open_movie(plane(tmp_path / "plane0", sizes=sizes)) as movie:
        assert movie.shape == (6, 4, 3)
