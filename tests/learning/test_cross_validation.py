"""A method that knows and one that guesses, on two short recordings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deepcinac.evaluation.units import over_units
from deepcinac.learning.cross_validation import (
    CrossValidation,
    circular_shifts,
    exchanged_labels,
    shifted_null,
)
from deepcinac.learning.folds import leave_blocks_out

INPUTS = [np.sin(np.arange(240) / 9.0), np.cos(np.arange(300) / 7.0)]
TARGETS = [(one > 0).astype(float) for one in INPUTS]
FOLDS = [
    fold
    for number, one in enumerate(INPUTS)
    for fold in leave_blocks_out(number, f"r{number}", len(one), 10, 4, unit=f"r{number}")
]


@dataclass
class Follows:
    """Says the input itself, whatever it was taught; counts how often it was fitted."""

    name: str = "follows"
    fitted: list = field(default_factory=list)

    def fit(self, fold, targets, seed):
        self.fitted.append(fold.name)
        return lambda piece, n: INPUTS[piece.recording][piece.start : piece.stop : n, None]


def share_right(truth, said):
    return float(((said[:, 0] > 0) == truth).mean()) if 0 < truth.mean() < 1 else None


def validation(tmp_path, identity="one"):
    shifts = circular_shifts([240, 300], 20, 20, np.random.default_rng(0))
    null = shifted_null(TARGETS, shifts)
    return CrossValidation(FOLDS, TARGETS, share_right, 1, null, tmp_path, identity)


def test_the_real_score_stands_beside_that_of_shifted_targets(tmp_path):
    [found] = validation(tmp_path).run([Follows()])
    scores = over_units(
        [f.unit for f in FOLDS], found.by_fold, found.null, np.random.default_rng(0)
    )
    assert scores.by_unit == {"r0": 1.0, "r1": 1.0}
    assert len(scores.null) == 20
    assert 0.3 < scores.null_mean < 0.7
    assert scores.exceeds_null
    np.testing.assert_allclose(found.answers[0][:, 0], INPUTS[0])


def test_a_run_goes_on_after_the_last_fit(tmp_path):
    first, again, other = Follows(), Follows(), Follows()
    done = validation(tmp_path).run([first])
    assert len(first.fitted) == 8 * 21
    repeated = validation(tmp_path).run([again])
    assert again.fitted == []
    np.testing.assert_array_equal(done[0].null, repeated[0].null)
    validation(tmp_path, "other inputs").run([other])
    assert len(other.fitted) == 8 * 21


def test_shifts_keep_their_distance_from_the_truth():
    shifts = circular_shifts([100, 9], 200, 30, np.random.default_rng(1))
    assert (shifts[:, 0].min(), shifts[:, 0].max()) >= (30, 60)
    assert shifts[:, 0].max() < 70
    assert 3 <= shifts[:, 1].min() <= shifts[:, 1].max() <= 6


def test_labels_are_exchanged_between_whole_groups():
    """Two recordings of a, one of b, one of c: those of a keep the same label."""
    found = exchanged_labels("xxyz", "aabc", 50, np.random.default_rng(0))
    assert all(one[0] == one[1] for one in found)
    assert {tuple(one[1:]) for one in found} == {
        tuple(order) for order in ("xyz", "xzy", "yxz", "yzx", "zxy", "zyx")
    }


def test_labels_of_one_animal_stay_with_it():
    """Before and after in each of two animals."""
    found = exchanged_labels("xyxy", "aabb", 50, np.random.default_rng(0))
    assert {"".join(one) for one in found} == {"xyxy", "xyyx", "yxxy", "yxyx"}
