"""Labels as arrays, and in and out of a session."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.labelling.layer_labels import add_labels, make_labels, read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells


@pytest.fixture
def session(tmp_path):
    """Three cells, 50 frames."""
    np.save(tmp_path / "movie.npy", np.zeros((50, 8, 8), np.uint8))
    cells = make_cells([([i], [i], None) for i in range(3)], 8, 8, "drawn")
    path = tmp_path / "s.deepcinac"
    with Session.create(path, tmp_path / "movie.npy", (50, 8, 8), cells, 10.0, 1.0) as opened:
        yield opened


def test_labels_are_brought_into_order():
    labels = make_labels(
        3,
        50,
        [(2, 5, 9), (0, 20, 24), (2, 0, 4)],
        {"doubtful": [(1, 10, 14), (1, 15, 19), (-1, 0, 3)]},
        info=[{"n": 1}, {"n": 2}, {"n": 3}],
        name="anna",
    )
    assert labels.transients.tolist() == [[0, 20, 24], [2, 0, 4], [2, 5, 9]]  # touching stay two
    assert labels.info == ({"n": 2}, {"n": 3}, {"n": 1})
    assert labels.of_cell(2).tolist() == [[0, 4], [5, 9]]
    assert labels.of_cell(1).tolist() == []
    assert labels.info_of_cell(2) == ({"n": 3}, {"n": 1})
    assert labels.spans["doubtful"].tolist() == [[-1, 0, 3], [1, 10, 19]]
    assert labels.spans_of_cell(1, "doubtful").tolist() == [[0, 3], [10, 19]]
    assert labels.spans_of_cell(0, "doubtful").tolist() == [[0, 3]]


def test_what_has_been_judged():
    whole = make_labels(2, 50, [(0, 1, 2)])
    assert whole.judged(0).tolist() == [[0, 49]]  # no span at all: the cells that are marked
    assert whole.judged(1).tolist() == []
    spans = make_labels(2, 50, [(0, 1, 2)], {"labelled": [(1, 0, 9)]})
    assert spans.judged(0).tolist() == []
    assert spans.judged(1).tolist() == [[0, 9]]


@pytest.mark.parametrize(
    ("transients", "spans", "sentence"),
    [
        ([(3, 0, 1)], {}, "cells 0 to 2 .*, found cell 3, frames 0 to 1 in x.csv"),
        ([(0, 5, 4)], {}, "the first before the last, found cell 0, frames 5 to 4"),
        ([(0, 0, 50)], {}, "frames 0 to 49"),
        ([(0, 0.5, 3)], {}, "found cell 0, frames 0.5 to 3"),
        ([(0, 0, 5), (0, 5, 9)], {}, "do not overlap, found .*5 and .*9 of cell 0"),
        ([(0, 0)], {}, "rows of three numbers"),
        ([], {"labelled": [(-2, 0, 5)]}, "cell -2"),
        ([], {"quiet": [(0, 0, 5)]}, "labelled, doubtful, movement, found quiet"),
        ([("a", "b", "c")], {}, "three numbers"),
    ],
)
def test_what_is_refused(transients, spans, sentence):
    with pytest.raises(InputError, match=sentence):
        make_labels(3, 50, transients, spans, where="x.csv")


def test_other_numbers_for_the_cells():
    labels = make_labels(
        2, 50, [(0, 1, 2), (1, 3, 4)], {"labelled": [(-1, 0, 9), (0, 20, 29)]}, info=[{"a": 1}, {}]
    )
    moved = labels.renumbered([3, 1], 5)
    assert moved.transients.tolist() == [[1, 3, 4], [3, 1, 2]]
    assert moved.info == ({}, {"a": 1})
    assert moved.spans["labelled"].tolist() == [[-1, 0, 9], [3, 20, 29]]
    assert moved.n_cells == 5


def test_into_a_session_and_out_again(session):
    spans = {"labelled": [(-1, 0, 29), (1, 40, 49)], "movement": [(2, 3, 4)]}
    labels = make_labels(
        3, 50, [(0, 1, 2), (0, 3, 9), (2, 0, 49)], spans,
        info=[{"agreed": ["b"]}, {}, {"x": 1}], name="all", kind="consensus", author="anna, ben",
        meta={"layers": ["anna", "ben"]},
    )  # fmt: skip
    layer = add_labels(session, labels)
    found = read_labels(session, layer.id)
    assert found.same_content(labels)
    assert found.info == labels.info
    assert (found.name, found.kind, found.author) == ("all", "consensus", "anna, ben")
    assert found.meta == labels.meta
    assert session.undo() == "add layer all"
    assert session.layers() == []


def test_results_of_programs_have_no_spans(session):
    add_labels(session, make_labels(3, 50, [(0, 1, 2)], name="oasis", kind="method"))
    assert read_labels(session, "oasis").transients.tolist() == [[0, 1, 2]]
    spans = {"doubtful": [(0, 1, 2)]}
    with pytest.raises(InputError, match="spans in x"):
        add_labels(session, make_labels(3, 50, [], spans, name="x", kind="method"))
    assert len(session.layers()) == 1


def test_labels_of_another_recording(session):
    with pytest.raises(InputError, match="3 cells and 50 frames, found labels of 4 cells"):
        add_labels(session, make_labels(4, 50, name="anna"))


@given(st.data())
def test_the_same_whatever_the_order_of_the_rows(data):
    slots = data.draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), unique=True))
    rows = [(cell, 5 * slot, 5 * slot + 4) for cell, slot in slots]
    spans = [(cell - 1, first, last) for cell, first, last in rows]
    shuffled = data.draw(st.permutations(rows))
    one = make_labels(3, 50, rows, {"labelled": spans})
    two = make_labels(3, 50, shuffled, {"labelled": spans[::-1]})
    assert one.same_content(two)
    assert len(one.transients) == len(rows)
