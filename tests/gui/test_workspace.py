"""The state of the window, and labels made by clicks, without any window.

One recording of 200 frames at 10 Hz with three cells; cell 1 overlaps cell 0. The trace of cell 0
rises from frame 50 to 55 and from 100 to 104.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.gui.jobs.review import read_queue
from deepcinac.gui.panels.cells_rows import base_rows, filtered, in_order, mark_due, predicted_of
from deepcinac.gui.session import place
from deepcinac.gui.session.labeller import Labeller
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling.review import REVIEWED, ReviewItem
from deepcinac.labelling.session import Session
from deepcinac.opening import open_recording, trace_key
from deepcinac.recording.cells import make_cells
from deepcinac.recording.trace_cache import open_traces
from helpers.predictions import results_of

N_FRAMES, RATE = 200, 10.0


def prepare(path: Path) -> None:
    """Make the traces and images of a session, as the window's job does."""
    with open_recording(path) as recording:
        assert recording.traces_with_images


def square(top: int, left: int) -> tuple[np.ndarray, np.ndarray, None]:
    y, x = np.mgrid[top : top + 4, left : left + 4]
    return y.ravel(), x.ravel(), None


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with movie.npy and its session."""
    folder = tmp_path_factory.mktemp("scene")
    movie = np.full((N_FRAMES, 20, 24), 100, np.uint16)
    for first, last in ((50, 55), (100, 104)):
        rise = np.linspace(0, 60, last - first + 1)
        fall = 60 * np.exp(-np.arange(1, 20) / 5)
        movie[first : last + 20, 2:6, 2:6] += np.r_[rise, fall].astype(np.uint16)[:, None, None]
    movie += np.random.default_rng(0).integers(0, 3, movie.shape).astype(np.uint16)
    np.save(folder / "movie.npy", movie)
    cells = make_cells([square(2, 2), square(4, 4), square(12, 12)], 20, 24, "test")
    Session.create(
        folder / "scene.deepcinac", folder / "movie.npy", movie.shape, cells, RATE, 2.0
    ).close()
    return folder


@pytest.fixture
def work(scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The scene, opened, with its traces; each test has a copy of the session."""
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "scene.deepcinac"
    path.write_bytes((scene / "scene.deepcinac").read_bytes())
    prepare(path)
    session = Session.open(path)
    work = Workspace()
    work.open(session)
    found = open_traces(trace_key(session), session.n_cells)
    assert found is not None
    work.set_data(found)
    yield work
    session.close()


# Where we look


def test_the_visible_range_stays_in_the_movie(work: Workspace) -> None:
    assert work.visible == (0, 199)  # 40 s would be 400 frames
    work.show_range(150, 249)
    assert work.visible == (100, 199)
    work.page(-1)
    assert work.visible == (10, 109)
    work.page(-1)
    assert work.visible == (0, 99)
    work.go_to_frame(50)
    work.zoom(0.5)
    assert work.visible == (25, 74)
    work.zoom(0.01)
    assert work.visible[1] - work.visible[0] + 1 == place.SHORTEST_RANGE


def test_a_frame_outside_the_view_brings_the_view_along(work: Workspace) -> None:
    work.show_range(0, 49)
    work.go_to_frame(120)
    assert work.visible == (95, 144)
    work.go_to_frame(10_000)
    assert work.frame == 199


def test_observers_hear_of_changes_together(work: Workspace) -> None:
    heard: list[frozenset[str]] = []
    work.observe(heard.append)
    with work.changing():
        work.go_to_cell(2)
        work.go_to_frame(7)
    assert heard == [frozenset({"cell", "selection", "pending", "frame"})]
    work.go_to_cell(2)
    assert len(heard) == 1


def test_a_cell_that_is_not_there(work: Workspace) -> None:
    with pytest.raises(InputError, match="a cell from 0 to 2"):
        work.go_to_cell(3)


