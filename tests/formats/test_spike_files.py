"""Three spikes of two channels, in every form that is read."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from deepcinac.errors import InputError
from deepcinac.formats.spike_files import read_spikes
from deepcinac.recording.spikes import counts_in_bins, make_spikes

TIMES, CHANNELS = [0.5, 1.25, 2.0], [0, 1, 0]


def same(found, duration_s=3.0, n_channels=2):
    assert found.times_s.tolist() == pytest.approx(TIMES)
    assert found.channels.tolist() == CHANNELS
    assert (found.n_channels, found.duration_s) == (n_channels, duration_s)


def test_tables_of_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time_s,channel\n0.5,0\n2.0,0\n1.25,1\n", encoding="utf-8")
    same(read_spikes(path))
    same(read_spikes(path, duration_s=60.0), 60.0)
    path.write_text("electrode;time (ms)\nA4;500\nB2;1250\nA4;2000\n", encoding="utf-8")
    same(read_spikes(path))


def test_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", times_s=TIMES, channels=CHANNELS, duration_s=9.0, n_channels=5)
    same(read_spikes(tmp_path / "a.npz"), 9.0, 5)
    savemat(tmp_path / "a.mat", {"spike_times": TIMES, "units": CHANNELS})
    same(read_spikes(tmp_path / "a.mat"))


def test_a_list_of_times_for_each_channel(tmp_path):
    lists = np.empty(2, object)
    lists[0], lists[1] = np.array([0.5, 2.0]), np.array([1.25])
    np.savez(tmp_path / "a.npz", spikes=lists)
    same(read_spikes(tmp_path / "a.npz"))
    savemat(tmp_path / "a.mat", {"spikes": lists, "duration_s": 4.0})
    same(read_spikes(tmp_path / "a.mat"), 4.0)


def test_units_of_nwb(tmp_path):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        file["units/spike_times"] = [0.5, 2.0, 1.25]
        file["units/spike_times_index"] = [2, 3]
    same(read_spikes(tmp_path / "a.nwb"))
    with h5py.File(tmp_path / "a.nwb", "a") as file:
        file["units/spike_times_index"][:] = [2, 9]
    with pytest.raises(InputError, match="an index that ends with the last spike"):
        read_spikes(tmp_path / "a.nwb")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("when,who\n1,0\n2,0\n", "a column of times and one of channels, found when, who"),
        ("time_s,channel\n-1,0\n2,0\n", "spikes from 0 to 3 s, found one at -1 s"),
        ("time_s,channel\n1,0.5\n2,-3\n", None),
    ],
)
def test_what_is_no_list_of_spikes(tmp_path, text, complaint):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    if complaint is None:  # any numbers are names of channels
        assert read_spikes(path).n_channels == 2
        return
    with pytest.raises(InputError, match=complaint):
        read_spikes(path)


def test_spikes_are_checked_and_counted():
    with pytest.raises(InputError, match="channels from 0 to 1, found 0 to 2"):
        make_spikes([0.0, 0.1], [0, 2], 2)
    with pytest.raises(InputError, match="times that are numbers"):
        make_spikes([np.nan], [0])
    spikes = make_spikes(TIMES, CHANNELS, 2, 3.0)
    assert counts_in_bins(spikes, 1.0).tolist() == [[1, 0, 1], [0, 1, 0]]
    assert counts_in_bins(spikes, 2.0).tolist() == [[1], [1]]
