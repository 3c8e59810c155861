"""Which axis holds the frames: told by the pixels, asked about where they speak against frames first."""

import h5py
import numpy as np
import pytest
import tifffile

from deepcinac.labelling.session import Session
from deepcinac.opening import open_recording
from deepcinac.recording.axes import likely_axis, standing_pictures
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie_array import open_npy
from deepcinac.recording.movie_readers import MovieSource, open_movie
from deepcinac.recording.series import SeveralSeries


def tissue(n_frames=300, height=40, width=56, seed=0):
    """Nine bright discs that stay, one of which flashes, in photon noise: (n_frames, height, width)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    light = np.full((n_frames, height, width), 20.0)
    for k in range(9):
        disc = (y - rng.integers(4, height - 4)) ** 2 + (x - rng.integers(4, width - 4)) ** 2 < 12
        light[:, disc] += rng.uniform(10, 40)
        if k == 0:
            light[n_frames // 2 : n_frames // 2 + 10, disc] += 60
    return rng.poisson(light).astype(np.uint16)


def as_npy(folder, array):
    np.save(folder / "m.npy", array)
    return folder / "m.npy"


def as_hdf5(folder, array):
    with h5py.File(folder / "m.h5", "w") as file:
        file.create_dataset("mov", data=array, chunks=(8, 8, array.shape[2]), compression="gzip")
    return folder / "m.h5"


def as_tiff(folder, array):
    tifffile.imwrite(folder / "m.tif", array, metadata=None)
    return folder / "m.tif"


def as_shaped_tiff(folder, array):
    tifffile.imwrite(folder / "m.tif", array)
    return folder / "m.tif"


WRITERS = [as_npy, as_hdf5, as_tiff, as_shaped_tiff]


@pytest.mark.parametrize("write", WRITERS)
def test_frames_last_are_asked_about_and_read_as_said(tmp_path, write):
    movie = tissue()
    path = write(tmp_path, np.ascontiguousarray(movie.transpose(1, 2, 0)))
    with pytest.raises(SeveralSeries) as caught:
        open_movie(path)
    assert list(caught.value.choices.values()) == [
        "frames-first: 40 frames of 56 x 300 pixels",
        "frames-last: 300 frames of 40 x 56 pixels",
    ]
    assert "--series" in str(caught.value)
    with open_movie(path, series="frames-last") as opened:
        assert opened.shape == (300, 40, 56)
        assert np.array_equal(opened.frames(0, 300), movie)
        assert np.array_equal(opened.patch(7, 9, 3, 5, 10, 13), movie[7:9, 3:5, 10:13])
        with open_movie(opened.address, working_copy=False) as again:
            assert np.array_equal(again.patch(7, 9, 3, 5, 10, 13), movie[7:9, 3:5, 10:13])
    with open_movie(path, series="frames-first") as opened:
        assert opened.shape == (40, 56, 300)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("n_frames", [12, 60, 300])
def test_frames_first_are_never_asked_about(tmp_path, write, n_frames):
    with open_movie(write(tmp_path, tissue(n_frames))) as opened:
        assert opened.shape == (n_frames, 40, 56)


def test_frames_in_the_middle_are_listed(tmp_path):
    movie = tissue()
    path = as_npy(tmp_path, np.ascontiguousarray(movie.transpose(1, 0, 2)))
    with pytest.raises(SeveralSeries, match="frames-middle: 300 frames of 40 x 56 pixels"):
        open_movie(path)
    with open_movie(path, series="frames-middle") as opened:
        assert np.array_equal(opened.frames(4, 6), movie[4:6])


def test_without_a_picture_the_sizes_decide(tmp_path):
    """Change against the mean, as dF/F: no cell stays. Wide strips of few frames are asked about."""
    flat = np.random.default_rng(0).normal(0, 1, (300, 40, 56)).astype(np.float32)
    with open_movie(as_npy(tmp_path, flat)) as opened:
        assert opened.shape == flat.shape
    with pytest.raises(SeveralSeries):
        open_movie(as_npy(tmp_path, np.ascontiguousarray(flat.transpose(1, 2, 0))))
    with open_movie(as_npy(tmp_path, flat[:40])) as opened:
        assert opened.shape == (40, 40, 56)


def test_a_header_that_names_its_frames_is_believed(tmp_path):
    pages = np.ascontiguousarray(tissue().transpose(1, 2, 0))
    tifffile.imwrite(tmp_path / "i.tif", pages, imagej=True, metadata={"axes": "TYX"})
    tifffile.imwrite(tmp_path / "o.ome.tif", pages, metadata={"axes": "TYX"})
    for name in ("i.tif", "o.ome.tif"):
        with open_movie(tmp_path / name) as opened:
            assert opened.shape == (40, 56, 300)


def test_a_session_keeps_the_axes_and_one_of_before_is_not_asked(tmp_path):
    movie = tissue()
    path = as_npy(tmp_path, np.ascontiguousarray(movie.transpose(1, 2, 0)))
    square = np.mgrid[10:14, 10:14].reshape(2, -1)
    cells = make_cells([(square[0], square[1], None)], 40, 56, "x")
    with open_movie(path, series="frames-last") as opened:
        Session.create(
            tmp_path / "new.deepcinac", opened.address, opened.shape, cells, 10.0, 2.0
        ).close()
    with open_recording(tmp_path / "new.deepcinac") as recording:
        assert np.array_equal(recording.movie.frames(5, 6), movie[5:6])
    old = make_cells([(square[0], square[1], None)], 56, 300, "x")
    Session.create(tmp_path / "old.deepcinac", path, (40, 56, 300), old, 10.0, 2.0).close()
    with open_recording(tmp_path / "old.deepcinac") as recording:
        assert recording.movie.shape == (40, 56, 300)


def test_what_stays_by_axis():
    picture = np.array([[0.0, 4.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 4.0]])
    assert standing_pictures(np.stack([picture] * 5)).round(9).tolist() == [8, 0, 0]
    assert standing_pictures(np.stack([picture] * 5, axis=2)).round(9).tolist() == [0, 0, 8]
    fading = np.linspace(100, 50, 20)[:, None, None] + np.zeros((20, 9, 9))
    assert standing_pictures(fading).round(9).tolist() == [0, 0, 0]


def test_a_movie_that_fades_and_swings_as_a_whole(tmp_path):
    swing = 1 + 0.4 * np.sin(np.arange(60))[:, None, None]
    path = as_npy(tmp_path, (tissue(60) * swing).astype(np.float32))
    with open_npy(MovieSource(path)) as opened:
        assert likely_axis(opened) == 0
