"""``deepcinac batch``: a command for each row of a table, on the cores at hand or on a cluster."""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    positive_int,
    progress_option,
    settings_from_args,
)
from deepcinac.cli.detect import read_settings
from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent
from deepcinac.settings import from_mapping

if TYPE_CHECKING:
    from deepcinac.batch.clusters import ClusterSettings, SlurmSettings
    from deepcinac.batch.parts import Planner
    from deepcinac.batch.running import Course

NO_WORK_ON_RECORDINGS = ("gui", "worker", "demo", "batch", "doctor", "completion")
WRITTEN = ("out", "live", "learn", "features")
RESUMING = ("train",)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    from deepcinac.batch.clusters import ClusterSettings, SlurmSettings

    parser = subparsers.add_parser(
        "batch",
        help="run a command for each row of a table, here or on a cluster",
        description="Run a command for each row of a CSV table: the column 'command' names it, the other "
        "columns are its long options and arguments. A row that fails stops no other. What becomes of the "
        "rows is kept in TABLE.states.csv; the same command again goes on where it was.",
    )
    parser.add_argument("table", type=Path, metavar="TABLE.csv", help="the table")
    parser.add_argument(
        "--scheduler",
        default="local",
        metavar="local|slurm|ADDRESS",
        help="who runs the rows: this machine, jobs of Slurm, or a running dask scheduler such as "
        "tcp://10.0.0.1:8786 (default: local)",
    )
    parser.add_argument(
        "--cells-per-task",
        type=positive_int,
        metavar="N",
        help="predict large recordings in blocks of so many cells, which run beside each other "
        "(default: all cells of a recording together)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="check the table and say what would be run, and with --scheduler slurm by which script",
    )
    add_settings_arguments(parser, ClusterSettings, title="workers")
    slurm = parser.add_argument_group("with --scheduler slurm")
    slurm.add_argument(
        "--slurm-settings",
        type=Path,
        metavar="TOML",
        help="a file with the options below as keys; those of the command line come first",
    )
    add_settings_arguments(slurm, SlurmSettings)
    progress_option(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Given:
    """A table that has been read and checked, and how to run it."""

    planner: Planner
    courses: list[Course]
    settings: ClusterSettings
    slurm: SlurmSettings


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Check everything that can be checked, then run what is not done yet."""
    from deepcinac.batch.clusters import SLURM, open_workers, slurm_cluster
    from deepcinac.batch.running import Run
    from deepcinac.batch.states import only_writer, states_file

    states_path = states_file(args.table)
    if args.check:
        given = _given(args, states_path)
        print(_plan_in_words(given.courses))
        if args.scheduler == SLURM:
            with slurm_cluster(
                given.settings, given.slurm, given.planner.work / "slurm"
            ) as cluster:
                print(cluster.job_script())
        return 0
    with _terminated_as_with_ctrl_c(), only_writer(states_path) as lock:
        given = _given(args, states_path)
        print(_plan_in_words(given.courses))
        skipped = sum(course.ended for course in given.courses)
        running = Run(
            given.courses, given.planner, states_path, lock, given.settings.attempts, progress
        )
        if skipped < len(given.courses):
            logs = given.planner.work / "slurm"
            with open_workers(args.scheduler, given.settings, given.slurm, logs) as workers:
                print(f"The workers at work: {workers.dashboard}", flush=True)
                dashboard = {"dashboard": workers.dashboard}
                progress(ProgressEvent("workers", message=args.scheduler, values=dashboard))
                running.go(workers)
        else:
            running.save()
    return _outcome(given.courses, states_path)


def _given(args: argparse.Namespace, states_path: Path) -> _Given:
    """Read the table and the states; all mistakes are told before anything runs."""
    from deepcinac.batch.clusters import GB, ClusterSettings, SlurmSettings
    from deepcinac.batch.commands import Commands, Rules
    from deepcinac.batch.parts import Planner
    from deepcinac.batch.running import courses_of, outputs_of
    from deepcinac.batch.states import read_states, work_folder
    from deepcinac.batch.table import read_table, require_free_outputs
    from deepcinac.cli.predict_parts import splitter
    from deepcinac.learning.zoo import list_classifiers

    settings = settings_from_args(args, ClusterSettings)
    base = SlurmSettings()
    if args.slurm_settings is not None:
        file = args.slurm_settings
        base = from_mapping(SlurmSettings, read_settings(file), file)
    slurm = settings_from_args(args, SlurmSettings, base)
    commands = Commands(args.whole_parser, Rules(NO_WORK_ON_RECORDINGS, WRITTEN, RESUMING))
    rows = read_table(args.table, commands, [one.name for one in list_classifiers()])
    before = read_states(states_path)
    require_free_outputs(args.table, rows, commands, outputs_of(before))
    memory = None if settings.memory is None else round(settings.memory * GB)
    split = {"predict": splitter(args.cells_per_task)}
    work = work_folder(args.table).absolute()
    planner = Planner(commands, split, work, settings.threads, memory)
    return _Given(planner, courses_of(rows, before, planner), settings, slurm)


def _plan_in_words(courses: list[Course]) -> str:
    done = sum(course.ended for course in courses)
    kinds = Counter(course.row.command for course in courses if not course.ended)
    waiting = ", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "none"
    return f"{len(courses)} rows: {done} done before; to run: {waiting}."


def _outcome(courses: list[Course], states_path: Path) -> int:
    """Say how it went; the exit status: 1 if one of our mistakes is among the failures."""
    failed = [course for course in courses if course.status]
    for course in failed:
        print(f"row {course.row.number} ({course.row.command}) failed: {course.state.message}")
    print(f"{len(courses) - len(failed)} of {len(courses)} rows done; see {states_path}")
    if not failed:
        return 0
    if any(course.status == 1 for course in failed):
        return 1
    raise InputError(
        "every row to succeed",
        f"{len(failed)} of {len(courses)} that failed",
        states_path,
        "mend them and give the same command again: what is done is not done again",
    )


@contextlib.contextmanager
def _terminated_as_with_ctrl_c() -> Iterator[None]:
    """Within it, being told to end (by Slurm, by a shutdown) keeps the states as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
