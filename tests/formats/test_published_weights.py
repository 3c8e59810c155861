"""A network that DeepCINAC 1.1.10 built and saved; ``packaging/check_published.py`` made the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepcinac.errors import InputError
from deepcinac.formats.published_weights import read_published

DATA = Path(__file__).parent / "data" / "published"
WEIGHTS = DATA / "published_weights_01.h5"


def test_sizes_and_arrays() -> None:
    found = read_published(DATA / "published.json", WEIGHTS)
    assert (found.window_frames, found.patch_px, found.filters) == (20, 25, (2, 2, 3, 3))
    assert (found.recurrent_units, found.frame_features, found.dropout) == (3, 48, 0.5)
    assert found.arrays["activity"][0].shape == (2 * 3 * 20, 20)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"activation": "softmax"', '"activation": "relu"'), "another activation"),
        (('"recurrent_activation": "sigmoid"', '"recurrent_activation": "hard_sigmoid"'), "LSTM"),
        (('"class_name": "Multiply"', '"class_name": "Add"'), "0 layers Multiply"),
        (('"class_name": "Flatten"', '"class_name": "BatchNormalization"'), "cannot be held"),
    ],
)
def test_other_networks_are_refused(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    text = (DATA / "published.json").read_text()
    assert change[0] in text
    json.loads(text.replace(*change))
    (tmp_path / "a.json").write_text(text.replace(*change))
    with pytest.raises(InputError, match=told):
        read_published(tmp_path / "a.json", WEIGHTS)
