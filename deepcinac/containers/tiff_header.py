"""What the texts in a TIFF say about the movie: number of frames, axes, frame rate, pixel size.

ImageJ, tifffile, OME (Bio-Formats, Micro-Manager) and ScanImage each write their own. The texts are
compared with the pages that are really there (``movie_tiff``); numbers that are not stated clearly
stay unknown.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import parsed_json

_UM_PER_UNIT = {
    "um": 1.0, "µm": 1.0, "μm": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0,
    "micrometre": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4,
}  # fmt: skip
_SECONDS_PER_UNIT = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "min": 60.0}
_DAMAGED = "Save the movie again, for instance with ImageJ"


@dataclass(frozen=True)
class StackText:
    """What one text says. ``n_frames`` None: nothing about a number.

    ``axes`` are the stack axes longer than 1 with their lengths, ``frame`` is (height, width);
    ``several_files`` True when this file is one of a set, ``alternating`` True when the pages take
    turns between the channels or planes of ``axes``.
    """

    writer: str
    n_frames: int | None = None
    axes: Mapping[str, int] = field(default_factory=dict)
    frame: tuple[int, int] | None = None
    frame_rate_hz: float | None = None
    pixel_size_um: float | None = None
    several_files: bool = False
    alternating: bool = False


def read_text(
    description: str, software: str, resolution: tuple[float, float] | None, path: Path
) -> StackText | None:
    """Understand the description of a page; None when it is of none of the known kinds."""
    if description.startswith("ImageJ="):
        return _imagej(description, resolution, path)
    if description.startswith("{") and re.search(r'"shape": ?\[', description):
        return _tifffile(description, path)
    if description.lstrip().startswith("<") and "<OME" in description[:1000]:
        return _ome(description, path)
    if software.startswith("SI.") or "\nSI." in description[:5000]:
        return _scanimage(f"{software}\n{description}")
    return None


def refuse_two_axes(text: StackText, path: Path) -> None:
    """One axis besides height and width is a movie; channels or planes must be separated."""
    if len(text.axes) < 2 and not text.alternating:
        return
    axes = ", ".join(f"{n} {name}" for name, n in text.axes.items())
    raise InputError(
        "frames of one channel and one plane",
        f"{axes}, as its {text.writer} header says",
        path,
        "Save each channel and plane as its own movie (ImageJ: Image > Color > Split Channels, "
        "or Image > Duplicate with one channel and slice)",
    )


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _count(value: Any, name: str, path: Path) -> int:
    number = _positive(value)
    if number is None or number != int(number):
        raise InputError(f"a whole number of {name}", repr(value)[:60], path, _DAMAGED)
    return int(number)


def _longer_than_one(axes: dict[str, int]) -> dict[str, int]:
    return {name: n for name, n in axes.items() if n > 1}


def _one_pixel_size(x: float | None, y: float | None) -> float | None:
    """The pixel size when it is known and the same in both directions."""
    return x if x and y and abs(x - y) <= 0.01 * x else None


def _imagej(text: str, resolution: tuple[float, float] | None, path: Path) -> StackText:
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    n_images = None
    axes: dict[str, int] = {}
    if "images" in values:
        n_images = _count(values["images"], "images", path)
        names = ("frames", "slices", "channels")
        axes = {name: _count(values.get(name, 1), name, path) for name in names}
        # A stack that nobody declared to be a hyperstack names no axis: its images are frames.
        if math.prod(axes.values()) not in (1, n_images):
            found = ", ".join(f"{n} {name}" for name, n in axes.items())
            raise InputError(f"{n_images} images, as its ImageJ header says", found, path, _DAMAGED)
    interval = _positive(values.get("finterval"))
    seconds = _SECONDS_PER_UNIT.get(values.get("tunit", "sec").strip().lower())
    # Not "fps": that is the speed at which ImageJ plays the stack.
    rate = 1 / (interval * seconds) if interval and seconds else None
    um = _UM_PER_UNIT.get(values.get("unit", "").strip().lower())
    size = None
    if um and resolution:
        size = _one_pixel_size(um / resolution[0], um / resolution[1])
    return StackText("ImageJ", n_images, _longer_than_one(axes), None, rate, size)


def _tifffile(text: str, path: Path) -> StackText:
    try:
        shape = [int(size) for size in parsed_json(text)["shape"]]
    except (ValueError, TypeError, KeyError) as error:
        found = "a damaged one"
        raise InputError("a readable description of the stack", found, path, _DAMAGED) from error
    if shape and shape[-1] == 1 and len(shape) > 3:
        shape = shape[:-1]  # one sample per pixel, written out
    if len(shape) < 2 or min(shape) < 1:
        raise InputError("a stack of images", f"the shape {shape}", path, _DAMAGED)
    axes = {f"images on axis {i + 1}": n for i, n in enumerate(shape[:-2])}
    frame = (shape[-2], shape[-1])
    return StackText("tifffile", math.prod(shape[:-2]), _longer_than_one(axes), frame)


def _ome(text: str, path: Path) -> StackText:
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        found = f"a damaged one ({error})"
        raise InputError("a readable OME header", found, path, _DAMAGED) from error
    images = [element for element in root.iter() if element.tag.endswith("}Pixels")]
    files = {
        e.get("FileName") for e in root.iter() if e.tag.endswith("}UUID") and e.get("FileName")
    }
    binary = any(element.tag.endswith("}BinaryOnly") for element in root.iter())
    if binary or len(files) > 1:
        return StackText("OME", several_files=True)
    if len(images) != 1:
        raise InputError("one image series", f"{len(images)} in its OME header", path, _DAMAGED)
    pixels = images[0]
    sizes = {name: _count(pixels.get(f"Size{name}", 1), f"Size{name}", path) for name in "TZCYX"}
    axes = {"time points": sizes["T"], "planes": sizes["Z"], "channels": sizes["C"]}
    for element in pixels:
        if element.tag.endswith("}TiffData") and element.get("IFD") not in (None, "0"):
            first = [int(_positive(element.get(f"First{name}")) or 0) for name in "TZC"]
            if sum(first) != _positive(element.get("IFD")):
                raise InputError("frames in the order of time", "another order", path, _DAMAGED)
    interval = _positive(pixels.get("TimeIncrement"))
    seconds = _SECONDS_PER_UNIT.get(pixels.get("TimeIncrementUnit", "s"))
    um = [_UM_PER_UNIT.get(pixels.get(f"PhysicalSize{name}Unit", "µm")) for name in "XY"]
    size = [_positive(pixels.get(f"PhysicalSize{name}")) for name in "XY"]
    x, y = (s * u if s and u else None for s, u in zip(size, um, strict=True))
    return StackText(
        "OME",
        math.prod(axes.values()),
        _longer_than_one(axes),
        (sizes["Y"], sizes["X"]),
        1 / (interval * seconds) if interval and seconds else None,
        _one_pixel_size(x, y),
    )


def _scanimage(text: str) -> StackText:
    values = dict(re.findall(r"^(SI\.[\w.]+) = (.*)$", text, re.MULTILINE))
    channels = len(re.findall(r"\d+", values.get("SI.hChannels.channelSave", "1")))
    planes = 1.0
    if values.get("SI.hFastZ.enable", "0").lower() in ("1", "true"):
        planes = _positive(values.get("SI.hFastZ.numFramesPerVolume")) or 1.0
    elif values.get("SI.hStackManager.enable", "0").lower() in ("1", "true"):
        planes = _positive(values.get("SI.hStackManager.actualNumSlices")) or 1.0
    axes = {"channels": channels, "planes": int(planes)}
    rate = _positive(values.get("SI.hRoiManager.scanFrameRate"))
    averaged = _positive(values.get("SI.hScan2D.logAverageFactor")) or 1.0
    stack = _longer_than_one(axes)
    rate = rate / averaged if rate else None
    return StackText("ScanImage", None, stack, None, rate, alternating=bool(stack))
