"""Folders of TIFFs: natural order, files that belong together, holes in the numbering."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.recording.file_series import natural_key
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_readers import open_movie


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))


def write_frames(folder, numbers, name="img{}.tif", **form):
    """One file per number; all pixels of a frame have that number as their value."""
    folder.mkdir(exist_ok=True)
    for number in numbers:
        frame = np.full((5, 4), number, np.uint16)
        tifffile.imwrite(folder / name.format(number), frame, **form)
    return folder


def first_pixels(movie):
    return movie.frames(0, movie.n_frames)[:, 0, 0].tolist()


@pytest.mark.filterwarnings("ignore:.*6 of 11 frames missing")
def test_img2_comes_before_img10(tmp_path):
    folder = write_frames(tmp_path / "frames", [1, 2, 10, 11, 3])
    with open_movie(folder, accepted=frozenset({"missing-frames"})) as movie:
        assert movie.shape == (5, 5, 4)
        assert first_pixels(movie) == [1, 2, 3, 10, 11]
        assert movie.patch(2, 4, 1, 3, 0, 2).tolist() == [[[3, 3], [3, 3]], [[10, 10], [10, 10]]]


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=2, max_size=30))
def test_natural_order_is_the_order_of_the_numbers(numbers):
    names = sorted((f"img{number}.tif" for number in numbers), key=natural_key)
    assert names == [f"img{number}.tif" for number in sorted(numbers)]


def test_long_pieces_in_a_row(tmp_path):
    folder = tmp_path / "pieces"
    folder.mkdir()
    movie = np.arange(7 * 5 * 4, dtype=np.uint16).reshape(7, 5, 4)
    for i, (start, stop) in enumerate([(0, 3), (3, 4), (4, 7)]):
        tifffile.imwrite(folder / f"rec_{i}.tiff", movie[start:stop], photometric="minisblack")
    with open_movie(folder) as opened:
        assert opened.random_access
        for start in range(7):
            for stop in range(start, 8):
                np.testing.assert_array_equal(opened.frames(start, stop), movie[start:stop])


def test_compressed_files_get_a_working_copy(tmp_path):
    folder = write_frames(tmp_path / "frames", range(1, 8), compression="zlib")
    with open_movie(folder, working_copy=False) as movie:
        assert first_pixels(movie) == [1, 2, 3, 4, 5, 6, 7]
    with open_movie(folder) as movie:
        assert isinstance(movie, FlatMovie)
        assert movie.path == folder
        assert first_pixels(movie) == [1, 2, 3, 4, 5, 6, 7]


def test_many_files_get_a_working_copy(tmp_path):
    with open_movie(write_frames(tmp_path / "frames", range(70))) as movie:
        assert isinstance(movie, FlatMovie)
        assert first_pixels(movie) == list(range(70))


def test_a_new_frame_makes_a_new_working_copy(tmp_path):
    folder = write_frames(tmp_path / "frames", range(3), compression="zlib")
    open_movie(folder).close()
    write_frames(folder, [3], compression="zlib")
    with open_movie(folder) as movie:
        assert first_pixels(movie) == [0, 1, 2, 3]


def test_other_files_are_left_alone(tmp_path):
    folder = write_frames(tmp_path / "frames", [1, 2])
    (folder / "notes.txt").write_text("mouse 3")
    (folder / "._img1.tif").write_bytes(b"\0\5\26\7")  # macOS leaves these on network drives
    with open_movie(folder) as movie:
        assert first_pixels(movie) == [1, 2]


def test_a_hole_in_the_numbering_is_named(tmp_path):
    folder = write_frames(tmp_path / "frames", [n for n in range(40) if n != 17], "img_{:04d}.tif")
    with pytest.warns(UserWarning, match="no file between img_0016.tif and img_0018.tif"):
        open_movie(folder).close()


def test_file_of_another_size(tmp_path):
    folder = write_frames(tmp_path / "frames", [1, 2])
    tifffile.imwrite(folder / "img3.tif", np.zeros((6, 4), np.uint16))
    with pytest.raises(InputError, match=r"5 x 4 pixels of uint16.*found 6 x 4 .*img3\.tif"):
        open_movie(folder)


def test_one_cut_file_is_named(tmp_path):
    folder = write_frames(tmp_path / "frames", range(5))
    data = (folder / "img3.tif").read_bytes()
    (folder / "img3.tif").write_bytes(data[:-5])
    with pytest.raises(InputError, match=r"img3\.tif"):
        open_movie(folder)


def test_an_empty_folder_and_a_single_image(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    with pytest.raises(InputError, match="found none in"):
        open_movie(folder)
    write_frames(folder, [1])
    with pytest.raises(InputError, match="one image"):
        open_movie(folder)
