"""Cards: round trip, format 1, and every way a foreign folder can be wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.inputs.form import InputForm
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import WEIGHTS_FILE, card_from_dict, read_card, write_card
from deepcinac.learning.zoo import find_classifier
from deepcinac.tasks.activity.model import COMPACT, PAPER, activity_card, parts_of
from deepcinac.tasks.activity.settings import PredictionSettings


@pytest.fixture
def folder(tmp_path):
    (tmp_path / WEIGHTS_FILE).write_bytes(b"numbers")
    write_card(tmp_path, activity_card("mine", PAPER, calibration=Calibration(0.8, -1.0)))
    return tmp_path


def _change(folder, **changes):
    values = json.loads((folder / "card.json").read_text())
    for path, value in changes.items():
        *parts, name = path.split("__")
        inner = values
        for part in parts:
            inner = inner[part]
        inner[name] = value
    (folder / "card.json").write_text(json.dumps(values))


def test_what_is_written_is_read_back(folder):
    card = read_card(folder)
    assert (card.name, card.task, parts_of(card).architecture) == ("mine", "activity", PAPER)
    assert card.calibration == Calibration(0.8, -1.0)
    assert len(card.weights_sha256) == 64
    assert json.loads((folder / "card.json").read_text())["card_format"] == 2


@given(st.floats(-5, 5), st.floats(-5, 5), st.text(max_size=20))
def test_any_card_survives_json(slope, offset, name):
    card = activity_card(name, COMPACT, calibration=Calibration(slope, offset))
    again = card_from_dict(json.loads(json.dumps(card.to_dict())), "x")
    assert again == card
    assert parts_of(again).architecture == COMPACT


def test_a_card_of_format_1_means_the_same(folder):
    """As version 2.0.0.dev0 wrote them: no task, no settings of prediction."""
    old = {
        "card_format": 1,
        "name": "old",
        "description": "",
        "architecture": {"size": "compact", "window_frames": 40, "filters": [3, 4],
                         "kernels": [5, 3], "strides": [2, 2]},
        "input_form": {"frame_rate_hz": 8.0, "reach_range_sd": [2.98, 9.81]},
        "calibration": {"slope": 1.02264, "offset": 0.00117},
        "threshold": 0.4,
        "training": {"settings": {"seed": 0}},
        "scores": {"validation": {"f1": 0.8}},
    }  # fmt: skip
    card = card_from_dict(old, "x")
    parts = parts_of(card)
    assert (card.task, card.threshold) == ("activity", 0.4)
    assert (parts.architecture.window_frames, parts.architecture.filters) == (40, (3, 4))
    assert parts.input_form == InputForm(frame_rate_hz=8.0, reach_range_sd=(2.98, 9.81))
    # It does not say, and answers as it always did.
    assert parts.prediction == PredictionSettings(window_overlap=0.5, surroundings_every=1)
    assert card.calibration == Calibration(1.02264, 0.00117)


def test_changed_weights_are_noticed(folder):
    (folder / WEIGHTS_FILE).write_bytes(b"other numbers")
    with pytest.raises(InputError, match="SHA-256"):
        read_card(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"card_format": 99}, "format"),
        ({"layers": "Lambda"}, "layers"),
        ({"architecture": [1]}, "named values"),
        ({"threshold": "high"}, "threshold"),
        ({"threshold": 1.5}, "threshold"),
        ({"calibration__slope": float("inf")}, "finite"),
        ({"calibration__offset": 1e9}, "at most 1000"),
        ({"input_form__frame_rate_hz": float("nan")}, "finite"),
        ({"scores__f1": float("nan")}, "finite"),
        ({"name": 3}, "name"),
    ],
)
def test_a_card_that_makes_no_sense_is_a_sentence(folder, changes, message):
    _change(folder, **changes)
    with pytest.raises(InputError, match=message):
        read_card(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "cell_types"}, "task activity"),
        ({"architecture__size": "huge"}, "compact, paper"),
        ({"architecture__window_frames": 10**9}, "window_frames"),
        ({"architecture__window_frames": 40.5}, "window_frames"),
        ({"architecture__filters": [10**9]}, "filters"),
        ({"architecture__filters": []}, "1 to 6 filter counts"),
        ({"architecture__dropout": 1.0}, "dropout"),
        ({"architecture__rate_head": "yes"}, "rate_head"),
        ({"architecture__layers": 3}, "layers"),
        ({"input_form__frame_rate_hz": 0}, "frame_rate_hz"),
        ({"input_form__pixel_size_range_um": [3.0, 1.0]}, "low to high"),
        ({"input_form__pixel_size_range_um": [3.0]}, "2 values"),
        ({"prediction__window_overlap": 1.0}, "window_overlap"),
    ],
)
def test_the_task_checks_the_parts_that_belong_to_it(folder, changes, message):
    _change(folder, **changes)
    with pytest.raises(InputError, match=message):
        parts_of(read_card(folder))


def test_missing_parts_are_sentences(folder, tmp_path):
    with pytest.raises(InputError, match="name of a classifier"):
        find_classifier(tmp_path / "nowhere")
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(InputError, match=WEIGHTS_FILE):
        read_card(folder)
    (folder / "card.json").write_text("{")
    with pytest.raises(InputError, match="JSON"):
        read_card(folder)
