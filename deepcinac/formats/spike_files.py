"""Times of spikes from ``.csv``, ``.npz``, ``.mat`` and ``.nwb`` files.

Three forms are understood. Two columns of equal length, times and the channel (cell, unit, electrode) of
each; a list of times for each channel (an array of objects, a MATLAB cell array); the units of an NWB file.
In raw voltage (``.h5``) they have to be found first: :mod:`deepcinac.formats.electrode_spikes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.containers.variable import LIST
from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.files import readable, require_file
from deepcinac.formats.columns import SECONDS, Column, is_time, read_columns, time_unit
from deepcinac.recording.spikes import Spikes, make_spikes

ENDINGS = (".csv", ".tsv", ".txt", ".npz", ".mat", ".nwb")
CHANNEL_NAMES = ("channel", "channels", "electrode", "electrodes", "unit", "units", "cell", "cells",
                 "neuron", "neurons", "spike_clusters", "senders")  # fmt: skip
TIME_NAMES = ("spike_times", "spikes", "spiketimes", "spike_time", "spike_times_s", "times_s")
DURATION_NAMES = ("duration_s", "duration", "recording_duration_s")
CHANNEL_COUNTS = ("n_channels", "n_cells", "n_units")
MOST_CHANNELS = 100_000
_NWB = "a readable NWB file"
_HINT = "name the columns 'time_s' (or 'time_ms') and 'channel'"


def read_spikes(path: str | Path, duration_s: float | None = None) -> Spikes:
    """The spikes of a file; ``duration_s``: how long the recording is, where the file does not say.

    Raises
    ------
    InputError
        Neither times with their channels nor a list of times for each channel.
    """
    path = require_file(path, "a file of spike times")
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"spike times in a file ending in {', '.join(ENDINGS)}", path.name, path)
    if ending == ".nwb":
        return _of_nwb(path, duration_s)
    if ending in (".npz", ".mat"):
        lists = [one.name for one in list_variables(path) if one.kind == LIST]
        if lists:
            name = next((one for one in lists if _is_spikes(one)), lists[0])
            own = _scalar(path, DURATION_NAMES) if duration_s is None else duration_s
            return _of_lists(read_variable(path, name), f"{path}#{name}", own)
        duration_s = _scalar(path, DURATION_NAMES) if duration_s is None else duration_s
        return _of_columns(path, ending, duration_s, _scalar(path, CHANNEL_COUNTS))
    return _of_columns(path, ending, duration_s, None)


def _is_spikes(name: str) -> bool:
    return is_time(name) or name.lower() in TIME_NAMES


def _scalar(path: Path, names: tuple[str, ...]) -> float | None:
    """A number of one of these names; None where there is none."""
    for variable in list_variables(path):
        if variable.name.lower() in names and int(np.prod(variable.shape, dtype=int)) == 1:
            value = float(np.ravel(read_variable(path, variable.name))[0])
            if not 0 < value < float("inf"):
                raise InputError("a number above 0", f"{value}", f"{path}#{variable.name}")
            return value
    return None


def _of_columns(
    path: Path, ending: str, duration_s: float | None, n_channels: float | None
) -> Spikes:
    columns = read_columns(path, ending, most_classes=MOST_CHANNELS)
    times = next((one for one in columns if _is_spikes(one.name)), None)
    channels = next((one for one in columns if one.name.lower() in CHANNEL_NAMES), None)
    if times is None or channels is None:
        held = ", ".join(one.name for one in columns) or "none"
        raise InputError("a column of times and one of channels", held, path, _HINT)
    unit = times.units if times.units in SECONDS else time_unit(times.name) or "s"
    numbers, n_held = _numbered(channels)
    known = np.isfinite(np.asarray(times.values, float))
    seconds = np.asarray(times.values, float)[known] * SECONDS["s" if unit == "sec" else unit]
    if len(known) != len(numbers):
        raise InputError(f"a channel for each of {len(known)} times", f"{len(numbers)}", path)
    n = n_held if n_channels is None else int(n_channels)
    return make_spikes(seconds, numbers[known], n, duration_s, where=str(path))


def _numbered(channels: Column) -> tuple[np.ndarray, int]:
    """Channels as numbers from 0, and how many there are: whole numbers stay, anything else is counted."""
    values = np.asarray(channels.values, float)
    if channels.classes:
        return values, len(channels.classes)
    known = values[np.isfinite(values)]
    if len(known) and known.min() >= 0 and known.max() < MOST_CHANNELS and (known % 1 == 0).all():
        return values, int(known.max()) + 1
    held, numbers = np.unique(values, return_inverse=True)
    return numbers.astype(float), len(held)


def _of_lists(given: Any, where: str, duration_s: float | None) -> Spikes:
    lists = [np.asarray(one, float).ravel() for one in np.ravel(np.asarray(given, object))]
    channels = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    times = np.concatenate(lists) if lists else np.empty(0)
    return make_spikes(times, channels, len(lists), duration_s, where=where)


def _of_nwb(path: Path, duration_s: float | None) -> Spikes:
    with readable(path, _NWB), open_hdf5_file(path, _NWB) as file:
        units = file.get("units")
        if units is None or "spike_times" not in units or "spike_times_index" not in units:
            raise InputError("units with spike times (/units/spike_times)", "none", path)
        times = whole_array(units["spike_times"]).astype(float)
        ends = whole_array(units["spike_times_index"]).astype(np.int64)
    steps = np.diff(ends, prepend=0)
    if (steps < 0).any() or (len(ends) and ends[-1] != len(times)):
        raise InputError("an index that ends with the last spike", "another", f"{path}:/units")
    channels = np.repeat(np.arange(len(ends)), steps)
    return make_spikes(times, channels, len(ends), duration_s, where=f"{path}:/units")
