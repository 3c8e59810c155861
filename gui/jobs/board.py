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
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from deepcinac.errors import InputError
from deepcinac.gui.jobs import folders as job_folders
from deepcinac.gui.jobs.folders import JobRecord
from deepcinac.gui.jobs.requests import Request, write_request

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
POLL_MS = 40
LONGEST_POLL_S = 0.01
"""A flood of messages must not hold up a frame of the movie."""
_ENOUGH_TO_JUDGE_S = 1.0
_NICE = 5
_LOG_TAIL = 4000
_LOOK_S = 0.03
"""How often the thread looks for new lines."""
_KEPT_JOBS = 20
ROUND_ENDED = "validated"
"""The stage that a training reports at the end of an epoch."""
GRACE_S = (3.0, 8.0)
"""Seconds after a cancel until a job that has not cleaned up and gone is told again, and is killed."""


def command_line(arguments: Sequence[str]) -> list[str]:
    """How to start our own program with these arguments, from source and as an executable."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-m", "deepcinac", *arguments]


@dataclass(eq=False)
class Job:
    """One process and how far it is; read by the status bar, changed by :class:`JobBoard` alone.

    ``stage``, ``done`` of ``total`` and ``values`` are of its last message; ``history`` keeps the
    messages that carried values (a loss curve). ``rounds``: how often the stages of a job that
    reports an "epoch" come again, so that the remaining time is that of them all. ``folder`` is the
    job's own, removed when it has ended unless ``keep`` is set.
    """

    name: str
    arguments: list[str]
    state: str = RUNNING
    stage: str = "starting"
    done: int = 0
    total: int = 0
    message: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    log: str = ""
    rounds: int = 0
    task: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    keep: bool = False
    started: float = field(default_factory=time.monotonic)
    stage_started: float = field(default_factory=time.monotonic)
    _rounds_from: tuple[float, float] | None = None  # when, and their share at that time
    _share_of_rounds: float | None = None
    _round: int = 0
    _process: Any = None
    _identity: tuple[int, float] = (0, 0.0)
    _on_end: Callable[[Job], None] | None = None
    _cancelled_at: float = 0.0
    _n_told: int = 0
    _left: bool = False

    @property
    def share(self) -> float | None:
        """Done share of the stage, or of all rounds, 0 to 1; None when nobody knows."""
        if self._share_of_rounds is not None:
            return self._share_of_rounds
        return min(1.0, self.done / self.total) if self.total > 0 else None

    @property
    def said(self) -> str:
        """What it does, in a few words."""
        return f"epoch {self._round} of {self.rounds}" if self._round else self.stage

    def remaining_s(self, now: float | None = None) -> float | None:
        """Estimated seconds to the end of the stage, or of all rounds; None when it is too early."""
        now = time.monotonic() if now is None else now
        began, share_then = self._rounds_from or (self.stage_started, 0.0)
        elapsed, share = now - began, self.share
        if share is None or elapsed < _ENOUGH_TO_JUDGE_S or share - share_then < 0.01:
            return None
        return elapsed * (1 - share) / (share - share_then)

    def take(self, record: dict[str, Any], now: float | None = None) -> None:
        """Note a message of the process."""
        now = time.monotonic() if now is None else now
        stage = str(record.get("stage", self.stage))
        done, total = _whole(record.get("done")), _whole(record.get("total"))
        if stage != self.stage or done < self.done:
            self.stage_started = now
        self.stage, self.done, self.total = stage, done, total
        self.message = str(record.get("message") or "")
        known = ("stage", "done", "total", "message")
        self.values = {name: value for name, value in record.items() if name not in known}
        if self.values and stage not in (DONE, FAILED):
            self.history.append(record)
        epoch = self.values.get("epoch")
        if self.rounds and isinstance(epoch, int) and total:
            ended = stage == ROUND_ENDED
            share = (epoch if ended else epoch - 1 + done / total) / self.rounds
            self._round, self._share_of_rounds = epoch, min(1.0, share)
            self._rounds_from = self._rounds_from or (now, self._share_of_rounds)

    def is_alive(self) -> bool:
        """Whether the process still runs, ours or that of a window before."""
        if self._process is not None:
            return self._process.poll() is None
        return job_folders.is_alive(self._identity)


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) else 0


def in_words(seconds: float) -> str:
    """A remaining time for people.

    >>> in_words(4), in_words(75), in_words(5400)
    ('a few seconds', '1 min 15 s', '1 h 30 min')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 60:
        return f"{round(seconds / 5) * 5} s"
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if minutes < 10 else f"{minutes} min"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest} min"


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
        job = Job(name, list(arguments), task=dict(task or {}), _on_end=on_end)
        self._add(job)
        try:
            job.folder = folder or job_folders.new_folder()
            with (
                open(job.folder / job_folders.OUTPUT, "wb") as output,
                open(job.folder / job_folders.LOG, "wb") as log,
                _interrupts_heard(),
            ):
                job._process = subprocess.Popen(
                    list(command) if command is not None else command_line(arguments),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=log,
                    **_own_group(),
                )
        except OSError as error:
            job.state, job.message = FAILED, f"The job could not be started: {error}"
            if on_end:
                on_end(job)
            self._on_change()
            return job
        _be_nice(job._process)
        job._identity = job_folders.identity(job._process.pid)
        if job.task:
            with contextlib.suppress(OSError, InputError):
                record = JobRecord(name, job.arguments, job.task, job._identity)
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
            job._identity, job._on_end = record.process, on_end
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
            while not job._left:
                ended = not job.is_alive()  # looked at first: what it wrote until then is read
                *lines, rest = (rest + stream.read()).split(b"\n")
                for line in lines:
                    self._take_line(job, line)
                if ended:
                    break
                time.sleep(_LOOK_S)
        if not job._left:
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
            if job.state == CANCELLED and job._n_told < 3:
                self._insist(job)
        if changed:
            self._on_change()

    def _end(self, job: Job) -> None:
        job._n_told = 3
        job.log = _tail(job.folder / job_folders.LOG)
        if job.state == RUNNING:
            ours = job._process is not None
            done = job._process.returncode == 0 if ours else job.stage == DONE
            job.state = DONE if done else FAILED
        if job.state == FAILED and not job.message:
            lines = [line for line in job.log.splitlines() if line.strip()]
            status = "" if job._process is None else f" with status {job._process.returncode}"
            job.message = lines[-1] if lines else f"The process ended{status}."
        try:
            if job._on_end is not None:
                job._on_end(job)
        finally:
            if not job.keep:
                job_folders.forget(job.folder)

    def cancel(self, job: Job) -> None:
        """Ask a job and its workers to clean up and stop; it ends as "cancelled"."""
        if job.state == RUNNING:
            job.state, job.message = CANCELLED, "cancelled"
            job._cancelled_at = time.monotonic()
            _tell_group(job._identity[0], 0)
            job._n_told = 1
            self._on_change()

    def _insist(self, job: Job) -> None:
        """A job that was asked to stop and has not: a clearer word each time."""
        waited = time.monotonic() - job._cancelled_at
        if waited > GRACE_S[job._n_told - 1] and job.is_alive():
            _tell_group(job._identity[0], job._n_told)
            job._n_told += 1

    def leave(self) -> None:
        """Let the jobs with a task go on without this window."""
        for job in self.jobs:
            if job.task and job.state == RUNNING:
                job._left = True
                job_folders.disown(job.folder)
        self.jobs = [job for job in self.jobs if not job._left]

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
                _tell_group(job._identity[0], 2)
            self._end_unheard(job)
        for job in self.jobs:
            if job.keep:
                job_folders.disown(job.folder)

    def _end_unheard(self, job: Job) -> None:
        """The end of a job whose window is about to go."""
        job._left = True
        with contextlib.suppress(Exception):
            if job._on_end is not None and job.task:
                job._on_end(job)
        job_folders.forget(job.folder)


def _own_group() -> dict[str, Any]:
    """A group of its own, so that a job's workers stop with it, and a lower priority."""
    if sys.platform == "win32":
        below_normal = 0x4000
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | below_normal}
    return {"start_new_session": True}


@contextlib.contextmanager
def _interrupts_heard() -> Iterator[None]:
    """A program started in the background by a shell ignores Ctrl-C, and its children inherit that.

    A job must hear it, or it could not clean up when it is cancelled. What is caught here, instead of
    ignored, starts in the child as usual.
    """
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    if not ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _be_nice(process: Any) -> None:
    """Lower the priority from outside: code between fork and exec is not safe with threads."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)


def _tell_group(pid: int, how_clearly: int) -> None:
    """Ask a job and its workers to stop: 0 lets it clean up (as Ctrl-C), 1 and 2 do not wait."""
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, check=False
            )
        else:
            os.killpg(pid, (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[how_clearly])


def _tail(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
