"""Session files of one recording (100 frames of 20 x 30 pixels) become one."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.labelling.layer_labels import add_labels, make_labels, read_labels
from deepcinac.labelling.merging import common_cells, merge_sessions, united_state
from deepcinac.labelling.session import CellState, Provenance, Session
from deepcinac.labelling.spans import KINDS
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.recording.cells import make_cells
from deepcinac.recording.signals import regular_signal
from deepcinac.results import Maker, Result, Results

HEIGHT, WIDTH, N_FRAMES = 20, 30, 100
PLACES = [(1, 1), (1, 10), (10, 1), (10, 10)]


def square(top, left, side=4):
    y, x = np.mgrid[top : top + side, left : left + side]
    return y.ravel(), x.ravel(), None


def cells(*places):
    return make_cells([square(*place) for place in places], HEIGHT, WIDTH, "drawn")


def make_session(folder, name, places, content="movie"):
    folder = Path(folder)
    movie = folder / f"{content}.npy"
    if not movie.exists():
        np.save(movie, np.full((N_FRAMES, HEIGHT, WIDTH), len(content), np.uint16))
    path = folder / f"{name}.deepcinac"
    return Session.create(path, movie, (N_FRAMES, HEIGHT, WIDTH), cells(*places), 10.0, 2.0)


def labels(session, name, rows, spans=None, **more):
    return make_labels(session.n_cells, N_FRAMES, rows, spans, name=name, author=name, **more)


def content_of(session):
    """Everything that is said in a session, apart from the order of the layers."""
    layers = []
    for layer in session.layers():
        found = read_labels(session, layer.id)
        predicted, probability = session.predictions(layer.id)
        spans = {kind: found.spans[kind].tolist() for kind in KINDS}
        said = [layer.kind, layer.name, layer.author, found.transients.tolist(), spans, found.info]
        types = sorted(
            (cell, sorted(one.probability.items()), one.unlike)
            for cell, one in session.type_predictions(layer.id).items()
        )
        layers.append(json.dumps([*said, predicted.tolist(), probability.tolist(), types]))
    footprints = [(c.ypix.tolist(), c.xpix.tolist()) for c in session.cells().cells]
    marks = [(m.cell, m.onset, m.peak, m.kind, m.author, m.note) for m in session.marks()]
    return footprints, session.cell_states(), sorted(layers), sorted(marks)


def test_cells_are_recognised_by_their_footprints(tmp_path):
    with make_session(tmp_path, "a", PLACES[:3]) as one:
        add_labels(one, labels(one, "anna", [(0, 5, 9), (2, 20, 24)]))
    with make_session(tmp_path, "b", [PLACES[3], PLACES[2], PLACES[0]]) as two:
        add_labels(two, labels(two, "ben", [(0, 1, 2), (1, 20, 25), (2, 5, 8)]))
    paths = [tmp_path / "b.deepcinac", tmp_path / "a.deepcinac"]
    with merge_sessions(paths, tmp_path / "c.deepcinac") as merged:
        assert merged.n_cells == 4
        anna, ben = (read_labels(merged, name) for name in ("anna", "ben"))
        # a is older: its cells keep their numbers, and b's new one comes last
        assert anna.transients.tolist() == [[0, 5, 9], [2, 20, 24]]
        assert ben.transients.tolist() == [[0, 5, 8], [2, 20, 25], [3, 1, 2]]
        assert merged.layer("ben").author == "ben"
        assert merged.layer("ben").meta["merged_from"] == "b"
        assert merged.recording.frame_rate_hz == 10
        assert not merged.read_only


def test_suggested_types_follow_their_cells(tmp_path):
    sure, unsure = TypePrediction({"a": 0.9}), TypePrediction({"a": 0.5, "b": 0.5}, "too large")
    with make_session(tmp_path, "a", PLACES[:3]) as one:
        one.renew_type_layer("suggested types", {0: sure, 2: unsure}, "us", {"scores": {}})
    with make_session(tmp_path, "b", [PLACES[3], PLACES[0]]) as two:
        two.renew_type_layer("suggested types", {0: sure, 1: unsure})
    paths = [tmp_path / "b.deepcinac", tmp_path / "a.deepcinac"]
    with merge_sessions(paths, tmp_path / "c.deepcinac") as merged:
        a, b = (merged.layer(f"suggested types ({name})") for name in "ab")
        assert merged.type_predictions(a.id) == {0: sure, 2: unsure}
        assert merged.type_predictions(b.id) == {3: sure, 0: unsure}
        assert (a.kind, a.author) == ("method", "us")
        assert [state.type for state in merged.cell_states()] == [None] * 4


def test_a_copy_that_was_worked_on_keeps_both_versions(tmp_path):
    with make_session(tmp_path, "a", PLACES) as one:
        add_labels(one, labels(one, "anna", [(0, 5, 9)]))
        add_labels(one, labels(one, "ben", [(1, 5, 9)]))
    shutil.copy(tmp_path / "a.deepcinac", tmp_path / "b.deepcinac")
    with Session.open(tmp_path / "b.deepcinac") as two:
        two.add_transient(two.layer("anna").id, 0, 50, 55)
    paths = [tmp_path / "a.deepcinac", tmp_path / "b.deepcinac"]
    with merge_sessions(paths, tmp_path / "c.deepcinac") as merged:
        names = [layer.name for layer in merged.layers()]
        assert sorted(names) == ["anna (a)", "anna (b)", "ben"]
        assert read_labels(merged, "anna (b)").transients.tolist() == [[0, 5, 9], [0, 50, 55]]
        assert read_labels(merged, "anna (a)").transients.tolist() == [[0, 5, 9]]


def test_files_of_one_name(tmp_path):
    for folder, onset in (("x", 5), ("y", 6)):
        (tmp_path / folder).mkdir()
        with make_session(tmp_path / folder, "s", PLACES) as session:
            add_labels(session, labels(session, "anna", [(0, onset, 9)]))
    paths = [tmp_path / folder / "s.deepcinac" for folder in ("x", "y")]
    with merge_sessions(paths, tmp_path / "c.deepcinac") as merged:
        assert sorted(layer.name for layer in merged.layers()) == ["anna (s)", "anna (s) 2"]


def test_predictions_and_notes_travel(tmp_path):
    with make_session(tmp_path, "a", PLACES[:2]) as one:
        one.set_valid(0, False)
        one.set_cell_type(1, "pyramidal")
        one.set_note(1, "dim")
        one.add_mark(0, 5, 9, "bookmark", "look", "anna")
    probability = np.linspace(0, 1, 2 * N_FRAMES, dtype=np.float32).reshape(2, N_FRAMES)
    with make_session(tmp_path, "b", [PLACES[3], PLACES[1], PLACES[0]]) as two:
        layer = two.add_layer("classifier", "general")
        two.write_prediction(layer.id, [0, 2], probability, {"threshold": 0.5})
        two.add_cell_type("chandelier")
        two.set_cell_type(1, "chandelier")
        two.set_reviewed(1, True)
        two.add_mark(2, 5, 9, "bookmark", "and here", "anna")
    paths = [tmp_path / "a.deepcinac", tmp_path / "b.deepcinac"]
    with merge_sessions(paths, tmp_path / "c.deepcinac") as merged:
        predicted, found = merged.predictions(merged.layer("general").id)
        assert predicted.tolist() == [0, 2]
        np.testing.assert_array_equal(found, probability[::-1])
        assert merged.layer("general").meta["threshold"] == 0.5
        assert merged.cell_state(0) == CellState(True, None, "invalid (a)\nvalid (b)", False)
        note = "dim\ntype chandelier (b)\ntype pyramidal (a)"
        assert merged.cell_state(1) == CellState(True, None, note, True)
        assert "chandelier" in merged.cell_types()
        (mark,) = merged.marks()
        assert (mark.cell, mark.note, mark.author) == (0, "and here\nlook", "anna")


def test_results_signals_and_whose_recording_it_is_travel_whole(tmp_path):
    """Cell 0 of b is cell 2 of the merged file; both files' classifiers are called general."""
    rate = np.linspace(0, 9, N_FRAMES, dtype=np.float32)[None]
    for name, places, digest in (("a", PLACES[:2], "aa"), ("b", PLACES[2:], "bb")):
        maker = Maker("activity", "general", weights_sha256=digest)
        about = (("cell", "frame"), maker, np.array([0]))
        dims, *more = about
        items = (
            Result("probability", rate / 10, dims, "1", *more),
            Result("spike_rate_hz", rate, dims, "Hz", *more),
        )
        with make_session(tmp_path, name, places) as session:
            session.write_results(Results(items, 0.3 if name == "b" else 0.5, ("dim",)))
            session.set_provenance(Provenance(condition="rest", about={name: 1}))
            session.write_signal(regular_signal(name, rate[0], "cm/s", 10.0))
    paths = [tmp_path / "a.deepcinac", tmp_path / "b.deepcinac"]
    with merge_sessions(paths, tmp_path / "c.deepcinac") as merged:
        results = merged.results("general (b)")
        for kind, wanted in (("probability", rate / 10), ("spike_rate_hz", rate)):
            assert results[kind].require_cells().tolist() == [2]
            np.testing.assert_array_equal(results[kind].array, wanted)
        assert (results.maker, results.threshold) == (maker, 0.3)
        assert results.warnings == ("dim",)
        assert merged.layer("general (a)").maker.weights_sha256 == "aa"
        assert merged.provenance() == Provenance(condition="rest", about={"a": 1, "b": 1})
        assert merged.signal_names() == ["a", "b"]


