"""Our paper network with weights of DeepCINAC 1 says what that program said."""

from pathlib import Path

import numpy as np
import pytest

import deepcinac as dc
from deepcinac.errors import InputError
from deepcinac.learning.card import read_card
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.questions import NeedsAnswer
from deepcinac.tasks.activity.model import load_network
from deepcinac.tasks.activity.published import ask_about_inputs, make_classifier

DATA = Path(__file__).parents[2] / "formats" / "data" / "published"


def test_the_same_numbers_for_the_same_inputs(tmp_path):
    """``published.npy``: what the network said in DeepCINAC 1.1.10 of these two windows."""
    number = np.arange(2 * 20 * 3 * 25 * 25)
    images = np.sin(number * 0.37 + (number // 625) ** 1.5).astype(np.float32)
    out = tmp_path / "old"
    make_classifier(DATA / "published.json", DATA / "published_weights_01.h5", out)
    card = read_card(out)
    network = load_network(ClassifierFolder("old", out, card)).whole
    logits = np.asarray(network(images.reshape(2, 20, 3, 25, 25), training=False))[..., 0]
    said = np.load(DATA / "published.npy")
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), said, atol=2e-6)
    assert said.std() > 0.2
    with pytest.raises(NeedsAnswer, match="--accept other-inputs"):
        ask_about_inputs(card)
    ask_about_inputs(card, frozenset({"other-inputs"}))


def test_the_library_asks_what_the_command_line_asks(tmp_path):
    out = tmp_path / "old"
    make_classifier(DATA / "published.json", DATA / "published_weights_01.h5", out)
    nothing_read = tmp_path / "no such.deepcinac"
    with pytest.raises(NeedsAnswer, match=r'accepted={"other-inputs"}') as caught:
        dc.predict(nothing_read, out)
    assert caught.value.accept == "other-inputs"
    with pytest.raises(InputError, match="no such"):  # accepted, it goes on to the recording
        dc.predict(nothing_read, out, accepted=["other-inputs"])
