"""Precision timing: peaks of 20 uV from top to bottom, thresholds of 10, lifetimes of 4 samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.recording.spike_detection import (
    HighPass,
    find_spikes,
    noise_sd,
    peak_pairs,
    spaced,
    spikes_in_blocks,
)


def trace(n: int, **peaks: float) -> np.ndarray:
    """Zeros with a value at a sample: ``trace(10, at_3=-12.0)``."""
    found = np.zeros(n)
    for name, value in peaks.items():
        found[int(name.removeprefix("at_"))] = value
    return found


def test_a_spike_is_timed_at_the_larger_of_its_peaks() -> None:
    assert find_spikes(trace(12, at_4=-12.0, at_6=8.0), 10.0, 4, 0).tolist() == [4]
    assert find_spikes(trace(12, at_4=-8.0, at_6=12.0), 10.0, 4, 3).tolist() == [6]


def test_both_peaks_together_have_to_reach_the_threshold() -> None:
    """6 down and 5 up are 11 apart, though neither is 10; 4 and 5 are not."""
    assert find_spikes(trace(12, at_4=-6.0, at_6=5.0), 10.0, 4, 4).tolist() == [4]
    assert find_spikes(trace(12, at_4=-4.0, at_6=5.0), 10.0, 4, 4).tolist() == []


def test_the_opposite_peak_has_to_come_within_the_lifetime() -> None:
    near, far = trace(30, at_4=-6.0, at_8=5.0), trace(30, at_4=-6.0, at_9=5.0)
    assert find_spikes(near, 10.0, 4, 4).tolist() == [4]
    assert find_spikes(far, 10.0, 4, 4).tolist() == []


def test_a_peak_that_still_grows_at_the_end_of_the_lifetime_is_followed() -> None:
    """From the bottom at 2 the lifetime ends at 6 with 7 uV; the top, 9 uV, comes at 7."""
    x = np.array([0, 0, -6, 0, 0, 3, 7, 9, 2, 0, 0.0])
    assert find_spikes(x, 10.0, 4, 4).tolist() == [7]


def test_no_spike_begins_in_the_refractory_period() -> None:
    twice = trace(40, at_5=-20.0, at_10=-20.0)
    assert find_spikes(twice, 10.0, 2, 3).tolist() == [5, 10]
    assert find_spikes(twice, 10.0, 2, 6).tolist() == [5]
    assert spaced(np.array([5, 10, 12]), np.array([5, 10, 12]), 6).tolist() == [5, 12]


def test_slow_and_small_waves_are_no_spikes() -> None:
    slow = 50 * np.sin(np.linspace(0, 6, 3000))
    assert len(find_spikes(slow, 10.0, 20, 10)) == 0
    assert len(find_spikes(np.zeros(100), 1e-9, 20, 10)) == 0
    assert len(find_spikes(np.zeros(2), 1.0, 20, 10)) == 0


def test_noise_is_measured_as_if_there_were_no_spikes() -> None:
    rng = np.random.default_rng(0)
    quiet = rng.normal(0, 5.0, 50_000)
    busy = quiet.copy()
    busy[::500] -= 300
    assert noise_sd(quiet[None])[0] == pytest.approx(5.0, rel=0.02)
    assert noise_sd(busy[None])[0] == pytest.approx(noise_sd(quiet[None])[0], rel=0.01)


def test_a_high_pass_takes_drift_off_and_remembers_the_block_before() -> None:
    """A spike of 1 ms on a swing of 1 Hz and 500 uV at 10 kHz: whole and in three blocks."""
    t = np.arange(20_000) / 1e4
    x = 500 * np.sin(2 * np.pi * t) + 1000
    x[7000:7005] -= 60
    whole = HighPass(300.0, 1e4, 1)(x[None])
    parts = HighPass(300.0, 1e4, 1)
    joined = np.concatenate([parts(one[None]) for one in np.split(x, [3000, 7002])], axis=1)
    np.testing.assert_allclose(joined, whole, atol=1e-6)
    assert np.abs(whole[0, 1000:6990]).max() < 2
    assert find_spikes(whole[0], 40.0, 20, 10).tolist() == [7000]
    np.testing.assert_array_equal(HighPass(0.0, 1e4, 1)(x[None]), x[None])


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 8),
    st.lists(st.integers(0, 300), max_size=6),
)  # fmt: skip
def test_blocks_find_what_the_whole_finds(seed, lifetime, refractory, cuts) -> None:
    x = np.random.default_rng(seed).normal(size=300)
    whole = find_spikes(x, 3.0, lifetime, refractory)
    blocks = (one[None] for one in np.split(x, sorted(cuts)))
    (found,) = spikes_in_blocks(blocks, np.array([3.0]), lifetime, refractory)
    np.testing.assert_array_equal(found, whole)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_pairs_are_those_that_a_plain_loop_finds(seed, lifetime) -> None:
    x = np.random.default_rng(seed).normal(size=120)
    expected = []
    for i in range(1, len(x) - 1):
        ahead = x[i : i + lifetime + 1]
        top = x[i] > x[i - 1] and x[i] >= x[i + 1] and x[i] - ahead.min() >= 2.5
        bottom = x[i] < x[i - 1] and x[i] <= x[i + 1] and ahead.max() - x[i] >= 2.5
        if top or bottom:
            expected.append(i)
    assert peak_pairs(x, 2.5, lifetime)[0].tolist() == expected
