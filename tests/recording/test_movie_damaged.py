"""Damaged files: every cut is noticed, and whatever the damage no movie comes out shorter."""

import logging
import random

import h5py
import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.recording.movie_readers import open_movie

PIXELS = np.random.default_rng(1).integers(0, 500, (5, 5, 6)).astype(np.uint16)
TIME = {"metadata": {"axes": "TYX"}}

CUT_KINDS = {
    "multi-page": {},
    "multi-page without description": {"metadata": None},
    "zlib": {"compression": "zlib"},
    "ImageJ": {"imagej": True, **TIME},
    "ImageJ, one page": {"imagej": True, "truncate": True, **TIME},
    "BigTIFF": {"bigtiff": True},
    "OME": {"ome": True, **TIME},
}


@pytest.fixture(autouse=True)
def _quiet_tifffile():
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("tifffile").setLevel(logging.NOTSET)


def read_all(path):
    with open_movie(path, working_copy=False) as movie:
        return movie.frames(0, movie.n_frames)


@pytest.mark.parametrize("kind", CUT_KINDS)
def test_every_cut_of_a_tiff_is_noticed(tmp_path, kind):
    """tifffile ends some files with 16 bytes that nothing refers to: without them all is there."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, PIXELS, **CUT_KINDS[kind])
    data = path.read_bytes()
    for n in range(len(data)):
        path.write_bytes(data[:n])
        if n >= len(data) - 16:
            try:
                frames = read_all(path)
            except InputError:
                continue
            np.testing.assert_array_equal(frames, PIXELS)
        else:
            with pytest.raises(InputError):
                read_all(path)


def test_every_cut_of_an_npy_is_noticed(tmp_path):
    path = tmp_path / "movie.npy"
    np.save(path, PIXELS)
    data = path.read_bytes()
    for n in range(len(data)):
        path.write_bytes(data[:n])
        with pytest.raises(InputError):
            open_movie(path)


def write_tiff(**form):
    return "movie.tif", lambda path: tifffile.imwrite(path, PIXELS, **form)


def write_hdf5(**storage):
    def write(path):
        with h5py.File(path, "w") as file:
            file.create_dataset("mov", data=PIXELS, **storage)

    return "movie.h5", write


FUZZED = {
    **{kind: write_tiff(**form) for kind, form in CUT_KINDS.items()},
    "big-endian": write_tiff(byteorder=">"),
    "strips": write_tiff(rowsperstrip=2),
    "zlib with predictor": write_tiff(compression="zlib", predictor=True),
    "zlib without description": write_tiff(compression="zlib", metadata=None),
    "tiles": write_tiff(tile=(16, 16)),
    "npy": ("movie.npy", lambda path: np.save(path, PIXELS)),
    "HDF5": write_hdf5(),
    "HDF5 in chunks": write_hdf5(chunks=(1, 5, 6), compression="gzip"),
}


def mutant(data, chance):
    """A copy of ``data`` with a cut, changed bytes (at the front or anywhere) or a dead block."""
    changed = bytearray(data)
    how = chance.choice(["cut", "head", "anywhere", "zeros"])
    if how == "cut":
        return changed[: chance.randrange(len(data))]
    if how == "zeros":
        start = chance.randrange(len(data))
        stop = min(len(data), start + 64)
        changed[start:stop] = bytes(stop - start)
        return changed
    reach = min(400, len(data)) if how == "head" else len(data)
    for _ in range(chance.choice([1, 3, 8])):
        changed[chance.randrange(reach)] = chance.randrange(256)
    return changed


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "count", [60, pytest.param(1000, marks=pytest.mark.soak)], ids=["few", "many"]
)
@pytest.mark.parametrize("kind", FUZZED)
def test_damaged_bytes_give_a_sentence_or_a_whole_movie(tmp_path, kind, count):
    name, write = FUZZED[kind]
    path = tmp_path / name
    write(path)
    data = path.read_bytes()
    chance = random.Random(kind)
    refused = 0
    for _ in range(count):
        path.write_bytes(mutant(data, chance))
        try:
            frames = read_all(path)
        except InputError:
            refused += 1
        else:
            assert frames.shape == PIXELS.shape
            assert frames.dtype == PIXELS.dtype
    assert refused > count // 4
