"""A labelled segment of a ``.cinac`` file as a small recording of its own, where the movie is gone.

DeepCINAC 1 kept a crop of the movie with every segment that an expert labelled: 25 x 25 pixels around
the cell, in standard deviations from the mean of the whole movie, with the outlines of the cell and
of those that overlap it. That is enough to look at the segment and to go on labelling it. Frames then
count from the segment's first; cell 0 is the labelled one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import readable, written_atomically
from deepcinac.formats.choices import with_variable
from deepcinac.formats.cinac import (
    READABLE,
    CinacFile,
    Segment,
    described,
    labels_in,
)
from deepcinac.formats.cinac_import import add_content
from deepcinac.labelling.layer_labels import Labels
from deepcinac.labelling.session import Session
from deepcinac.recording.movie import Movie

_CROP = re.compile(r"(?P<path>.+\.cinac):/(?P<name>cell_[\d_]+)/ci_movie", re.IGNORECASE)


def segment_numbered(content: CinacFile, number: int) -> Segment:
    """The segment with this number, from 0 in the order of cells and frames; it must have a crop."""
    listed = "\n".join(described(content).values())
    if not listed:
        raise InputError("segments with their part of the movie", "none", content.path)
    if not 0 <= number < len(content.segments) or content.segments[number].crop is None:
        hint = f"choose one of\n{listed}"
        raise InputError("a segment with its part of the movie", f"{number}", content.path, hint)
    return content.segments[number]


def crop_address(content: CinacFile, segment: Segment) -> str:
    """What :func:`open_crop` opens."""
    return f"{content.path}:/{segment.name}/ci_movie"


class CropMovie(Movie):
    """The crop of a segment, in memory."""

    def __init__(self, path: Path, frames: np.ndarray) -> None:
        super().__init__(path, frames.shape, frames.dtype)
        self._frames = frames

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        return self._frames[start:stop, top:bottom, left:right].copy()


def open_crop(address: str) -> CropMovie | None:
    """The crop that an address names; None where it names none."""
    match = _CROP.fullmatch(address)
    if match is None:
        return None
    path = Path(match["path"])
    return CropMovie(path, _read_crop(path, match["name"]))


def _read_crop(path: Path, name: str) -> np.ndarray:
    """The crop (frames, height, width) float32 of a segment."""
    with readable(path, READABLE), open_hdf5_file(path, READABLE) as file:
        crop = whole_array(file[name]["ci_movie"]).astype(np.float32)
    if not np.isfinite(crop).all():
        raise InputError("a number in every pixel", "pixels without", f"{path}:/{name}/ci_movie")
    return crop


def cells_address(content: CinacFile, segment: Segment) -> str:
    """How the cells in the crop are read (:func:`deepcinac.formats.load_cells`)."""
    return with_variable(content.path, segment.name)


def labels_of_segment(content: CinacFile, segment: Segment, n_cells: int) -> Labels:
    """The labels of the segment alone, with frames from its first and cell 0 as the labelled one."""
    n_frames = len(segment.active)
    alone = replace(segment, cell=0, first=0, last=n_frames - 1)
    return labels_in(replace(content, segments=(alone,)), n_cells, n_frames)


def write_crop(content: CinacFile, segment: Segment, path: Path) -> None:
    """Write the crop of a segment as a TIFF of 32-bit numbers; a file that exists is never replaced."""
    import tifffile

    if path.exists():
        hint = "give the session another name, or move that file away"
        raise InputError("a name for the movie that is not used yet", "a file", path, hint)
    crop = _read_crop(content.path, segment.name)
    with written_atomically(path) as temporary:
        tifffile.imwrite(temporary, crop, photometric="minisblack")


def import_segment(
    session: Session, content: CinacFile, segment: Segment, labels: Labels
) -> list[str]:
    """The labels of a segment and the cell's type into the session of its crop; what was done."""
    number = content.segments.index(segment)
    place = {"segment": number, "cell": segment.cell, "first_frame": segment.first}
    labels = replace(labels, kind="expert", meta={"imported_from": content.path.name, **place})
    alone = replace(content, segments=(replace(segment, cell=0),), invalid=None)
    said = add_content(session, alone, labels, np.array([0]), [], _n_cut(content, segment))
    where = f"frame 0 here is frame {segment.first} of the recording"
    return [
        f"segment {number} of {content.path.name}: cell 0 here is cell {segment.cell} and {where}"
    ] + said


def _n_cut(content: CinacFile, segment: Segment) -> int:
    """How many transients reach an edge of the segment that is no edge of the recording."""
    at_start = bool(segment.active[0]) and segment.first > 0
    at_end = bool(segment.active[-1]) and segment.last + 1 != content.n_frames
    whole = bool(segment.active.all())
    return int(at_start or at_end) if whole else int(at_start) + int(at_end)
