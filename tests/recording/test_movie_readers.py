"""Readers register themselves; the right one is asked, in any process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_readers import (
    MOVIE_READERS,
    MovieSource,
    movie_files,
    movie_formats,
    movie_reader,
    open_movie,
    split_dataset,
)
from deepcinac.recording.traces import extract_traces
from deepcinac.registry import Registry


@pytest.fixture
def plane(tmp_path: Path) -> Path:
    """A suite2p plane of 4 frames of 2 x 3 pixels."""
    folder = tmp_path / "plane0"
    folder.mkdir()
    sizes = {"nframes": 4, "Ly": 2, "Lx": 3, "fs": 15.0}
    np.save(folder / "ops.npy", np.array(sizes, dtype=object), allow_pickle=True)
    np.arange(24, dtype="<i2").tofile(folder / "data.bin")
    return folder


@pytest.fixture
def own_reader() -> Iterator[None]:
    """A reader of .raw files: a byte a pixel, 2 x 3 pixels a frame."""

    @movie_reader("a .raw file", recognises=lambda source: source.suffix == ".raw")
    def open_raw(source: MovieSource) -> Movie:
        return FlatMovie(source.path, (source.path.stat().st_size // 6, 2, 3), "u1", 0)

    yield
    MOVIE_READERS._entries.pop(open_raw.__module__)


def test_a_new_format_is_one_function(tmp_path: Path, own_reader: None) -> None:
    (tmp_path / "m.raw").write_bytes(bytes(range(12)))
    with open_movie(tmp_path / "m.raw") as movie:
        assert movie.frames(1, 2).tolist() == [[[6, 7, 8], [9, 10, 11]]]
    assert movie_formats()[-1] == "a .raw file"


def test_what_nobody_recognises(tmp_path: Path) -> None:
    (tmp_path / "m.raw").write_bytes(bytes(range(12)))
    with pytest.raises(
        InputError, match=r"suite2p.* or an HDF5 file, found a file of another kind"
    ):
        open_movie(tmp_path / "m.raw")


def test_programs_are_asked_before_plain_files() -> None:
    names = movie_formats()
    assert names.index("suite2p's folder or data.bin") < names.index("a folder of TIFFs")
    assert names.index("a two-photon series of an NWB file") < names.index("an HDF5 file")


def test_the_order_is_that_of_the_lists_whoever_was_imported_first(plane: Path) -> None:
    """A process that happens to import the plain HDF5 reader first still asks NWB's before it."""
    text = (
        "import deepcinac.recording.movie_hdf5\n"
        "from deepcinac.recording.movie_readers import movie_formats\n"
        "names = movie_formats()\n"
        "assert names.index('a two-photon series of an NWB file') < names.index('an HDF5 file')\n"
    )
    subprocess.run([sys.executable, "-c", text], check=True)


def test_a_movie_of_another_program_opens_in_a_fresh_process(plane: Path) -> None:
    with open_movie(plane) as movie:
        parcel = pickle.dumps(movie)
    text = (
        "import pickle, sys\n"
        "with pickle.loads(sys.stdin.buffer.read()) as movie:\n"
        "    print(movie.frames(3, 4).tolist(), movie.frame_rate_hz)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], input=parcel, capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "[[[18, 19, 20], [21, 22, 23]]] 15.0"


def test_a_movie_that_nobody_opened_from_a_file_cannot_travel(plane: Path) -> None:
    movie = FlatMovie(plane / "data.bin", (4, 2, 3), "<i2", 0)
    with movie, pytest.raises(TypeError, match="was not opened from a file"):
        pickle.dumps(movie)


def test_the_files_of_a_movie(plane: Path, tmp_path: Path) -> None:
    assert movie_files(plane) == [plane / "data.bin"]
    assert movie_files(plane / "data.bin") == [plane / "data.bin"]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="a folder without a movie"):
        movie_files(empty)


