"""Long work in processes of our own command line, watched without ever waiting for them.

A job is ``deepcinac ... --progress jsonl``. A thread reads its lines into a queue; the window empties
the queue with :meth:`JobBoard.poll` from its own thread, so that no other thread touches Tk. A job
that dies, for whatever reason, ends as "failed" with a sentence.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
POLL_MS = 40
LONGEST_POLL_S = 0.01
"""A flood of messages must not hold up a frame of the movie."""
_ENOUGH_TO_JUDGE_S = 1.0
_NICE = 5
_LOG_TAIL = 4000


def command_line(arguments: Sequence[str]) -> list[str]:
    """How to start our own program with these arguments, from source and as an executable."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-m", "deepcinac", *arguments]


@dataclass(eq=False)
class Job:
    """One process and how far it is; read by the status bar, changed by :class:`JobBoard` alone.

    ``stage``, ``done`` of ``total`` and ``values`` are of its last message; ``history`` keeps the
    messages that carried values (a loss curve).
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
    started: float = field(default_factory=time.monotonic)
    stage_started: float = field(default_factory=time.monotonic)
    _process: Any = None
    _log_file: Any = None
    _on_end: Callable[[Job], None] | None = None

    @property
    def share(self) -> float | None:
        """Done share of the stage, 0 to 1; None when nobody knows."""
        return min(1.0, self.done / self.total) if self.total > 0 else None

    def remaining_s(self, now: float | None = None) -> float | None:
        """Estimated seconds to the end of the stage; None when it is too early to say."""
        elapsed = (time.monotonic() if now is None else now) - self.stage_started
        share = self.share
        if not share or elapsed < _ENOUGH_TO_JUDGE_S or share < 0.01:
            return None
        return elapsed * (1 - share) / share

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
    """The jobs of the window, the finished ones too; ``on_change()`` is called by :meth:`poll`."""

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
    ) -> Job:
        """Start ``deepcinac`` with these arguments (or any ``command``, for tests).

        ``on_end(job)`` is called by :meth:`poll` when the process has ended, whatever its state.
        """
        job = Job(name, list(arguments))
        job._on_end = on_end
        job._log_file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            job._process = subprocess.Popen(
                list(command) if command is not None else command_line(arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=job._log_file,
                text=True,
                encoding="utf-8",
                errors="replace",
                **_own_group(),
            )
        except OSError as error:
            job.state, job.message = FAILED, f"The job could not be started: {error}"
            self.jobs.append(job)
            if on_end:
                on_end(job)
            self._on_change()
            return job
        _be_nice(job._process)
        self.jobs.append(job)
        threading.Thread(target=self._read, args=(job,), daemon=True).start()
        self._on_change()
        return job

    def _read(self, job: Job) -> None:
        """In a thread: pass on the lines; None says that the process has ended."""
        for line in job._process.stdout:
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    self._queue.put((job, record))
        job._process.wait()
        self._queue.put((job, None))

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
        if changed:
            self._on_change()

    def _end(self, job: Job) -> None:
        job.log = _tail(job._log_file)
        status = job._process.returncode
        if job.state == RUNNING:
            job.state = DONE if status == 0 else FAILED
        if job.state == FAILED and not job.message:
            lines = [line for line in job.log.splitlines() if line.strip()]
            job.message = lines[-1] if lines else f"The process ended with status {status}."
        if job._on_end is not None:
            job._on_end(job)

    def cancel(self, job: Job) -> None:
        """Ask a job and its workers to stop; it ends as "cancelled"."""
        if job.state == RUNNING and job._process is not None:
            job.state, job.message = CANCELLED, "cancelled"
            _stop_group(job._process)
            self._on_change()

    def cancel_all(self, wait_s: float = 2.0) -> None:
        """Stop everything, because the window closes."""
        running = self.running
        for job in running:
            self.cancel(job)
        for job in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                job._process.wait(wait_s)
                continue
            job._process.kill()


def _own_group() -> dict[str, Any]:
    """A group of its own, so that a job's workers stop with it, and a lower priority."""
    if sys.platform == "win32":
        below_normal = 0x4000
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | below_normal}
    return {"start_new_session": True}


def _be_nice(process: Any) -> None:
    """Lower the priority from outside: code between fork and exec is not safe with threads."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)


def _stop_group(process: Any) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False
            )
        else:
            os.killpg(process.pid, signal.SIGTERM)


def _tail(file: Any) -> str:
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LOG_TAIL))
        return bytes(file.read()).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
    finally:
        file.close()
