"""Bytes of a file by position: the floor under TIFFs, ``data.bin``, ``.npy`` and plain HDF5 datasets."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import readable

BYTES_AT_ONCE = 16 << 20
"""Bounds the scratch memory of a read."""


class RawFile:
    """A file read by position; safe to share between threads and between forked processes."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with readable(self.path, "a file that can be read"):
            self._stream = open(self.path, "rb", buffering=0)  # noqa: SIM115
            self.size = os.fstat(self._stream.fileno()).st_size
        self._lock = threading.Lock()

    def read(self, offset: int, n_bytes: int) -> bytes:
        """At most ``n_bytes`` bytes from ``offset``; fewer at the end of the file."""
        with readable(self.path, "a file that can be read"):
            if hasattr(os, "pread"):  # leaves the position alone, which forked processes share
                return os.pread(self._stream.fileno(), n_bytes, offset)
            with self._lock:
                self._stream.seek(offset)
                return self._stream.read(n_bytes)

    def read_exactly(self, offset: int, n_bytes: int) -> bytes:
        """``n_bytes`` bytes from ``offset``, or an InputError when the file ends before."""
        data = self.read(offset, n_bytes)
        while len(data) < n_bytes:
            more = self.read(offset + len(data), n_bytes - len(data))
            if not more:
                raise InputError(
                    f"at least {offset + n_bytes:,} bytes",
                    f"the end of the file after {offset + len(data):,}",
                    self.path,
                    "The file was cut short or changed while it was open: copy it again",
                )
            data += more
        return data

    def read_into(self, target: np.ndarray, offset: int) -> None:
        """Fill a C-contiguous array with the bytes from ``offset`` on."""
        view = memoryview(target.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        for start in range(0, len(view), BYTES_AT_ONCE):
            stop = min(start + BYTES_AT_ONCE, len(view))
            view[start:stop] = self.read_exactly(offset + start, stop - start)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
