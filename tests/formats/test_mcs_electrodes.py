"""Raw recordings of Multi Channel Systems: four electrodes at 10 kHz, a reference among them."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.formats import electrode_spikes, mcs_electrodes
from deepcinac.formats.electrode_spikes import read_electrode_spikes
from deepcinac.formats.mcs_electrodes import McsRecording, is_mcs, open_mcs
from deepcinac.recording.spike_detection import SpikeDetectionSettings
from deepcinac.tasks.dynamics.rasters import Row, read_raster
from helpers.mcs_files import write_mcs

LABELS = ["12", "13", "Ref", "21"]
RATE = 10_000
TIMES_S = {"12": [0.25, 0.5, 1.1], "13": [0.75], "21": []}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))


def voltage(n_s=2.0, seed=0):
    """Noise of 5 uV with drift, and spikes of -80 and +40 uV at ``TIMES_S``; nothing on the reference."""
    rng, n = np.random.default_rng(seed), round(n_s * RATE)
    found = rng.normal(0, 5.0, (4, n)) + 200 * np.sin(np.linspace(0, 9, n))
    found[2] = 0
    for row, label in enumerate(LABELS):
        for time_s in TIMES_S.get(label, []):
            at = round(time_s * RATE)
            found[row, at : at + 3] -= (40, 80, 40)
            found[row, at + 4 : at + 8] += 40
    return found


def test_spikes_come_out_where_they_were_put_in(tmp_path):
    found = read_electrode_spikes(write_mcs(tmp_path / "a.h5", voltage(), LABELS))
    assert found.labels == ("12", "13", "21")
    assert found.left_out == {"Ref": "reference"}
    assert (found.spikes.n_channels, found.spikes.duration_s) == (3, 2.0)
    assert found.spikes.channels.tolist() == [0, 0, 1, 0]
    np.testing.assert_allclose(found.spikes.times_s, [0.25, 0.5, 0.75, 1.1], atol=0.0003)
    assert found.in_words == "3 of 4 electrodes; left out: Ref (reference)"


def test_values_are_microvolts_whatever_the_order_of_rows(tmp_path):
    x = voltage()
    path = write_mcs(tmp_path / "a.h5", x, LABELS, rows=[3, 0, 1, 2])
    with open_mcs(path) as file:
        recording = McsRecording(file, path)
        assert [one.label for one in recording.electrodes] == LABELS
        assert (recording.rate_hz, recording.n_samples) == (1e4, 20_000)
        np.testing.assert_allclose(
            recording.voltage([0, 3], 100, 200), x[[0, 3], 100:200], atol=0.03
        )
    assert read_electrode_spikes(path).spikes.channels.tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("chunks", [(4, 1000), (1, 20_000), (2, 333)])
def test_blocks_and_batches_make_no_difference(tmp_path, monkeypatch, chunks):
    path = write_mcs(tmp_path / "a.h5", voltage(), LABELS, chunks=chunks)
    monkeypatch.setattr(mcs_electrodes, "BLOCK_BYTES", 8 * 4 * 1000)
    with open_mcs(path) as file:
        recording = McsRecording(file, path)
        sizes = [
            block.size for batch in recording.batches(range(4)) for block in recording.blocks(batch)
        ]
        assert max(sizes) <= 4000
        assert sum(sizes) == 80_000
    found = read_electrode_spikes(path)
    np.testing.assert_allclose(found.spikes.times_s, [0.25, 0.5, 0.75, 1.1], atol=0.0003)


def test_dead_noisy_saturated_and_named_electrodes_are_left_out(tmp_path):
    rng = np.random.default_rng(1)
    x = rng.normal(0, 5.0, (7, 20_000))
    x[1] = 0.0
    x[2] *= 40
    x[3, :1000] = 0.0595 * 2**23 * 1.01  # beyond the range of 24 bits
    labels = ["12", "13", "14", "15", "16", "17", "21"]
    path = write_mcs(tmp_path / "a.h5", x, labels)
    found = read_electrode_spikes(path, SpikeDetectionSettings(leave_out_electrodes="21, 17"))
    assert found.labels == ("12", "16")
    why = dict(found.left_out)
    assert why.pop("14").startswith("noise of 1")
    assert why == {"13": "dead: noise of 0.0 uV", "15": "saturated", "17": "named", "21": "named"}
    assert "17, 21 (named)" in found.in_words
    with pytest.raises(InputError, match="electrodes among 12, 13"):
        read_electrode_spikes(path, SpikeDetectionSettings(leave_out_electrodes="99"))


def test_what_was_found_is_kept_and_asked_for_again_by_other_settings(tmp_path, monkeypatch):
    path = write_mcs(tmp_path / "a.h5", voltage(), LABELS)
    first = read_electrode_spikes(path)
    monkeypatch.setattr(electrode_spikes, "detect", None)
    again = read_electrode_spikes(path)
    assert again.spikes.times_s.tolist() == first.spikes.times_s.tolist()
    assert (again.labels, dict(again.left_out)) == (first.labels, dict(first.left_out))
    with pytest.raises(TypeError):  # detection would run
        read_electrode_spikes(path, SpikeDetectionSettings(spike_sd=9.0))


def test_a_damaged_cache_is_made_anew(tmp_path):
    path = write_mcs(tmp_path / "a.h5", voltage(), LABELS)
    first = read_electrode_spikes(path)
    (kept,) = (tmp_path / "cache" / "spikes").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    again = read_electrode_spikes(path)
    assert again.spikes.times_s.tolist() == first.spikes.times_s.tolist()
    assert again.labels == first.labels


def test_a_recording_of_electrodes_is_one_of_dynamics(tmp_path):
    path = write_mcs(tmp_path / "a.h5", voltage(), LABELS)
    found = read_raster(Row(path, {"class": "control", "device": "chip1"}))
    assert (found.label, found.group, found.spikes.n_spikes) == ("control", "chip1", 4)
    assert found.note == "3 of 4 electrodes; left out: Ref (reference)"
    other = tmp_path / "b.h5"
    with h5py.File(other, "w") as file:
        file["a"] = [1]
    assert not is_mcs(other)
    with pytest.raises(InputError, match="spike times in a file ending in"):
        read_raster(Row(other, {"class": "control"}))


def test_pauses_second_recordings_and_other_files_are_told(tmp_path):
    x, n = voltage(), 20_000
    path = write_mcs(
        tmp_path / "a.h5", x, LABELS, stretches=[[0, 0, 9_999], [5_000_000, 10_000, n - 1]]
    )
    with pytest.raises(InputError, match=r"one unbroken stretch.*2 of them.*without pauses"):
        read_electrode_spikes(path)
    path = write_mcs(tmp_path / "b.h5", x, LABELS)
    with h5py.File(path, "a") as file:
        file.create_group("Data/Recording_1")
    with pytest.raises(InputError, match=r"one recording in a file.*2"):
        read_electrode_spikes(path)
    path = write_mcs(tmp_path / "c.h5", x, LABELS)
    with h5py.File(path, "a") as file:
        file["Data/Recording_0/AnalogStream/Stream_0"].attrs["DataSubType"] = np.bytes_("Auxiliary")
    with pytest.raises(InputError, match=r"a stream of electrodes.*electrode raw data"):
        read_electrode_spikes(path)
    path = write_mcs(tmp_path / "d.h5", x, LABELS)
    with h5py.File(path, "a") as file:
        file.attrs["McsHdf5ProtocolType"] = np.bytes_("CMOS_MEA")
    with pytest.raises(InputError, match="CMOS_MEA"):
        read_electrode_spikes(path)
    path = write_mcs(tmp_path / "e.h5", 0 * x, LABELS)
    with pytest.raises(InputError, match="at least one electrode that is alive"):
        read_electrode_spikes(path)


def test_the_makers_own_reader_sees_the_same(tmp_path):
    """Where McsPyDataTools is installed: the same values in the file that we write for these tests."""
    mcs = pytest.importorskip("McsPy.McsData")
    path = write_mcs(tmp_path / "a.h5", voltage(), LABELS, rows=[3, 0, 1, 2])
    raw = mcs.RawData(str(path))  # closes its file when it is let go
    theirs = raw.recordings[0].analog_streams[0]
    with open_mcs(path) as file:
        recording = McsRecording(file, path)
        for number, electrode in enumerate(recording.electrodes):
            values, unit = theirs.get_channel_in_range(number, 0, 999)
            assert theirs.channel_infos[number].label == electrode.label
            volts = np.asarray(values) * float((1 * unit).to("volt").magnitude)
            np.testing.assert_allclose(
                1e6 * volts, recording.voltage([number], 0, 1000)[0], rtol=1e-9
            )
