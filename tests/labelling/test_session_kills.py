"""Killed at random moments of editing, saving and creating: nothing that was acknowledged is lost.

The work is in ``benchmarks/session_kill.py``, which does the same a thousand times.
"""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "session_kill.py"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


@pytest.fixture(scope="module")
def killing():
    spec = importlib.util.spec_from_file_location("session_kill", BENCHMARK)
    module = sys.modules["session_kill"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["session_kill"]


def test_fifty_kills_while_editing(killing, tmp_path):
    found = killing.kill_editors(tmp_path, 50, seed=1)
    assert found["kills"] == 50
    assert found["lost"] == found["unreadable"] == 0
    assert found["acknowledged"] > 10


@pytest.mark.soak
def test_three_hundred_kills_while_editing(killing, tmp_path):
    found = killing.kill_editors(tmp_path, 300, seed=7)
    print(found)
    assert found["kills"] == 300
    assert found["lost"] == found["unreadable"] == 0


@pytest.mark.soak
def test_forty_kills_while_creating(killing, tmp_path, monkeypatch):
    monkeypatch.setattr(killing, "LONGEST_LIFE_S", 1.0)
    found = killing.kill_creators(tmp_path, 40, seed=7)
    print(found)
    assert found["lost"] == found["unreadable"] == 0


def test_ten_kills_while_creating(killing, tmp_path, monkeypatch):
    monkeypatch.setattr(
        killing, "LONGEST_LIFE_S", 1.0
    )  # a busy machine makes a file in half a second
    found = killing.kill_creators(tmp_path, 10, seed=1)
    assert found["lost"] == found["unreadable"] == 0
    assert found["acknowledged"] >= 1


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.soak)])
def test_kills_while_importing_exporting_and_merging(killing, tmp_path, monkeypatch, kills):
    monkeypatch.setattr(killing, "LONGEST_LIFE_S", 0.3)
    found = killing.kill_commands(tmp_path, kills, seed=3)
    print(found)
    assert found["lost"] == found["unreadable"] == 0
    assert found["acknowledged"] >= 1


def test_the_model_and_the_session_agree_when_nobody_is_killed(killing, tmp_path):
    import random

    dice, model = random.Random(5), killing.Model()
    with killing.make_session(tmp_path / "a.deepcinac") as session:
        for _ in range(150):
            step = killing.next_step(dice, model)
            killing.perform(session, step)
            model.apply(step)
            assert killing.state_of(session) == model.state()
