"""Knowing a movie by its content, wherever it lies: sizes of all its files and some blocks of three of them.

Quick on movies of any size; a movie that was re-saved or recorded again is another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from deepcinac.errors import InputError

BLOCK_BYTES = 1 << 16


def identify_files(files: Sequence[Path]) -> tuple[int, str]:
    """Size in bytes and fingerprint of the files of a movie, in the order of its frames."""
    try:
        sizes = [file.stat().st_size for file in files]
        digest = hashlib.sha256(repr(sizes).encode())
        for index in sorted({0, len(files) // 2, len(files) - 1}):
            for block in _blocks(files[index], sizes[index]):
                digest.update(block)
    except OSError as error:
        raise InputError("a movie", error.strerror or str(error), files[0]) from error
    return sum(sizes), digest.hexdigest()[:32]


def _blocks(file: Path, size: int) -> Iterator[bytes]:
    """The first, middle and last block of a file."""
    with open(file, "rb") as stream:
        for start in (0, max(0, (size - BLOCK_BYTES) // 2), max(0, size - BLOCK_BYTES)):
            stream.seek(start)
            yield stream.read(BLOCK_BYTES)
