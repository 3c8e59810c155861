"""Results in a session: whose they are, which cells they are about, and that no bit changes unseen.

The session has three cells and 60 frames at 10 Hz.
"""

import random
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.labelling.provenance import Opening, Provenance
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.recording.signals import Signal, regular_signal
from deepcinac.results import FileReference, Maker, Result, Results, TimeBase
from deepcinac.results.result import footprint_keys

MAKER = Maker("activity", "general", "3", "ab" * 32, {"overlap": 0.5}, "movie 1")
DIMS = ("cell", "frame")


def probability(cells, level=0.25):
    """Each cell's own level in all 60 frames: 0.25 for cell 0, 0.5 for cell 1, 0.75 for cell 2."""
    return np.array([[level * (cell + 1)] * 60 for cell in cells], np.float32)


def predicted(session, cells, maker=MAKER, threshold=0.5, level=0.25):
    """What a classifier that also knows spikes says of some cells."""
    keys = footprint_keys(session.cells(), cells)
    values = probability(cells, level)
    more = (maker, np.array(cells), keys, TimeBase(10.0))
    items = (
        Result("probability", values, DIMS, "1", *more),
        Result("spike_rate_hz", 10 * values, DIMS, "Hz", *more),
    )
    return Results(items, threshold, ("a dim movie",), {"frame_rate_hz": 10.0})


def test_what_is_written_comes_back(session):
    layer = session.write_results(predicted(session, [2, 0]))
    assert (layer.kind, layer.name, layer.author) == ("classifier", "general", "general")
    assert (layer.maker, layer.threshold) == (MAKER, 0.5)
    back = session.results("general")
    assert [item.kind for item in back] == ["probability", "spike_rate_hz"]
    assert back["probability"].require_cells().tolist() == [0, 2]
    np.testing.assert_array_equal(back["probability"].array, probability([0, 2]))
    np.testing.assert_array_equal(back["spike_rate_hz"].array, 10 * probability([0, 2]))
    assert back["spike_rate_hz"].units == "Hz"
    assert back["probability"].footprints == footprint_keys(session.cells(), [0, 2])
    assert back["probability"].time.seconds(2).tolist() == [0, 0.1]
    assert (back.maker, back.threshold, back.warnings) == (MAKER, 0.5, ("a dim movie",))
    assert back.info == {"frame_rate_hz": 10.0}
    assert session.result_kinds(layer.id) == {"probability": 2, "spike_rate_hz": 2}
    assert session.undo_text == ""  # results are not in the history
    assert session.notices == []


def test_more_cells_of_the_same_maker_join_its_layer(session):
    first = session.write_results(predicted(session, [0, 2]))
    again = session.write_results(predicted(session, [1, 2], level=0.125))
    assert again.id == first.id
    cells, values = session.predictions(first.id)
    assert cells.tolist() == [0, 1, 2]
    assert values[:, 0].tolist() == [0.25, 0.25, 0.375]
    assert len(session.layers()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"weights_sha256": "ff" * 32},
        {"settings": {"overlap": 0.75}},
        {"input_fingerprint": "movie 2"},
        {"task": "spikes"},
    ],
)
def test_another_maker_of_the_same_name_gets_its_own_layer(session, change):
    session.write_results(predicted(session, [0]))
    other = session.write_results(predicted(session, [0], replace(MAKER, **change), level=0.5))
    assert other.name == "general 2"
    assert session.predictions(session.layer("general").id)[1][0, 0] == 0.25
    assert session.predictions(other.id)[1][0, 0] == 0.5
    with pytest.raises(SeveralChoices) as caught:
        session.find_layer("general")
    assert "found 2 (#1 general (classifier" in str(caught.value)
    assert list(caught.value.choices) == ["#1", "#2"]
    assert session.find_layer("general 2").id == session.find_layer("#2").id == other.id


def test_only_time_and_version_differ(session):
    first = session.write_results(predicted(session, [0]))
    later = replace(MAKER, made_at="2027-01-01", program_version="9", version="3")
    assert session.write_results(predicted(session, [1], later)).id == first.id


def test_a_name_of_ones_own(session):
    layer = session.write_results(predicted(session, [0]), "my run", author="anna")
    assert (layer.name, layer.author) == ("my run", "anna")
    assert session.find_layer("general").id == layer.id  # its maker's name
    assert session.write_results(predicted(session, [1]), "my run").id == layer.id
    with pytest.raises(InputError, match="not used yet"):
        session.write_results(predicted(session, [0], replace(MAKER, settings={})), "my run")


