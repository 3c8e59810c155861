"""Readers register themselves; the right one is asked, in any process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
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
