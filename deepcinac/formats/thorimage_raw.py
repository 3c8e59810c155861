"""ThorImage's ``.raw``: frames of unsigned 16-bit numbers without a header, described by Experiment.xml.

The channels of a frame follow each other, the planes of a volume (and the frames of the way back) come one
after the other. Written after public readers of the form; no file of the real program was at hand.
"""

from __future__ import annotations

import math
import re
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from deepcinac.containers.tiff_loops import Loop, series_of
from deepcinac.errors import InputError
from deepcinac.recording.lost_frames import tell_lost
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_folder import tiff_files
from deepcinac.recording.movie_readers import MovieSource
from deepcinac.recording.series import ALL, chosen

_NAME = "Image_*.raw"
_EXPORTED = re.compile(r"^chan[a-d]_\d", re.IGNORECASE)  # not ChanA_Preview.tif
_DTYPE = np.dtype("<u2")
_MOST_CHANNELS = 4


def raw_file(folder: Path) -> Path | None:
    """The raw file of a ThorImage folder whose frames were not written as TIFFs; None without one."""
    files = sorted(path for path in folder.glob(_NAME) if path.is_file())
    if not files or sum(_EXPORTED.match(path.name) is not None for path in tiff_files(folder)) > 1:
        return None
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        raise InputError("one raw file", f"{len(files)} ({names})", folder, "name one of them")
    return files[0]


def open_raw(path: Path, root: ElementTree.Element, source: MovieSource) -> FlatMovie:
    """One channel and plane of a raw file, by the sizes and loops in the XML."""
    shape = _whole(root, "LSM", "pixelY"), _whole(root, "LSM", "pixelX")
    if None in shape:
        raise InputError("pixelX and pixelY in Experiment.xml", "none", path)
    height, width = int(shape[0] or 0), int(shape[1] or 0)
    frame_bytes = height * width * _DTYPE.itemsize
    n_images, rest = divmod(path.stat().st_size, frame_bytes)
    if rest or not n_images:
        expected = f"whole frames of {height} x {width} pixels ({frame_bytes:,} bytes)"
        hint = "the file was cut short, or belongs to another Experiment.xml: copy it again"
        raise InputError(expected, f"{path.stat().st_size:,} bytes", path, hint)
    planes, flyback = planes_of(root)
    turn = planes + flyback
    channels = _channels(root, n_images, _promised(root, turn), path)
    labels = [f"plane{i + 1}" for i in range(planes)] + [f"flyback{i + 1}" for i in range(flyback)]
    loops = [Loop("planes", tuple(labels)), Loop("channels", channels)]
    loops = [loop for loop in loops if len(loop.labels) > 1]
    pages, left = series_of(loops, n_images)
    if source.series is not None and source.series.lower() == ALL:
        picked = np.arange(n_images)
    else:
        why = f" (one channel and one plane), not {_counted(loops)}, as Experiment.xml says"
        described = {name or "movie": f"{len(frames)} frames" for name, frames in pages.items()}
        everything = f"all {n_images} frames, if the XML is wrong" if loops else ""
        name = chosen(described, source.series, source.path, why, everything)
        picked = pages[name if name in pages else ""]
        if left:
            said = [f"the last turn of {_counted(loops)} holds {left} images only"]
            tell_lost(1, len(picked), said, source.path, source.accepted)
    if not len(picked):
        raise InputError("a frame of every series", f"{n_images} images in all", path)
    offsets = picked.astype(np.int64) * frame_bytes
    return FlatMovie(source.path, (len(picked), height, width), _DTYPE, offsets, data_file=path)


def planes_of(root: ElementTree.Element) -> tuple[int, int]:
    """Planes of a volume and frames of the way back; (1, 0) of a single plane."""
    if _text(root, "Streaming", "zFastEnable") != "1":
        return 1, 0
    planes = _whole(root, "ZStage", "steps") or 1
    return planes, (_whole(root, "Streaming", "flybackFrames") or 0) if planes > 1 else 0


def _promised(root: ElementTree.Element, turn: int) -> int | None:
    """Number of frames of each channel, of all planes and ways back, by the XML."""
    if (streamed := _whole(root, "Streaming", "frames")) is not None:
        return streamed
    points = _whole(root, "Timelapse", "timepoints")
    return points * turn if points else None


def _channels(
    root: ElementTree.Element, n_images: int, promised: int | None, path: Path
) -> tuple[str, ...]:
    """Names of the channels in the file, which knows better than the XML how many they are."""
    waves = root.find("Wavelengths")
    names = [] if waves is None else [one.get("name") or "" for one in waves.iter("Wavelength")]
    names = [name or f"channel{i + 1}" for i, name in enumerate(names)] or ["channel1"]
    if len({name.lower() for name in names}) < len(names):
        names = [f"channel{i + 1}" for i in range(len(names))]
    held = n_images / promised if promised else 0
    if promised and held == int(held) and 1 <= held <= _MOST_CHANNELS and held != len(names):
        warnings.warn(
            f"{path}: Experiment.xml names {len(names)} channels ({', '.join(names)}) and {promised} "
            f"frames, the file holds {n_images} images: {int(held)} channels are taken.",
            stacklevel=4,
        )
        return tuple(f"channel{i + 1}" for i in range(int(held)))
    return tuple(names)


def _counted(loops: list[Loop]) -> str:
    return ", ".join(f"{len(loop.labels)} {loop.name}" for loop in loops)


def _text(root: ElementTree.Element, element: str, name: str) -> str | None:
    found = root.find(element)
    return None if found is None else found.get(name)


def _whole(root: ElementTree.Element, element: str, name: str) -> int | None:
    """A whole number above 0, None where there is none."""
    try:
        number = float(_text(root, element, name) or "nan")
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and number >= 1 else None
