"""The lag from a spike to the steepest rise, and neurons whose clocks do not agree."""

import numpy as np
import pytest

from deepcinac.simulation.activity import INDICATORS, fluorescence
from deepcinac.simulation.recorded import RecordedTrial
from deepcinac.simulation.spike_lag import out_of_step, spike_rise_lag, spike_rise_lags

RATE = 30.0


def _neuron(name, seed, clock_error_s=0.0, noise=0.05):
    """120 s with an event about every 3 s; ``clock_error_s`` is added to the recorded spike times."""
    generator = np.random.default_rng(seed)
    spikes = np.cumsum(generator.uniform(1.5, 4.5, 38))
    n_frames = int(125 * RATE)
    dff = fluorescence(spikes, n_frames, RATE, INDICATORS["GCaMP6f"])
    dff = dff + generator.normal(0, noise, n_frames)
    time = (np.arange(n_frames) + 0.5) / RATE
    return RecordedTrial("DS99-GCaMP6f", name, time, dff, spikes + clock_error_s)


def test_the_lag_follows_an_error_of_the_clock():
    right, late = (spike_rise_lag([_neuron("a", 1, error)]) for error in (0.0, 0.5))
    assert right.is_sure
    assert late.is_sure
    assert right.lag_s == pytest.approx(0.02, abs=0.03)
    # spikes recorded half a second late: the rise seems to come half a second before them
    assert late.lag_s - right.lag_s == pytest.approx(-0.5, abs=0.03)


def test_one_neuron_out_of_step_is_named_and_the_others_are_not():
    trials = [_neuron(name, seed) for seed, name in enumerate("abcd")]
    trials.append(_neuron("e", 9, clock_error_s=1.0))
    odd = out_of_step(spike_rise_lags(trials))
    assert [lag.neuron for lag in odd] == ["e"]


def test_trials_of_one_neuron_are_judged_together():
    lags = spike_rise_lags([_neuron("a", 1), _neuron("a", 2), _neuron("b", 3)])
    assert [(lag.neuron, lag.n_events > 60) for lag in lags] == [("a", True), ("b", False)]


def test_no_verdict_where_nothing_follows_the_spikes():
    generator = np.random.default_rng(0)
    time = np.arange(3000) / RATE
    spikes = np.sort(generator.uniform(0, 100, 30))
    silent = RecordedTrial("DS99", "a", time, generator.normal(0, 1, 3000), spikes)
    assert not spike_rise_lag([silent]).is_sure
    nothing = RecordedTrial("DS99", "a", time, np.zeros(3000), np.zeros(0))
    assert spike_rise_lag([nothing]).n_events == 0