def test_cells_are_found_by_their_footprints(session):
    """In the other list the session's cell 2 is cell 0."""
    own = session.cells()
    pixels = [(own[i].ypix, own[i].xpix, None) for i in (2, 0, 1)]
    other = make_cells(pixels, own.height, own.width, "sorted anew")
    keys = footprint_keys(other, [0])
    item = Result("probability", probability([0]), DIMS, "1", MAKER, np.array([0]), keys)
    layer = session.write_results(Results((item,)))
    assert session.predicted_cells(layer.id).tolist() == [2]
    assert session.notices == ["1 cell has another number here, found by footprint (0 is 2)."]
    stranger = make_cells([([5], [5], None)], own.height, own.width, "drawn anew")
    item = replace(item, footprints=footprint_keys(stranger, [0]))
    with pytest.raises(InputError, match="found cell 0 with other pixels"):
        session.write_results(Results((item,)))


def test_results_of_another_length_or_cell_are_refused_whole(session):
    item = Result("probability", np.zeros((1, 59)), DIMS, "1", MAKER, np.array([0]))
    with pytest.raises(
        InputError, match="60 frames, as mouse.deepcinac has, found probability of 59"
    ):
        session.write_results(Results((item,)))
    item = Result("probability", np.zeros((1, 60)), DIMS, "1", MAKER, np.array([3]))
    with pytest.raises(InputError, match="cells from 0 to 2, found cell 3"):
        session.write_results(Results((item,)))
    assert session.layers() == []


def test_results_of_every_kind(session):
    """Transients, a curve, types, positions in bins, a file, a series with times of its own."""
    maker = Maker("method", "caiman")
    times = TimeBase(times_s=np.array([0.0, 0.5, 2.0]))
    made = (
        Result("transients", np.array([[0, 3, 5], [2, 7, 7]]), ("event", "field"), "1", maker,
               np.array([0, 2])),
        Result("curve", np.array([[-1.0] * 30 + [4.0] * 30]), DIMS, "1", maker, np.array([1])),
        Result("cell_type", np.array([[0.75, 0.25]]), ("cell", "class"), "1", maker,
               np.array([2]), labels={"class": ("a", "b")}, remarks={2: "large"}),
        Result("position", np.arange(6.0).reshape(3, 2), ("bin", "factor"), "cm", maker,
               time=times),
        Result("rate", np.arange(6.0).reshape(3, 2), ("bin", "cell"), "Hz", maker,
               np.array([1, 0]), time=TimeBase(2.0, 0.25)),
        Result("denoised", FileReference("m.h5", "/m"), ("frame", "y", "x"), "1", maker),
    )  # fmt: skip
    layer = session.write_results(Results(made))
    assert (layer.kind, layer.threshold) == ("method", None)
    back = session.results(layer.id)
    assert back["transients"].array.tolist() == [[0, 3, 5], [2, 7, 7]]
    assert back["curve"].array[0, [0, -1]].tolist() == [-1, 4]
    assert session.prediction(layer.id, 1)[[0, -1]].tolist() == [0, 1]  # as a window draws it
    assert back["cell_type"].labels == {"class": ("a", "b")}
    assert back["cell_type"].remarks == {2: "large"}
    assert back["position"].array.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert back["position"].time.seconds(3).tolist() == [0, 0.5, 2]
    assert back["rate"].dims == ("cell", "bin")
    assert back["rate"].array.tolist() == [[1, 3, 5], [0, 2, 4]]
    assert back["rate"].time.seconds(2).tolist() == [0.25, 0.75]
    assert back["denoised"].values == FileReference("m.h5", "/m")


def test_a_layer_that_says_nothing(session):
    session.add_layer("method", "empty")
    with pytest.raises(InputError, match="nothing in layer empty"):
        session.results("empty")


def test_an_experts_layer_is_never_written_into(session, anna):
    session.write_results(predicted(session, [0], replace(MAKER, name="anna")))
    assert [layer.name for layer in session.layers()] == ["anna", "anna 2"]
    assert session.result_kinds(anna) == {}


# The threshold


def test_the_threshold_is_the_layers_and_its_change_can_be_undone(session):
    layer = session.write_results(predicted(session, [0], threshold=0.5))
    session.set_threshold(layer.id, 0.3)
    session.write_results(predicted(session, [1], threshold=0.5))  # more cells: mine stays
    assert session.results(layer.id).threshold == session.layer(layer.id).threshold == 0.3
    assert session.undo() == "set threshold of general to 0.3"
    assert session.layer(layer.id).threshold == 0.5
    session.redo()
    assert session.layer(layer.id).threshold == 0.3
    with pytest.raises(InputError, match="a threshold from 0 to 1, found 1.5"):
        session.set_threshold(layer.id, 1.5)


