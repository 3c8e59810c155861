"""What a worker does: one command of ours in a process of its own, watched.

A process of its own starts with the threads it may take, gives all of its memory back, and when it
crashes it takes no worker down. It ends with its worker: its standard input is a pipe that closes then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from deepcinac.batch.ending import ENDS_WITH_STDIN, PATIENCE_S
from deepcinac.errors import InputError
from deepcinac.files import parsed_json, read_json, write_json
from deepcinac.installation import command_line

LOOK_EVERY_S = 0.5
_TOLD_EVERY_S = 2.0
_OUR_PREFIX = "deepcinac: "
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

OK, STOPPED, KILLED, TOO_LARGE = "ok", "stopped", "killed", "too large"
ERROR = "error"


@dataclass(frozen=True)
class Job:
    """A command for a worker; plain values, since it travels.

    Attributes
    ----------
    key
        Its name, which no other job of the batch has.
    arguments
        Of our command line.
    jsonl
        Whether the command has ``--progress``.
    folder
        Where it runs.
    log
        The file that gets what it prints.
    record
        The file that says, once it has succeeded, how it went. A job with this record is not run again.
    threads
        That it may use.
    memory_bytes
        That it may use; None: no limit.
    """

    key: str
    arguments: tuple[str, ...]
    jsonl: bool
    folder: str
    log: str
    record: str
    threads: int = 1
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Outcome:
    """How a job went.

    ``how``: "ok", "error" (the command said why it failed), "killed" (it ended without a word),
    "too large" (for the memory it was given), or "stopped" (nobody wants it any more).
    """

    how: str
    status: int = 0
    message: str = ""
    seconds: float = 0.0
    memory_mb: int = 0
    host: str = ""


Tell = Callable[[Mapping[str, Any]], None]


def run_job(
    job: Job, tell: Tell = lambda _: None, wanted: Callable[[], bool] = lambda: True
) -> Outcome:
    """Run a job to its end.

    ``tell`` hears that it has started and how far it is; while ``wanted`` is true it goes on.
    """
    done = recorded(job)
    if done is not None:
        return done
    tell({"key": job.key, "what": "started", "host": socket.gethostname()})
    Path(job.log).parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open(job.log, "ab") as log:
        log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {socket.gethostname()}\n".encode())
        log.write(f"deepcinac {' '.join(job.arguments)}\n".encode())
        log.flush()
        said_from = log.tell()
        process = _start(job, log)
        watch = _Watch(process, job.memory_bytes, wanted)
        with process, watch:
            said = _listened(process, log, job.key, tell)
            status = process.wait()
    lines = _tail(job.log, said_from)
    outcome = Outcome(
        *(_cut_short(watch) or _how(status, said, lines)),
        seconds=round(time.monotonic() - began, 2),
        memory_mb=round(watch.peak_bytes / 1e6),
        host=socket.gethostname(),
    )
    if outcome.how == OK:
        write_json(job.record, asdict(outcome))
    return outcome


def recorded(job: Job) -> Outcome | None:
    """How a job went that has succeeded before; None for one that has not."""
    with contextlib.suppress(InputError, TypeError):
        return Outcome(**read_json(job.record))
    return None


def _start(job: Job, log: IO[bytes]) -> subprocess.Popen[bytes]:
    command, *rest = job.arguments
    progress = ["--progress=jsonl"] if job.jsonl else []
    return subprocess.Popen(
        command_line([command, *progress, *rest]),
        cwd=job.folder,
        env={
            **os.environ,
            **dict.fromkeys(_THREAD_VARIABLES, str(job.threads)),
            ENDS_WITH_STDIN: "1",
            "PYTHONIOENCODING": "utf-8",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
    )


@dataclass
class _Said:
    """What a process said: the last line it printed, and the failure that it reported."""

    printed: str = ""
    failure: str = ""


def _listened(process: subprocess.Popen[bytes], log: IO[bytes], key: str, tell: Tell) -> _Said:
    """Read standard output to its end: progress is told on, anything else goes into the log."""
    said, last_told = _Said(), 0.0
    assert process.stdout is not None
    for line in process.stdout:
        event = _event(line)
        if event is None:
            log.write(line)
            log.flush()
            said.printed = line.decode("utf-8", "replace").strip() or said.printed
        elif event["stage"] == "failed":
            said.failure = str(event.get("message", ""))
        elif time.monotonic() - last_told > _TOLD_EVERY_S:
            last_told = time.monotonic()
            told = {name: event.get(name) for name in ("stage", "done", "total")}
            tell({"key": key, "what": "progress", **told})
    return said


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        found = parsed_json(line) if line.startswith(b"{") else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and "stage" in found else None


def _cut_short(watch: _Watch) -> tuple[str, int, str] | None:
    """How a process ended that we have stopped; None for one that ended by itself."""
    if watch.verdict == TOO_LARGE:
        message = (
            f"It needed more than the {watch.limit_gb:.2g} GB of memory that a worker has; give --memory "
            "more, or predict fewer cells at a time (--cells-per-task)."
        )
        return TOO_LARGE, 2, message
    return (STOPPED, 2, "Stopped.") if watch.verdict == STOPPED else None


def _how(status: int, said: _Said, log_lines: list[str]) -> tuple[str, int, str]:
    """How a process ended by itself: how, exit status, message."""
    last = log_lines[-1] if log_lines else ""
    if status == 0:
        return OK, 0, said.printed or last
    if status < 0:
        name = signal.Signals(-status).name if -status in list(signal.Signals) else str(-status)
        return KILLED, 2 if name == "SIGKILL" else 1, f"Its process was killed ({name})."
    if said.failure:
        return ERROR, status, said.failure
    ours = [line for line in log_lines if line.startswith(_OUR_PREFIX)]
    message = (ours or [last])[-1].removeprefix(_OUR_PREFIX)
    return ERROR, status, message or f"It ended with exit status {status} and said nothing."


class _Watch:
    """A thread that looks at a process from time to time: its memory, and whether it is still wanted."""

    def __init__(
        self, process: subprocess.Popen[bytes], memory_bytes: int | None, wanted: Callable[[], bool]
    ) -> None:
        self.peak_bytes = 0
        self.verdict = ""
        self._process = process
        self._limit = memory_bytes
        self._wanted = wanted
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def limit_gb(self) -> float:
        """The memory that the process may use."""
        return (self._limit or 0) / 1e9

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        _stop(self._process, PATIENCE_S)

    def _look(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            with contextlib.suppress(psutil.Error):
                self.peak_bytes = max(self.peak_bytes, _memory(self._process.pid))
            if self._limit is not None and self.peak_bytes > self._limit:
                self.verdict = TOO_LARGE
            elif not self._wanted():
                self.verdict = STOPPED
            if self.verdict:
                _stop(self._process, 0 if self.verdict == TOO_LARGE else PATIENCE_S)
                return


def _memory(pid: int) -> int:
    """Resident bytes of a process and its children."""
    parent = psutil.Process(pid)
    total = 0
    for one in (parent, *parent.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total


def _stop(process: subprocess.Popen[bytes], patience_s: float) -> None:
    """Let a process clean up and stop, and kill it with its children if it does not."""
    if process.poll() is not None:
        return
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(patience_s + 1 if patience_s else 0)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
        process.kill()


def _tail(path: str, since: int) -> list[str]:
    """The last lines of a log, after a place in it, that say something."""
    with open(path, "rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        stream.seek(max(since, end - 20_000))
        lines = deque((line.strip() for line in stream.read().splitlines()), maxlen=20)
    return [line.decode("utf-8", "replace") for line in lines if line]
