"""One job: how far its process is, and how long it will still take. No Tk."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcinac.gui.jobs import folders as job_folders

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
ROUND_ENDED = "validated"
"""The stage that a training reports at the end of an epoch."""
_ENOUGH_TO_JUDGE_S = 1.0


@dataclass(eq=False)
class Job:
    """One process and how far it is; read by the status bar, changed by the job board alone.

    ``stage``, ``done`` of ``total`` and ``values`` are of its last message; ``history`` keeps the
    messages that carried values (a loss curve). ``rounds``: how often the stages of a job that
    reports an "epoch" come again, so that the remaining time is that of them all. ``folder`` is the
    job's own, removed when it has ended unless ``keep`` is set.

    ``process`` is None for a job that a window before has started; ``identity`` is known of both.
    ``stage_seconds`` and ``stage_total``: how long each stage took, and over how many units.
    ``result``: what came of it, a sentence that the window's list of jobs keeps.
    ``n_told``: how often it was told to stop. ``left``: it goes on without this window.
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
    result: str = ""
    rounds: int = 0
    task: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    keep: bool = False
    started: float = field(default_factory=time.monotonic)
    stage_started: float = field(default_factory=time.monotonic)
    stage_seconds: dict[str, float] = field(default_factory=dict)
    stage_total: dict[str, int] = field(default_factory=dict)
    _rounds_from: tuple[float, float] | None = None  # when, and their share at that time
    _share_of_rounds: float | None = None
    _round: int = 0
    _told_at: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    identity: tuple[int, float] = (0, 0.0)
    on_end: Callable[[Job], None] | None = None
    cancelled_at: float = 0.0
    n_told: int = 0
    left: bool = False

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
        """Estimated seconds to the end of the stage, or of all rounds; None when it is too early.

        By what it said last; from then on it runs down, until it says something again.
        """
        now = time.monotonic() if now is None else now
        began, share_then = self._rounds_from or (self.stage_started, 0.0)
        told, share = self._told_at or now, self.share
        elapsed = told - began
        if share is None or elapsed < _ENOUGH_TO_JUDGE_S or share - share_then < 0.01:
            return None
        return max(0.0, elapsed * (1 - share) / (share - share_then) - (now - told))

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        """What a training got wrong in what is held out, as it said last."""
        for record in reversed(self.history):
            if isinstance(record.get("mistakes"), list):
                return [one for one in record["mistakes"] if isinstance(one, dict)]
        return []

    def take(self, record: dict[str, Any], now: float | None = None) -> None:
        """Note a message of the process."""
        now = time.monotonic() if now is None else now
        self._told_at = now
        stage = str(record.get("stage", self.stage))
        done, total = _whole(record.get("done")), _whole(record.get("total"))
        if stage != self.stage or done < self.done:
            self.stage_started = now
        self.stage, self.done, self.total = stage, done, total
        self.stage_seconds[stage], self.stage_total[stage] = now - self.stage_started, total
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
        if self.process is not None:
            return self.process.poll() is None
        return job_folders.is_alive(self.identity)


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
