"""Spikes and the fluorescence they cause."""

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.simulation.activity import (
    Indicator,
    burst_spikes,
    fluorescence,
    indicator_of,
    interneuron_spikes,
    spikes_per_frame,
    synchronisation_times,
)

LINEAR = Indicator(0.05, 1.0, 0.2, 1.0, 1e9)


def test_one_spike_rises_to_the_amplitude_and_decays_with_the_time_constant():
    trace = fluorescence(np.array([1.0]), 100, 20.0, LINEAR)
    assert trace[:20].max() == 0
    assert trace.max() == pytest.approx(0.2, rel=0.03)
    # one second, one time constant, later: 1/e
    assert trace[60] / trace[40] == pytest.approx(np.exp(-1), rel=0.02)


def test_two_spikes_add_up_in_a_linear_indicator():
    one = fluorescence(np.array([0.5]), 60, 20.0, LINEAR)
    two = fluorescence(np.array([1.2]), 60, 20.0, LINEAR)
    both = fluorescence(np.array([0.5, 1.2]), 60, 20.0, LINEAR)
    assert np.allclose(both, one + two)


def test_many_spikes_saturate():
    indicator = Indicator(0.05, 1.0, 0.2, 1.0, 10.0)
    one = fluorescence(np.array([0.5]), 60, 20.0, indicator).max()
    many = fluorescence(np.full(100, 0.5), 60, 20.0, indicator).max()
    assert many < 20 * one


def test_spikes_are_counted_in_the_frame_that_covers_them():
    counts = spikes_per_frame(np.array([0.0, 0.09, 0.1, 0.35, 9.0]), 5, 10.0)
    assert counts.tolist() == [2, 1, 0, 1, 0]


def test_rates_are_what_was_asked_for():
    generator = np.random.default_rng(1)
    spikes = burst_spikes(2000.0, 0.5, 4.0, generator)
    assert len(spikes) == pytest.approx(2000 * 0.5 * 4, rel=0.15)
    counts = [len(interneuron_spikes(500.0, 5.0, generator)) for _ in range(8)]
    assert 1000 < np.mean(counts) < 4000


def test_synchronisations_keep_two_seconds_apart():
    times = synchronisation_times(1000.0, 0.5, np.random.default_rng(0))
    assert len(times) > 50
    assert np.diff(times).min() > 2.0


def test_an_unknown_indicator_is_a_sentence():
    with pytest.raises(InputError, match="GCaMP6s"):
        indicator_of("GCaMP99", np.random.default_rng(0))
