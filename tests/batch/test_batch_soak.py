"""Predictions on real workers, at a scheduler of one's own, killed and interrupted; the same numbers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from deepcinac.batch.states import read_states
from deepcinac.cli import batch
from deepcinac.cli.main import build_parser, main
from deepcinac.labelling.session import Session
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.progress import ProgressEvent
from deepcinac.recording.cells import read_cells
from deepcinac.results.files import read_results
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.activity.model import COMPACT, activity_card, build_network

pytestmark = pytest.mark.soak
distributed = pytest.importorskip("distributed", reason="the package distributed is not installed")

HEADER = "command,session,movie,cells,frame-rate,pixel-size,classifier,out"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of 4 cells, its session, and a classifier that has learnt nothing."""
    settings = preset_settings("small", seed=1, n_frames=400, height=32, width=32, n_cells=4)
    made = simulate(settings, tmp_path / "a")
    cells = read_cells(made / "cells.npz")
    shape = (400, 32, 32)
    Session.create(tmp_path / "a.deepcinac", made / "movie.tif", shape, cells, 10.0, 2.0).close()
    (tmp_path / "fresh").mkdir()
    build_network(COMPACT, seed=0).whole.save_weights(tmp_path / "fresh" / WEIGHTS_FILE)
    write_card(tmp_path / "fresh", activity_card("fresh"))
    return tmp_path


def table_in(folder: Path) -> Path:
    rows = [
        "predict,a.deepcinac,,,,,fresh,",
        "predict,,a/movie.tif,a/cells.npz,10,2,fresh,a.npz",
        "predict,a.deepcinac,,,,,general,",
    ]
    path = folder / "mice.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def alone(folder: Path, *more: str) -> np.ndarray:
    """What ``deepcinac predict`` says with one thread, in a process of its own as a row has it."""
    out = folder / "alone.npz"
    one = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    command = [sys.executable, "-m", "deepcinac", "predict", "-q", "--force", "--out", str(out)]
    command += ["--classifier", str(folder / "fresh"), *more]
    subprocess.run(command, check=True, env={**os.environ, **one})
    return read_results(out)["probability"].array


def test_killed_at_a_scheduler_of_ones_own(folder: Path) -> None:
    """A whole recording has the same bits as on one machine; one in blocks the same to 1e-5."""
    killed = []

    def kill_once(event: ProgressEvent) -> None:
        if not killed and event.message.startswith("predicting"):
            for process in psutil.Process().children(recursive=True):
                if any(word.endswith("part-000.npz") for word in process.cmdline()):
                    killed.append(process.parent())
                    killed[0].kill()
                    return

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        options = ["batch", str(table_in(folder)), "--scheduler", cluster.scheduler_address]
        args = build_parser().parse_args([*options, "--cells-per-task", "2"])
        assert batch.run(args, kill_once) == 0
    states = {state.row: state for state in read_states(folder / "mice.states.csv").values()}
    assert {state.state for state in states.values()} == {"done"}
    assert len(killed) == 1
    assert max(state.attempts for state in states.values()) == 2
    whole = alone(folder, str(folder / "a.deepcinac"))
    assert np.abs(read_results(folder / "a.npz")["probability"].array - whole).max() < 1e-5
    with Session.open(folder / "a.deepcinac", read_only=True) as session:
        assert sorted(layer.name for layer in session.layers()) == ["fresh", "general"]
        in_session = session.results("fresh")["probability"].array
    assert np.abs(in_session - whole).max() < 1e-5

    rows = f"{HEADER}\npredict,,a/movie.tif,a/cells.npz,10,2,fresh,whole.npz\n"
    (folder / "whole.csv").write_text(rows, encoding="utf-8")
    assert main(["batch", str(folder / "whole.csv"), "--workers", "1", "--progress", "none"]) == 0
    assert np.array_equal(read_results(folder / "whole.npz")["probability"].array, whole)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_taken_up(tmp_path: Path, how: signal.Signals) -> None:
    table, states_path = tmp_path / "mice.csv", tmp_path / "mice.states.csv"
    lines = ["command,out,n-frames,seed", *(f"simulate,made{n},2000,{n}" for n in range(4))]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "deepcinac", "batch", str(table), "--workers", "2"]
    with subprocess.Popen([*command, "--progress", "none"], stdout=subprocess.DEVNULL) as process:
        wait_for(lambda: commands_of(process.pid), 120)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        status = process.wait(60)
    assert status == (130 if how != signal.SIGKILL else -signal.SIGKILL)
    wait_for(lambda: not any(one.is_running() for one in family), 60)
    found = {state.state for state in read_states(states_path).values()}
    assert found == ({"waiting"} if how != signal.SIGKILL else {"running", "waiting"})
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert {state.state for state in read_states(states_path).values()} == {"done"}
    assert all((tmp_path / f"made{n}" / "truth.npz").exists() for n in range(4))


def commands_of(pid: int) -> list[psutil.Process]:
    """The commands that the workers of a batch run."""
    family = psutil.Process(pid).children(recursive=True)
    return [one for one in family if "simulate" in one.cmdline()]


def wait_for(condition: object, seconds: float) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return
        except (OSError, psutil.Error):
            pass
        time.sleep(0.1)
    raise AssertionError("it did not happen")


SBATCH = """#!/bin/sh
setsid sh "$1" >"$1.log" 2>&1 &
echo "Submitted batch job $!"
echo submitted >>"$(dirname "$0")/calls"
"""
SCANCEL = """#!/bin/sh
kill -- "-$1"
echo cancelled >>"$(dirname "$0")/calls"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for Slurm are shell scripts")
def test_jobs_of_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for sbatch and scancel run the real script of dask-jobqueue on this machine."""
    pytest.importorskip("dask_jobqueue", reason="the package dask-jobqueue is not installed")
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    table = tmp_path / "mice.csv"
    table.write_text("command,name\nclassifiers,general\nclassifiers,interneuron\n")
    options = ["--scheduler", "slurm", "--workers", "2", "--memory", "2", "--progress", "none"]
    assert main(["batch", str(table), *options]) == 0
    states = read_states(tmp_path / "mice.states.csv").values()
    assert [(state.state, state.attempts) for state in states] == [("done", 1)] * 2
    calls = (tmp_path / "bin" / "calls").read_text().split()
    assert sorted(calls) == ["cancelled", "cancelled", "submitted", "submitted"]