def test_undo_goes_past_the_threshold_of_a_layer_that_was_removed(session, anna):
    session.add_transient(anna, 0, 3, 5)
    layer = session.write_results(predicted(session, [0]))
    session.set_threshold(layer.id, 0.3)
    session.remove_layer(layer.id)
    assert session.undo() == "remove layer general"
    assert session.undo() == "set threshold of general to 0.3"
    assert session.undo() == "add transient, cell 0, frames 3 to 5"


def test_a_removed_layer_comes_back_as_it_was_after_reopening(session_file):
    with Session.open(session_file) as session:
        layer = session.write_results(predicted(session, [0, 2], threshold=0.3))
        session.show_layer(layer.id, position=7, colour="#0072b2")
        before, shown = session.results(layer.id), session.layer(layer.id)
        session.remove_layer(layer.id)
        assert session.layers() == []
        assert session.predictions(layer.id)[0].tolist() == []
    with Session.open(session_file) as session:
        assert session.undo() == "remove layer general"
        after = session.results(layer.id)
        assert session.layer(layer.id) == shown
        assert after["probability"].array.tobytes() == before["probability"].array.tobytes()
        assert after.threshold == before.threshold == 0.3


def test_a_name_taken_meanwhile_does_not_stop_undo(session):
    first = session.write_results(predicted(session, [0]))
    session.remove_layer(first.id)
    second = session.write_results(predicted(session, [1]))
    assert (second.id != first.id, second.name) == (True, "general")
    session.undo()
    assert [layer.name for layer in session.layers()] == ["general 2", "general"]
    session.redo()
    assert [layer.name for layer in session.layers()] == ["general"]
    session.undo()
    assert session.predictions(first.id)[0].tolist() == [0]
    session.rename_layer(second.id, "other")
    assert session.undo() == "rename layer general to other"


def test_how_a_layer_is_shown_is_no_edit(session, anna):
    layer = session.write_results(predicted(session, [0]))
    session.show_layer(layer.id, position=7, colour="#0072b2", visible=False)
    found = session.layer(layer.id)
    assert (found.position, found.colour, found.visible) == (7, "#0072b2", False)
    session.show_layer(anna, colour="#d55e00")
    assert session.undo() == "add layer anna"
    session.redo()
    assert session.layer(anna).name == "anna"


# Damage


def stored(path, statement, *values):
    with sqlite3.connect(path) as file:
        file.execute(statement, values)
    file.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE results SET data = zeroblob(240) WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET data = x'00' WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET sha256 = 'x' WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET shape = '[30]' WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET dtype = '<i4' WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET units = 'Hz' WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET cell = 1 WHERE cell = 2 AND kind = 'probability'",
        "UPDATE results SET kind = 'curve' WHERE cell = 2 AND kind = 'probability'",
        "DELETE FROM results WHERE cell = 2 AND kind = 'probability'",
    ],
)
def test_an_array_that_is_not_as_it_was_written(session_file, change):
    with Session.open(session_file) as session:
        anna = session.add_layer("expert", "anna").id
        session.add_transient(anna, 0, 3, 5)
        session.write_results(predicted(session, [0, 2]))
    stored(session_file, change)
    with Session.open(session_file) as session:
        with pytest.raises(InputError, match="as it was written.*layer general of .*predict again"):
            session.results("general")
        with pytest.raises(InputError, match="layer general"):
            session.predictions(2)
        assert session.all_transients(anna).tolist() == [[0, 3, 5]]
        session.remove_layer(2)
        layer = session.write_results(predicted(session, [0, 2]))
        assert session.results(layer.id)["probability"].array[1, 0] == 0.75


def test_the_sentence_names_layer_and_cell(session_file):
    with Session.open(session_file) as session:
        session.write_results(predicted(session, [0, 2]))
    stored(session_file, "UPDATE results SET data = zeroblob(240) WHERE cell = 2")
    with Session.open(session_file, read_only=True) as session:
        with pytest.raises(InputError, match="the probability of cell 2 as it was written, found"):
            session.results("general")
        assert session.prediction(1, 0)[0] == 0.25  # the other cell is sound
        with pytest.raises(InputError, match="cell 2"):
            session.prediction(1, 2)


