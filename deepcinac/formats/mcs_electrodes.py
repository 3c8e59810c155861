"""Raw voltage of multi-electrode arrays, as Multi Channel Systems exports it (HDF5).

The layout is that of the maker's "MCS HDF5 Format Definitions", RawData protocol: below
``/Data/Recording_x/AnalogStream/Stream_x`` lie ``ChannelData`` (n_channels, n_samples), ``InfoChannel`` (a
row for each channel) and ``ChannelDataTimeStamps`` (a row for each unbroken stretch). Voltage is
(ChannelData - ADZero) * ConversionFactor * 10^Exponent, a sample every Tick us.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.containers.hdf5 import has_root_attribute, open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import readable

if TYPE_CHECKING:
    import h5py

RAW_ENDINGS = (".h5", ".hdf5")
PROTOCOL = "McsHdf5ProtocolType"
EXPECTED = "a raw recording of Multi Channel Systems (HDF5, protocol RawData)"
ELECTRODE = "electrode"
FIELDS = ("RowIndex", "Label", "Exponent", "ADZero", "Tick", "ConversionFactor", "ADCBits")
BLOCK_BYTES = 48 * 2**20
"""Voltage that is in memory at once, as float64."""
LARGEST_CHANNELS = 2**24


@dataclass(frozen=True)
class Electrode:
    """A channel: its ``label``, its ``row`` in the data, volts of a step, and the step that is 0 V."""

    label: str
    row: int
    volts_per_step: float
    zero: int
    bits: int


class McsRecording:
    """The electrodes of the one recording in an open file.

    ``rate_hz``: samples per second; ``n_samples``; ``electrodes``, in the order of the file. ``note`` says
    which stream was taken where there are several.
    """

    def __init__(self, file: h5py.File, path: Path) -> None:
        stream, self.note = _stream(_recording(file, path), path)
        info = whole_array(_held(stream, "InfoChannel", path), LARGEST_CHANNELS)
        missing = [name for name in FIELDS if name not in (info.dtype.names or ())]
        if missing:
            raise InputError(
                f"InfoChannel with the fields {', '.join(FIELDS)}", f"no {', '.join(missing)}", path
            )
        self.path, self._data = path, _held(stream, "ChannelData", path)
        if self._data.ndim != 2 or self._data.dtype.kind not in "iu" or not len(info):
            found = f"{self._data.dtype} of shape {self._data.shape}, {len(info)} channels"
            raise InputError("whole numbers of channels and samples", found, path)
        _require_one_stretch(stream, self._data.shape[1], path)
        self.electrodes = [_electrode(row, self._data.shape[0], path) for row in info]
        if len({one.label for one in self.electrodes}) < len(self.electrodes):
            hint = "export each array into a file of its own"
            raise InputError("a label of its own for each electrode", "one twice", path, hint)
        self.rate_hz, self.n_samples = _rate(info["Tick"], path), int(self._data.shape[1])

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return self.n_samples / self.rate_hz

    def batches(self, numbers: Sequence[int]) -> list[list[int]]:
        """Electrodes that are best read together: as many as a block holds, by the chunks of the file."""
        rows, _ = self._block()
        return [list(numbers[at : at + rows]) for at in range(0, len(numbers), rows)]

    def blocks(self, numbers: Sequence[int]) -> Iterator[np.ndarray]:
        """The voltage of electrodes (n, n_samples of the block) in uV, block by block from first to last."""
        _, samples = self._block()
        for start in range(0, self.n_samples, samples):
            yield self.voltage(numbers, start, start + samples)

    def voltage(self, numbers: Sequence[int], start: int, stop: int) -> np.ndarray:
        """The voltage (n, stop - start) float64 in uV of electrodes; see :meth:`steps`."""
        chosen = [self.electrodes[number] for number in numbers]
        scale = np.array([1e6 * one.volts_per_step for one in chosen])[:, None]
        return self.steps(numbers, start, stop) * scale

    def steps(self, numbers: Sequence[int], start: int, stop: int) -> np.ndarray:
        """Steps of the converter from 0 V, (n, stop - start) int64."""
        chosen = [self.electrodes[number] for number in numbers]
        rows = [one.row for one in chosen]
        first = min(rows)
        with readable(self.path, EXPECTED):
            read = np.asarray(self._data[first : max(rows) + 1, start:stop], np.int64)
        zero = np.array([one.zero for one in chosen], np.int64)[:, None]
        return read[np.array(rows) - first] - zero

    def _block(self) -> tuple[int, int]:
        """How many electrodes and samples to read at once: whole chunks, within the memory for a block."""
        n_rows, n_samples = self._data.shape
        rows, samples = self._data.chunks or (1, 4096)
        rows = min(rows, n_rows)
        most = BLOCK_BYTES // 8
        samples = min(samples * max(1, most // max(rows * samples, 1)), n_samples)
        rows = min(rows * max(1, most // max(rows * samples, 1)), n_rows)
        return rows, max(1, min(samples, most // rows))


def is_mcs(path: str | Path) -> bool:
    """Whether an HDF5 file says that it is one of Multi Channel Systems."""
    return has_root_attribute(path, PROTOCOL)


def open_mcs(path: Path) -> h5py.File:
    """The file, open for reading; a context manager, to be given to :class:`McsRecording`."""
    file = open_hdf5_file(path, EXPECTED)
    said = _text(file.attrs.get(PROTOCOL, ""))
    if said != "RawData":
        file.close()
        raise InputError(EXPECTED, f"protocol {said!r}", path, "export the raw data as HDF5")
    return file


def _held(group: Any, name: str, path: Path) -> Any:
    if name not in group:
        raise InputError(f"{name} in {group.name}", "nothing of the name", path)
    return group[name]


def _recording(file: h5py.File, path: Path) -> Any:
    data = _held(file, "Data", path)
    names = sorted(name for name in data if name.startswith("Recording_"))
    if len(names) != 1:
        hint = "export each recording into a file of its own"
        raise InputError("one recording in a file", f"{len(names)}", path, hint)
    return data[names[0]]


def _stream(recording: Any, path: Path) -> tuple[Any, str]:
    """The stream of electrodes; where there are several, the one that is called raw, or the first."""
    streams = [one for _, one in sorted(_held(recording, "AnalogStream", path).items())]
    found = [
        one for one in streams if ELECTRODE in (_said(one, "DataSubType"), _said(one, "StreamType"))
    ]
    if not found:
        held = ", ".join(_said(one, "Label") or one.name for one in streams) or "none"
        raise InputError("a stream of electrodes", held, path)
    taken = next((one for one in found if "raw" in _said(one, "Label")), found[0])
    if len(found) == 1:
        return taken, ""
    names = ", ".join(_text(one.attrs.get("Label", one.name)) for one in found)
    return taken, f"taken is {_text(taken.attrs.get('Label', taken.name))} of the streams {names}"


def _said(stream: Any, name: str) -> str:
    return _text(stream.attrs.get(name, "")).lower()


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("ascii", "replace").strip()
    return str(value).strip()


def _require_one_stretch(stream: Any, n_samples: int, path: Path) -> None:
    stretches = whole_array(_held(stream, "ChannelDataTimeStamps", path), LARGEST_CHANNELS)
    if stretches.shape != (1, 3):
        hint = "export a recording without pauses: silence would be taken for rest"
        raise InputError("one unbroken stretch", f"{len(stretches)} of them", path, hint)
    if int(stretches[0, 2]) - int(stretches[0, 1]) + 1 != n_samples:
        found = f"{n_samples} samples"
        raise InputError(f"samples {stretches[0, 1]} to {stretches[0, 2]}", found, path)


def _electrode(row: Any, n_rows: int, path: Path) -> Electrode:
    factor = float(row["ConversionFactor"]) * 10.0 ** float(row["Exponent"])
    place, label = int(row["RowIndex"]), _text(row["Label"])
    if not 0 <= place < n_rows or not 0 < factor < 1:
        found = f"row {place}, {factor:g} V a step"
        raise InputError(f"a row below {n_rows} and volts of a step", found, f"{path}, {label}")
    return Electrode(label, place, factor, int(row["ADZero"]), int(row["ADCBits"]))


def _rate(ticks_us: np.ndarray, path: Path) -> float:
    ticks = np.unique(ticks_us)
    if len(ticks) != 1 or ticks[0] <= 0:
        found = ", ".join(f"{one} us" for one in ticks[:5].tolist())
        raise InputError("one time between samples, above 0", found, path)
    return 1e6 / float(ticks[0])
