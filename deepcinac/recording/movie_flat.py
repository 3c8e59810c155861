"""Movies whose pixels lie uncompressed in a file, at a known offset for each frame.

Plain TIFFs, ``data.bin``, ``.npy``, contiguous HDF5 datasets and working copies end up here. Bytes
are fetched by position instead of through a memory map: as fast for these patches, memory stays
bounded by the block, and a network drive that disappears is an error and does not kill the program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.raw_file import BYTES_AT_ONCE, RawFile
from deepcinac.errors import InputError
from deepcinac.recording.movie import Movie


class FlatMovie(Movie):
    """Frames at known offsets.

    Parameters
    ----------
    path
        What the user named.
    shape
        ``(n_frames, height, width)``.
    stored_dtype
        Pixel type with the byte order of the file.
    offsets
        Byte offset of the first frame when the frames follow each other without a gap, otherwise
        an int64 array with the offset of every frame.
    data_file
        The file that holds the pixels when it is not ``path``.
    details
        ``frame_rate_hz``, ``pixel_size_um``, ``dataset`` of :class:`Movie`.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        stored_dtype: Any,
        offsets: int | np.ndarray,
        *,
        data_file: Path | None = None,
        **details: Any,
    ) -> None:
        super().__init__(path, shape, stored_dtype, **details)
        self.data_file = Path(data_file or path)
        self._stored = np.dtype(stored_dtype)
        self._row_bytes = self.width * self._stored.itemsize
        self._frame_bytes = self.height * self._row_bytes
        self._offsets = _simplest(offsets, self._frame_bytes)
        self._raw = RawFile(self.data_file)
        last = self._offset(self.n_frames - 1)
        if not isinstance(self._offsets, int):
            last = int(self._offsets.max())
        needed = last + self._frame_bytes
        if needed > self._raw.size:
            size = self._raw.size
            self._raw.close()
            raise InputError(
                f"{needed:,} bytes for {self.n_frames} frames of {self.height} x {self.width}",
                f"{size:,} bytes",
                self.data_file,
                "The file was cut short: copy or export it again",
            )

    def source_files(self) -> list[Path]:
        """The file with the frames."""
        return [self.data_file]

    def _offset(self, frame: int) -> int:
        if isinstance(self._offsets, int):
            return self._offsets + frame * self._frame_bytes
        return int(self._offsets[frame])

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        if (left, right) == (0, self.width) and self._stored == self.dtype:
            out = np.empty((stop - start, bottom - top, self.width), self.dtype)
            self._fill(out, start, top)
            return out
        out = np.empty((stop - start, bottom - top, right - left), self.dtype)
        step = max(1, BYTES_AT_ONCE // ((bottom - top) * self._row_bytes))
        for first in range(start, stop, step):
            n = min(step, stop - first)
            band = np.empty((n, bottom - top, self.width), self._stored)
            self._fill(band, first, top)
            out[first - start : first - start + n] = band[:, :, left:right]
        return out

    def _fill(self, band: np.ndarray, start: int, top: int) -> None:
        """Fill ``band`` (n, rows, width) with rows from ``top`` on of the frames from ``start``."""
        if isinstance(self._offsets, int) and band.shape[1] == self.height:
            self._raw.read_into(band, self._offset(start))
            return
        for i in range(len(band)):
            self._raw.read_into(band[i], self._offset(start + i) + top * self._row_bytes)

    def close(self) -> None:
        """Close the file."""
        self._raw.close()


def _simplest(offsets: int | np.ndarray, frame_bytes: int) -> int | np.ndarray:
    """The first offset alone when all others follow from it."""
    if isinstance(offsets, int):
        return offsets
    offsets = np.asarray(offsets, np.int64)
    return int(offsets[0]) if np.all(np.diff(offsets) == frame_bytes) else offsets
