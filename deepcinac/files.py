"""Files of ours: written beside and moved into place, read without ever unpickling.

A reader that fails raises :class:`~deepcinac.errors.InputError` with the path. Files that we do not
trust are the business of :mod:`deepcinac.containers`.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError

SESSION_ENDING = ".deepcinac"


def require_file(path: str | Path, what: str = "a file") -> Path:
    """``path`` as a Path when it is an existing file; otherwise an error that says what is there."""
    path = Path(path)
    if path.is_file():
        return path
    found = "a folder" if path.is_dir() else "nothing"
    raise InputError(what, found, path, "Check the spelling of the path")


def require_results(path: str | Path, what: str = "a file of results") -> Path:
    """The same for results, which may be a folder where its name ends in ``.zarr``."""
    path = Path(path)
    return path if is_results(path) else require_file(path, what)


def is_results(path: Path) -> bool:
    """Whether there is a file, or a folder that may hold results."""
    return path.is_file() or (path.is_dir() and path.suffix.lower() == ".zarr")


@contextlib.contextmanager
def readable(path: str | Path, expected: str, hint: str | None = None) -> Iterator[None]:
    """Turn whatever a reader raises on a damaged file into an InputError about ``path``.

    Readers of damaged files raise more kinds than anyone can list (TypeError, struct.error,
    zlib.error, tokenize.TokenError, ...), so every kind counts; the cause stays attached.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:160]
        kind = error.strerror if isinstance(error, OSError) else None
        found = kind or (f"{type(error).__name__} ({text})" if text else type(error).__name__)
        raise InputError(expected, found, path, hint) from error


