"""``deepcinac train``: what it says, how it goes on after a kill, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from deepcinac.cli.main import build_parser, main
from deepcinac.cli.train import outcome
from deepcinac.learning.card import Card, read_card
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings

FAST = ["--windows-per-epoch", "8", "--batch-windows", "4", "--epochs", "2", "--held-out", "0.1"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """150 frames of 32 x 32 px with 3 cells: too few to hold out cells, too short to hold out time."""
    settings = preset_settings(
        "small", seed=3, n_frames=150, height=32, width=32, n_cells=3, event_rate_hz=(0.1, 0.3)
    )
    return simulate(settings, tmp_path_factory.mktemp("train") / "movie")


def _command(recording, out, *more):
    return ["train", str(recording), "--out", str(out), *FAST, *more]


def test_a_killed_run_goes_on_with_the_same_command_and_has_no_score(recording, tmp_path, capsys):
    """Killed while the first epoch is trained; --augmentation options are kept in the card."""
    out = tmp_path / "run"
    command = _command(recording, out, "--no-rotate", "--shift-px", "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "deepcinac", *command, "--progress", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["stage"].startswith(("preparing", "training")):
                break
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert json.loads((out / "state.json").read_text())["epoch"] == 0

    assert main([*command, "--progress", "jsonl"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == (
        f"{out}: epoch 2 of 2 kept; nothing was held out, so there is no score"
    )
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [e["score"] for e in events if e["stage"] == "validated"] == [None, None]
    card = read_card(out)
    assert card.scores["score"] is None
    assert (card.training["augmentation"]["rotate"], card.training["augmentation"]["shift_px"]) == (
        False,
        1.0,
    )

    before = (out / "model.weights.h5").read_bytes()
    assert main([*command, "--resume", "--progress", "none"]) == 0  # an alias; all is done already
    assert (out / "model.weights.h5").read_bytes() == before
    assert main([*command[:-1], "2", "--progress", "none"]) == 2
    said = capsys.readouterr().err
    assert "a change in shift_px" in said
    assert "--force" in said


def test_a_folder_with_other_files_needs_force(recording, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert main(_command(recording, tmp_path, "--progress", "none")) == 2
    assert "add --force" in capsys.readouterr().err
    assert main(_command(recording, tmp_path, "--force", "--resume", "--progress", "none")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_options_stand_in_groups():
    (train,) = [
        action.choices["train"]
        for action in build_parser()._actions
        if getattr(action, "choices", None) and "train" in action.choices
    ]
    groups = {group.title: group for group in train._action_groups}
    options = {
        title: {name for action in groups[title]._group_actions for name in action.option_strings}
        for title in ("training", "augmentation of the windows")
    }
    assert {"--epochs", "--seed", "--name"} <= options["training"]
    assert {"--rotate", "--extra-noise", "--mask-fault-share"} <= options[
        "augmentation of the windows"
    ]


def test_the_outcome_names_the_score_and_what_it_rests_on():
    training = {
        "best_epoch": 3,
        "epochs_run": 5,
        "held_out": {"by": "cells", "words": "2 cells held out"},
    }
    scores = {"score": 0.8125, "score_name": "F1 of transients"}
    card = Card("x", training=training, scores=scores)
    assert outcome(card) == "epoch 3 of 5 kept, F1 of transients 0.812 (2 cells held out)"
    card = Card("x", training=training, scores={"score": None})
    assert outcome(card) == (
        "epoch 3 of 5 kept; no transient in what was held out (2 cells held out), so there is no score"
    )
