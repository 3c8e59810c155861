"""The folder of a training run: what is there, whether it may be gone on with, and what a stop leaves.

``state.json`` is written before anything else and names the settings and the data of the run, so that the
same command goes on with it, from whatever epoch was finished last; what a killed process left half-written
is removed. ``last-N.weights.h5`` (with the optimizer) belongs to the state that names it. The classifier
itself, ``card.json`` with ``model.weights.h5``, is written when the run has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import (
    disk_full,
    is_disk_full,
    read_json,
    sync_folder,
    write_json,
    written_atomically,
)
from deepcinac.learning.card import CARD_FILE, WEIGHTS_FILE
from deepcinac.learning.settings import MAY_CHANGE

STATE_FILE = "state.json"
LOG_FILE = "training.jsonl"
BEST_WEIGHTS = "best.weights.h5"
WORK_FOLDER = "prepared"
RUN_FORMAT = 2
STOP_FILE = "stop"
"""While this file is in the folder, the run ends after its first epoch at the soonest, and keeps the best."""
_LAST = "last-*.weights.h5"
_PARTS = ".part-*"
_OF_EARLIER_VERSIONS = ("last.weights.h5", "last.average.npz")


@dataclass
class RunFolder:
    """The folder of one run and its state, as it is on disk."""

    path: Path
    state: dict[str, Any]

    @property
    def work(self) -> Path:
        """Where large arrays go while the run lasts."""
        return self.path / WORK_FOLDER

    @property
    def best_weights(self) -> Path:
        """The weights of the epoch with the best score."""
        return self.path / BEST_WEIGHTS

    @property
    def last_weights(self) -> Path | None:
        """Weights and optimizer after the last finished epoch."""
        return self.path / str(self.state["last"]) if self.state["last"] else None

    @property
    def is_complete(self) -> bool:
        """Whether a card was written after the last epoch."""
        return bool(self.state["complete"]) and (self.path / CARD_FILE).is_file()

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether somebody wants the run to end with what it has; at least one epoch is finished."""
        return self.state["epoch"] > 0 and (self.path / STOP_FILE).exists()

    def save_epoch(self, model: Any) -> None:
        """Keep weights and optimizer, and the state that belongs to them; then forget the older ones."""
        name = _LAST.replace("*", str(self.state["epoch"]))
        save_weights(model, self.path / name)
        self.state.update(last=name, complete=False)
        write_json(self.path / STATE_FILE, self.state)
        for path in self.path.glob(_LAST):
            if path.name != name:
                path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the best weights in the place of the classifier's; its card comes next."""
        with written_atomically(self.path / WEIGHTS_FILE) as temporary:
            shutil.copyfile(self.best_weights, temporary)

    def completed(self) -> None:
        """The card is written."""
        (self.path / STOP_FILE).unlink(missing_ok=True)
        self.state["complete"] = True
        write_json(self.path / STATE_FILE, self.state)

    def log(self, record: Mapping[str, Any]) -> None:
        """Add a line to the log."""
        with open(self.path / LOG_FILE, "a", encoding="utf-8") as log:
            log.write(json.dumps(record, allow_nan=False) + "\n")


def ask_to_stop(out: Path) -> None:
    """Let the run in a folder end soon, with the best of its epochs as the classifier."""
    if not (out / STATE_FILE).is_file():
        raise InputError("a folder with a training", "none", out)
    (out / STOP_FILE).touch()


def open_run(out: Path, identity: Mapping[str, Any], force: bool = False) -> RunFolder:
    """A new run in ``out``, or the run of the same ``identity`` that is there.

    ``identity`` holds "task", "settings" (flat or nested), and "data" (a hash). A folder with another run
    or anything else in it is an InputError, unless ``force``: then the files of a run, and only those, are
    removed first.
    """
    identity = json.loads(json.dumps(identity))  # as it will be read back
    if force:
        clear_run(out)
    elif (out / STATE_FILE).is_file():
        return _existing_run(out, identity)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "a new or empty folder, or one with the run of the same command",
            "something else there already" if out.is_dir() else "a file",
            out,
            "choose another folder, or add --force to write into this one",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "a folder that can be made", f"'{error.strerror}'", out, "choose another place"
        ) from error
    state: dict[str, Any] = {
        "run_format": RUN_FORMAT,
        "identity": identity,
        "epoch": 0,
        "best_epoch": 0,
        "best": None,
        "last": "",
        "complete": False,
        "history": [],
        "seconds": 0.0,
    }
    write_json(out / STATE_FILE, state)
    return RunFolder(out, state)


def clear_run(out: Path) -> None:
    """Remove the files of a run from a folder; whatever else is there stays."""
    names = (STATE_FILE, LOG_FILE, BEST_WEIGHTS, WEIGHTS_FILE, CARD_FILE, *_OF_EARLIER_VERSIONS)
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(out / name)
    _remove_scraps(out)
    for path in out.glob(_LAST):
        path.unlink(missing_ok=True)


def _remove_scraps(out: Path) -> None:
    """What a killed process left half-written."""
    shutil.rmtree(out / WORK_FOLDER, ignore_errors=True)
    for path in out.glob(_PARTS):
        path.unlink(missing_ok=True)


def _existing_run(out: Path, identity: Mapping[str, Any]) -> RunFolder:
    path = out / STATE_FILE
    state = read_json(path)
    again = "choose another folder, or add --force to start anew in this one"
    if not isinstance(state, dict) or state.get("run_format") != RUN_FORMAT:
        raise InputError(
            "a run of this version of deepcinac", "one of an earlier version", path, again
        )
    try:
        started = state["identity"]
        changed = changed_names(started["settings"], identity["settings"])
        if started["task"] != identity["task"]:
            changed = ["the task"]
        elif not changed and started["data"] != identity["data"]:
            changed = ["recordings or labels to learn from"]
        whole = isinstance(state["history"], list) and int(state["epoch"]) >= 0
        last = state["last"]
        whole = whole and last == os.path.basename(last) and (not last or (out / last).is_file())
        whole = whole and (not state["best_epoch"] or (out / BEST_WEIGHTS).is_file())
    except (KeyError, TypeError, ValueError, AttributeError):
        whole, changed = False, []
    if not whole:
        raise InputError("the whole state of a run", "parts of it", path, again)
    if changed:
        raise InputError(
            "the same settings and data as those that the run in this folder was started with",
            f"a change in {', '.join(changed)}",
            path,
            again,
        )
    _remove_scraps(out)
    return RunFolder(out, state)


def changed_names(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The settings in which two runs differ, without those that may.

    >>> changed_names({"seed": 1, "epochs": 2, "x": {"y": 1}}, {"seed": 1, "epochs": 3, "x": {"y": 2}})
    ['y']
    """
    found = []
    for name in sorted({*one, *other} - set(MAY_CHANGE)):
        first, second = one.get(name), other.get(name)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            found += changed_names(first, second)
        elif first != second:
            found.append(name)
    return found


def save_weights(model: Any, path: Path) -> None:
    """Keras insists on the ending .weights.h5, so the temporary file has it too."""
    temporary = path.with_name(f".part-{path.name}")
    try:
        model.save_weights(temporary, overwrite=True)
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except Exception as error:
        if not is_disk_full(error):
            raise
        n_bytes = temporary.stat().st_size if temporary.exists() else 0
        raise disk_full(path, n_bytes) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
