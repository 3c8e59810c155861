"""What commands that take long have in common: nothing is read before it is known that it can be written."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.planned import run_planned, write_into
from deepcinac.errors import InputError
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.results import Maker, Result, Results
from deepcinac.results.kinds import RECORDING_CLASS


def given(**more: object) -> argparse.Namespace:
    known = {"out": None, "plan": False, "write": False, "force": False, "json": False}
    return argparse.Namespace(**{**known, **more})


class Steps:
    """What was done, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def run(self, args: argparse.Namespace, sessions: tuple[Path, ...] = ()) -> int:
        return run_planned(
            args, self.plan, lambda plan: f"{plan} in an hour", self.carry_out, sessions
        )

    def plan(self) -> str:
        self.done.append("plan")
        return "all"

    def carry_out(self, plan: str) -> int:
        self.done.append(f"did {plan}")
        return 0


def test_the_plan_is_said_and_then_carried_out(tmp_path, capsys):
    steps = Steps()
    assert steps.run(given(out=tmp_path / "new")) == 0
    assert steps.done == ["plan", "did all"]
    assert capsys.readouterr().out == "all in an hour\n"


def test_a_plan_alone_needs_no_folder_and_does_nothing(capsys):
    steps = Steps()
    assert steps.run(given(plan=True)) == 0
    assert steps.done == ["plan"]
    assert Steps().run(given(plan=True, json=True)) == 0
    assert capsys.readouterr().out == "all in an hour\n"


def test_what_cannot_be_written_is_told_before_anything_is_read(tmp_path):
    steps = Steps()
    with pytest.raises(InputError, match=r"a folder for the report.*Add --out DIR"):
        steps.run(given())
    (tmp_path / "report.html").write_text("<html>")
    with pytest.raises(InputError, match="a folder without a report"):
        steps.run(given(out=tmp_path))
    assert steps.done == []
    assert steps.run(given(out=tmp_path, force=True)) == 0


def test_a_session_that_somebody_else_has_open_is_told_before_hours_of_work(tmp_path):
    np.save(tmp_path / "movie.npy", np.zeros((20, 8, 8), np.uint16))
    cells = make_cells([([1, 1], [1, 2], None)], 8, 8, "drawn")
    path, steps = tmp_path / "a.deepcinac", Steps()
    with Session.create(path, tmp_path / "movie.npy", (20, 8, 8), cells, 10.0, 1.0):
        with pytest.raises(InputError, match="a session that can be edited"):
            steps.run(given(out=tmp_path / "new", write=True), (path,))
        assert steps.done == []
    assert steps.run(given(out=tmp_path / "new", write=True), (path,)) == 0
    item = Result(RECORDING_CLASS, np.array([1.0, 0.0]), ("class",), "1", Maker("dynamics", "P5, P10"),
                  labels={"class": ("P5", "P10")})  # fmt: skip
    assert write_into(path, Results((item,))) == f"{path}: layer P5, P10"
