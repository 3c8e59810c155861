"""What a network can be trained on: folders with a movie, its cells and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.classifier.card import Architecture, InputForm
from deepcinac.classifier.recordings import PreparedRecording, open_recording, prepare_recording
from deepcinac.errors import InputError
from deepcinac.files import read_json, read_npz, require_file
from deepcinac.progress import Progress, silent
from deepcinac.recording.cells import read_cells
from deepcinac.recording.movie import open_movie


@dataclass(frozen=True)
class LabelledFolder:
    """Paths of a folder as ``deepcinac simulate`` makes it."""

    path: Path
    frame_rate_hz: float
    pixel_size_um: float


def find_labelled_folders(paths: list[Path]) -> list[LabelledFolder]:
    """Folders with movie.tif, cells.npz, truth.npz and meta.json: those given, or those inside them."""
    found = []
    for path in paths:
        if not path.is_dir():
            raise InputError("a folder made by `deepcinac simulate`", "no folder", path)
        inside = [path] if (path / "truth.npz").is_file() else sorted(path.glob("*/"))
        folders = [folder for folder in inside if (folder / "truth.npz").is_file()]
        if not folders:
            raise InputError("truth.npz in the folder or in folders inside it", "none", path)
        found += [_labelled_folder(folder) for folder in folders]
    return found


def _labelled_folder(path: Path) -> LabelledFolder:
    for name in ("movie.tif", "cells.npz", "meta.json"):
        require_file(path / name, name)
    meta = read_json(path / "meta.json")
    try:
        return LabelledFolder(path, float(meta["frame_rate_hz"]), float(meta["pixel_size_um"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "frame_rate_hz and pixel_size_um", f"'{error}' missing or no number", path / "meta.json"
        ) from error


def prepare_folder(
    source: LabelledFolder,
    name: str,
    form: InputForm,
    architecture: Architecture,
    folder: Path,
    progress: Progress = silent,
) -> PreparedRecording:
    """Read one labelled folder and compute the network's inputs into ``folder``."""
    truth = read_npz(source.path / "truth.npz", ("active",))
    cells = read_cells(source.path / "cells.npz")
    active = truth["active"].astype(bool)
    with open_movie(source.path / "movie.tif") as movie:
        if active.shape != (len(cells), movie.n_frames):
            raise InputError(
                f"truth for {len(cells)} cells x {movie.n_frames} frames",
                f"{active.shape}",
                source.path / "truth.npz",
            )
        recording = open_recording(
            movie, cells, source.frame_rate_hz, source.pixel_size_um, form, architecture
        )
        doubtful = truth.get("doubtful", np.zeros_like(active)).astype(bool)
        crosstalk = truth.get("crosstalk", np.zeros((0, 4), int))
        return prepare_recording(
            name, recording, active, doubtful, crosstalk, folder, progress, truth.get("spikes")
        )
