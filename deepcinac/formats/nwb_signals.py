"""Behaviour and stimuli of an NWB file as signals: its time series and its tables of intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.recording.signals import Signal

_FILE = "a readable NWB file"
_SERIES = ("TimeSeries", "SpatialSeries", "IntervalSeries", "AbstractFeatureSeries")
_MOVIES = ("TwoPhotonSeries", "OnePhotonSeries")


def read_nwb_signals(path: Path, wanted: str | None = None, offset_s: float = 0.0) -> list[Signal]:
    """All series of numbers and tables of intervals, or the ``wanted`` one (its name or its path).

    The times of an NWB file are those of its session; where it holds one imaging series, the start of
    that is time 0. ``offset_s``: what frame 0 has on that clock instead.
    """
    with readable(path, _FILE), open_hdf5_file(path, _FILE) as file:
        groups = _typed_groups(file)
        start = offset_s or _start_of_movie(groups)
        found = [
            (name, _signal(group, kind, start))
            for name, group, kind in groups
            if kind in (*_SERIES, "TimeIntervals")
        ]
    signals = {name: signal for name, signal in found if signal is not None}
    if wanted is not None:
        plain = wanted.strip("/")
        signals = {
            name: one for name, one in signals.items() if plain in (name.strip("/"), one.name)
        }
    if not signals:
        names = ", ".join(name for name, _ in found) or "none"
        raise InputError(
            f"a series or intervals{f' called {wanted}' if wanted else ''}", names, path
        )
    return list(signals.values())


def _typed_groups(file: Any) -> list[tuple[str, Any, str]]:
    import h5py

    found: list[tuple[str, Any, str]] = []

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Group):
            kind = item.attrs.get("neurodata_type", "")
            kind = kind.decode(errors="replace") if isinstance(kind, bytes) else str(kind)
            if kind:
                found.append((f"/{name}", item, kind))

    file.visititems(look)
    return found


def _start_of_movie(groups: list[tuple[str, Any, str]]) -> float:
    starts = []
    for _, group, kind in groups:
        if kind in _MOVIES and "starting_time" in group:
            starts.append(float(group["starting_time"][()]))
        elif kind in _MOVIES and "timestamps" in group and group["timestamps"].size:
            starts.append(float(group["timestamps"][0]))
    return starts[0] if len(set(starts)) == 1 else 0.0


def _signal(group: Any, kind: str, start: float) -> Signal | None:
    """One group as a signal; None for what is no series of numbers."""
    name = group.name.rsplit("/", 1)[-1]
    info = {"imported_from": f"{Path(group.file.filename).name}#{group.name}"}
    if kind == "TimeIntervals":
        if not {"start_time", "stop_time"} <= set(group):
            return None
        begin, end = (whole_array(group[x]).astype(float) for x in ("start_time", "stop_time"))
        return _intervals(name, begin - start, end - start, info)
    data = group.get("data")
    if data is None or data.ndim not in (1, 2) or data.dtype.kind not in "biuf" or not len(data):
        return None
    values = whole_array(data)
    if kind == "IntervalSeries":  # positive where something begins, negative where it ends
        times = whole_array(group["timestamps"]).astype(float) - start
        return Signal(name, (values > 0).astype(float), "1", times, "previous", (), info)
    values = values.astype(float) * float(data.attrs.get("conversion", 1.0)) + float(
        data.attrs.get("offset", 0.0)
    )
    if "timestamps" in group:
        times = whole_array(group["timestamps"]).astype(float)
    elif "starting_time" in group:
        first = group["starting_time"]
        times = float(first[()]) + np.arange(len(values)) / float(first.attrs["rate"])
    else:
        return None
    units = data.attrs.get("unit", "1")
    units = units.decode(errors="replace") if isinstance(units, bytes) else str(units)
    known = np.isfinite(values.reshape(len(values), -1)).all(1) & np.isfinite(times)
    if not known.any():
        return None
    return Signal(name, values[known], units, times[known] - start, "mean", (), info)


def _intervals(
    name: str, begin: np.ndarray, end: np.ndarray, info: dict[str, Any]
) -> Signal | None:
    """1 within the intervals and 0 between them; those that touch or overlap are one.

    >>> _intervals("trials", np.array([1.0, 3.0]), np.array([2.0, 4.0]), {}).times_s.tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    known = np.isfinite(begin) & np.isfinite(end) & (end > begin)
    order = np.argsort(begin[known], kind="stable")
    merged: list[list[float]] = []
    for first, last in zip(begin[known][order].tolist(), end[known][order].tolist(), strict=True):
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    if not merged:
        return None
    times = [time for interval in merged for time in interval]
    values = [1.0, 0.0] * len(merged)
    if times[0] > 0:
        times, values = [0.0, *times], [0.0, *values]
    return Signal(name, np.array(values), "1", np.array(times), "previous", (), info)
