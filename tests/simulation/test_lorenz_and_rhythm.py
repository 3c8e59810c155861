"""What is planted in the simulations of populations is there."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.files import read_npz
from deepcinac.simulation.lorenz import lorenz_trials, observed_in_part, trajectories
from deepcinac.simulation.lorenz_settings import LorenzSettings
from deepcinac.simulation.rhythm import draw_rhythm, scattered_cells
from deepcinac.simulation.rhythm_settings import RhythmSettings


def test_a_step_of_the_lorenz_system_by_hand():
    """From (1, 2, 3): dx = 10, dy = 1 * 25 - 2 = 23, dz = 2 - 8 = -6, times 0.006."""
    path = trajectories(2, np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(path[1, 0], [1.06, 2.138, 2.964])


def test_rates_are_those_of_the_spikes_and_none_explodes():
    settings = LorenzSettings(neurons=6, conditions=5, repeats=200, bins=10)
    for seed in range(3):
        found = lorenz_trials(settings, np.random.default_rng(seed))
        assert found.counts.shape == found.rates_hz.shape == (1000, 10, 6)
        assert found.rates_hz.max() < 5000
        first = found.condition == 0
        rates = found.rates_hz[first][0]
        slow = rates < 50  # at most one spike in a millisecond
        counted = found.counts[first].sum(0)[slow]
        expected = rates[slow] * 0.02 * 200
        assert (np.abs(counted - expected) < 5 * np.sqrt(expected) + 1).all()


def test_other_cells_are_observed_in_each_bin():
    values = np.ones((50, 20, 8), np.float32)
    seen = np.isfinite(observed_in_part(values, 3, np.random.default_rng(0)))
    assert (seen.sum(-1) == 3).all()
    assert 0.3 < seen.mean((0, 1)).min() < seen.mean((0, 1)).max() < 0.45


def test_trials_of_a_seed_do_not_depend_on_what_is_observed(tmp_path):
    sizes = ["--neurons", "5", "--conditions", "2", "--repeats", "3", "--bins", "5"]
    command = ["simulate", "--preset", "lorenz", *sizes, "--out"]
    assert main([*command, str(tmp_path / "a")]) == 0
    assert main([*command, str(tmp_path / "b"), "--observed", "2"]) == 0
    whole, part = (read_npz(tmp_path / name / "lorenz.npz") for name in "ab")
    seen = np.isfinite(part["values"])
    assert seen.mean() == pytest.approx(0.4)
    np.testing.assert_array_equal(whole["values"][seen], part["values"][seen])
    np.testing.assert_array_equal(whole["truth"], part["truth"])
    assert main([*command, str(tmp_path / "a")]) == 2


def test_a_rhythm_and_what_frames_make_of_it():
    """7 Hz at every row; seen once a frame of 0.1 s it looks like 3 Hz."""
    settings = RhythmSettings(scanned_cells=3, phase_drift=0, own_activity=0, shared_slow=0)
    found = draw_rhythm(1000, 100.0, settings, np.random.default_rng(0))

    def peak_hz(values, rate):
        power = np.abs(np.fft.rfft(values - values.mean()))
        return np.fft.rfftfreq(len(values), 1 / rate)[power.argmax()]

    assert peak_hz(found.drive, 100.0) == pytest.approx(7)
    assert peak_hz(found.dff[200:, 0], 100.0) == pytest.approx(7, abs=0.15)
    assert peak_hz(found.dff[::10, 0], 10.0) == pytest.approx(3, abs=0.15)


def test_cells_that_find_no_room_are_a_sentence():
    with pytest.raises(InputError, match="a field with room for all cells"):
        scattered_cells(RhythmSettings(scanned_cells=40, scan_px=16), np.random.default_rng(0))
