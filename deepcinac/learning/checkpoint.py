"""What a stopped prediction had reached, so that the same prediction goes on there.

The file lies beside the result and carries a fingerprint of everything that the answer depends on: a
changed movie, cell list, classifier or setting starts afresh. It is removed when the prediction is done.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_npz, written_atomically
from deepcinac.recording.movie import Movie
from deepcinac.results import Maker

SAVE_EVERY_S = 30.0


@dataclass
class Checkpoint:
    """A file that holds sums of weighted answers up to the window that comes next."""

    path: Path
    fingerprint: str
    _saved_at: float = field(default_factory=time.monotonic)

    def load(self) -> tuple[np.ndarray, np.ndarray, int] | None:
        """Sums (n_cells, n_frames, n_outputs), weights (n_frames,), and the next window's first frame."""
        if not self.path.is_file():
            return None
        try:
            arrays = read_npz(self.path, ("fingerprint", "total", "sums", "next_start"))
        except InputError:
            return None
        if str(arrays["fingerprint"]) != self.fingerprint:
            return None
        return arrays["total"], arrays["sums"], int(arrays["next_start"])

    def save(self, total: np.ndarray, sums: np.ndarray, next_start: int) -> None:
        """Write the state, at most once in so many seconds; a full disk must not end the prediction."""
        if time.monotonic() - self._saved_at < SAVE_EVERY_S:
            return
        with (
            contextlib.suppress(OSError, InputError),
            written_atomically(self.path) as temporary,
            open(temporary, "wb") as stream,
        ):
            np.savez(
                stream,
                fingerprint=np.array(self.fingerprint),
                total=total,
                sums=sums,
                next_start=np.array(next_start),
            )
        self._saved_at = time.monotonic()

    def remove(self) -> None:
        """The prediction is done."""
        self.path.unlink(missing_ok=True)


def fingerprint_of(maker: Maker, select: np.ndarray, movie: Movie) -> str:
    """SHA-256 over what a maker depends on, the chosen cells, and when the movie's files were changed."""
    changed = [file.stat().st_mtime_ns for file in movie.source_files()]
    what = [maker.identity, maker.program_version, np.asarray(select).tolist(), changed]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()
