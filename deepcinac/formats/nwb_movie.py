"""Movies in NWB files: the frames of a two-photon series, inside the file or in TIFFs beside it.

Pictures of cells and traces lie in the same file and are no movies. Where there are several series
the user names one (``file.nwb:/acquisition/TwoPhotonSeries``). The first axis of a frame is read as
its rows, as the pixels lie in the file.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import has_root_attribute, open_hdf5_file, whole_array
from deepcinac.errors import InputError, SeveralChoices
from deepcinac.files import readable
from deepcinac.formats.nwb_file import groups_of, is_of_suite2p
from deepcinac.recording import movie_hdf5
from deepcinac.recording.clock import believed_rate
from deepcinac.recording.lost_frames import holes_in_time, tell_lost
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_folder import open_tiff_files
from deepcinac.recording.movie_readers import MovieSource, movie_reader
from deepcinac.recording.movie_tiff import open_tiff

PHOTON_SERIES = ("TwoPhotonSeries", "OnePhotonSeries")
OTHER_SERIES = ("ImageSeries",)
METRES = {
    "meters": 1.0, "meter": 1.0, "metres": 1.0, "m": 1.0, "millimeters": 1e-3, "mm": 1e-3,
    "micrometers": 1e-6, "micrometer": 1e-6, "micrometres": 1e-6, "microns": 1e-6, "micron": 1e-6,
    "um": 1e-6, "\u00b5m": 1e-6, "\u03bcm": 1e-6,
}  # fmt: skip
_SQUARE = 0.01
_MOST_FILES = 100_000
_MOVIE_ENDINGS = (".tif", ".tiff")


def _is_nwb(source: MovieSource) -> bool:
    return movie_hdf5.is_hdf5(source) and has_root_attribute(source.path, "nwb_version")


@movie_reader("a two-photon series of an NWB file", recognises=_is_nwb)
def open_nwb(source: MovieSource) -> Movie:
    """Open the series that is named, or the only one, with the rates that the file states."""
    path = source.path
    file = open_hdf5_file(path, cache_bytes=movie_hdf5.CACHE_BYTES, hint=movie_hdf5.CUT_SHORT)
    try:
        with readable(path, "a readable NWB file", movie_hdf5.CUT_SHORT):
            series = find_series(file, source.dataset, path)
            external = open_external(series, path, source.accepted)
            if external is not None:
                file.close()
                return external
            rates = _rates(series, path, source.accepted)
            return with_rates(movie_hdf5.open_dataset(file, series["data"], path), *rates)
    except BaseException:
        file.close()
        raise


def find_series(file: Any, name: str | None, path: Path) -> Any:
    """The series that is meant: by its path or that of its data, or the only one."""
    series = groups_of(file, PHOTON_SERIES) or groups_of(file, OTHER_SERIES)
    series = [group for group in series if "data" in group or "external_file" in group]
    if name is not None:
        wanted = "/" + name.strip("/").removesuffix("/data")
        for group in series:
            if group.name == wanted:
                return group
        held = ", ".join(group.name for group in series) or "none"
        raise InputError(f"a two-photon series called {name}", held, path)
    if len(series) == 1:
        return series[0]
    if not series:
        raise InputError(
            "a two-photon series", "none", path, "name the movie's own file (a TIFF) instead"
        )
    choices = {f"{path}:{group.name}": f"{group.name}: {_what(group)}" for group in series}
    raise SeveralChoices("one two-photon series", path, choices)


def _what(series: Any) -> str:
    files = _external_files(series)
    if files:
        return ", ".join(files[:2]) + (", ..." if len(files) > 2 else "")
    return " x ".join(map(str, series["data"].shape))


def _external_files(series: Any) -> list[str]:
    """Names of the files with the frames, where the file itself holds none."""
    import h5py

    item = series.get("external_file")
    data = series.get("data")
    holds_frames = isinstance(data, h5py.Dataset) and data.size
    if not isinstance(item, h5py.Dataset) or holds_frames:
        return []
    if not h5py.check_string_dtype(item.dtype) or item.size > _MOST_FILES:
        return []
    names = np.ravel(whole_array(item)).tolist()
    texts = (x.decode(errors="replace") if isinstance(x, bytes) else str(x) for x in names)
    return [text.replace("\\", "/") for text in texts]


def open_external(series: Any, path: Path, accepted: frozenset[str] = frozenset()) -> Movie | None:
    """The movie of a series that refers to files; None where the frames are inside.

    The HDF5 file may be closed afterwards.
    """
    names = _external_files(series)
    if not names:
        return None
    rates = _rates(series, path, accepted)
    files = [path.parent / name for name in names]
    for file in files:
        if not file.is_file():
            hint = "copy it to the place that the NWB file names, or name the movie itself"
            raise InputError(f"the movie that {series.name} refers to", f"no {file}", path, hint)
        if file.suffix.lower() not in _MOVIE_ENDINGS:
            found = f"{file.name}"
            raise InputError("a series of TIFFs", found, f"{path}:{series.name}")
    movie = _opened(files, path)
    if len(files) > 1:
        movie.dataset = series.name
    return with_rates(movie, *rates)


def _opened(files: list[Path], path: Path) -> Movie:
    return open_tiff(files[0]) if len(files) == 1 else open_tiff_files(path, files)


def with_rates(
    movie: Movie,
    frame_rate_hz: float | None,
    pixel_size_um: float | None,
    pixel_sizes_um: tuple[float, float] | None = None,
) -> Movie:
    """The movie with what the NWB file says, where it says something."""
    movie.frame_rate_hz = frame_rate_hz or movie.frame_rate_hz
    movie.pixel_size_um = pixel_size_um or movie.pixel_size_um
    movie.pixel_sizes_um = pixel_sizes_um or movie.pixel_sizes_um
    return movie


def _rates(
    series: Any, path: Path, accepted: frozenset[str]
) -> tuple[float | None, float | None, tuple[float, float] | None]:
    """Frame rate, pixel size and its height and width, after holes among the time stamps were told."""
    stamps = _time_stamps(series)
    lost = holes_in_time(stamps)
    places = [f"{n} after frame {at} (counted from 0)" for at, n in lost]
    tell_lost(sum(n for _, n in lost), len(stamps), places, f"{path}:{series.name}", accepted)
    return frame_rate(series), pixel_size(series), pixel_sizes(series)


def _time_stamps(series: Any) -> np.ndarray:
    """When each frame was taken in s, none where the series has a rate alone."""
    stamps = series.get("timestamps")
    if stamps is None or stamps.ndim != 1 or stamps.size < 3:
        return np.empty(0)
    with readable(series.name, "readable time stamps"):
        return np.asarray(whole_array(stamps), float)


def frame_rate(series: Any) -> float | None:
    """In Hz: the rate of the series, or that of its time stamps, or that of the imaging plane.

    Time stamps are believed before the nominal rate of the plane, and what is irregular is named.
    """
    with readable(series.name, "a readable frame rate"):
        start = series.get("starting_time")
        rate = None if start is None else _positive(start.attrs.get("rate"))
        if len(stamps := _time_stamps(series)):
            nominal = rate or _rate_of_plane(series)
            return believed_rate(stamps, nominal, f"{series.file.filename}:{series.name}")
        return rate or _rate_of_plane(series)


def _rate_of_plane(series: Any) -> float | None:
    plane = series.get("imaging_plane")
    item = None if plane is None else plane.get("imaging_rate")
    values = np.empty(0) if item is None else whole_array(item)
    return _positive(values.item()) if values.size == 1 else None


def pixel_size(series: Any) -> float | None:
    """In um, from the ``grid_spacing`` of the imaging plane where pixels are square.

    Not from the files of suite2p: it writes 2 um whatever the recording was.
    """
    sizes = pixel_sizes(series)
    if sizes is None or abs(sizes[0] - sizes[1]) > _SQUARE * sizes[1]:
        return None
    return sizes[1]


def pixel_sizes(series: Any) -> tuple[float, float] | None:
    """Size of a pixel in um in y and x, as the imaging plane says."""
    with readable(series.name, "a readable imaging plane"):
        plane = series.get("imaging_plane")
        spacing = None if plane is None else plane.get("grid_spacing")
        if spacing is None or spacing.size not in (2, 3):
            return None
        if any(map(is_of_suite2p, groups_of(series.file, ("PlaneSegmentation",)))):
            return None
        x, y = (_positive(value) for value in np.ravel(whole_array(spacing))[:2])
        unit = spacing.attrs.get("unit", "meters")
        unit = unit.decode() if isinstance(unit, bytes) else str(unit)
        metres = METRES.get(unit.strip().lower())
        if not x or not y or metres is None:
            return None
        return y * metres * 1e6, x * metres * 1e6


def _positive(value: Any) -> float | None:
    if isinstance(value, (int, float, np.number)) and math.isfinite(value) and value > 0:
        return float(value)
    return None
