"""What ScanImage writes into a TIFF, from version 3 to 2023: channels, planes, rate, and each frame's time.

Version 3 writes ``state.acq...=``, 4 and 5 ``scanimage.SI4... =``, ``scanimage.SI5... =`` or
``scanimage.SI... =``, later ones ``SI.hChannels... =``. The names differ, the meaning is the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from deepcinac.containers.tiff_loops import Loop

_LINE = re.compile(r"^(?:scanimage\.)?(?:SI\d?|state)\.([\w.]+) ?= ?(.*?)\s*$", re.MULTILINE)
_IS_SCANIMAGE = re.compile(r"(?:^|[\r\n])(?:scanimage\.)?(?:SI\d?|state)\.\w[\w.]* ?=")
_CHANNELS = ("hChannels.channelSave", "hChannels.channelsSave", "channelsSave", "channelSave")
_RATES = ("hRoiManager.scanFrameRate", "scanFrameRate", "hScan2D.scanFrameRate", "acq.frameRate")
_AVERAGED = ("hScan2D.logAverageFactor", "acqNumAveragedFrames", "acq.numAvgFramesSave")
_SLICES = (
    "hStackManager.actualNumSlices", "hStackManager.numSlices", "hFastZ.numSlices",
    "stackNumSlices", "acq.numberOfZSlices",
)  # fmt: skip
_WITH_FLYBACK = (
    "hStackManager.numFramesPerVolumeWithFlyback", "hFastZ.numFramesPerVolume",
    "hStackManager.numFramesPerVolume", "fastZNumFramesPerVolume",
)  # fmt: skip
_FAST = ("hFastZ.enable", "fastZEnable")
_STACK = ("hStackManager.enable",)
_PER_SLICE = ("hStackManager.framesPerSlice", "acqNumFrames", "acq.numberOfFrames")
_STAMP = re.compile(r"^frame(?:Timestamps?_sec| ?Timestamp\(s\)) ?= ?([-+.\deE]+)", re.MULTILINE)
_NUMBER = re.compile(r"^frame(?:Numbers?| ?Number) ?= ?(\d+)", re.MULTILINE | re.IGNORECASE)


class ScanImageHeader(NamedTuple):
    """``loops`` from the slowest to the fastest; ``unknown`` what the header should say and does not."""

    loops: tuple[Loop, ...]
    frame_rate_hz: float | None
    unknown: str = ""


def is_scanimage(text: str) -> bool:
    """Whether a text looks like one of its headers, known variant or not."""
    return _IS_SCANIMAGE.search(text[:20000]) is not None


def frame_stamp(description: str) -> tuple[float, float] | None:
    """Number and time (s) that ScanImage gives a frame; NaN for what is not there."""
    number, seconds = _NUMBER.search(description[:2000]), _STAMP.search(description[:2000])
    if number is None and seconds is None:
        return None
    try:
        return (
            float(number[1]) if number else math.nan,
            float(seconds[1]) if seconds else math.nan,
        )
    except ValueError:
        return None


def read_scanimage(text: str) -> ScanImageHeader:
    """Understand a header of any version."""
    values = dict(_LINE.findall(text.replace("\r\n", "\n").replace("\r", "\n")))
    channels = _channels(values)
    planes, flyback = _planes(values)
    if channels is None or planes is None:
        unknown = "how many channels" if channels is None else "how many planes"
        return ScanImageHeader((), None, unknown)
    averaged = _first(values, _AVERAGED) or 1.0
    rate = _first(values, _RATES)
    rate = rate / averaged if rate else None
    per_slice = 1
    if planes > 1 and not _is_on(values, _FAST):
        per_slice = max(1, round((_first(values, _PER_SLICE) or 1.0) / averaged))
        if "acq.averaging" in values and _true(values["acq.averaging"]):
            per_slice = 1
    labels = [f"plane{i + 1}" for i in range(planes)] + [f"flyback{i + 1}" for i in range(flyback)]
    loops = [Loop("planes", tuple(labels))]
    if per_slice > 1:
        loops.append(Loop.counted("frames of a plane", per_slice, "frame", is_time=True))
    loops.append(Loop("channels", channels))
    if rate and per_slice == 1:
        rate /= len(labels)
    return ScanImageHeader(tuple(loop for loop in loops if len(loop.labels) > 1), rate)


def _channels(values: Mapping[str, str]) -> tuple[str, ...] | None:
    """Labels of the saved channels; None where nothing says which were saved."""
    for name in _CHANNELS:
        if name in values and (numbers := re.findall(r"\d+", values[name])):
            return tuple(f"channel{int(number)}" for number in numbers)
    saved = {name: value for name, value in values.items() if "savingChannel" in name}
    on = sorted(re.findall(r"\d+", name)[-1] for name in saved if _true(saved[name]))
    if on:
        return tuple(f"channel{int(number)}" for number in on)
    if (n := _first(values, ("acq.numberOfChannelsSave",))) is not None:
        return tuple(f"channel{i + 1}" for i in range(int(n)))
    for name, value in values.items():
        if re.search(r"channels?_?sav", name, re.IGNORECASE) and re.findall(r"\d+", value):
            return tuple(f"channel{int(number)}" for number in re.findall(r"\d+", value))
    return None


def _planes(values: Mapping[str, str]) -> tuple[int | None, int]:
    """Planes of a volume, and the frames of its way back; None planes where a volume has no number."""
    stack_known = any(name in values for name in _STACK)
    fast = _is_on(values, _FAST)
    if stack_known and not _is_on(values, _STACK) and not fast:
        return 1, 0
    slices = _first(values, _SLICES)
    n_all = _first(values, _WITH_FLYBACK) if fast or _is_on(values, _STACK) else None
    if slices is None and n_all is None:
        return (None, 0) if fast or _is_on(values, _STACK) else (1, 0)
    planes = int(slices if slices and (not n_all or slices <= n_all) else (n_all or 1))
    if slices == 1 and n_all and n_all > 1:
        planes = int(n_all)
    return planes, max(0, int(n_all) - planes) if n_all else 0


def _is_on(values: Mapping[str, str], names: tuple[str, ...]) -> bool:
    return any(name in values and _true(values[name]) for name in names)


def _true(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "1.0")


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    """The first of these that is a positive number."""
    for name in names:
        try:
            number = float(values[name])
        except (KeyError, ValueError):
            continue
        if math.isfinite(number) and number > 0:
            return number
    return None
