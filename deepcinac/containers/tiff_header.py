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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deepcinac.containers.scanimage_header import is_scanimage, read_scanimage
from deepcinac.containers.tiff_loops import Loop
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
    ``several_files`` True when this file is one of a set; ``loops`` how the pages take turns between
    channels and planes, from the slowest to the fastest (none: they are one series); ``unknown`` what
    a header of a known kind should say and does not; ``pixel_sizes_um`` the size in y and x;
    ``times_s`` when each frame was taken, in the order of the pages (NaN: not known). ``images`` what
    it says of each of several movies in the file, by their names, each from page ``first_page`` on.
    """

    writer: str
    n_frames: int | None = None
    axes: Mapping[str, int] = field(default_factory=dict)
    frame: tuple[int, int] | None = None
    frame_rate_hz: float | None = None
    pixel_size_um: float | None = None
    several_files: bool = False
    loops: tuple[Loop, ...] = ()
    unknown: str = ""
    pixel_sizes_um: tuple[float, float] | None = None
    times_s: tuple[float, ...] = ()
    images: Mapping[str, StackText] = field(default_factory=dict)
    first_page: int = 0

    @property
    def names_time(self) -> bool:
        """Whether it says that the pages are points in time, and not only that there are so many."""
        return self.writer in ("OME", "ScanImage") or "frames" in self.axes


def read_text(
    description: str,
    software: str,
    resolution: tuple[float, float] | None,
    path: Path,
    samples: tuple[str, ...] = (),
    interleaved: bool = False,
) -> StackText | None:
    """Understand the description of a page; None when it is of none of the known kinds.

    ``samples`` are the names of several values of a pixel, which count as pages of their own;
    ``interleaved`` where they lie beside each other.
    """
    if description.startswith("ImageJ="):
        return _with_samples(_imagej(description, resolution, path), samples)
    if description.startswith("{") and re.search(r'"shape": ?\[', description):
        return _tifffile(description, path, samples, interleaved)
    if description.lstrip().startswith("<") and "<OME" in description[:1000]:
        return _ome(description, path, samples)
    if is_scanimage(both := f"{software}\n{description}"):
        return _with_samples(_scanimage(both), samples)
    return _with_samples(StackText("TIFF"), samples) if len(samples) > 1 else None


def _with_samples(text: StackText, samples: tuple[str, ...]) -> StackText:
    """What a text says that counts images of several colours as one."""
    if len(samples) < 2:
        return text
    return replace(
        text,
        n_frames=text.n_frames and text.n_frames * len(samples),
        axes={**text.axes, "values of a pixel": len(samples)},
        loops=(*text.loops, Loop("values of a pixel", samples)),
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
    size = sizes = None
    if um and resolution:
        size = _one_pixel_size(um / resolution[0], um / resolution[1])
        sizes = _sizes(um / resolution[0], um / resolution[1])
    return StackText(
        "ImageJ", n_images, _longer_than_one(axes), None, rate, size,
        loops=_loops(axes, "frames", {"slices": "plane", "channels": "channel"}),
        pixel_sizes_um=sizes,
    )  # fmt: skip


def _tifffile(
    text: str, path: Path, samples: tuple[str, ...] = (), interleaved: bool = False
) -> StackText:
    try:
        shape = [int(size) for size in parsed_json(text)["shape"]]
    except (ValueError, TypeError, KeyError) as error:
        found = "a damaged one"
        raise InputError("a readable description of the stack", found, path, _DAMAGED) from error
    if shape and shape[-1] == 1 and len(shape) > 3:
        shape = shape[:-1]  # one sample per pixel, written out
    letters = str(parsed_json(text).get("axes", ""))
    letters = letters if len(letters) == len(shape) else "?" * len(shape)
    if len(samples) > 1 and len(shape) > 2:  # an axis of their own, which the pages do not have
        place = len(shape) - (1 if interleaved else 3)
        del shape[place]
        letters = letters[:place] + letters[place + 1 :]
    if len(shape) < 2 or min(shape) < 1:
        raise InputError("a stack of images", f"the shape {shape}", path, _DAMAGED)
    axes = {f"images on axis {i + 1}": n for i, n in enumerate(shape[:-2])}
    frame = (shape[-2], shape[-1])
    time = max(axes, key=lambda name: axes[name], default="")
    labels = {name: f"axis{i + 1}-" for i, name in enumerate(axes)}
    if "?" not in letters:
        known = {"Z": "plane", "C": "channel", "S": "channel"}
        labels = {n: known.get(k, labels[n]) for n, k in zip(axes, letters, strict=False)}
        time = next((n for n, k in zip(axes, letters, strict=False) if k in "TI"), time)
    said = StackText(
        "tifffile", math.prod(shape[:-2]), _longer_than_one(axes), frame,
        loops=_loops(axes, time, labels),
    )  # fmt: skip
    return _with_samples(said, samples)


def _ome(text: str, path: Path, samples: tuple[str, ...] = ()) -> StackText:
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        found = f"a damaged one ({error})"
        raise InputError("a readable OME header", found, path, _DAMAGED) from error
    images = [
        (image.get("Name") or image.get("ID") or "", pixels)
        for image in root.iter()
        if image.tag.endswith("}Image")
        for pixels in image
        if pixels.tag.endswith("}Pixels")
    ]
    files = {
        e.get("FileName") for e in root.iter() if e.tag.endswith("}UUID") and e.get("FileName")
    }
    binary = any(element.tag.endswith("}BinaryOnly") for element in root.iter())
    if binary or len(files) > 1:
        return StackText("OME", several_files=True)
    if not images:
        raise InputError("an image series", "none in its OME header", path, _DAMAGED)
    texts = [_with_samples(_ome_image(pixels, path, len(samples)), samples) for _, pixels in images]
    if len(texts) == 1:
        return texts[0]
    names = [name or f"image{i + 1}" for i, (name, _) in enumerate(images)]
    if len({name.lower() for name in names}) < len(names):
        names = [f"{name}-{i + 1}" for i, name in enumerate(names)]
    first, placed = 0, {}
    for name, one in zip(names, texts, strict=True):
        placed[name] = replace(one, first_page=first)
        first += one.n_frames or 1
    return StackText(
        "OME", first, {"images": len(texts)}, texts[0].frame, texts[0].frame_rate_hz,
        texts[0].pixel_size_um, pixel_sizes_um=texts[0].pixel_sizes_um, images=placed,
    )  # fmt: skip


def _ome_image(pixels: ElementTree.Element, path: Path, n_samples: int) -> StackText:
    """What an OME header says of one of its images."""
    sizes = {name: _count(pixels.get(f"Size{name}", 1), f"Size{name}", path) for name in "TZCYX"}
    if n_samples > 1 and sizes["C"] % n_samples == 0:  # OME counts each of them as a channel
        sizes["C"] //= n_samples
    axes = {"time points": sizes["T"], "planes": sizes["Z"], "channels": sizes["C"]}
    _require_order(pixels, path)
    interval = _positive(pixels.get("TimeIncrement"))
    seconds = _SECONDS_PER_UNIT.get(pixels.get("TimeIncrementUnit", "s"))
    um = [_UM_PER_UNIT.get(pixels.get(f"PhysicalSize{name}Unit", "µm")) for name in "XY"]
    size = [_positive(pixels.get(f"PhysicalSize{name}")) for name in "XY"]
    x, y = (s * u if s and u else None for s, u in zip(size, um, strict=True))
    letters = {"T": "time points", "Z": "planes", "C": "channels"}
    order = [one for one in reversed(pixels.get("DimensionOrder", "XYCZT")) if one in letters]
    in_order = {letters[one]: axes[letters[one]] for one in order}
    named = {"planes": "plane", "channels": "channel"}
    return StackText(
        "OME",
        math.prod(axes.values()),
        _longer_than_one(axes),
        (sizes["Y"], sizes["X"]),
        1 / (interval * seconds) if interval and seconds else None,
        _one_pixel_size(x, y),
        loops=_loops(in_order if len(in_order) == 3 else axes, "time points", named),
        pixel_sizes_um=_sizes(x, y),
        times_s=_plane_times(pixels, order, axes, letters),
    )


def _require_order(pixels: ElementTree.Element, path: Path) -> None:
    """Refuse pages that do not follow each other, counted from the first page of the image."""
    blocks = [element for element in pixels if element.tag.endswith("}TiffData")]
    begin = int(_positive(blocks[0].get("IFD")) or 0) if blocks else 0
    for element in blocks:
        if element.get("IFD") in (None, str(begin)):
            continue
        first = [int(_positive(element.get(f"First{name}")) or 0) for name in "TZC"]
        if sum(first) != (_positive(element.get("IFD")) or 0) - begin:
            raise InputError("frames in the order of time", "another order", path, _DAMAGED)


def _plane_times(
    pixels: ElementTree.Element,
    order: list[str],
    axes: Mapping[str, int],
    letters: Mapping[str, str],
) -> tuple[float, ...]:
    """When each page was taken (s), where the header says so for every page."""
    times = {}
    for plane in pixels:
        seconds = _SECONDS_PER_UNIT.get(plane.get("DeltaTUnit", "s"))
        if not plane.tag.endswith("}Plane") or plane.get("DeltaT") is None or seconds is None:
            continue
        try:
            page = 0
            for one in order:
                page = page * axes[letters[one]] + int(plane.get(f"The{one}", 0))
            times[page] = float(plane.get("DeltaT", "nan")) * seconds
        except ValueError:
            return ()
    n_pages = math.prod(axes.values())
    complete = len(times) == n_pages and all(map(math.isfinite, times.values()))
    return tuple(times[page] for page in range(n_pages)) if complete else ()


def _scanimage(text: str) -> StackText:
    header = read_scanimage(text)
    axes = {loop.name: len(loop.labels) for loop in header.loops}
    return StackText(
        "ScanImage", None, axes, None, header.frame_rate_hz,
        loops=header.loops, unknown=header.unknown,
    )  # fmt: skip


def _loops(axes: Mapping[str, int], time: str, labels: Mapping[str, str]) -> tuple[Loop, ...]:
    """Loops of axes in the order of the pages, none where one axis alone is longer than 1.

    Without points in time the slowest axis is taken for time, as programs do that know no time.
    """
    long = [name for name, n in axes.items() if n > 1]
    if len(long) < 2:
        return ()
    over = time if time in long else long[0]
    return tuple(Loop.counted(n, axes[n], labels.get(n, n), is_time=n == over) for n in long)


def _sizes(x: float | None, y: float | None) -> tuple[float, float] | None:
    """Size of a pixel in y and x where both are known."""
    return (y, x) if x and y else None
