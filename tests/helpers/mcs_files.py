"""Recordings of electrodes as the HDF5 export of Multi Channel DataManager writes them.

That exporter is a closed program for Windows, so these files are written after the maker's "MCS HDF5 Format
Definitions" (RawData protocol, version 3). Where the maker's own reader, McsPyDataTools, is installed, a test
reads them with it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

TICK_US = 100
FACTOR_PV, EXPONENT = 59605, -12  # 0.0596 uV a step, as of an MEA2100
ZERO = 0


def steps_of(microvolts: np.ndarray) -> np.ndarray:
    """Steps of the converter, int32."""
    return np.rint(np.asarray(microvolts) / (FACTOR_PV * 10.0**EXPONENT * 1e6)).astype(np.int32)


def channel_infos(labels: Sequence[str], rows: Sequence[int]) -> np.ndarray:
    """``InfoChannel``, with its sixteen fields."""
    text = h5py.string_dtype("ascii")
    whole = [("ChannelID", "i4"), ("RowIndex", "i4"), ("GroupID", "i4")]
    words = [("Label", text), ("RawDataType", text), ("Unit", text)]
    scale = [
        ("Exponent", "i4"),
        ("ADZero", "i4"),
        ("Tick", "i8"),
        ("ConversionFactor", "i8"),
        ("ADCBits", "i4"),
    ]
    filters = [
        (f"{kind}PassFilter{what}", form)
        for kind in ("High", "Low")
        for what, form in (("Type", text), ("CutOffFrequency", text), ("Order", "i4"))
    ]
    made = np.zeros(len(labels), np.dtype([*whole, *words, *scale, *filters]))
    for number, (label, row) in enumerate(zip(labels, rows, strict=True)):
        made[number] = (
            number, row, 0, label, "Int", "V", EXPONENT, ZERO, TICK_US, FACTOR_PV, 24,
            "", "-1", -1, "", "-1", -1,
        )  # fmt: skip
    return made


def write_mcs(
    path: Path,
    microvolts: np.ndarray,
    labels: Sequence[str],
    *,
    rows: Sequence[int] | None = None,
    chunks: tuple[int, int] | None = None,
    stretches: Sequence[Sequence[int]] | None = None,
) -> Path:
    """Write voltage (n_electrodes, n_samples) at 10 kHz; ``rows``: where each electrode lies in the data."""
    rows = list(range(len(labels))) if rows is None else list(rows)
    n_samples = microvolts.shape[1]
    steps = np.empty(microvolts.shape, np.int32)
    steps[rows] = steps_of(microvolts)
    with h5py.File(path, "w") as file:
        _say(file, McsHdf5ProtocolType="RawData", GeneratingApplicationName="Multi Channel DataManager",
             GeneratingApplicationVersion="1.14.10", McsDataToolsVersion="1.2.5")  # fmt: skip
        file.attrs["McsHdf5ProtocolVersion"] = np.int32(3)
        data = file.create_group("Data")
        _say(data, ProgramName="Multi Channel Experimenter", ProgramVersion="2.20", MeaName="60MEA200/30iR",
             MeaLayout="60MEA", MeaSN="12345", Date="Tuesday, 3 March 2026", Comment="",
             FileGUID="5a0d6f6e-6b6c-4b1c-9c5b-0a9f2f3f4d5e")  # fmt: skip
        data.attrs["DateInTicks"] = np.int64(639081792000000000)
        recording = data.create_group("Recording_0")
        _say(recording, RecordingType="", Label="", Comment="")
        recording.attrs["RecordingID"] = np.int32(0)
        recording.attrs["TimeStamp"] = np.int64(0)
        recording.attrs["Duration"] = np.int64(n_samples * TICK_US)
        stream = recording.create_group("AnalogStream/Stream_0")
        _say(stream, Label="Electrode Raw Data", StreamType="Analog", DataSubType="Electrode",
             SourceStreamGUID="00000000-0000-0000-0000-000000000000",
             StreamGUID="0c0e3e3c-68d9-4b7e-9b5b-5a3d1c7e8f90")  # fmt: skip
        stream.attrs["StreamInfoVersion"] = np.int32(1)
        stream.create_dataset(
            "ChannelData", data=steps, chunks=chunks, compression="gzip" if chunks else None
        )
        info = stream.create_dataset("InfoChannel", data=channel_infos(labels, rows))
        info.attrs["InfoVersion"] = np.int32(1)
        held = [[0, 0, n_samples - 1]] if stretches is None else stretches
        stream["ChannelDataTimeStamps"] = np.array(held, np.int64)
    return path


def _say(group: Any, **texts: str) -> None:
    """Texts of fixed length in ASCII, as the exporter writes attributes."""
    for name, text in texts.items():
        group.attrs[name] = np.bytes_(text)
