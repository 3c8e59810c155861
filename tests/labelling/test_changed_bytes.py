"""A session in which one bit was flipped, or a sector lost: told, or as it was.

Predictions have checksums. Labels have none: a digit of an onset may change into another possible one.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.labelling.session import Session


@pytest.fixture
def predicted(session_file: Path) -> Path:
    """Labels, and predictions that fill most of the file."""
    with Session.open(session_file) as session:
        layer = session.add_layer("expert", "anna").id
        for onset in range(0, 60, 3):
            session.add_transient(layer, onset % 2, onset, onset + 2)
        values = np.random.default_rng(0).random((3, 60)).astype(np.float32)
        for number in range(20):
            model = session.add_layer("classifier", f"model {number}").id
            session.write_prediction(model, [0, 1, 2], values)
    return session_file


def said(path: Path) -> tuple[Any, Any]:
    """Labels and predictions."""
    with Session.open(path, read_only=True) as session:
        layers = session.layers()
        labels = [session.all_transients(layer.id).tolist() for layer in layers]
        labels += [session.all_spans(layer.id, "labelled").tolist() for layer in layers]
        models = [layer.id for layer in layers if layer.kind == "classifier"]
        predictions = [values.tobytes() for x in models for values in session.predictions(x)]
    return labels, predictions


def fates(path: Path, folder: Path, how: str, count: int) -> Counter[str]:
    """What became of ``count`` damaged copies: refused, the same, or what changed without a word."""
    content, whole = path.read_bytes(), said(path)
    dice, found = random.Random(how), Counter[str]()
    damaged = folder / "damaged.deepcinac"
    for _ in range(count):
        changed, place = bytearray(content), dice.randrange(len(content))
        if how == "flip":
            changed[place] ^= 1 << dice.randrange(8)
        else:
            place -= place % 512
            changed[place : place + 512] = bytes(512)
        damaged.write_bytes(changed)
        try:
            now = said(damaged)
        except InputError:
            found["refused"] += 1
            continue
        for name, before, after in zip(("labels", "predictions"), whole, now, strict=True):
            found[name] += before != after
        found["same"] += now == whole
    return found


@pytest.mark.parametrize("how", ["flip", "zeros"])
def test_nothing_changes_without_a_word(predicted: Path, tmp_path: Path, how: str) -> None:
    found = fates(predicted, tmp_path, how, 20)
    assert found["labels"] == found["predictions"] == 0
    assert found["refused"] > 2  # most of these 20 hit bytes that nothing reads


def test_a_letter_of_a_layers_kind(predicted: Path) -> None:
    content = predicted.read_bytes()
    predicted.write_bytes(content.replace(b"classifiermodel 3", b"clas3ifiermodel 3", 1))
    with pytest.raises(InputError, match="layers of the kind clas3ifier"):
        said(predicted)


@pytest.mark.soak
@pytest.mark.parametrize("how", ["flip", "zeros"])
def test_four_hundred_times(predicted: Path, tmp_path: Path, how: str) -> None:
    found = fates(predicted, tmp_path, how, 400)
    print(how, dict(found))
    assert found["predictions"] == 0
    assert found["labels"] <= 4
    assert found["refused"] > 60
