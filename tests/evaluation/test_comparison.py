"""Pairs of methods: what can be tested, what cannot, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.evaluation.comparison import (
    CELL,
    RECORDING,
    compare_units,
    in_words,
    signed_rank_p,
)


def test_units_are_paired_by_name() -> None:
    first, second = {"a": 0.9, "b": 0.5, "c": 0.7}, {"b": 0.6, "a": 0.7, "d": 0.1}
    (gap,) = compare_units(["one", "two"], [first, second], CELL)
    assert (gap.n_units, gap.n_higher, gap.n_lower) == (2, 1, 1)
    assert gap.median == pytest.approx((0.2 - 0.1) / 2)


def test_five_units_cannot_be_tested() -> None:
    five = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    assert signed_rank_p(five) is None
    assert signed_rank_p(np.append(five, 0.0)) is None  # the sixth does not differ
    assert signed_rank_p(np.append(five, 0.6)) == pytest.approx(2 / 2**6)


def test_what_cannot_be_tested_is_said() -> None:
    one, two = dict.fromkeys(range(5), 0.9), dict.fromkeys(range(5), 0.5)
    (gap,) = compare_units(["new", "old"], [one, two], RECORDING)
    said = in_words(gap)
    assert "higher than that of old in 5 of 5 recordings and lower in 0" in said
    assert "cannot be tested" in said
    assert "median difference +0.400" in said


def test_a_difference_that_holds() -> None:
    one, two = {n: 0.9 + n / 1000 for n in range(12)}, dict.fromkeys(range(12), 0.5)
    (cells,) = compare_units(["new", "old"], [one, two], CELL)
    (recordings,) = compare_units(["new", "old"], [one, two], RECORDING)
    assert "larger than chance" in in_words(cells)
    assert "says nothing about others" in in_words(cells)
    assert "should hold for other recordings" in in_words(recordings)


def test_a_difference_that_chance_makes_is_no_proof_of_equality() -> None:
    one, two = {n: 0.5 + (-1) ** n * n / 100 for n in range(12)}, dict.fromkeys(range(12), 0.5)
    (gap,) = compare_units(["new", "old"], [one, two], CELL)
    assert "not show that the two are equally good" in in_words(gap)


def test_nothing_in_common() -> None:
    (gap,) = compare_units(["new", "old"], [{"a": 1.0}, {"b": 1.0}], CELL)
    assert gap.median is None
    assert "cannot be compared" in in_words(gap)
