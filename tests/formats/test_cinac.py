"""The published program's .cinac files: three cells on 12 x 16 pixels, 100 frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.formats import load_cells
from deepcinac.formats.cinac import (
    cell_types_in,
    cut_transients,
    labels_in,
    movie_of,
    read_cinac,
)
from deepcinac.formats.cinac_import import import_cinac
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie_readers import open_movie

Writer = Callable[..., Path]
FIELD, N_FRAMES = (12, 16), 100


def square(left: int) -> np.ndarray:
    """x and y of an outline around 3 x 4 pixels (rows x columns)."""
    return np.array([[left, left + 3, left + 3, left], [2, 2, 4, 4]])


OUTLINES = [square(left) for left in (0, 5, 10)]


def cells_of(*lefts: int) -> Cells:
    y, x = np.mgrid[2:5, 0:4]
    return make_cells([(y.ravel(), x.ravel() + left, None) for left in lefts], *FIELD, "drawn")


@pytest.fixture
def make_session(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """A session with cells at these columns."""
    np.save(tmp_path / "movie.npy", np.zeros((N_FRAMES, *FIELD), np.uint16))
    opened = []

    def make(*lefts: int) -> Session:
        path = tmp_path / f"s{len(opened)}.deepcinac"
        shape = (N_FRAMES, *FIELD)
        session = Session.create(path, tmp_path / "movie.npy", shape, cells_of(*lefts), 10, 2)
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


def labelled_file(tmp_path: Path, write: Writer, **more: object) -> Path:
    segments = [
        {"cell": 0, "first": 0, "last": 49, "active": [(10, 15), (16, 20), (40, 49)],
         "doubtful": [(30, 32)], "cell_type": "interneuron"},
        {"cell": 0, "first": 50, "last": 79, "active": [(50, 55)], "doubtful": [],
         "cell_type": "interneuron"},
        {"cell": 2, "first": 10, "last": 59, "active": [(10, 12), (20, 20)]},
    ]  # fmt: skip
    return write(tmp_path / "old.cinac", segments, OUTLINES, invalid=[1], **more)


def test_cells_are_the_filled_outlines(tmp_path: Path, write_cinac: Writer) -> None:
    cells = load_cells(labelled_file(tmp_path, write_cinac), FIELD)
    assert (len(cells), cells.source) == (3, ".cinac")
    assert cells.valid.tolist() == [True, False, True]
    for found, drawn in zip(cells.cells, cells_of(0, 5, 10).cells, strict=True):
        assert found.ypix.tolist() == drawn.ypix.tolist()
        assert found.xpix.tolist() == drawn.xpix.tolist()


def test_labels(tmp_path: Path, write_cinac: Writer) -> None:
    """10-15 and 16-20 come as one, as they were stored; 40-55 crosses the border of two stretches."""
    content = read_cinac(labelled_file(tmp_path, write_cinac))
    labels = labels_in(content, 3, N_FRAMES)
    assert labels.transients.tolist() == [[0, 10, 20], [0, 40, 55], [2, 10, 12], [2, 20, 20]]
    assert labels.spans["labelled"].tolist() == [[0, 0, 79], [2, 10, 59]]
    assert labels.spans["doubtful"].tolist() == [[0, 30, 32]]
    assert labels.name == "old"
    assert cell_types_in(content) == {0: "interneuron"}
    assert cut_transients(labels) == 1  # that of cell 2 at frame 10


def test_into_a_session(
    tmp_path: Path, write_cinac: Writer, make_session: Callable[..., Session]
) -> None:
    session = make_session(0, 5, 10)
    said = import_cinac(session, labelled_file(tmp_path, write_cinac), author="Anna")
    assert said[0] == (
        "layer old (expert), 4 transients in 2 judged stretches (130 frames of 2 cells), 1 doubtful"
    )
    assert "type given to 1 cell" in said
    assert "made invalid: 1 cell (1)" in said
    assert any("without a gap are one here" in line for line in said)
    assert "1 transient at the edge of a judged stretch may be cut" in said
    layer = session.layer("old")
    assert (layer.author, layer.meta) == ("Anna", {"imported_from": "old.cinac"})
    assert read_labels(session, "old").transients[0].tolist() == [0, 10, 20]
    assert session.cell_state(0).type == "interneuron"
    assert not session.cell_state(1).valid
    assert session.undo() == "import old.cinac"
    assert session.layers() == []
    assert session.cell_state(1).valid
    assert session.cell_state(0).type is None


def test_cells_in_another_order_are_found_by_their_outlines(
    tmp_path: Path, write_cinac: Writer, make_session: Callable[..., Session]
) -> None:
    session = make_session(10, 5, 0)
    said = import_cinac(session, labelled_file(tmp_path, write_cinac))
    assert read_labels(session, "old").transients.tolist()[0] == [0, 10, 12]  # cell 2 of the file
    assert session.cell_state(2).type == "interneuron"
    assert "2 cells with another number here, found by the outline" in said


def test_the_hull_of_an_irregular_cell_is_that_cell(tmp_path: Path, write_cinac: Writer) -> None:
    """suite2p's pixels of an L: 17 of the 45 in its convex hull, which DeepCINAC 1 stored."""
    np.save(tmp_path / "movie.npy", np.zeros((N_FRAMES, *FIELD), np.uint16))
    y, x = [2] * 9 + [3, 4, 5, 6, 7, 8, 9, 10], [*range(3, 12), *[3] * 8]
    cells = make_cells([([9, 9, 10], [12, 13, 12], None), (y, x, None)], *FIELD, "suite2p")
    hull = np.array([[3, 11, 3], [2, 2, 10]])
    one = {"cell": 0, "first": 0, "last": 9, "active": [(3, 5)]}
    path = write_cinac(tmp_path / "hull.cinac", [one], [hull])
    shape = (N_FRAMES, *FIELD)
    with Session.create(
        tmp_path / "s.deepcinac", tmp_path / "movie.npy", shape, cells, 10, 2
    ) as session:
        import_cinac(session, path)
        assert read_labels(session, "hull").transients.tolist() == [[1, 3, 5]]


