"""The registered movie that suite2p leaves behind: ``data.bin``, described by the files beside it.

``data.bin`` has no header: int16 frames one after the other. Before version 1.0 suite2p wrote their
size to ``ops.npy``; since then ``db.npy`` holds ``Ly``, ``Lx`` and ``nframes``, ``settings.npy``
holds ``fs``, and ``ops.npy`` (all of it together) is optional.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.movie_flat import FlatMovie

_DTYPE = np.dtype("<i2")
_SIZES = ("nframes", "Ly", "Lx")


def find_data_file(folder: Path) -> Path | None:
    """The ``data.bin`` of a suite2p folder (``plane0``, ``suite2p`` or the one above), or None.

    None means that the folder is not suite2p's. Several planes, or results whose ``data.bin`` has
    been deleted, are a sentence.
    """
    here = folder / "data.bin"
    if here.is_file():
        return here
    planes = [
        path
        for pattern in ("plane*/data.bin", "suite2p/plane*/data.bin")
        for path in sorted(folder.glob(pattern))
    ]
    if len(planes) == 1:
        return planes[0]
    if planes:
        names = ", ".join(path.parent.name for path in planes)
        raise InputError("one plane", f"{len(planes)} ({names})", folder, "Name one plane's folder")
    if (folder / "ops.npy").is_file() or (folder / "db.npy").is_file():
        raise InputError(
            "suite2p's registered movie (data.bin)",
            "results without it",
            folder,
            "Run suite2p with delete_bin off, or open the original movie",
        )
    return None


def open_suite2p(data: Path, path: Path | None = None) -> FlatMovie:
    """Open ``data.bin`` (or another .bin of the same plane); ``path`` is what the user named."""
    folder = data.parent
    options = _read_options(folder)
    shape = _shape(options, folder)
    mean = np.shape(options.get("meanImg", ()))
    if len(mean) == 2 and mean != shape[1:]:
        raise InputError(
            f"one frame size, {shape[1]} x {shape[2]} pixels as in Ly and Lx",
            f"a mean image of {mean[0]} x {mean[1]} pixels",
            folder,
            "Run suite2p again: its files do not belong together",
        )
    expected, size = math.prod(shape) * _DTYPE.itemsize, data.stat().st_size
    if size != expected:
        n_frames = size / (shape[1] * shape[2] * _DTYPE.itemsize)
        raise InputError(
            f"{shape[0]} frames of {shape[1]} x {shape[2]} pixels ({expected:,} bytes), "
            "as the files beside it say",
            f"{size:,} bytes, or {n_frames:.6g} frames",
            data,
            "The file was cut short or belongs to another run: copy it again or run suite2p again",
        )
    rate = _positive(options.get("fs"))
    return FlatMovie(path or data, shape, _DTYPE, 0, data_file=data, frame_rate_hz=rate)


def _read_options(folder: Path) -> dict[str, Any]:
    """What suite2p knew about the movie; newer files (``db.npy``) win over ``ops.npy``."""
    from deepcinac.recording.safe_pickle import load_npy

    options: dict[str, Any] = {}
    for name in ("ops.npy", "settings.npy", "db.npy"):
        file = folder / name
        if not file.is_file():
            continue
        content = load_npy(file)
        if isinstance(content, np.ndarray) and content.ndim == 0:
            content = content.item()
        if not isinstance(content, dict):
            kind = type(content).__name__
            raise InputError("suite2p's options (a dictionary)", f"a {kind}", file)
        options.update(content)
    if not options:
        raise InputError(
            "ops.npy, or db.npy and settings.npy, beside the .bin file",
            "neither",
            folder,
            "Copy suite2p's whole plane folder, not the .bin file alone",
        )
    return options


def _shape(options: dict[str, Any], folder: Path) -> tuple[int, int, int]:
    sizes = []
    for name in _SIZES:
        value = options.get(name)
        number = _positive(value)
        if number is None or number != int(number):
            found = "nothing" if value is None else repr(value)[:60]
            raise InputError(f"a whole number for {name}", found, folder, "Run suite2p again")
        sizes.append(int(number))
    return sizes[0], sizes[1], sizes[2]


def _positive(value: Any) -> float | None:
    """``value`` as a float when it is one finite number above zero."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and number > 0:
            return number
    return None
