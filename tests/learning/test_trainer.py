"""The trainer, with a network of one layer: resume, early stop, moving average, and what a kill leaves.

The task is as small as one can be: windows of four numbers, and the network is to give their sum.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.learning import run_folder
from deepcinac.learning.card import Card, read_card
from deepcinac.learning.run_folder import STATE_FILE, open_run
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import RECORDINGS, Split
from deepcinac.learning.task import Judgement
from deepcinac.learning.trainer import Run, read_ahead, train
from deepcinac.progress import silent

SETTINGS = {"windows_per_epoch": 64, "batch_windows": 8, "learning_rate": 0.01, "seed": 3}


class Sums:
    """Material: random windows whose target is their sum."""

    split = Split(RECORDINGS, 1, "1 recording held out")
    facts: dict = {"recordings": 1}
    input_ranges: dict = {}

    def draw(self, count, generator):
        inputs = generator.normal(size=(count, 4)).astype(np.float32)
        return inputs, inputs.sum(1, keepdims=True)


@dataclass(frozen=True)
class SumTask:
    """The smallest task; ``scores`` are given one after the other where there are any."""

    scores: tuple = ()
    data: str = "one"
    name: str = "sum"
    score_name: str = "closeness"
    width: int = 4
    is_learnt_before: bool = False
    resolution: float = 0.0

    def card(self, name):
        return Card(name, self.name, architecture={"width": self.width})

    def data_fingerprint(self):
        return self.data

    def prepare(self, work, settings, progress=silent):
        work.mkdir(parents=True, exist_ok=True)
        (work / "large.npy").write_bytes(b"0")
        return Sums()

    def build(self, seed):
        import keras

        inputs = keras.Input((self.width,))
        hidden = keras.layers.Dropout(0.2)(keras.layers.Dense(8)(inputs))
        return keras.Model(inputs, keras.layers.Dense(1)(hidden))

    def loss(self, targets, outputs):
        from keras import ops

        return ops.mean(ops.square(targets - outputs))

    def judge(self, model, material, final, progress=silent, is_start=False):
        given = list(self.scores)
        if given and not final:
            object.__setattr__(self, "scores", (*given[1:], given[0]))
            return Judgement(given[0], resolution=self.resolution)
        inputs, targets = material.draw(50, np.random.default_rng(0))
        error = float(np.abs(model.predict_on_batch(inputs) - targets).mean())
        return Judgement(-error, {"error": error})


def _epochs(folder):
    return [row["epoch"] for row in json.loads((folder / STATE_FILE).read_text())["history"]]


def test_a_network_learns_and_its_card_says_how_well_and_on_what(tmp_path):
    card = train(SumTask(), tmp_path / "run", TrainingSettings(epochs=10, average=0.5, **SETTINGS))
    assert card == read_card(tmp_path / "run")
    assert (card.task, card.scores["score_name"]) == ("sum", "closeness")
    assert card.scores["score"] > -0.5
    assert card.training["held_out"]["words"] == "1 recording held out"
    assert not (tmp_path / "run" / "prepared").exists()


def test_a_run_that_was_stopped_gives_the_same_numbers_as_one_that_was_not(tmp_path):
    """Four epochs at once, and four with a stop in the third: dropout, average and rate go on as well."""
    settings = TrainingSettings(epochs=4, average=0.9, **SETTINGS)
    train(SumTask(), tmp_path / "whole", settings)

    class Stopped(Exception):
        pass

    def stop(event):
        if event.stage == "training epoch 3":
            raise Stopped

    with pytest.raises(Stopped):
        train(SumTask(), tmp_path / "parts", settings, progress=stop)
    assert _epochs(tmp_path / "parts") == [1, 2]
    train(SumTask(), tmp_path / "parts", settings)
    histories = [
        json.loads((tmp_path / name / STATE_FILE).read_text())["history"]
        for name in ("whole", "parts")
    ]
    assert histories[0] == histories[1]


def test_no_thread_is_left_behind_by_an_epoch_that_was_stopped(tmp_path):
    def stop(event):
        raise KeyboardInterrupt

    before = threading.active_count()
    for number in range(3):
        with pytest.raises(KeyboardInterrupt):
            train(SumTask(), tmp_path / str(number), TrainingSettings(**SETTINGS), progress=stop)
    assert not [t for t in threading.enumerate() if t.name.startswith("batches")]
    assert threading.active_count() <= before + 1  # keras may keep one of its own


def test_the_best_epoch_is_kept_and_patience_ends_the_run(tmp_path):
    task = SumTask(scores=(0.1, 0.5, 0.3, 0.2, 0.4))
    card = train(task, tmp_path / "run", TrainingSettings(epochs=20, patience=2, **SETTINGS))
    assert (card.training["best_epoch"], card.training["epochs_run"]) == (2, 4)


def test_a_classifier_to_start_from_stays_unless_an_epoch_is_clearly_better(tmp_path):
    """Start .50; epochs .505 (chance), .40: the start stays. Then .505, .52, .515: the second epoch."""
    settings = TrainingSettings(epochs=2, **SETTINGS)
    task = SumTask(scores=(0.5, 0.505, 0.4), is_learnt_before=True)
    card = train(task, tmp_path / "same", settings)
    assert (card.training["best_epoch"], card.training["epochs_run"]) == (0, 2)
    assert _epochs(tmp_path / "same") == [0, 1, 2]
    kept, start = task.build(0), Run(task, settings, Sums(), _empty_run(tmp_path)).start
    kept.load_weights(tmp_path / "same" / "model.weights.h5")
    assert all(map(np.array_equal, kept.get_weights(), start))
    better = SumTask(scores=(0.5, 0.505, 0.52, 0.515), is_learnt_before=True)
    card = train(better, tmp_path / "better", TrainingSettings(epochs=3, **SETTINGS))
    assert card.training["best_epoch"] == 2
    few = SumTask(scores=(0.5, 0.52, 0.515), is_learnt_before=True, resolution=0.05)
    card = train(few, tmp_path / "few", settings)
    assert card.training["best_epoch"] == 0


def _empty_run(folder):
    return open_run(folder / "empty", {"task": "sum", "settings": {}, "data": ""})


def test_where_nothing_can_be_judged_the_last_epoch_is_kept_and_the_score_is_none(tmp_path):
    task = SumTask(scores=(None,))
    settings = TrainingSettings(epochs=3, patience=1, **SETTINGS)
    events = []
    card = train(task, tmp_path / "run", settings, progress=events.append)
    assert (card.training["best_epoch"], card.training["epochs_run"]) == (3, 3)
    assert {event.values["score"] for event in events if event.stage == "validated"} == {None}
    log = (tmp_path / "run" / "training.jsonl").read_text()
    assert '"score": null' in log


def test_the_same_command_again_changes_nothing_and_more_epochs_go_on(tmp_path):
    out = tmp_path / "run"
    first = train(SumTask(), out, TrainingSettings(epochs=2, **SETTINGS))
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert train(SumTask(), out, TrainingSettings(epochs=2, **SETTINGS)) == first
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    train(SumTask(), out, TrainingSettings(epochs=3, **SETTINGS))
    assert _epochs(out) == [1, 2, 3]


@pytest.mark.parametrize(
    ("task", "changes", "found"),
    [
        (SumTask(), {"seed": 4}, "a change in seed"),
        (SumTask(width=5), {}, "a change in width"),
        (SumTask(data="other"), {}, "recordings or labels"),
        (SumTask(name="difference"), {}, "the task"),
    ],
)
def test_another_run_in_the_folder_is_refused_and_force_replaces_it(tmp_path, task, changes, found):
    out = tmp_path / "run"
    train(SumTask(), out, TrainingSettings(epochs=1, **SETTINGS))
    other = TrainingSettings(epochs=1, **{**SETTINGS, **changes})
    with pytest.raises(InputError, match=found) as refused:
        train(task, out, other)
    assert "--force" in str(refused.value)
    if task.width == 4:
        train(task, out, other, force=True)
        assert _epochs(out) == [1]


def test_files_of_others_need_force_and_are_never_removed(tmp_path):
    out = tmp_path / "lab"
    out.mkdir()
    (out / "notes.txt").write_text("keep me")
    with pytest.raises(InputError, match="something else there already"):
        train(SumTask(), out, TrainingSettings(epochs=1, **SETTINGS))
    train(SumTask(), out, TrainingSettings(epochs=1, **SETTINGS), force=True)
    assert (out / "notes.txt").read_text() == "keep me"
    assert read_card(out).name == "my-classifier"


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="a folder that can be made"):
        train(SumTask(), tmp_path / "file" / "classifier", TrainingSettings(**SETTINGS))


def test_a_damaged_state_is_told_in_a_sentence(tmp_path):
    out = tmp_path / "run"
    train(SumTask(), out, TrainingSettings(epochs=1, **SETTINGS))
    state = json.loads((out / STATE_FILE).read_text())
    for damage in ({"last": "../elsewhere.h5"}, {"history": 3}, {"identity": {}}, {"epoch": "x"}):
        (out / STATE_FILE).write_text(json.dumps({**state, **damage}))
        with pytest.raises(InputError, match="the whole state of a run"):
            train(SumTask(), out, TrainingSettings(epochs=1, **SETTINGS))
    (out / STATE_FILE).write_text(json.dumps({"epoch": 2, "settings": {}}))
    with pytest.raises(InputError, match="an earlier version"):
        train(SumTask(), out, TrainingSettings(epochs=1, **SETTINGS))


KILLED = """
import sys, time
sys.path.insert(0, {folder!r})
from test_trainer import SETTINGS, SumTask
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import train
from pathlib import Path