def test_the_place_is_found_again(work: Workspace) -> None:
    work.go_to_cell(1)
    work.go_to_frame(42)
    work.show_range(20, 79)
    work.set_threshold(0.3)
    remembered = work.remembered()
    session = work.session
    assert session is not None
    other = Workspace()
    other.open(session, remembered)
    assert (other.cell, other.frame, other.visible, other.threshold) == (1, 42, (20, 79), 0.3)


@pytest.mark.parametrize(
    "nonsense", [{"cell": 99, "frame": "x", "visible": [5], "layer": 77, "threshold": 9}, {}]
)
def test_settings_that_make_no_sense_are_no_obstacle(
    work: Workspace, nonsense: dict[str, object]
) -> None:
    session = work.session
    assert session is not None
    other = Workspace()
    other.open(session, nonsense)
    assert (other.cell, other.frame, other.visible, other.threshold) == (0, 0, (0, 199), 0.5)


# Labels


def test_onset_then_peak(work: Workspace) -> None:
    hand = Labeller(work)
    hand.click("onset", 20, reach=0)
    assert work.pending_onset == 20
    assert work.layer_id is None  # nothing is written before there is a transient
    hand.click("peak", 26, reach=0)
    assert work.pending_onset is None
    assert work.transients().tolist() == [[20, 26]]
    assert work.selected == 20


def test_a_click_jumps_to_the_rise_nearby(work: Workspace) -> None:
    hand = Labeller(work)
    hand.click("both", 48, reach=5)
    (onset, peak), *_ = work.transients().tolist()
    assert abs(onset - 50) <= 3  # smoothing over 7 frames moves the onset by up to 3
    assert abs(peak - 56) <= 3
    work.snap = False
    hand.click("onset", 96, reach=5)
    assert work.pending_onset == 96


def test_asking_twice_for_a_transient_selects_it(work: Workspace) -> None:
    hand = Labeller(work)
    work.snap = False
    hand.click("both", 48)
    before = work.transients().tolist()
    work.select(None)
    hand.click("both", 48)
    assert work.transients().tolist() == before
    assert work.selected == 48


def test_a_peak_alone_takes_the_onset_of_its_rise(work: Workspace) -> None:
    Labeller(work).click("peak", 105, reach=3)
    (onset, peak), *_ = work.transients().tolist()
    assert abs(onset - 100) <= 3
    assert abs(peak - 105) <= 2


def test_an_onset_within_a_transient_begins_a_second_one(work: Workspace) -> None:
    hand = Labeller(work)
    hand.add(20, 30)
    hand.click("onset", 26, reach=0)
    assert work.transients().tolist() == [[20, 25], [26, 30]]
    hand.click("peak", 28, reach=0)
    assert work.transients().tolist() == [[20, 25], [26, 28]]


def test_a_transient_stops_before_the_next_one(work: Workspace) -> None:
    hand = Labeller(work)
    hand.add(30, 35)
    hand.add(20, 32)
    assert work.transients().tolist() == [[20, 29], [30, 35]]
    with pytest.raises(InputError, match="overlaps no other"):
        hand.add(32, 40)


def test_an_onset_and_a_peak_are_brought_to_the_playhead(work: Workspace) -> None:
    labeller = Labeller(work)
    labeller.add(10, 14)
    labeller.add(30, 34)
    assert work.selected == 30
    labeller.move_end("onset", 28)
    labeller.move_end("peak", 36)
    assert work.transients().tolist() == [[10, 14], [28, 36]]
    assert work.selected == 28
    with pytest.raises(InputError, match="up to its peak, 36, found frame 37"):
        labeller.move_end("onset", 37)
    work.select(None)
    labeller.move_end("peak", 12)  # nothing is selected: the one at the playhead
    assert work.transients().tolist() == [[10, 12], [28, 36]]
    work.select(None)
    with pytest.raises(InputError, match="a selected transient"):
        labeller.move_end("peak", 50)
    assert work.require_session().undo() is not None
    assert work.require_session().transients(work.require_layer(), 0).tolist() == [
        [10, 14],
        [28, 36],
    ]