def test_a_dataset_in_an_address(tmp_path: Path) -> None:
    assert split_dataset("a/b.h5:/mov") == (Path("a/b.h5"), "mov")
    assert split_dataset("a/b.tif") == (Path("a/b.tif"), None)
    odd = tmp_path / "x.h5:y"
    odd.write_bytes(b"1")
    assert split_dataset(odd) == (odd, None)


def test_a_registry_asks_its_packages_in_order() -> None:
    registry: Registry[str] = Registry("deepcinac.recording")
    registry.provided_first_by("deepcinac.formats")
    registry.add("elsewhere", "last")
    registry.add("deepcinac.recording.movie_tiff", "second")
    registry.add("deepcinac.formats.suite2p", "first")
    assert list(registry) == ["first", "second", "last"]


def _every_form(folder: Path, frames: np.ndarray) -> Iterator[Path]:
    """One movie as eleven programs would save it."""
    np.save(folder / "a.npy", frames)
    yield folder / "a.npy"
    tifffile.imwrite(folder / "plain.tif", frames, photometric="minisblack")
    yield folder / "plain.tif"
    for name, form in {
        "imagej": {"imagej": True},
        "ome": {"ome": True},
        "big": {"bigtiff": True},
        "motorola": {"byteorder": ">"},
        "zlib": {"compression": "zlib", "predictor": True},
        "tiled": {"tile": (16, 16)},
    }.items():
        tifffile.imwrite(folder / f"{name}.tif", frames, photometric="minisblack", **form)
        yield folder / f"{name}.tif"
    for name, storage in {"flat": {}, "gzip": {"compression": "gzip", "chunks": (3, 8, 9)}}.items():
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file.create_dataset("mov", data=frames, **storage)
        yield folder / f"{name}.h5"
    plane = folder / "plane0"
    plane.mkdir()
    sizes = dict(zip(("nframes", "Ly", "Lx"), frames.shape, strict=True))
    np.save(plane / "ops.npy", np.array({**sizes, "fs": 10.0}, dtype=object))
    frames.astype("<i2").tofile(plane / "data.bin")
    yield plane / "data.bin"


def test_the_same_numbers_whatever_the_form_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    frames = np.random.default_rng(0).integers(0, 4096, (20, 16, 18)).astype(np.uint16)
    cells = make_cells([([3, 3, 4], [5, 6, 5], None), ([9], [2], None)], 16, 18)
    traces, forms = None, list(_every_form(tmp_path, frames))
    assert len(forms) == 11
    for path in forms:
        with open_movie(path, axes_known=True) as movie:
            np.testing.assert_array_equal(movie.frames(0, 20), frames, err_msg=str(path))
            found = extract_traces(movie, cells).raw
        traces = found if traces is None else traces
        np.testing.assert_array_equal(found, traces, err_msg=str(path))


@pytest.mark.soak
def test_a_million_frames_and_five_thousand_cells(tmp_path: Path) -> None:
    """A sparse file of 131 GB: the session is made, opened and edited in little memory."""
    n, side = 1_000_000, 256
    path = tmp_path / "m.npy"
    with open(path, "wb") as stream:
        form = {"descr": "<u2", "fortran_order": False, "shape": (n, side, side)}
        np.lib.format.write_array_header_1_0(stream, form)
        try:
            stream.truncate(stream.tell() + n * side * side * 2)
        except OSError as error:
            pytest.skip(f"no sparse file of 131 GB here: {error}")
    y, x = (axis.ravel() for axis in np.mgrid[:5, :5])
    corners = np.random.default_rng(0).integers(0, side - 5, (5000, 2))
    before = psutil.Process().memory_info().rss
    cells = make_cells([(y + top, x + left, None) for top, left in corners], side, side)
    Session.create(tmp_path / "s.deepcinac", path, (n, side, side), cells, 30.0, 2.0).close()
    with Session.open(tmp_path / "s.deepcinac") as session:
        layer = session.add_layer("expert", "anna")
        session.add_transient(layer.id, 4999, n - 9, n - 1)
        assert len(session.cells()) == 5000
        with open_movie(session.movie_address()) as movie:
            assert movie.frames(n - 2, n).shape == (2, side, side)
    assert psutil.Process().memory_info().rss - before < 300e6