def progress(event):
    if event.stage == {stage!r}:
        Path({flag!r}).write_text("there")
        time.sleep(600)

train(SumTask(), {out!r}, TrainingSettings(epochs=3, **SETTINGS), progress=progress)
"""


@pytest.mark.parametrize(("stage", "left"), [("training epoch 1", []), ("training epoch 2", [1])])
def test_a_killed_run_leaves_nothing_that_blocks(tmp_path, stage, left):
    """A process is killed without notice in its first or second epoch; the same call goes on."""
    out, flag = tmp_path / "run", tmp_path / "flag"
    script = KILLED.format(
        folder=str(Path(__file__).parent), stage=stage, flag=str(flag), out=str(out)
    )
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    try:
        while not flag.exists():
            assert process.poll() is None, "the run ended before it was killed"
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    (out / ".part-best.weights.h5").write_bytes(b"half")  # as if it had been writing just then
    assert (out / "prepared").is_dir()
    assert _epochs(out) == left
    card = train(SumTask(), out, TrainingSettings(epochs=3, **SETTINGS))
    assert _epochs(out) == [1, 2, 3]
    assert card.training["epochs_run"] == 3
    assert not (out / "prepared").exists()
    assert not list(out.glob(".part-*"))


def test_what_is_read_ahead_comes_in_order_and_its_mistakes_are_raised():
    assert list(read_ahead(lambda n: n * n, 5, 2)) == [0, 1, 4, 9, 16]
    assert list(read_ahead(lambda n: n, 2, 6)) == [0, 1]

    def fails(number):
        if number == 1:
            raise InputError("a window", "none")
        return number

    made = read_ahead(fails, 3, 1)
    assert next(made) == 0
    with pytest.raises(InputError):
        next(made)


def test_a_run_that_is_asked_to_stop_keeps_its_best_epoch_and_can_go_on(tmp_path):
    """Asked in the third epoch: that one is given up, and the better of two is the classifier."""
    from deepcinac.learning.run_folder import ask_to_stop

    settings = TrainingSettings(**SETTINGS, epochs=5)
    out = tmp_path / "run"

    def ask(event):
        if event.stage == "training epoch 3":
            ask_to_stop(out)

    card = train(SumTask(scores=(0.3, 0.6, 0.9)), out, settings, progress=ask)
    assert (card.training["epochs_run"], card.training["best_epoch"]) == (2, 2)
    assert read_card(out) == card
    assert not (out / "stop").exists()
    again = train(SumTask(scores=(0.3, 0.6, 0.9)), out, settings)
    assert again.training["epochs_run"] == 5
    with pytest.raises(InputError, match="a folder with a training"):
        ask_to_stop(tmp_path / "nothing")


def test_weights_are_on_the_disk_before_they_take_the_place_of_the_old_ones(tmp_path, monkeypatch):
    path, synced = tmp_path / "best.weights.h5", []
    path.write_bytes(b"old")

    class Model:
        full = False

        def save_weights(self, temporary, overwrite):
            temporary.write_bytes(b"new weights")
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fsync(handle):
        synced.append((os.fstat(handle).st_size, path.read_bytes()))

    monkeypatch.setattr(run_folder.os, "fsync", fsync)
    monkeypatch.setattr(run_folder, "sync_folder", lambda folder: synced.append(path.read_bytes()))
    run_folder.save_weights(Model(), path)
    assert synced == [(11, b"old"), b"new weights"]
    Model.full = True
    with pytest.raises(InputError, match="found a full disk"):
        run_folder.save_weights(Model(), path)
    assert [file.name for file in tmp_path.iterdir()] == ["best.weights.h5"]
