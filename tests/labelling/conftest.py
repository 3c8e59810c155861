"""A scene for tests of sessions: a movie of 60 frames on 12 x 16 pixels with three cells.

Cell 0 is a square of 3 x 3 pixels at the top left, cell 1 shares its last column, cell 2 is a single
pixel far away.
"""

import numpy as np
import pytest

from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells

N_FRAMES, HEIGHT, WIDTH = 60, 12, 16


def square(top, left, side):
    y, x = np.mgrid[top : top + side, left : left + side]
    return y.ravel(), x.ravel(), None


@pytest.fixture
def three_cells():
    footprints = [square(1, 1, 3), square(1, 3, 3), square(10, 14, 1)]
    return make_cells(footprints, HEIGHT, WIDTH, "suite2p")


@pytest.fixture
def movie_file(tmp_path):
    path = tmp_path / "movie.npy"
    np.save(
        path, np.arange(N_FRAMES * HEIGHT * WIDTH, dtype=np.uint16).reshape(N_FRAMES, HEIGHT, WIDTH)
    )
    return path


@pytest.fixture
def session_file(tmp_path, movie_file, three_cells):
    """A closed session without layers: 10 Hz, 2 um a pixel."""
    path = tmp_path / "mouse.deepcinac"
    shape = (N_FRAMES, HEIGHT, WIDTH)
    Session.create(path, movie_file, shape, three_cells, 10.0, 2.0).close()
    return path


@pytest.fixture
def session(session_file):
    """The same, open for writing."""
    with Session.open(session_file) as opened:
        yield opened


@pytest.fixture
def anna(session):
    """The number of an empty layer of the expert Anna."""
    return session.add_layer("expert", "anna").id
