"""Long work in processes of our own command line, watched without ever waiting for them.

A job is ``deepcinac ... --progress jsonl``. It writes its lines into a file; a thread follows that
file and passes them on through a queue, which the window empties with :meth:`JobBoard.poll` from its
own thread, so that no other thread touches Tk. A job that dies, for whatever reason, ends as "failed"
with a sentence. A job with a ``task`` may outlive the window: :meth:`JobBoard.leave` lets it go on,
:meth:`JobBoard.take_up` finds it at the next start.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.gui.jobs import folders as job_folders
from deepcinac.gui.jobs import history as job_history
from deepcinac.gui.jobs.folders import JobRecord
from deepcinac.gui.jobs.job import CANCELLED, DONE, FAILED, RUNNING, Job
from deepcinac.gui.jobs.processes import be_nice, interrupts_heard, own_group, tail, tell_group
from deepcinac.gui.jobs.requests import Request, write_request
from deepcinac.installation import command_line

POLL_MS = 40
LONGEST_POLL_S = 0.01
"""A flood of messages must not hold up a frame of the movie."""
_LOOK_S = 0.03
"""How often the thread looks for new lines."""
_KEPT_JOBS = 20
GRACE_S = (3.0, 8.0)
"""Seconds after a cancel until a job that has not cleaned up and gone is told again, and is killed."""


class JobBoard:
    """The jobs of the window, the latest finished ones too; :meth:`poll` calls ``on_change()``."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.jobs: list[Job] = []
        self._on_change = on_change
        self._queue: queue.SimpleQueue[tuple[Job, dict[str, Any] | None]] = queue.SimpleQueue()

    @property
    def running(self) -> list[Job]:
        """Jobs that are not finished."""
        return [job for job in self.jobs if job.state == RUNNING]

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        on_end: Callable[[Job], None] | None = None,
        command: Sequence[str] | None = None,
        task: dict[str, Any] | None = None,
        folder: Path | None = None,
    ) -> Job:
        """Start ``deepcinac`` with these arguments (or any ``command``, for tests).

        ``on_end(job)`` is called by :meth:`poll` when the process has ended, whatever its state.
        ``task``: the job may outlive the window, and this is what the next one has to know of it.
        ``folder``: the job's own, where its results go (:func:`job_folders.new_folder`).
        """
        job = Job(name, list(arguments), task=dict(task or {}), on_end=on_end)
        self._add(job)
        try:
            job.folder = folder or job_folders.new_folder()
            with (
                open(job.folder / job_folders.OUTPUT, "wb") as output,
                open(job.folder / job_folders.LOG, "wb") as log,
                interrupts_heard(),
            ):
                job.process = subprocess.Popen(
                    list(command) if command is not None else command_line(arguments),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=log,
                    **own_group(),
                )
        except OSError as error:
            job.state, job.message = FAILED, f"The job could not be started: {error}"
            if on_end:
                on_end(job)
            self._on_change()
            return job
        be_nice(job.process)
        job.identity = job_folders.identity(job.process.pid)
        if job.task:
            with contextlib.suppress(OSError, InputError):
                record = JobRecord(name, job.arguments, job.task, job.identity)
                job_folders.write_record(job.folder, record)
        self._follow(job)
        return job

    def start_request(
        self,
        name: str,
        request: Request,
        on_end: Callable[[Job], None] | None = None,
        folder: Path | None = None,
    ) -> Job:
        """Start one of the window's own jobs, whose request is written into its folder."""
        folder = folder or job_folders.new_folder()
        path = write_request(folder, request)
        arguments = ["worker", str(path), "--progress", "jsonl"]
        return self.start(name, arguments, on_end, folder=folder)

    def take_up(self, on_end: Callable[[Job], None]) -> list[Job]:
        """Follow the jobs that a window before has left, running or finished."""
        found = []
        for folder, record in job_folders.left_behind():
            with contextlib.suppress(OSError, InputError):
                job_folders.write_record(folder, record)
            job = Job(record.name, record.arguments, task=record.task, folder=folder)
            job.identity, job.on_end = record.process, on_end
            self._add(job)
            self._follow(job)
            found.append(job)
        return found

    def _add(self, job: Job) -> None:
        self.jobs.append(job)
        finished = [held for held in self.jobs if held.state != RUNNING]
        for old in finished[:-_KEPT_JOBS]:
            self.jobs.remove(old)

    def _follow(self, job: Job) -> None:
        threading.Thread(target=self._read, args=(job,), daemon=True).start()
        self._on_change()

    def _read(self, job: Job) -> None:
        """In a thread: pass on the lines; None says that the process has ended."""
        rest = b""
        with (
            contextlib.suppress(OSError),
            open(job.folder / job_folders.OUTPUT, "rb") as stream,
        ):
            while not job.left:
                ended = not job.is_alive()  # looked at first: what it wrote until then is read
                *lines, rest = (rest + stream.read()).split(b"\n")
                for line in lines:
                    self._take_line(job, line)
                if ended:
                    break
                time.sleep(_LOOK_S)
        if not job.left:
            self._take_line(job, rest)
            self._queue.put((job, None))

    def _take_line(self, job: Job, line: bytes) -> None:
        with contextlib.suppress(ValueError):
            record = json.loads(line.decode("utf-8", "replace"))
            if isinstance(record, dict):
                self._queue.put((job, record))

    def poll(self) -> None:
        """Take in what the jobs said since the last time; never longer than a few milliseconds."""
        until = time.monotonic() + LONGEST_POLL_S
        changed = False
        while time.monotonic() < until:
            try:
                job, record = self._queue.get_nowait()
            except queue.Empty:
                break
            changed = True
            if record is None:
                self._end(job)
            else:
                job.take(record)
        for job in self.jobs:
            if job.state == CANCELLED and job.n_told < 3:
                self._insist(job)
        if changed:
            self._on_change()

    def _end(self, job: Job) -> None:
        process, job.n_told = job.process, 3
        job.log = tail(job.folder / job_folders.LOG)
        if job.state == RUNNING:
            done = job.stage == DONE if process is None else process.returncode == 0
            job.state = DONE if done else FAILED
        if job.state == FAILED and not job.message:
            lines = [line for line in job.log.splitlines() if line.strip()]
            status = "" if process is None else f" with status {process.returncode}"
            job.message = lines[-1] if lines else f"The process ended{status}."
        try:
            if job.on_end is not None:
                job.on_end(job)
        finally:
            job_history.note(job)
            if not job.keep:
                job_folders.forget(job.folder)

    def cancel(self, job: Job) -> None:
        """Ask a job and its workers to clean up and stop; it ends as "cancelled"."""
        if job.state == RUNNING:
            job.state, job.message = CANCELLED, "cancelled"
            job.cancelled_at = time.monotonic()
            tell_group(job.identity[0], 0)
            job.n_told = 1
            self._on_change()

    def _insist(self, job: Job) -> None:
        """A job that was asked to stop and has not: a clearer word each time."""
        waited = time.monotonic() - job.cancelled_at
        if waited > GRACE_S[job.n_told - 1] and job.is_alive():
            tell_group(job.identity[0], job.n_told)
            job.n_told += 1

    def leave(self) -> None:
        """Let the jobs with a task go on without this window."""
        for job in self.jobs:
            if job.task and job.state == RUNNING:
                job.left = True
                job_folders.disown(job.folder)
        self.jobs = [job for job in self.jobs if not job.left]

    def cancel_all(self, wait_s: float = 2.0) -> None:
        """Stop everything, because the window closes; results that wait for a session stay."""
        running = [job for job in self.jobs if job.state in (RUNNING, CANCELLED) and job.is_alive()]
        for job in running:
            self.cancel(job)
        until = time.monotonic() + wait_s
        while any(job.is_alive() for job in running) and time.monotonic() < until:
            time.sleep(0.01)
        for job in running:
            if job.is_alive():
                tell_group(job.identity[0], 2)
            self._end_unheard(job)
        for job in self.jobs:
            if job.keep:
                job_folders.disown(job.folder)

    def _end_unheard(self, job: Job) -> None:
        """The end of a job whose window is about to go."""
        job.left = True
        with contextlib.suppress(Exception):
            if job.on_end is not None and job.task:
                job.on_end(job)
        job_folders.forget(job.folder)
