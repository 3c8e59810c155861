"""The fingerprint of an input: the same wherever the movie lies, another for anything else that counts."""

import numpy as np
import pytest
import tifffile

from deepcinac.inputs.fingerprint import input_fingerprint
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie_readers import open_movie

CELLS = [([1, 1, 2], [1, 2, 1], None), ([4, 5], [4, 4], None)]


@pytest.fixture
def movie_file(tmp_path):
    path = tmp_path / "movie.npy"
    np.save(path, np.random.default_rng(0).integers(0, 99, (6, 8, 8)).astype(np.uint16))
    return path


def _of(path, cells=CELLS, rate=10.0, size=2.0):
    with open_movie(path) as movie:
        return input_fingerprint(movie, make_cells(cells, 8, 8), rate, size)


def test_the_place_and_the_order_of_pixels_do_not_matter(movie_file, tmp_path):
    before = _of(movie_file)
    (tmp_path / "elsewhere").mkdir()
    moved = movie_file.rename(tmp_path / "elsewhere" / "renamed.npy")
    turned = [([2, 1, 1], [1, 2, 1], None), CELLS[1]]
    assert _of(moved) == _of(moved, turned) == before


def test_everything_else_does(movie_file):
    found = [
        _of(movie_file),
        _of(movie_file, rate=11.0),
        _of(movie_file, size=2.5),
        _of(movie_file, CELLS[::-1]),
        _of(movie_file, CELLS[:1]),
        _of(movie_file, [([1, 1], [1, 2], None), CELLS[1]]),
    ]
    frames = np.load(movie_file)
    frames[3, 2, 2] += 1
    np.save(movie_file, frames)
    found.append(_of(movie_file))
    assert len(set(found)) == len(found)


def test_an_outline_judged_to_be_no_cell_counts_where_it_overlaps_a_cell(movie_file):
    def of(valid):
        cells = make_cells([*CELLS, ([2, 3], [1, 1], None)], 8, 8, valid=valid)
        with open_movie(movie_file) as movie:
            return input_fingerprint(movie, cells, 10.0, 2.0)

    assert of([True, True, True]) == of([True, False, True]) != of([True, True, False])


def test_a_working_copy_of_a_compressed_movie_is_the_same_movie(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "movie.tif"
    frames = np.random.default_rng(0).integers(0, 99, (6, 8, 8)).astype(np.uint16)
    tifffile.imwrite(path, frames, compression="zlib", photometric="minisblack")
    cells = make_cells(CELLS, 8, 8)
    with open_movie(path) as copy, open_movie(path, working_copy=False) as original:
        assert copy.source_files() != original.source_files()
        one, other = (input_fingerprint(m, cells, 10.0, 2.0) for m in (copy, original))
    assert one == other