def test_erasing(work: Workspace) -> None:
    hand = Labeller(work)
    for onset in (10, 20, 30):
        hand.add(onset, onset + 3)
    hand.erase(12, 21)
    assert work.transients().tolist() == [[30, 33]]
    work.go_to_frame(31)
    hand.erase_selected()
    assert len(work.transients()) == 0


def test_every_clear_rise_in_view_is_one_step_of_undo(work: Workspace) -> None:
    session = work.session
    assert session is not None
    assert Labeller(work).add_candidates() == 2
    assert session.undo_text == "add 2 candidates, cell 0"
    session.undo()
    work.edited()
    assert len(work.transients()) == 0


def test_undo_of_the_first_label_takes_the_new_layer_along(work: Workspace) -> None:
    session = work.session
    assert session is not None
    Labeller(work).add(20, 22)
    session.undo()
    session.undo()
    work.edited()
    assert work.layer_id is None
    Labeller(work).add(20, 22)
    assert work.transients().tolist() == [[20, 22]]


def test_weak_transients_go(work: Workspace) -> None:
    hand = Labeller(work)
    hand.add(50, 56)
    hand.add(150, 152)
    assert hand.erase_weak(5.0) == 1
    assert work.transients().tolist() == [[50, 56]]


def test_spans_and_movement(work: Workspace) -> None:
    hand = Labeller(work)
    hand.add_span("doubtful", 30, 20)
    assert work.spans("doubtful").tolist() == [[20, 30]]
    hand.click("doubtful", 25)
    assert len(work.spans("doubtful")) == 0
    hand.add_span("movement", 60, 70)
    work.go_to_cell(2)
    assert work.spans("movement").tolist() == [[60, 70]]  # the whole field moved
    work.show_range(0, 99)
    hand.label_view()
    assert work.spans("labelled").tolist() == [[0, 99]]


def test_places_to_go_to(work: Workspace) -> None:
    hand = Labeller(work)
    hand.add(20, 22)
    assert hand.go_to_place(1)
    assert work.frame == 20
    assert work.selected == 20
    hand.go_to_place(1)
    assert abs(work.frame - 50) <= 3
    hand.go_to_place(1)
    assert not hand.go_to_place(1)


# Predictions, blind mode, table, queue


def predicted(work: Workspace) -> None:
    session = work.session
    assert session is not None
    probability = np.zeros((3, N_FRAMES), np.float32)
    probability[0, 50:56], probability[0, 120:123] = 0.9, 0.4
    layer = session.write_results(results_of(probability, threshold=0.6))
    work.choose_prediction(layer.id)


def test_a_prediction_brings_its_threshold_and_keeps_other_cells(work: Workspace) -> None:
    predicted(work)
    session = work.session
    assert session is not None
    assert work.threshold == 0.6
    one = np.full((1, N_FRAMES), 0.7, np.float32)
    session.write_results(results_of(one, [1]))
    assert [layer.name for layer in session.layers("classifier")] == ["tiny"]
    layer = session.layers("classifier")[0]
    assert session.predicted_cells(layer.id).tolist() == [0, 1, 2]
    assert session.prediction(layer.id, 1)[0] == pytest.approx(0.7)  # type: ignore[index]
    other = session.write_results(results_of(one, [1], weights="weights 2"))
    assert other.name == "tiny 2"


def test_blind_mode_hides_others_and_predictions(work: Workspace) -> None:
    predicted(work)
    session = work.session
    assert session is not None
    Labeller(work).add(20, 22)
    session.add_layer("expert", "Ana", "Ana")
    assert len(work.label_layers()) == 2
    work.set_blind(True)
    assert [layer.id for layer in work.label_layers()] == [work.layer_id]
    assert work.result_layers() == []
    assert work.prediction() is None
    assert Labeller(work).add_predicted() == 0


def test_predictions_are_taken_over(work: Workspace) -> None:
    predicted(work)
    assert Labeller(work).add_predicted() == 1
    assert work.transients().tolist() == [[50, 55]]


