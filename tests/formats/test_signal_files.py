"""Signals from files, beside a movie of five frames at 10 Hz."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.formats.signal_files import SignalOptions, read_signals
from deepcinac.recording.signals import Signal, alignment, frame_edges, per_frame

EDGES = frame_edges(5, 10.0)


def read(path: Path, **options: object) -> list[Signal]:
    return read_signals(path, 5, 10.0, SignalOptions(**options))  # type: ignore[arg-type]


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "wheel.csv"
    path.write_text(text)
    return path


def test_a_table_with_times(tmp_path):
    path = table(tmp_path, "time_ms,speed (cm/s),mode\n0,1,rest\n100,2,run\n200,3,run\n")
    speed, mode = read(path)
    assert (speed.name, speed.units, speed.times_s.tolist()) == ("speed", "cm/s", [0, 0.1, 0.2])
    assert (mode.classes, mode.values.tolist(), mode.way) == (
        ("rest", "run"),
        [0, 1, 1],
        "previous",
    )
    assert per_frame(speed, EDGES)[:3].tolist() == [1, 2, 3]


def test_a_column_of_frames_beside_times_tells_offset_and_drift(tmp_path):
    """The wheel's clock starts at 2 s and counts 101 ms a frame: 10000 parts in a million too long."""
    rows = "".join(f"{frame},{2 + 0.101 * frame},{frame * 10}\n" for frame in range(5))
    (speed,) = read(table(tmp_path, "frame,time_s,speed\n" + rows))
    assert per_frame(speed, EDGES).tolist() == [0, 10, 20, 30, 40]
    assert speed.info["offset_s"] == pytest.approx(2)
    assert alignment(speed, 5, 10.0).drift_ppm == pytest.approx(10_000)
    assert "6e+03 ms longer in ten minutes" in alignment(speed, 5, 10.0).in_words()


def test_frames_counted_from_one_are_recognised(tmp_path):
    (speed,) = read(table(tmp_path, "frame,speed\n1,7\n2,8\n3,9\n4,9\n5,9\n"))
    assert per_frame(speed, EDGES).tolist() == [7, 8, 9, 9, 9]


def test_several_samples_a_frame(tmp_path):
    """Two samples a frame, with times that begin at 1 s, and without any."""
    values = "".join(f"{n // 2},{1 + 0.05 * n:.3f},{n}\n" for n in range(10))
    (timed,) = read(table(tmp_path, "frame,time,speed\n" + values))
    assert timed.times_s == pytest.approx(np.arange(10) * 0.05)
    (untimed,) = read(table(tmp_path, "frame,speed\n" + "0,1\n0,3\n1,5\n1,7\n"))
    assert per_frame(untimed, EDGES)[:2].tolist() == [2, 6]


def test_a_list_of_licks(tmp_path):
    (licks,) = read(table(tmp_path, "t\n0.01\n0.02\n0.44\n"))
    assert per_frame(licks, EDGES).tolist() == [2, 0, 0, 0, 1]


def test_arrays(tmp_path):
    np.save(tmp_path / "speed.npy", np.arange(5.0))
    (a_frame_each,) = read(tmp_path / "speed.npy", units="cm/s")
    assert (per_frame(a_frame_each, EDGES).tolist(), a_frame_each.units) == (
        [0, 1, 2, 3, 4],
        "cm/s",
    )
    np.save(tmp_path / "fast.npy", np.arange(12.0))
    with pytest.raises(InputError, match="12 samples without a clock"):
        read(tmp_path / "fast.npy")
    (fast,) = read(tmp_path / "fast.npy", rate_hz=20.0, offset_s=0.1)
    assert fast.times_s[:3] == pytest.approx([-0.1, -0.05, 0])
    np.savez(tmp_path / "all.npz", t=np.array([0.0, 0.2]), x=np.array([1, 2]), other=np.zeros(9))
    assert [one.name for one in read(tmp_path / "all.npz")] == ["x"]


def test_what_is_missing_is_left_out_and_counted(tmp_path):
    (speed,) = read(table(tmp_path, "time,speed\n0,1\n0.1,NaN\n,5\n0.3,4\n"))
    assert (speed.values.tolist(), speed.info["left_out"]) == ([1, 4], 2)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time,speed\n0,nan\n1,nan\n", "NaN alone"),
        ("time,speed\n0,1\n0,2\n", "0 s after 0 s in sample 1"),
        ("0,1\n1,2\n", "names in the first line"),
        ("time,speed\n0,1\n1\n", "1 in line 3"),
        ("time,speed\n0,inf\n1,2\n", "infinity"),
        ("frame,speed\n0.5,1\n1,2\n", "whole frame numbers"),
    ],
)
def test_what_is_no_signal(tmp_path, text, complaint):
    with pytest.raises(InputError, match=complaint):
        read(table(tmp_path, text))


def test_clocks_that_do_not_meet(tmp_path):
    (late,) = read(table(tmp_path, "time,speed\n1000,1\n1100,2\n"))
    with pytest.raises(
        InputError, match="within the 0.5 s of the movie, found one from 1000 to 1100"
    ):
        alignment(late, 5, 10.0)


def test_nwb(tmp_path):
    """A wheel in the behaviour module, one trial, and a movie that starts 10 s into the session."""
    with h5py.File(tmp_path / "m.nwb", "w") as file:
        for name, kind in (
            ("acquisition/movie", "TwoPhotonSeries"),
            ("processing/behavior/w/speed", "TimeSeries"),
        ):
            group = file.create_group(name)
            group.attrs["neurodata_type"] = kind
            group["starting_time"] = 10.0
            group["starting_time"].attrs["rate"] = 10.0
        group["data"] = np.arange(5)
        group["data"].attrs.update({"unit": "m/s", "conversion": 0.01})
        trials = file.create_group("intervals/trials")
        trials.attrs["neurodata_type"] = "TimeIntervals"
        trials["start_time"], trials["stop_time"] = np.array([10.2]), np.array([10.4])
    trials, speed = sorted(read(tmp_path / "m.nwb"), key=lambda one: one.name, reverse=True)
    assert (speed.units, per_frame(speed, EDGES).tolist()) == (
        "m/s",
        pytest.approx([0, 0.01, 0.02, 0.03, 0.04]),
    )
    assert per_frame(trials, EDGES)[:4].tolist() == [0, 0, 1, 1]
    assert [one.name for one in read(tmp_path / "m.nwb", variable="speed")] == ["speed"]
