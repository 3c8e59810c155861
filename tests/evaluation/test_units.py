"""Units first: the folds of one animal are one number."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.evaluation.comparison import compare_units, in_words
from deepcinac.evaluation.units import bootstrap_mean, over_units, wilson


def test_folds_of_one_animal_count_once():
    """a: .8 and 1 make .9; b: .5; c could not be judged. The null is .5 twice and .7 once."""
    null = np.array([[0.5, 0.5, 0.5, np.nan], [0.5, 0.5, 0.5, np.nan], [0.6, 0.8, 0.7, np.nan]])
    units = ["a", "a", "b", "c"]
    found = over_units(units, [0.8, 1.0, 0.5, None], null, np.random.default_rng(0))
    assert found.by_unit == pytest.approx({"a": 0.9, "b": 0.5})
    assert found.mean == pytest.approx(0.7)
    assert found.null == pytest.approx([0.5, 0.5, 0.7])
    assert (found.null_mean, found.null_95) == pytest.approx((0.5667, 0.68), abs=1e-3)
    assert found.exceeds_null
    assert found.interval == pytest.approx((0.5, 0.9))


def test_one_unit_has_no_interval():
    assert bootstrap_mean(np.array([0.7]), np.random.default_rng(0)) is None
    assert wilson(0, 0) is None


def test_nothing_judged():
    found = over_units(["a"], [None], np.zeros((0, 1)), np.random.default_rng(0))
    assert (found.mean, found.interval, found.null_95, found.exceeds_null) == (None,) * 4


def test_pairs_of_few_animals_are_not_tested():
    [gap] = compare_units(
        ["gru", "linear"], [{"a": 0.9, "b": 0.8}, {"a": 0.7, "b": 0.7}], "animal", "AUC"
    )
    assert gap.p is None
    text = in_words(gap)
    assert text.startswith("AUC of gru is higher than that of linear in 2 of 2 animals")
    assert "cannot be tested" in text
    many = {str(n): n / 10 for n in range(8)}
    [gap] = compare_units(["x", "y"], [many, dict.fromkeys(many, -1.0)], "animal", "AUC")
    assert "Animals are the units, so it should hold for other animals" in in_words(gap)
