"""Cards: round trip, and every way a foreign folder can be wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import WEIGHTS_FILE, Card, card_from_dict, read_card, write_card
from deepcinac.learning.zoo import find_classifier
from deepcinac.tasks.activity.model import COMPACT, PAPER


@pytest.fixture
def folder(tmp_path):
    (tmp_path / WEIGHTS_FILE).write_bytes(b"numbers")
    write_card(tmp_path, Card("mine", architecture=PAPER, calibration=Calibration(0.8, -1.0)))
    return tmp_path


def _change(folder, **changes):
    values = json.loads((folder / "card.json").read_text())
    values.update(changes)
    (folder / "card.json").write_text(json.dumps(values))


def test_what_is_written_is_read_back(folder):
    card = read_card(folder)
    assert (card.name, card.architecture) == ("mine", PAPER)
    assert card.calibration == Calibration(0.8, -1.0)
    assert len(card.weights_sha256) == 64


@given(st.floats(-5, 5), st.floats(-5, 5), st.text(max_size=20))
def test_any_card_survives_json(slope, offset, name):
    card = Card(name, architecture=COMPACT, calibration=Calibration(slope, offset))
    assert card_from_dict(json.loads(json.dumps(card.to_dict())), "x") == card


def test_changed_weights_are_noticed(folder):
    (folder / WEIGHTS_FILE).write_bytes(b"other numbers")
    with pytest.raises(InputError, match="SHA-256"):
        read_card(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"card_format": 99}, "format"),
        ({"layers": "Lambda"}, "layers"),
        ({"architecture": {"size": "huge"}}, "compact or paper"),
        ({"architecture": {"window_frames": 10**9}}, "window_frames"),
        ({"architecture": {"filters": [10**9]}}, "filter"),
        ({"architecture": [1]}, "named values"),
        ({"threshold": "high"}, "threshold"),
        ({"input_form": {"frame_rate_hz": 0}}, "positive"),
    ],
)
def test_a_card_that_makes_no_sense_is_a_sentence(folder, changes, message):
    _change(folder, **changes)
    with pytest.raises(InputError, match=message):
        read_card(folder)


def test_missing_parts_are_sentences(folder, tmp_path):
    with pytest.raises(InputError, match="shipped classifier"):
        find_classifier(tmp_path / "nowhere")
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(InputError, match=WEIGHTS_FILE):
        read_card(folder)
    (folder / "card.json").write_text("{")
    with pytest.raises(InputError, match="JSON"):
        read_card(folder)
