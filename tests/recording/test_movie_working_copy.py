"""Working copies: made once, made anew when the source changes, kept within their limits."""

import collections
import os

import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.recording import working_copy
from deepcinac.recording.movie_readers import open_movie

DiskUsage = collections.namedtuple("DiskUsage", "total used free")  # as shutil.disk_usage gives


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "movies"


def write(path, value, n_frames=9):
    frames = (
        np.full((n_frames, 20, 20), value, np.uint16)
        + np.arange(n_frames, dtype=np.uint16)[:, None, None]
    )
    tifffile.imwrite(path, frames, compression="zlib", metadata={"axes": "TYX"})
    return path


def copies(folder):
    return sorted(path.name for path in folder.glob("*.npy"))


def test_the_second_opening_uses_the_copy(tmp_path, cache):
    path, events = write(tmp_path / "movie.tif", 7), []
    open_movie(path, progress=events.append).close()
    assert [(e.stage, e.done, e.total) for e in events] == [
        ("preparing movie", 0, 9),
        ("preparing movie", 9, 9),
    ]
    (copy,) = cache.glob("movie-*.npy")
    assert np.load(copy)[:, 3, 3].tolist() == [7, 8, 9, 10, 11, 12, 13, 14, 15]
    events.clear()
    with open_movie(path, progress=events.append) as movie:
        assert movie.data_file == copy
        assert movie.path == path
    assert events == []


def test_progress_comes_block_by_block(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(working_copy, "_BLOCK_BYTES", 4 * 20 * 20 * 2)
    events = []
    path = write(tmp_path / "movie.tif", 1)
    with open_movie(path, progress=events.append) as movie:
        assert movie.frames(0, 9)[:, 0, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [event.done for event in events] == [0, 4, 8, 9]


def test_a_changed_source_is_copied_again(tmp_path, cache):
    path = write(tmp_path / "movie.tif", 7)
    open_movie(path).close()
    write(path, 50)
    os.utime(path, ns=(1, 1))  # even when the size is the same and the clock is coarse
    with open_movie(path) as movie:
        assert movie.frames(0, 1)[0, 0, 0] == 50
    assert len(copies(cache)) == 2


def test_a_damaged_copy_is_replaced(tmp_path, cache):
    path = write(tmp_path / "movie.tif", 7)
    open_movie(path).close()
    (copy,) = cache.glob("*.npy")
    copy.write_bytes(copy.read_bytes()[:-1])
    with open_movie(path) as movie:
        assert movie.frames(8, 9)[0, 0, 0] == 15


def test_a_conversion_that_is_stopped_leaves_nothing(tmp_path, cache):
    def stop(event):
        if event.done:
            raise KeyboardInterrupt

    path = write(tmp_path / "movie.tif", 7)
    with pytest.raises(KeyboardInterrupt):
        open_movie(path, progress=stop)
    assert list(cache.iterdir()) == []


def test_a_frame_that_cannot_be_decoded_leaves_nothing(tmp_path, cache):
    path = write(tmp_path / "movie.tif", 7)
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[5].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset + 4] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match="pixels of frame 5"):
        open_movie(path)
    assert list(cache.iterdir()) == []


def test_the_oldest_copies_go_first(tmp_path, cache, monkeypatch):
    for i, name in enumerate(["a", "b", "c"]):
        open_movie(write(tmp_path / f"{name}.tif", 1)).close()
        (copy,) = cache.glob(f"{name}-*.npy")
        os.utime(copy, (1000 + i, 1000 + i))
    with open_movie(tmp_path / "a.tif"):  # used again: now the youngest
        pass
    size = copy.stat().st_size
    monkeypatch.setattr(working_copy, "LARGEST_CACHE_BYTES", int(3.5 * size))
    open_movie(write(tmp_path / "d.tif", 1)).close()
    assert [name[0] for name in copies(cache)] == ["a", "c", "d"]


def test_leftovers_of_a_killed_conversion_are_swept(tmp_path, cache):
    cache.mkdir(parents=True)
    for name, age in ((".old-x.npy", 0), (".new-x.npy", None)):
        (cache / name).touch()
        if age is not None:
            os.utime(cache / name, (age, age))
    open_movie(write(tmp_path / "a.tif", 1)).close()
    assert not (cache / ".old-x.npy").exists()
    assert (cache / ".new-x.npy").exists()  # another process may be writing it


def test_too_little_disk(tmp_path, cache, monkeypatch):
    usage = DiskUsage(10**12, 10**12 - 10**6, 10**6)
    monkeypatch.setattr(working_copy.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match=r"0\.5 GB of free disk .*found 0\.0 GB.*DEEPCINAC_CACHE"):
        open_movie(write(tmp_path / "movie.tif", 7))
    with open_movie(tmp_path / "movie.tif", working_copy=False) as movie:
        assert movie.frames(2, 3)[0, 0, 0] == 9