def test_counts_of_a_prediction() -> None:
    probability = np.array([0, 0.9, 0.9, 0, 0.4, 0.4, 0], np.float32)
    assert predicted_of(probability, 0.5, (0.25, 0.65)) == (1, 0.5)
    assert predicted_of(probability, 0.3, (0.25, 0.65)) == (2, 0.5)
    assert predicted_of(np.zeros(4, np.float32), 0.5, (0.25, 0.65)) == (0, 0.0)


def test_rows_of_the_table(work: Workspace) -> None:
    session = work.session
    assert session is not None
    Labeller(work).add(50, 55)
    session.set_valid(2, False)
    session.set_cell_type(1, "interneuron")
    rows = base_rows(work)
    assert [row.n_labelled for row in rows] == [1, 0, 0]
    assert [row.state for row in rows] == ["labelled", "plain", "invalid"]
    assert rows[0].overlap == rows[1].overlap == 4 / 16
    assert rows[2].overlap == 0
    assert [row.cell for row in filtered(rows, "labelled")] == [0]
    assert [row.cell for row in filtered(rows, "0-1 valid")] == [0, 1]
    assert [row.cell for row in filtered(rows, "inter")] == [1]
    assert [row.cell for row in in_order(rows, "snr", descending=True)][0] == 0
    assert [row.cell for row in in_order(rows, "type", descending=False)][0] == 1
    mark_due(rows, [ReviewItem(1, 3, 4, ("uncertain",), "why", 0.5)], set())
    assert rows[1].state == "review"


def test_the_review_queue(work: Workspace) -> None:
    session = work.session
    assert session is not None
    Labeller(work).add(120, 124)
    queue = ReviewQueue(work)
    items = [
        ReviewItem(0, 50, 55, ("classifier",), "found by the classifier", 0.9),
        ReviewItem(0, 118, 123, ("uncertain",), "not sure", 0.5),
        ReviewItem(2, 10, 12, ("control",), "drawn at random", 0.0),
    ]
    queue.load(items)
    assert queue.step(1)
    assert work.frame == 50
    queue.accept()
    assert work.transients(0).tolist() == [[50, 55], [120, 124]]
    assert queue.index == 1
    queue.reject()
    assert work.transients(0).tolist() == [[50, 55]]
    assert work.cell == 2
    assert not queue.skip()
    assert [mark.kind for mark in session.marks(REVIEWED)] == [REVIEWED] * 3
    assert session.undo_text == "review: done, cell 2, frames 10 to 12"


def test_the_review_queue_in_order_of_time(work: Workspace) -> None:
    queue = ReviewQueue(work)
    places = [(2, 10), (0, 118), (0, 50)]
    queue.load([ReviewItem(cell, on, on + 5, ("classifier",), "why", 0.5) for cell, on in places])
    queue.step(1)
    queue.accept()
    assert (work.cell, work.frame) == (0, 118)
    queue.order(by_time=True)
    assert [(item.cell, item.first) for item in queue.items] == [(0, 50), (0, 118), (2, 10)]
    assert queue.decided == {2: "accepted"}
    assert queue.index == 1  # what is asked about stays
    queue.step(-1)
    assert work.frame == 50
    queue.order(by_time=False)
    assert [(item.cell, item.first) for item in queue.items] == places
    assert (queue.index, queue.decided) == (2, {0: "accepted"})


def test_a_file_that_is_no_queue(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text('[{"cell": 1}]')
    with pytest.raises(InputError, match="a review queue"):
        read_queue(tmp_path / "q.json")


# The cache


def test_data_are_made_once_and_again_when_damaged(work: Workspace) -> None:
    session = work.session
    assert session is not None
    folder = trace_key(session).folder
    before = (folder / "raw.npy").stat().st_mtime_ns
    prepare(session.path)
    assert (folder / "raw.npy").stat().st_mtime_ns == before
    (folder / "snr.npy").write_bytes(b"")
    assert open_traces(trace_key(session), session.n_cells) is None
    prepare(session.path)
    found = open_traces(trace_key(session), session.n_cells)
    assert found is not None
    assert found.raw.shape == (3, N_FRAMES)
    assert found.smoothed(0).max() > 130
    assert set(found.images) == {"mean", "maximum", "correlation"}