def test_a_type_that_one_file_gives():
    none, typed = CellState(True, None, "", False), CellState(True, "noise", "a", True)
    assert united_state([("x", none), ("y", typed)]) == CellState(True, "noise", "a", True)


@pytest.mark.parametrize("change", ["movie", "rate", "alone"])
def test_what_cannot_be_merged(tmp_path, change):
    make_session(tmp_path, "a", PLACES).close()
    with make_session(tmp_path, "b", PLACES, "another" if change == "movie" else "movie") as two:
        if change == "rate":
            two.set_rates(11, 2)
    paths = [tmp_path / "a.deepcinac", tmp_path / "b.deepcinac"]
    with pytest.raises(InputError, match=r"one movie|11 Hz|at least two"):
        merge_sessions(paths[: 1 if change == "alone" else 2], tmp_path / "c.deepcinac")
    assert not (tmp_path / "c.deepcinac").exists()


def test_an_existing_file_is_never_replaced(tmp_path):
    for name in "abc":
        make_session(tmp_path, name, PLACES).close()
    before = (tmp_path / "c.deepcinac").read_bytes()
    with pytest.raises(InputError, match="not used yet"):
        merge_sessions(
            [tmp_path / "a.deepcinac", tmp_path / "b.deepcinac"], tmp_path / "c.deepcinac"
        )
    assert (tmp_path / "c.deepcinac").read_bytes() == before


