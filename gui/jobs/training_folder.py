"""The folder of a training: whether one may begin or go on there, and what a stopped one leaves. No Tk."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import read_json


def is_new(folder: Path) -> bool:
    """Whether a training may make this folder: it is not there, or empty."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def can_go_on(folder: Path) -> bool:
    """Whether a training was stopped in this folder after at least one epoch."""
    return finished_epochs(folder) > 0 and not (folder / "card.json").exists()


def free_folder(wanted: Path) -> Path:
    """``wanted``, or the first of ``wanted``-2, ... that a training can use."""
    for number in itertools.count(1):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if is_new(folder) or can_go_on(folder):
            return folder
    raise AssertionError("unreachable")


def tidy_training(folder: Path, was_new: bool) -> int:
    """Remove what a stopped training left half-written; how many epochs are there to go on from.

    A folder that was not new is touched only where a training that can go on was writing.
    """
    n_epochs = finished_epochs(folder)
    if not folder.is_dir() or not (was_new or can_go_on(folder)):
        return 0
    if was_new and n_epochs == 0:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    shutil.rmtree(folder / "prepared", ignore_errors=True)
    for part in folder.glob(".part-*"):
        part.unlink(missing_ok=True)
    return n_epochs


def finished_epochs(folder: Path) -> int:
    """How many epochs of a training are on disk to go on from."""
    try:
        return int(read_json(folder / "state.json")["epoch"])
    except (InputError, KeyError, TypeError, ValueError):
        return 0
