"""Finding the movie of a session again: after both moved, after one moved, after it changed."""

import shutil

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.labelling import movie_reference
from deepcinac.labelling.session import Session
from deepcinac.recording.movie_readers import open_movie

SHAPE = (60, 12, 16)


def moved(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    return type(target)(shutil.move(source, target))


@pytest.fixture
def side_by_side(tmp_path, three_cells):
    """project/movies/movie.npy and project/sessions/mouse.deepcinac."""
    movie = tmp_path / "project" / "movies" / "movie.npy"
    movie.parent.mkdir(parents=True)
    np.save(movie, np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE))
    path = tmp_path / "project" / "sessions" / "mouse.deepcinac"
    Session.create(path, movie, SHAPE, three_cells, 10, 2).close()
    return path, movie


def test_the_path_is_kept_relative_with_forward_slashes(side_by_side):
    path, movie = side_by_side
    with Session.open(path) as session:
        assert session.recording.movie_relative == "../movies/movie.npy"
        assert session.recording.movie_absolute == movie.as_posix()


def test_both_moved_together(side_by_side, tmp_path):
    path, movie = side_by_side
    moved(tmp_path / "project", tmp_path / "disk2" / "project")
    with Session.open(tmp_path / "disk2" / "project" / "sessions" / path.name) as session:
        assert session.movie_path() == tmp_path / "disk2" / "project" / "movies" / "movie.npy"


def test_only_the_session_moved(side_by_side, tmp_path):
    path, movie = side_by_side
    with Session.open(moved(path, tmp_path / "elsewhere" / "deep" / "mouse.deepcinac")) as session:
        assert session.movie_path() == movie


def test_the_movie_lies_beside_the_session_now(side_by_side):
    path, movie = side_by_side
    here = moved(movie, path.parent / "movie.npy")
    with Session.open(path) as session:
        assert session.movie_path() == here


def test_a_backup_copy_finds_the_movie_too(side_by_side, tmp_path):
    path, movie = side_by_side
    Session.open(path).close()
    moved(tmp_path / "project", tmp_path / "disk2" / "project")
    (copy,) = (tmp_path / "disk2" / "project" / "sessions" / "mouse-backups").iterdir()
    with Session.open(copy, read_only=True) as session:
        assert session.movie_path() == tmp_path / "disk2" / "project" / "movies" / "movie.npy"


def test_a_movie_that_is_gone_is_a_sentence(side_by_side):
    path, movie = side_by_side
    movie.unlink()
    with (
        Session.open(path) as session,
        pytest.raises(InputError, match=r"the movie movie.npy, found nothing in .*Find the movie"),
    ):
        session.movie_path()


def test_a_movie_that_changed_is_not_taken_for_the_same(side_by_side):
    path, movie = side_by_side
    content = bytearray(movie.read_bytes())
    content[len(content) // 2] ^= 1
    movie.write_bytes(content)
    with (
        Session.open(path) as session,
        pytest.raises(InputError, match="another one, or one that was changed since"),
    ):
        session.movie_path()


def test_relinking_is_an_edit(side_by_side, tmp_path):
    path, movie = side_by_side
    there = moved(movie, tmp_path / "archive" / "renamed.npy")
    with Session.open(path) as session:
        session.relink(there)
        assert session.movie_path() == there
        assert session.recording.movie_relative == "../../archive/renamed.npy"
        assert session.undo_text == "relink movie to renamed.npy"
        session.undo()
        with pytest.raises(InputError, match="found nothing"):
            session.movie_path()


def test_another_movie_is_accepted_only_when_asked_and_of_the_same_shape(side_by_side, tmp_path):
    path, movie = side_by_side
    same_shape, other_shape = tmp_path / "registered.npy", tmp_path / "short.npy"
    np.save(same_shape, np.zeros(SHAPE, np.float32))
    np.save(other_shape, np.zeros((59, 12, 16), np.uint16))
    with Session.open(path) as session:
        for wrong in (same_shape, other_shape):
            with pytest.raises(InputError, match="that the session was made from"):
                session.relink(wrong)
        with pytest.raises(InputError, match="60 x 12 x 16 .*, found 59 x 12 x 16"):
            session.relink(other_shape, accept_other=True)
        session.relink(same_shape, accept_other=True)
        assert session.movie_path() == same_shape
        session.undo()
        assert session.movie_path() == movie


def test_a_dataset_in_an_hdf5_file(tmp_path, three_cells):
    import h5py

    movie = tmp_path / "recordings.h5"
    with h5py.File(movie, "w") as file:
        for name in ("one", "two"):
            file[f"{name}/data"] = np.zeros(SHAPE, np.uint16)
    address = f"{movie}:/two/data"
    path = tmp_path / "mouse.deepcinac"
    with Session.create(path, address, SHAPE, three_cells, 10, 2) as session:
        assert session.movie_path() == movie
        with open_movie(session.movie_address()) as found:
            assert found.dataset.strip("/") == "two/data"
        session.relink(moved(movie, tmp_path / "b" / "recordings.h5"))
        with open_movie(session.movie_address()) as found:
            assert found.dataset.strip("/") == "two/data"


def test_the_fingerprint_of_a_folder_covers_its_files(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(5):
        (folder / f"frame{number}.tif").write_bytes(bytes([number]) * 100)
    before = movie_reference.identify(folder)
    assert before[0] == 500
    assert movie_reference.identify(moved(folder, tmp_path / "renamed")) == before
    (tmp_path / "renamed" / "frame3.tif").write_bytes(b"x" * 99)
    assert movie_reference.identify(tmp_path / "renamed") != before
    with pytest.raises(InputError, match="a folder without a movie"):
        movie_reference.identify(tmp_path)


def test_results_of_suite2p_may_change_its_movie_stays(tmp_path):
    plane = tmp_path / "suite2p" / "plane0"
    plane.mkdir(parents=True)
    (plane / "data.bin").write_bytes(b"x" * 1000)
    before = movie_reference.identify(tmp_path / "suite2p")
    (plane / "iscell.npy").write_bytes(b"y")
    assert (
        movie_reference.identify(tmp_path / "suite2p") == before == movie_reference.identify(plane)
    )
