"""Movies far larger than the memory: sparse files of 50 GB open at once and need little room."""

import struct

import numpy as np
import psutil
import pytest
import tifffile

from deepcinac.recording.movie_readers import open_movie

FRAMES, SIDE = 100_000, 512
N_BYTES = FRAMES * SIDE * SIDE * 2  # 52 GB


def sparse(path, head, n_bytes, last_pixel):
    """A file of ``n_bytes`` that takes hardly any disk: a head, a hole and one last pixel."""
    try:
        with open(path, "wb") as stream:
            stream.write(head)
            stream.seek(n_bytes - 2)
            stream.write(struct.pack("<H", last_pixel))
    except OSError as error:
        pytest.skip(f"no sparse file of {n_bytes / 1e9:.0f} GB here: {error}")
    if getattr(path.stat(), "st_blocks", 1 << 40) * 512 > 1e9:
        path.unlink()
        pytest.skip("this file system has no sparse files")
    return path


def npy(folder):
    path = folder / "movie.npy"
    with open(path, "wb") as stream:
        form = {"descr": "<u2", "fortran_order": False, "shape": (FRAMES, SIDE, SIDE)}
        np.lib.format.write_array_header_1_0(stream, form)
    head = path.read_bytes()
    return sparse(path, head, len(head) + N_BYTES, 7)


def suite2p(folder):
    np.save(folder / "ops.npy", {"nframes": FRAMES, "Ly": SIDE, "Lx": SIDE, "fs": 30.0})
    return sparse(folder / "data.bin", b"", N_BYTES, 7)


def imagej(folder):
    path = folder / "movie.tif"
    tifffile.imwrite(path, np.zeros((1, SIDE, SIDE), np.uint16), imagej=True)
    text = f"ImageJ=1.54f\nimages={FRAMES}\nframes={FRAMES}\nhyperstack=true\n"
    with tifffile.TiffWriter(path) as writer:
        frame = np.zeros((SIDE, SIDE), np.uint16)
        writer.write(frame, description=text, metadata=None)
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[0].dataoffsets[0]
    head = path.read_bytes()[:offset]
    return sparse(path, head, offset + N_BYTES, 7)


def bigtiff(folder):
    path = folder / "movie.tif"
    try:
        tifffile.imwrite(path, shape=(FRAMES, SIDE, SIDE), dtype="uint16", bigtiff=True)
    except OSError as error:
        pytest.skip(f"no sparse file of 50 GB here: {error}")
    if getattr(path.stat(), "st_blocks", 1 << 40) * 512 > 1e9:
        path.unlink()
        pytest.skip("this file system has no sparse files")
    return path


@pytest.mark.parametrize("kind", [npy, suite2p, imagej, bigtiff])
def test_a_movie_of_50_gb(tmp_path, kind):
    path = kind(tmp_path)
    memory = psutil.Process().memory_info
    before = memory().rss
    with open_movie(path) as movie:
        assert movie.shape == (FRAMES, SIDE, SIDE)
        for first in range(0, 800, 50):  # 0.4 GB
            movie.frames(first, first + 50)
        patch = movie.patch(FRAMES - 100, FRAMES, SIDE - 25, SIDE, SIDE - 25, SIDE)
        grown = memory().rss - before
    path.unlink()
    assert patch[-1, -1, -1] == (0 if kind is bigtiff else 7)
    assert patch.sum() == patch[-1, -1, -1]
    assert grown < 200e6
