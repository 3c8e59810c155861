"""Folders with the microscope's own XML beside the frames: Bruker (Prairie View) and ThorImage.

The XML knows the frame rate, the size of a pixel and, at Bruker, when each frame was taken. The series
are told apart by the names of the TIFFs (:mod:`deepcinac.recording.file_series`), or in a ``.raw`` of
ThorImage by the XML (:mod:`deepcinac.formats.thorimage_raw`). Written after the
programs' documentation and public readers; no file of the real programs was at hand.
"""

from __future__ import annotations

import math
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.formats.thorimage_raw import open_raw, planes_of, raw_file
from deepcinac.recording.clock import believed_rate
from deepcinac.recording.lost_frames import holes_in_time, tell_lost
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_folder import open_tiff_folder, tiff_files
from deepcinac.recording.movie_readers import MovieSource, movie_reader

THOR_XML = "Experiment.xml"
_LARGEST_XML = 64 << 20
_SQUARE = 0.01


def _xml_of(folder: Path) -> tuple[str, Path] | None:
    """Which program's XML lies in the folder, and where."""
    if (folder / THOR_XML).is_file():
        return "thor", folder / THOR_XML
    for path in sorted(folder.glob("*.xml"))[:20]:
        if path.name.startswith(".") or not path.is_file():
            continue
        with open(path, "rb") as stream:
            if b"<PVScan" in stream.read(4096):
                return "bruker", path
    return None


def _recognises(source: MovieSource) -> bool:
    """A folder with the XML, or the .raw of ThorImage with its XML beside it."""
    if source.is_folder:
        return _xml_of(source.path) is not None
    return source.suffix == ".raw" and (source.path.parent / THOR_XML).is_file()


def _files(folder: Path) -> list[Path]:
    found = _xml_of(folder)
    raw = raw_file(folder) if found and found[0] == "thor" else None
    return [raw] if raw else tiff_files(folder) if found else []


@movie_reader("a folder of Bruker or ThorImage", recognises=_recognises, files=_files)
def open_microscope_folder(source: MovieSource) -> Movie:
    """Open one series of the folder, with the rates of its XML."""
    folder = source.path if source.is_folder else source.path.parent
    kind, path = _xml_of(folder) or ("", folder)
    root = _parsed(path)
    raw = source.path if not source.is_folder else raw_file(folder) if kind == "thor" else None
    if raw is None:
        movie = open_tiff_folder(source)
    elif root is None:
        raise InputError("the size of a frame in Experiment.xml", "one that cannot be read", path)
    else:
        movie = open_raw(raw, root, source)
    if root is not None and kind == "thor":
        _say_thor(movie, root, source)
    elif root is not None:
        _say_bruker(movie, root, source)
    return movie


def _parsed(path: Path) -> ElementTree.Element | None:
    try:
        data = path.read_bytes() if path.stat().st_size <= _LARGEST_XML else b""
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # they may grow without end
            raise ElementTree.ParseError("declarations of its own")
        return ElementTree.fromstring(data)
    except (OSError, ElementTree.ParseError, ValueError) as error:
        warnings.warn(
            f"{path} cannot be read ({error}): frame rate and pixel size must be given.",
            stacklevel=4,
        )
        return None


def _say_thor(movie: Movie, root: ElementTree.Element, source: MovieSource) -> None:
    lsm = root.find("LSM")
    rate = _positive(_get(lsm, "frameRate"))
    if rate and _get(lsm, "averageMode") == "1":
        rate /= _positive(_get(lsm, "averageNum")) or 1.0
    if rate:
        rate /= sum(planes_of(root))
    movie.frame_rate_hz = rate or movie.frame_rate_hz
    size = _positive(_get(lsm, "pixelSizeUM"))
    _set_sizes(movie, size, size)
    promised = int(_positive(_get(root.find("Timelapse"), "timepoints")) or 0)
    if promised > movie.n_frames:
        n_lost = promised - movie.n_frames
        places = [f"{THOR_XML} promises {promised} frames"]
        tell_lost(n_lost, movie.n_frames, places, source.path, source.accepted)


def _say_bruker(movie: Movie, root: ElementTree.Element, source: MovieSource) -> None:
    names = {path.name for path in movie.source_files()}
    seconds, period = [], None
    for frame in root.iter("Frame"):
        if any(file.get("filename") in names for file in frame.iter("File")):
            seconds.append(_number(frame.get("absoluteTime") or frame.get("relativeTime")))
    values = {item.get("key"): item for item in root.iter("PVStateValue")}
    if "framePeriod" in values:
        period = _positive(values["framePeriod"].get("value"))
    nominal = 1 / period if period else None
    stamps = np.array(seconds)
    if len(stamps) == movie.n_frames and len(stamps) > 2:
        lost = holes_in_time(stamps)
        places = [f"{n} after frame {at} (counted from 0)" for at, n in lost]
        tell_lost(sum(n for _, n in lost), len(stamps), places, source.path, source.accepted)
        movie.frame_rate_hz = believed_rate(stamps, nominal, source.path)
    else:
        movie.frame_rate_hz = nominal or movie.frame_rate_hz
    sizes = {
        item.get("index"): _positive(item.get("value"))
        for item in values.get("micronsPerPixel", ElementTree.Element("none"))
    }
    _set_sizes(movie, sizes.get("YAxis"), sizes.get("XAxis"))


def _set_sizes(movie: Movie, height: float | None, width: float | None) -> None:
    if not height or not width:
        return
    movie.pixel_sizes_um = (height, width)
    movie.pixel_size_um = width if abs(height - width) <= _SQUARE * width else None


def _get(element: ElementTree.Element | None, name: str) -> str | None:
    return None if element is None else element.get(name)


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return math.nan


def _positive(text: Any) -> float | None:
    number = _number(text)
    return number if math.isfinite(number) and number > 0 else None
