"""A folder with a movie, its cells and its truth, as several scripts here take it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deepcinac.evaluation.truth import Truth, load_truth
from deepcinac.files import read_json
from deepcinac.formats import load_cells
from deepcinac.recording.cells import Cells


@dataclass(frozen=True)
class KnownRecording:
    """``movie.tif``, ``truth.npz``, cells (``stat.npy`` or ``cells.npz``) and ``meta.json`` in one folder.

    Those of ``deepcinac simulate`` are such folders.
    """

    path: Path
    frame_rate_hz: float
    pixel_size_um: float
    truth: Truth

    @classmethod
    def read(cls, path: Path) -> KnownRecording:
        """Read rates and truth."""
        meta = read_json(path / "meta.json")
        settings = meta.get("settings", meta)
        size = settings.get("um_per_pixel") or settings["pixel_size_um"]
        truth = load_truth(path / "truth.npz")
        return cls(path, float(settings["frame_rate_hz"]), float(size), truth)

    @property
    def movie(self) -> Path:
        """Its movie."""
        return self.path / "movie.tif"

    def cells(self, height: int, width: int) -> Cells:
        """Its cells, in a field of that size."""
        name = "stat.npy" if (self.path / "stat.npy").exists() else "cells.npz"
        return load_cells(self.path / name, (height, width))
