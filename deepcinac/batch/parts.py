"""What a row becomes for the workers: one job, or several whose parts one writer puts together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deepcinac.batch.commands import Commands
from deepcinac.batch.job import Job
from deepcinac.batch.table import Row

PARTS = "parts"
LOGS = "logs"


@dataclass(frozen=True)
class Split:
    """A row in parts.

    ``parts``: the command line of each, with the file that it writes. ``keep``: put together what the
    files hold, write it where the row wants it, and say what was done; called once, when all are there.
    """

    parts: tuple[tuple[tuple[str, ...], Path], ...]
    keep: Callable[[], str]


Splitter = Callable[[Row, Path], "Split | None"]
"""Splits a row into parts that are written into a folder; None: the row runs as a whole."""


@dataclass(frozen=True)
class Plan:
    """The jobs of a row, and what remains to be done after them."""

    row: Row
    jobs: tuple[Job, ...]
    makes: tuple[tuple[Path, ...], ...]
    folder: Path
    keep: Callable[[], str] | None = None

    def unfinished(self) -> list[Job]:
        """The jobs that have not succeeded yet, or whose files are gone; the records of these go, too."""
        found = []
        for job, makes in zip(self.jobs, self.makes, strict=True):
            record = Path(job.record)
            if not record.exists() or not all(path.exists() for path in makes):
                record.unlink(missing_ok=True)
                found.append(job)
        return found


@dataclass(frozen=True)
class Planner:
    """Makes the jobs of rows.

    Attributes
    ----------
    commands
        What the rows are made of.
    split
        By command: how its rows are split.
    work
        The folder for logs and parts.
    threads, memory_bytes
        Of a job; see :class:`~deepcinac.batch.job.Job`.
    """

    commands: Commands
    split: dict[str, Splitter]
    work: Path
    threads: int
    memory_bytes: int | None

    def plan(self, row: Row) -> Plan:
        """The jobs of a row. InputErrors about what it names pass."""
        folder = self.plan_folder(row)
        splitter = self.split.get(row.command)
        split = splitter(row, folder) if splitter else None
        if split is None:
            whole = self._job(row, 0, 1, row.arguments(), folder)
            return Plan(row, (whole,), (row.writes,), folder)
        n_parts = len(split.parts)
        jobs = tuple(
            self._job(row, part, n_parts, arguments, folder)
            for part, (arguments, _) in enumerate(split.parts)
        )
        return Plan(row, jobs, tuple((file,) for _, file in split.parts), folder, split.keep)

    def plan_folder(self, row: Row) -> Path:
        """Where the parts and records of a row lie until it is done."""
        return self.work / PARTS / row.settings[:16]

    def anew(self, job: Job) -> Job:
        """The job as it is to be started again: what its first start has written may be replaced."""
        command, *rest = job.arguments
        forces = self.commands.takes(command, "--force") and "--force" not in rest
        if not forces or command in self.commands.rules.resuming:
            return job
        return dataclasses.replace(job, arguments=(command, "--force", *rest))

    def log_of(self, row: Row) -> Path:
        """The file that gets what the jobs of a row print."""
        return self.work / LOGS / f"row-{row.number:04d}.log"

    def _job(
        self, row: Row, part: int, n_parts: int, arguments: tuple[str, ...], folder: Path
    ) -> Job:
        log = self.log_of(row)
        if n_parts > 1:
            log = log.with_name(f"{log.stem}-part-{part:03d}.log")
        return Job(
            key=f"row-{row.number}-part-{part}-{row.settings[:8]}",
            arguments=arguments,
            jsonl=self.commands.takes(row.command, "--progress"),
            folder=str(self.work.parent),
            log=str(log),
            record=str(folder / f"part-{part:03d}.json"),
            threads=self.threads,
            memory_bytes=self.memory_bytes,
        )