def test_cells_of_sessions_that_are_compared(tmp_path):
    one = make_session(tmp_path, "a", PLACES[:2])
    two = make_session(tmp_path, "b", PLACES[1:])
    with one, two:
        for order in ((one, two), (two, one)):
            united, numbers = common_cells(order)
            assert len(united) == 4
            by_session = dict(zip((s.path.stem for s in order), numbers, strict=True))
            assert by_session["a"].tolist() == [0, 1]
            assert by_session["b"].tolist() == [1, 2, 3]


@st.composite
def said(draw):
    """Which cells a file has, and what one or two experts say in it."""
    places = draw(st.permutations(range(4)))[: draw(st.integers(1, 4))]
    experts = draw(st.lists(st.sampled_from(["anna", "ben"]), unique=True, max_size=2))
    rows = {}
    for name in experts:
        marked = draw(st.sets(st.tuples(st.integers(0, len(places) - 1), st.integers(0, 9))))
        rows[name] = [(cell, 10 * slot, 10 * slot + 5) for cell, slot in sorted(marked)]
    return places, rows, draw(st.sampled_from([None, "noise", "pyramidal"])), draw(st.booleans())


def write(folder, name, what):
    places, rows, kind, valid = what
    with make_session(folder, name, [PLACES[place] for place in places]) as session:
        for expert, transients in rows.items():
            spans = {"labelled": [(0, 0, 49)], "doubtful": [(-1, 90, 99)]}
            add_labels(session, labels(session, expert, transients, spans))
        session.set_cell_type(0, kind)
        session.set_valid(0, valid)
    return folder / f"{name}.deepcinac"


@given(st.lists(said(), min_size=2, max_size=3))
@settings(max_examples=20)
def test_the_order_of_the_files_makes_no_difference(files):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [write(folder, f"s{i}", what) for i, what in enumerate(files)]
        with merge_sessions(paths, folder / "one.deepcinac") as one:
            forward = content_of(one)
        with merge_sessions(paths[::-1], folder / "two.deepcinac") as two:
            backward = content_of(two)
        assert forward == backward
        with merge_sessions([folder / "one.deepcinac", paths[0]], folder / "3.deepcinac") as again:
            assert again.n_cells == len(forward[0])  # what is known already adds no cell


@given(said(), said())
@settings(max_examples=15)
def test_nobody_loses_a_label(one, two):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [write(folder, "a", one), write(folder, "b", two)]
        with merge_sessions(paths, folder / "c.deepcinac") as merged:
            found = {
                (layer.author, footprint_place(merged, cell), onset, peak)
                for layer in merged.layers()
                for cell, onset, peak in merged.all_transients(layer.id).tolist()
            }
        expected = {
            (expert, PLACES[places[cell]], onset, peak)
            for places, rows, _, _ in (one, two)
            for expert, transients in rows.items()
            for cell, onset, peak in transients
        }
        assert found == expected


def footprint_place(session, cell):
    footprint = session.cells()[cell]
    return int(footprint.ypix.min()), int(footprint.xpix.min())
