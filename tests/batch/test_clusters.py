"""Workers: on this machine, one of them killed; the script of a Slurm job."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import psutil
import pytest

from deepcinac.batch import clusters
from deepcinac.batch.clusters import ClusterSettings, SlurmSettings, open_workers, slurm_cluster
from deepcinac.batch.states import RowState, read_states
from deepcinac.cli import batch
from deepcinac.cli.main import build_parser, main
from deepcinac.errors import InputError
from deepcinac.progress import ProgressEvent

needs_dask = pytest.mark.skipif(
    not clusters.has("distributed"), reason="the package distributed is not installed"
)
needs_jobqueue = pytest.mark.skipif(
    not clusters.has("dask_jobqueue"), reason="the package dask-jobqueue is not installed"
)


class Killer:
    """Progress that kills the worker of a row when its command has started, so many times."""

    def __init__(self, **times: int) -> None:
        self.times = {int(row[4:]): left for row, left in times.items()}
        self.killed: list[psutil.Process] = []
        self.events: list[ProgressEvent] = []

    def __call__(self, event: ProgressEvent) -> None:
        self.events.append(event)
        row = event.values.get("row")
        if event.message.startswith("started on") and self.times.get(row, 0) > 0:
            self.times[row] -= 1
            command = self.command_of(row)
            worker = command.parent()
            assert worker is not None
            self.killed.append(command)
            worker.kill()

    def command_of(self, row: int) -> psutil.Process:
        """The process of a row; the parent of that is the worker."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if any(word.endswith(f"/made{row}") for word in process.cmdline()):
                        return process
            time.sleep(0.02)
        raise AssertionError("no such process")


def states_of(table: Path) -> dict[int, RowState]:
    states = read_states(table.with_name("mice.states.csv"))
    return {state.row: state for state in states.values()}


@needs_dask
@pytest.mark.skipif(sys.platform == "win32", reason="finds the processes as Unix names them")
def test_workers_that_are_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two workers, real processes: one death is made good, a row that always kills is reported."""
    table = tmp_path / "mice.csv"
    (tmp_path / "bad.npz").write_bytes(b"no cells")
    rows = [
        *(f"simulate,made{row},60,32,32,3,{row},," for row in (2, 3, 4)),
        "create,made5.deepcinac,,,,,,made4/movie.tif,bad.npz",
    ]
    header = "command,out,n-frames,height,width,n-cells,seed,movie,cells"
    table.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    killer = Killer(row_2=1, row_3=99)
    options = ["batch", str(table), "--workers", "2", "--attempts", "2"]
    with pytest.raises(InputError, match="2 of 4 that failed"):
        batch.run(build_parser().parse_args(options), killer)
    printed = capsys.readouterr().out
    assert "4 rows: 0 done before; to run: 3 simulate, 1 create." in printed
    assert "The workers at work: http://" in printed
    states = states_of(table)
    assert {number: (one.state, one.attempts) for number, one in states.items()} == {
        2: ("done", 2),
        3: ("failed", 2),
        4: ("done", 1),
        5: ("failed", 1),
    }
    assert states[3].message.startswith("The worker that ran it died. Started 2 times")
    assert states[5].message.startswith("Expected ")
    assert "bad.npz" in states[5].message
    assert (tmp_path / "made2" / "movie.tif").exists()
    assert not [one for one in killer.killed if one.is_running()], "commands end with their worker"

    table.write_text("\n".join([header, rows[0], rows[2]]) + "\n", encoding="utf-8")
    assert main(["batch", str(table), "--progress", "none"]) == 0
    assert "2 rows: 2 done before; to run: none." in capsys.readouterr().out


@needs_jobqueue
def test_the_script_of_a_slurm_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mice.csv").write_text("command,path\ninfo,mice.csv\n", encoding="utf-8")
    (tmp_path / "slurm.toml").write_text(
        'partition = "slow"\naccount = "lab"\ndirectives = ["--gres=gpu:1"]\n'
        'prologue = ["module load python", "source env/bin/activate"]\n',
        encoding="utf-8",
    )
    options = ["batch", str(tmp_path / "mice.csv"), "--scheduler", "slurm", "--check"]
    options += ["--slurm-settings", str(tmp_path / "slurm.toml"), "--partition", "fast"]
    options += ["--threads", "4", "--memory", "8", "--time", "02:00:00", "--python", "python3"]
    assert main(options) == 0
    printed = capsys.readouterr().out
    assert "1 rows: 0 done before; to run: 1 info." in printed
    lines = printed.splitlines()
    start = lines.index("#!/usr/bin/env bash")
    logs = tmp_path / "mice.batch" / "slurm" / "deepcinac-%J"
    assert lines[start + 2 : start + 14] == [
        "#SBATCH -J deepcinac",
        f"#SBATCH -e {logs}.err",
        f"#SBATCH -o {logs}.out",
        "#SBATCH -p fast",
        "#SBATCH -A lab",
        "#SBATCH -n 1",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=8G",
        "#SBATCH -t 02:00:00",
        "#SBATCH --gres=gpu:1",
        "module load python",
        "source env/bin/activate",
    ]
    worker = lines[start + 14]
    assert worker.startswith("python3 -m distributed.cli.dask_worker tcp://")
    assert "--nthreads 1 " in worker, "one command at a time on a worker"
    assert not (tmp_path / "mice.states.csv").exists(), "checking changes nothing"


@needs_jobqueue
def test_a_slurm_job_says_its_memory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--memory"):
        slurm_cluster(ClusterSettings(), SlurmSettings(), tmp_path)


@needs_dask
def test_an_address_where_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "CONNECT_S", 0.2)
    for address in ("tcp://127.0.0.1:1", "slrum"):
        with (
            pytest.raises(InputError, match="address of a running dask scheduler"),
            open_workers(address, ClusterSettings(), SlurmSettings(), tmp_path),
        ):
            pass


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "has", lambda package: False)
    with pytest.raises(InputError, match="pip install dask-jobqueue"):
        clusters.require("dask_jobqueue")
