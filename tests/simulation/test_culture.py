"""A few small cultures: who is who, what repeats, and that excitation makes bursts."""

from __future__ import annotations

import numpy as np

from deepcinac.recording.spikes import counts_in_bins
from deepcinac.simulation.culture import simulate_cultures
from deepcinac.simulation.culture_settings import CultureSettings

SETTINGS = CultureSettings(devices=10, length_s=10.0, electrodes=40, cells=80)


def test_the_same_seed_makes_the_same_spikes():
    short = CultureSettings(devices=5, length_s=1.0, electrodes=10, cells=20)
    one, again, other = (simulate_cultures(short, seed) for seed in (3, 3, 4))
    assert [culture.mixture for culture in one] == [
        "100E0I",
        "75E25I",
        "50E50I",
        "25E75I",
        "0E100I",
    ]
    for first, second in zip(one, again, strict=True):
        np.testing.assert_array_equal(first.spikes.times_s, second.spikes.times_s)
        assert first.spikes.n_channels == 10
    assert any(a.spikes.n_spikes != b.spikes.n_spikes for a, b in zip(one, other, strict=True))


def test_excitatory_cultures_burst_and_inhibitory_ones_do_not():
    """The variance of counts in 100 ms, in units of their mean, is about 1 where cells fire alone."""
    found = simulate_cultures(SETTINGS, 0)
    fano = {}
    for one in found:
        counts = counts_in_bins(one.spikes, 0.1).sum(0)
        fano.setdefault(one.mixture, []).append(counts.var() / counts.mean())
        assert 0.5 < one.spikes.rate_hz < 20
    assert min(fano["100E0I"]) > 2 * max(fano["0E100I"])
    assert {one.excitatory_share for one in found if one.mixture in ("100E0I", "0E100I")} == {
        0.0,
        1.0,
    }
