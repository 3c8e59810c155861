"""HDF5 files of other programs: every one is opened here, and looked through before data are read.

An HDF5 file may say that its numbers lie elsewhere: behind a link to another file, in external
storage (any file of this machine), or in a virtual dataset that is put together from others. The HDF5
library follows all of these without a word, reads the wrong pixels or a password file, waits for ever
on a pipe, and crashes on a virtual dataset made of itself. :func:`open_hdf5_file` refuses them by name;
a file then holds everything that is read from it. Links and references within the file are followed.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.containers.trial import read_apart
from deepcinac.errors import InputError
from deepcinac.files import LARGEST_ARRAY, readable, require_plausible_size

if TYPE_CHECKING:
    import h5py

READABLE = "a readable HDF5 file"

_MOST_OBJECTS = 1_000_000
_DEEPEST = 100  # groups within groups; in a damaged file a group may lie within itself
_LONGEST_S = 20.0  # a hundred thousand objects take about a second
_HINT = "copy what is elsewhere into one file, or name the file that holds it"


def open_hdf5_file(
    path: str | Path,
    expected: str = READABLE,
    *,
    cache_bytes: int | None = None,
    hint: str | None = None,
) -> h5py.File:
    """Open a file for reading, once it is known to hold all of its data; a context manager.

    Parameters
    ----------
    path
        The file.
    expected
        What the file should be, for the error message where it cannot be read.
    cache_bytes
        Memory for unpacked chunks of each dataset; HDF5's own choice where it is None.
    hint
        What to try where the file cannot be read.
    """
    import h5py

    more = {} if cache_bytes is None else {"rdcc_nbytes": cache_bytes}
    with readable(path, expected, hint):
        status = os.stat(path)
        _look_through(str(path), status.st_size, status.st_mtime_ns, status.st_ino)
        return h5py.File(path, "r", **more)


@functools.lru_cache(64)
def _look_through(path: str, *_version: int) -> None:
    """Refuse a file whose data lie elsewhere; one that stays as it is is looked through once."""
    import h5py

    has_texts = False
    with h5py.File(path, "r") as file:
        for name in (b"/", *_linked(file, path)):
            found = h5py.h5o.open(file.id, name)
            _require_own_data(found, name.decode(errors="replace"), path)
            has_texts = has_texts or _has_long_texts(found)
    if has_texts:
        read_apart(path, None)


def _has_long_texts(found: Any) -> bool:
    """Whether anything attached to an object lies in a heap: texts and lists of varying length."""
    import h5py

    plain = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM)
    for number in range(h5py.h5a.get_num_attrs(found)):
        try:
            kind = h5py.h5a.open(found, index=number).get_type()
        except Exception:  # whoever reads it tells
            continue
        text = kind.get_class() == h5py.h5t.STRING and not kind.is_variable_str()
        if not text and kind.get_class() not in plain:
            return True
    return False


def _linked(file: h5py.File, path: str | Path) -> Iterator[bytes]:
    """The names of all objects in a file; a link that leaves it is refused."""
    import h5py

    names: list[bytes] = []
    foreign: list[bytes] = []
    endless: list[bytes] = []
    latest = time.monotonic() + _LONGEST_S

    def look(name: bytes, link: Any) -> bool | None:
        if name.count(b"/") > _DEEPEST or time.monotonic() > latest:
            endless.append(name)
            return True
        if link.type == h5py.h5l.TYPE_HARD:
            names.append(name)
        elif link.type != h5py.h5l.TYPE_SOFT:
            foreign.append(name)
        return True if foreign or len(names) > _MOST_OBJECTS else None

    file.id.links.visit(look, info=True)
    if endless:
        hint = "the file is damaged: copy or export it again"
        raise InputError(
            "an HDF5 file whose list of contents ends", "one without an end", path, hint
        )
    if foreign:
        found = f"a link to another file (/{foreign[0].decode(errors='replace')})"
        raise InputError("a file that holds its own data", found, path, _HINT)
    if len(names) > _MOST_OBJECTS:
        raise InputError(f"at most {_MOST_OBJECTS:,} objects in a file", "more", path)
    yield from names


def _require_own_data(found: Any, name: str, path: str | Path) -> None:
    """Refuse an open object whose numbers lie outside its file or are put together from others."""
    import h5py

    if not isinstance(found, h5py.h5d.DatasetID):
        return
    layout = found.get_create_plist()
    if layout.get_external_count():
        what = "external storage"
    elif layout.get_layout() == h5py.h5d.VIRTUAL:
        what = "a virtual dataset"
    else:
        return
    text = f"{what} (/{name.lstrip('/')})"
    raise InputError("a file that holds its own data", text, path, _HINT)


def followed(file: h5py.File, reference: Any) -> Any:
    """The object that a reference names: it may have no name, so that opening never saw it."""
    found = file[reference]
    _require_own_data(found.id, found.name or "(nameless)", file.filename)
    return found


def whole_array(data: Any, most_bytes: int = LARGEST_ARRAY) -> np.ndarray:
    """All values of a dataset, unless it unpacks to far more than its file holds.

    Raises
    ------
    InputError
        More than ``most_bytes``, or what no real file unpacks to.
    """
    n_bytes = int(data.size or 0) * data.dtype.itemsize  # nbytes of h5py overflows
    path = data.file.filename
    require_plausible_size(n_bytes, path, f"{path}:{data.name}", most_bytes)
    if data.dtype.kind == "O":
        status = os.stat(path)
        _try_apart(path, data.name, status.st_size, status.st_mtime_ns, status.st_ino)
    return np.asarray(data[()])


@functools.lru_cache(256)
def _try_apart(path: str, name: str, *_version: int) -> None:
    """Entries of varying length are read apart first; one that stays as it is is tried once."""
    read_apart(path, name)


def has_root_attribute(path: str | Path, name: str) -> bool:
    """Whether a file says ``name`` of itself; False for whatever cannot be read."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return name in file.attrs
    except Exception:  # damaged files raise many kinds; its reader reports them
        return False
