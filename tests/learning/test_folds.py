"""Who trains, who chooses and who is judged, on recordings of some dozen frames."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.learning.folds import Piece, leave_blocks_out, leave_groups_out


def frames(pieces):
    return {(p.recording, frame) for p in pieces for frame in range(p.start, p.stop)}


def test_every_animal_is_judged_by_the_others():
    """Two sessions of a, one of b, one of c."""
    folds = leave_groups_out([10, 12, 10, 10], ["a", "a", "b", "c"], 0)
    assert [(fold.unit, len(frames(fold.test))) for fold in folds] == [
        ("a", 22),
        ("b", 10),
        ("c", 10),
    ]
    assert folds[0].validation == (Piece(2, 0, 10),)
    assert folds[0].train == (Piece(3, 0, 10),)
    for fold in folds:
        assert not frames(fold.train) & frames(fold.test)
        assert not frames(fold.validation) & (frames(fold.test) | frames(fold.train))


def test_all_choices_of_validation_belong_to_one_unit():
    folds = leave_groups_out([10, 10, 10], ["a", "b", "c"], 0, choices=9)
    assert [fold.unit for fold in folds] == ["a", "a", "b", "b", "c", "c"]
    assert len({fold.name for fold in folds}) == 6


def test_with_two_animals_the_end_of_the_other_one_chooses():
    fold = leave_groups_out([100, 100], ["a", "b"], 10)[0]
    assert (fold.train, fold.validation) == ((Piece(1, 0, 70),), (Piece(1, 80, 100),))


def test_one_device_of_each_class_chooses():
    folds = leave_groups_out([10] * 6, list("abcdef"), 0, labels=list("xxxyyy"))
    chosen = {fold.unit: sorted(p.recording for p in fold.validation) for fold in folds}
    assert chosen == {"a": [1, 3], "b": [2, 3], "c": [0, 3], "d": [0, 4], "e": [0, 5], "f": [0, 3]}
    for fold in folds:
        assert not frames(fold.train) & (frames(fold.test) | frames(fold.validation))


def test_without_a_device_to_spare_the_ends_of_all_choose():
    fold = leave_groups_out([100] * 4, list("abcd"), 10, labels=list("xyxy"))[0]
    assert fold.train == (Piece(1, 0, 70), Piece(2, 0, 70), Piece(3, 0, 70))
    assert fold.validation == (Piece(1, 80, 100), Piece(2, 80, 100), Piece(3, 80, 100))


def test_blocks_of_time_keep_their_distance():
    """Every frame is judged once, and nothing that trains lies within the gap of it."""
    folds = leave_blocks_out(2, "s", 300, 20, 4)
    judged = [frame for fold in folds for _, frame in sorted(frames(fold.test))]
    assert sorted(judged) == list(range(300))
    for fold in folds:
        parts = [
            np.array([f for _, f in frames(p)]) for p in (fold.train, fold.validation, fold.test)
        ]
        for one, other in ((0, 1), (0, 2), (1, 2)):
            assert np.abs(parts[one][:, None] - parts[other]).min() > 20
    assert folds[1].unit == "s, block 2 of 4"


def test_what_cannot_be_cut():
    with pytest.raises(
        InputError, match="at least 600 frames for 4 blocks with gaps of 50 frames, found 300"
    ):
        leave_blocks_out(0, "s", 300, 50, 4)
    with pytest.raises(InputError, match="at least 3 blocks"):
        leave_blocks_out(0, "s", 300, 5, 2)
    with pytest.raises(InputError, match="at least two groups"):
        leave_groups_out([10, 10], ["a", "a"], 0)
