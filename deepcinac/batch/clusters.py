"""Workers for a batch: on this machine, of a scheduler that runs already, or as Slurm jobs.

A worker does one job at a time (its one thread waits for the job's process). What dask counts against a
task when a worker dies is counted for all tasks that the worker holds, begun or not; therefore no more are
sent than there are workers, and a recording that kills workers cannot bring others down with it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import shlex
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.errors import InputError
from deepcinac.installation import how_to_install
from deepcinac.settings import option

if TYPE_CHECKING:
    from distributed import Client

LOCAL, SLURM = "local", "slurm"
GB = 1_000_000_000
CONNECT_S = 20.0

_DASHBOARD = "localhost:8787"


@dataclass(frozen=True)
class ClusterSettings:
    """How many workers there are and what each may take."""

    workers: int | None = option(
        None,
        "workers; each runs one command at a time (with slurm: jobs)",
        minimum=1,
        maximum=10_000,
    )
    threads: int = option(
        1, "threads of each worker, for TensorFlow and linear algebra", minimum=1, maximum=1024
    )
    memory: float | None = option(
        None, "memory of each worker; a command that takes more is stopped", unit="GB", minimum=0.1
    )
    attempts: int = option(
        3, "how often a command is started whose worker or process died", minimum=1, maximum=100
    )


@dataclass(frozen=True)
class SlurmSettings:
    """What the job script of a Slurm worker says; the names are those of sbatch."""

    partition: str | None = option(None, "partition (queue) of the jobs")
    account: str | None = option(None, "account that the jobs are charged to")
    time: str = option("24:00:00", "longest time of a job; longer than the longest row takes")
    directives: list[str] = option([], "more options of sbatch, such as --gres=gpu:1")
    prologue: list[str] = option([], "lines of the job script before the worker starts")
    interface: str | None = option(
        None, "network interface by which nodes reach each other, such as ib0"
    )
    python: str = option(sys.executable, "the Python of the nodes that has DeepCINAC")


def default_workers(threads: int) -> int:
    """One worker for every so many of the cores that this process may use.

    >>> default_workers(10_000)
    1
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cores // threads)


def has(package: str) -> bool:
    """Whether a package is installed; nothing is imported."""
    return importlib.util.find_spec(package) is not None


def require(package: str) -> None:
    """An InputError where a package is not installed."""
    if not has(package):
        name = package.replace("_", "-")
        raise InputError(f"the package {name}", "none installed", hint=how_to_install(name))


class Workers:
    """A connection to workers; made by :func:`open_workers`."""

    def __init__(self, client: Client, cluster: Any = None, wanted: int = 0) -> None:
        self.client = client
        self._cluster = cluster
        self._wanted = wanted

    def slots(self) -> int:
        """How many jobs can run now; Slurm jobs that ended (their time was up) are asked for again."""
        found = sum(self.client.nthreads().values())
        if self._cluster is not None and found < self._wanted:
            self._cluster.scale(self._wanted)
        return found

    @property
    def dashboard(self) -> str:
        """The address of the page that shows the workers at work."""
        address = self.client.dashboard_link
        if not has("bokeh"):
            return f"{address} (its figures need `pip install bokeh`)"
        return address


@contextlib.contextmanager
def open_workers(
    scheduler: str, settings: ClusterSettings, slurm: SlurmSettings, logs: Path
) -> Iterator[Workers]:
    """Workers, for as long as the block lasts; those of a scheduler at an address stay.

    Parameters
    ----------
    scheduler
        "local", "slurm", or the address of a dask scheduler (``tcp://10.0.0.1:8786``).
    settings
        How many, and what each may take.
    slurm
        For "slurm".
    logs
        Folder for what Slurm jobs print.
    """
    require("distributed")
    import dask
    from distributed import Client, LocalCluster

    # We count attempts ourselves, and start a job again with what it needs to be started again.
    ours = {"distributed.scheduler.allowed-failures": 0}
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(ours))
        stack.enter_context(_quiet())
        if scheduler == LOCAL:
            wanted = settings.workers or default_workers(settings.threads)
            cluster: Any = stack.enter_context(
                LocalCluster(
                    n_workers=wanted,
                    threads_per_worker=1,
                    memory_limit=0,  # the jobs are processes of their own, and watched
                    dashboard_address=_DASHBOARD,
                    silence_logs=logging.CRITICAL,
                )
            )
            yield Workers(stack.enter_context(Client(cluster)))
        elif scheduler == SLURM:
            wanted = settings.workers or 1
            cluster = stack.enter_context(slurm_cluster(settings, slurm, logs))
            cluster.scale(wanted)
            yield Workers(stack.enter_context(Client(cluster)), cluster, wanted)
        else:
            try:
                client = Client(scheduler, timeout=CONNECT_S)
            except (OSError, ValueError) as error:
                raise InputError(
                    "'local', 'slurm', or the address of a running dask scheduler",
                    str(error) or type(error).__name__,
                    f"--scheduler {scheduler}",
                    "start one with `dask scheduler`, which prints its address",
                ) from error
            yield Workers(stack.enter_context(client))


def slurm_cluster(settings: ClusterSettings, slurm: SlurmSettings, logs: Path) -> Any:
    """dask-jobqueue's cluster, whose jobs are one worker each; no job is submitted yet."""
    require("dask_jobqueue")
    from dask_jobqueue import SLURMCluster

    if settings.memory is None:
        raise InputError(
            "the memory of a job",
            "none",
            "--memory",
            "Slurm grants what is asked for; add --memory GB",
        )
    logs.mkdir(parents=True, exist_ok=True)
    with _quiet():
        return SLURMCluster(
            cores=1,  # of dask: one job at a time; those of the node are job_cpu
            processes=1,
            job_cpu=settings.threads,
            memory=f"{settings.memory:g}GB",
            queue=slurm.partition,
            account=slurm.account,
            walltime=slurm.time,
            interface=slurm.interface,
            python=shlex.quote(slurm.python),
            job_name="deepcinac",
            job_extra_directives=slurm.directives,
            job_script_prologue=slurm.prologue,
            worker_extra_args=["--no-dashboard"],
            log_directory=str(logs),
            silence_logs=logging.CRITICAL,
            scheduler_options={"dashboard_address": ":8787"},
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """dask's own messages (of workers that come and go, of a port that is taken) would drown ours."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Port", module="distributed")
            yield
    finally:
        logger.setLevel(level)