def test_a_type_that_an_expert_gave_stays(
    tmp_path: Path, write_cinac: Writer, make_session: Callable[..., Session]
) -> None:
    session = make_session(0, 5, 10)
    session.set_cell_type(0, "pyramidal")
    said = import_cinac(session, labelled_file(tmp_path, write_cinac))
    assert session.cell_state(0).type == "pyramidal"
    assert "other type kept that was given here: 1 cell (0)" in said


def test_other_cells_and_other_recordings_are_refused(
    tmp_path: Path, write_cinac: Writer, make_session: Callable[..., Session]
) -> None:
    path = labelled_file(tmp_path, write_cinac)
    session = make_session(2, 7, 12)
    with pytest.raises(InputError, match="cells whose outlines lie elsewhere"):
        import_cinac(session, path)
    other = write_cinac(tmp_path / "long.cinac", [], OUTLINES, n_frames=200)
    with pytest.raises(InputError, match="labels of 100 frames, found 200 frames"):
        import_cinac(session, other)
    assert session.layers() == []


def test_a_file_of_segments_only(
    tmp_path: Path, write_cinac: Writer, make_session: Callable[..., Session]
) -> None:
    one = {"cell": 1, "first": 0, "last": 19, "active": [(3, 6)]}
    path = write_cinac(tmp_path / "part.cinac", [one])
    with pytest.raises(InputError, match="only 1 labelled stretches, cut out"):
        load_cells(path)
    session = make_session(0, 5, 10)
    said = import_cinac(session, path)
    assert "its cells were taken by their numbers" in said[1]
    assert read_labels(session, "part").transients.tolist() == [[1, 3, 6]]
    with pytest.raises(InputError, match="Name the movie"):
        movie_of(read_cinac(path))


def test_the_movie_by_reference_and_inside(tmp_path: Path, write_cinac: Writer) -> None:
    (tmp_path / "m1.tif").write_bytes(b"x")
    here = write_cinac(tmp_path / "a.cinac", [], OUTLINES, movie=str(tmp_path / "m1.tif"))
    assert movie_of(read_cinac(here)) == str(tmp_path / "m1.tif")
    beside = write_cinac(tmp_path / "b.cinac", [], OUTLINES, movie="D:\\data\\mouse\\m1.tif")
    assert movie_of(read_cinac(beside)) == str(tmp_path / "m1.tif")
    gone = write_cinac(tmp_path / "c.cinac", [], OUTLINES, movie="/data/other.tif")
    with pytest.raises(InputError, match="nothing at /data/other.tif"):
        movie_of(read_cinac(gone))
    frames = np.arange(N_FRAMES * 12 * 16, dtype=np.uint16).reshape(N_FRAMES, *FIELD)
    whole = write_cinac(tmp_path / "d.cinac", [], OUTLINES, embedded=frames)
    with open_movie(movie_of(read_cinac(whole))) as movie:
        assert movie.shape == (N_FRAMES, *FIELD)
        np.testing.assert_array_equal(movie.frames(7, 8)[0], frames[7])


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("cell_0_0_49/raster_dur", np.zeros(7, "int8"), "raster_dur of 50 numbers"),
        ("cell_0_0_49/doubtful_frames", np.zeros((50, 2)), "doubtful_frames of 50 numbers"),
        ("full_data/invalid_cells", np.zeros(9), "invalid_cells of 3 numbers"),
        ("full_data/cells_contour", np.zeros((3, 3)), "x and y of every outline"),
    ],
)
def test_odd_files_are_sentences(
    tmp_path: Path, write_cinac: Writer, place: str, value: np.ndarray, said: str
) -> None:
    path = labelled_file(tmp_path, write_cinac)
    with h5py.File(path, "a") as file:
        del file[place]
        file[place] = value
    with pytest.raises(InputError, match=said):
        read_cinac(path)


def test_segments_outside_the_recording(tmp_path: Path, write_cinac: Writer) -> None:
    beyond = {"cell": 0, "first": 90, "last": 120}
    path = write_cinac(tmp_path / "a.cinac", [beyond], OUTLINES)
    with pytest.raises(InputError, match="3 cells and 100 frames, found cell 0, frames 90 to 120"):
        read_cinac(path)


def test_files_of_another_kind(tmp_path: Path, write_cinac: Writer) -> None:
    (tmp_path / "a.cinac").write_bytes(b"text")
    with pytest.raises(InputError, match="readable .cinac"):
        read_cinac(tmp_path / "a.cinac")
    with h5py.File(tmp_path / "b.cinac", "w") as file:
        file["x"] = 1
    with pytest.raises(InputError, match="/full_data or labelled stretches, found neither"):
        read_cinac(tmp_path / "b.cinac")
    path = labelled_file(tmp_path, write_cinac)
    content = path.read_bytes()
    for part in (0.3, 0.7):
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(InputError):
            read_cinac(path)