def flipped_bits_unseen(path, folder, n_flips, seed=0):
    """How many of ``n_flips`` files with one flipped bit show other results, and how many are refused."""
    with Session.open(path) as session:
        layers = [session.write_results(predicted(session, [0, 1, 2])).id]
        other = replace(MAKER, weights_sha256="cd" * 32)
        layers.append(session.write_results(predicted(session, [0, 2], other, level=0.2)).id)
        expected = [session.predictions(layer) for layer in layers]
        rates = [session.results(layer)["spike_rate_hz"].array for layer in layers]
    content, dice = path.read_bytes(), random.Random(seed)
    changed = refused = 0
    for _ in range(n_flips):
        mutant = bytearray(content)
        mutant[dice.randrange(len(mutant))] ^= 1 << dice.randrange(8)
        target = folder / "mutant.deepcinac"
        target.write_bytes(mutant)
        try:
            with Session.open(target, read_only=True) as session:
                for layer, (cells, values), rate in zip(layers, expected, rates, strict=True):
                    found = session.predictions(layer)
                    same = np.array_equal(found[0], cells) and np.array_equal(found[1], values)
                    spikes = session.results(layer)["spike_rate_hz"].array
                    changed += not (same and np.array_equal(spikes, rate))
        except InputError:
            refused += 1
    return changed, refused


def test_no_flipped_bit_changes_a_result_unseen(session_file, tmp_path):
    (tmp_path / "mutants").mkdir()
    changed, refused = flipped_bits_unseen(session_file, tmp_path / "mutants", 120)
    assert changed == 0
    assert refused > 5


# Whose recording it is, and what else belongs to it


def test_whose_recording_it_is(session_file):
    mine = Provenance("m7", "2026-11-27", "anaesthesia", "scope 2", {"P": 8})
    with Session.open(session_file) as session:
        assert session.provenance() == Provenance()
        session.set_provenance(mine)
        assert session.provenance() == mine
        assert session.undo() == "set whose recording it is"
        assert session.provenance() == Provenance()
        session.redo()
        session.relink(session.movie_path())
        with pytest.raises(InputError, match="a date such as 2026-11-27, found '27.11.2026'"):
            session.set_provenance(replace(mine, session_date="27.11.2026"))
    with Session.open(session_file) as session:
        assert session.provenance() == mine
        while session.undo():
            pass
        assert session.provenance() == Provenance()


def test_how_the_movie_is_read(session):
    opening = Opening(1.5, 2.5, "series 2", {"frame_rate_hz": 30.0})
    session.set_opening(opening)
    assert session.opening() == opening
    session.undo()
    assert session.opening() == Opening()
    with pytest.raises(InputError, match="a pixel size above 0 um"):
        session.set_opening(Opening(pixel_height_um=-1))


@pytest.mark.parametrize("times", [[0.5, 0.55, 0.6], [0.0, 0.1, 0.7]])
def test_signals(session, session_file, times):
    more = {"info": {"wheel": 1}, "way": "previous", "classes": ("rest", "run")}
    speed = Signal("speed", np.array([1.0, 2.0, 4.0]), "cm/s", np.array(times), **more)
    session.write_signal(speed)
    session.write_signal(replace(speed, name="xy", values=np.arange(6.0).reshape(3, 2)))
    assert session.signal_names() == ["speed", "xy"]
    back = session.signal("speed")
    assert (back.values.tolist(), back.units, back.info) == ([1, 2, 4], "cm/s", {"wheel": 1})
    assert (back.way, back.classes) == ("previous", ("rest", "run"))
    np.testing.assert_allclose(back.times_s, times, atol=1e-9)
    assert session.signal("xy").values.tolist() == [[0, 1], [2, 3], [4, 5]]
    session.remove_signal("xy")
    with pytest.raises(InputError, match="a signal 'xy', found speed"):
        session.signal("xy")
    stored(session_file, "UPDATE signals SET data = zeroblob(length(data))")
    with pytest.raises(InputError, match="the signal speed as it was written"):
        session.signal("speed")


def test_a_signal_is_undone_and_redone_with_its_values(session):
    first, second = (regular_signal("speed", np.full(4, v), "cm/s", 10.0) for v in (1.0, 2.0))
    session.write_signal(first)
    session.write_signal(second)
    assert session.undo() == "bring in signal speed"
    assert session.signal("speed").values.tolist() == [1, 1, 1, 1]
    session.undo()
    assert session.signal_names() == []
    session.redo()
    session.redo()
    assert session.signal("speed").values.tolist() == [2, 2, 2, 2]


def test_arrays_of_the_recording(session, session_file):
    mask = np.zeros((12, 16), bool)
    mask[0, 3] = True
    assert session.recording_array("nan_mask") is None
    session.set_recording_array("nan_mask", mask)
    np.testing.assert_array_equal(session.recording_array("nan_mask"), mask)
    with pytest.raises(InputError, match="one of nan_mask, row_times_s"):
        session.set_recording_array("mask", mask)
    stored(session_file, "UPDATE recording_arrays SET data = zeroblob(192)")
    with pytest.raises(InputError, match="nan_mask as it was written"):
        session.recording_array("nan_mask")
    session.set_recording_array("nan_mask", None)
    assert session.recording_array("nan_mask") is None