@contextlib.contextmanager
def written_atomically(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path``; on success sync it and move it into place.

    When the body fails the temporary file is removed and an older ``path`` stays as it was; a full disk
    is told with the path, what was needed and what is free. What a killed program left of an earlier
    attempt is removed.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
    except OSError as error:
        raise InputError(
            "a folder that can be written to", error.strerror or str(error), path.parent
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except InputError:
        raise
    except Exception as error:
        if not is_disk_full(error):
            raise
        n_bytes = temporary.stat().st_size if temporary.exists() else 0
        raise disk_full(path, n_bytes) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextlib.contextmanager
def folder_written_atomically(path: str | Path) -> Iterator[Path]:
    """The same for a folder: give a temporary one beside ``path``, which takes its place on success.

    A folder cannot be replaced in one step: an older one is moved aside first (``.NAME-*.old``), and
    back if the new one cannot be moved in.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        name = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    except OSError as error:
        raise InputError(
            "a folder that can be written to", error.strerror or str(error), path.parent
        ) from error
    temporary, aside = Path(name), Path(f"{name}.old")
    try:
        yield temporary
        for folder, _, names in os.walk(temporary):
            for file in names:
                with open(Path(folder, file), "rb+") as stream:
                    os.fsync(stream.fileno())
            sync_folder(Path(folder))
        os.chmod(temporary, 0o777 & ~_umask())
        if path.exists():
            os.replace(path, aside)
        try:
            os.replace(temporary, path)
        except OSError:
            if aside.exists():
                os.replace(aside, path)
            raise
        shutil.rmtree(aside, ignore_errors=True)
    except InputError:
        raise
    except Exception as error:
        if not is_disk_full(error):
            raise
        raise disk_full(path, size_on_disk(temporary)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    sync_folder(path.parent)


def size_on_disk(path: str | Path) -> int:
    """Bytes of a file, or of all files in a folder; links are not followed."""
    if not Path(path).is_dir():
        return Path(path).stat().st_size
    files = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sum(file.lstat().st_size for file in files)


ABANDONED_S = 3600.0
"""A temporary file this old belongs to a program that was killed."""


def _sweep(path: Path) -> None:
    """Remove old temporary files that were to become ``path``; sessions have a sweep of their own."""
    if path.suffix == SESSION_ENDING:  # one may be a complete session that lacks its last step
        return
    ours = re.compile(rf"\.{re.escape(path.stem)}-[a-z0-9_]{{8}}{re.escape(path.suffix)}")
    with contextlib.suppress(OSError):
        for file in path.parent.glob(f".{glob.escape(path.stem)}-*{glob.escape(path.suffix)}"):
            old = time.time() - file.stat().st_mtime > ABANDONED_S
            if old and ours.fullmatch(file.name) and file.is_file():
                file.unlink(missing_ok=True)
            elif old and ours.fullmatch(file.name) and not file.is_symlink():
                shutil.rmtree(file, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut, where the system can."""
    with contextlib.suppress(OSError):  # Windows opens no folders, some network drives sync none
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_disk_full(error: BaseException) -> bool:
    """Whether a failure, or what caused it, is a full disk; HDF5 tells it only in its text."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        text = str(seen)
        if any(f"errno = {number}" in text for number in _FULL) or os.strerror(_FULL[0]) in text:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def disk_full(path: str | Path, needed_bytes: int = 0) -> InputError:
    """What to say when ``path`` could not be written: how much it takes at least, and what is free."""
    path = Path(path)
    needed = f"room for {path.name}"
    if needed_bytes:
        needed += f", which takes more than {in_units(needed_bytes)}"
    found = "a full disk"
    with contextlib.suppress(OSError):
        found += f" ({in_units(shutil.disk_usage(path.parent).free)} free)"
    return InputError(needed, found, path, "free some space, or write to another disk")


def in_units(n_bytes: float) -> str:
    """A size for people.

    >>> in_units(1_500), in_units(2_340_000)
    ('1.5 kB', '2.3 MB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes:.0f} bytes"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


LARGEST_ARRAY = 1 << 33
"""Bytes of one array that is read as a whole."""

_SMALL = 1 << 30  # bytes that any file may unpack to
_UNPACKED = 256  # times its file; masks that are mostly zero pack so well, bombs better


def require_plausible_size(
    n_bytes: int, path: str | Path, where: str | Path, most_bytes: int = LARGEST_ARRAY
) -> None:
    """Refuse contents of ``path`` that would take far more memory than the file takes on disk.

    ``where`` is what the error names: the file, or the array in it.
    """
    allowed = min(most_bytes, max(_SMALL, _UNPACKED * size_on_disk(path)))
    if n_bytes > allowed:
        expected = f"less than {allowed / 1e9:.2g} GB of data"
        raise InputError(expected, f"{n_bytes / 1e9:.3g} GB, packed", where)


_END_OF_ZIP = 66_000  # bytes in which the record at the end lies, with the longest remark
_ENTRY_OF_ZIP = 46  # bytes of an entry in its list, without name, notes and remark


def require_whole_list(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse a zip file whose table of contents lost an entry: the contents have checksums, it has none.

    One changed bit makes an entry vanish into the name, note or remark of another. The record at the
    end of the file says how many there are, and how many bytes their list takes.
    """
    with open(path, "rb") as stream:
        stream.seek(max(0, path.stat().st_size - _END_OF_ZIP))
        end = stream.read()
    end = end[max(0, end.rfind(b"PK\x05\x06")) :]
    listed = archive.infolist()
    n_bytes = sum(
        _ENTRY_OF_ZIP + len(_stored_name(one)) + len(one.extra) + len(one.comment) for one in listed
    )
    promised, expected_bytes = (
        int.from_bytes(end[10:12], "little"),
        int.from_bytes(end[12:16], "little"),
    )
    if promised == 0xFFFF or expected_bytes == 0xFFFFFFFF:  # of a very large file; told elsewhere
        return
    if promised != len(listed) or expected_bytes != n_bytes:
        hint = "the file is damaged: copy or save it again"
        found = f"another list of {len(listed)}"
        raise InputError(f"a list of {promised} entries, as the file says", found, path, hint)


def _stored_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")


def write_json(path: str | Path, content: Any) -> None:
    """Write ``content`` as indented JSON, atomically. NaN is not valid JSON: an error."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    with written_atomically(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


DEEPEST_JSON = 64
"""Lists and records within each other; far more than anything that is written."""


def parsed_json(text: str | bytes) -> Any:
    """Decode JSON that we did not write: whatever is wrong with it is a ValueError.

    Python's reader raises RecursionError for what is nested too deeply, and passes halves of surrogate
    pairs, which no file and no terminal can take.

    >>> parsed_json('{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    text = text.decode("utf-8") if isinstance(text, bytes) else str(text)
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError(f"more than {DEEPEST_JSON} levels") from error
    level = [value]
    for _ in range(DEEPEST_JSON):
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            break
    else:
        raise ValueError(f"more than {DEEPEST_JSON} levels")
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError("half of a surrogate pair, which is no character") from error
    return value


def read_json(path: str | Path) -> Any:
    """Read a JSON file of ours."""
    path = require_file(path, "a JSON file")
    try:
        return parsed_json(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError("valid JSON", f"'{error}'", path) from error


def write_npz(path: str | Path, **arrays: Any) -> None:
    """Write compressed arrays, atomically."""
    with written_atomically(path) as temporary, open(temporary, "wb") as stream:
        np.savez_compressed(stream, **arrays)


def read_npz(path: str | Path, required: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Read all arrays of a ``.npz`` (never pickled ones) and check that the ``required`` names are there."""
    path = require_file(path, "an .npz file")
    try:
        with zipfile.ZipFile(path) as archive:
            require_whole_list(archive, path)
            total = sum(member.file_size for member in archive.infolist())
        require_plausible_size(total, path, path)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        odd = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
        if odd:  # NumPy gives the bytes of a member that does not begin as an array does
            raise ValueError(f"{odd[0]} is no array")
    except InputError:
        raise
    except Exception as error:  # a damaged file raises many kinds, tokenize.TokenError among them
        raise InputError("a readable .npz of plain arrays", _reason(error), path) from error
    missing = [name for name in required if name not in arrays]
    if missing:
        held = ", ".join(sorted(arrays)) or "no array"
        raise InputError(f"the arrays {', '.join(required)}", held, path)
    return arrays


def read_npy(path: str | Path) -> np.ndarray:
    """Read one plain array of a ``.npy`` file; object arrays are refused."""
    path = require_file(path, "an .npy file")
    try:
        with open(path, "rb") as stream:
            array = np.load(stream, allow_pickle=False)
            left = path.stat().st_size - stream.tell()
    except Exception as error:  # numpy's readers raise many kinds, tokenize.TokenError among them
        raise InputError("a readable .npy with a plain array", _reason(error), path) from error
    if left:  # its head says less than there is
        found = f"{left:,} bytes more"
        raise InputError(f"an .npy of {array.shape} and no more", found, path, "Save it again")
    return np.asarray(array)


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__} ({text[:160]})" if text else type(error).__name__


def sha256_of(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def cache_folder() -> Path:
    """The folder for what can be rebuilt (working copies of movies); ``DEEPCINAC_CACHE`` overrides it."""
    chosen = os.environ.get("DEEPCINAC_CACHE")
    if chosen:
        folder = Path(chosen)
    else:
        import platformdirs

        folder = Path(platformdirs.user_cache_dir("deepcinac", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell of a spreadsheet begins with when it is a formula."""


def defused(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it.

    >>> defused("=1+1"), defused("pyramidal")
    ("'=1+1", 'pyramidal')
    """
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def as_meant(text: str) -> str:
    """The inverse of :func:`defused`."""
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(FORMULA_SIGNS) else text
