"""Predictions and trainings that have ended, over a restart of the window. No Tk."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_json, write_json
from deepcinac.gui.jobs.job import Job

MOST_KEPT = 30
LOG_KEPT = 4000
LASTING = ("Prediction", "Training")
"""What people look for again; previews and exports are not worth a line."""


def history_file() -> Path:
    """Where it is kept."""
    return cache_folder() / "jobs" / "history.json"


def note(job: Job) -> None:
    """Keep what came of a job; a history that cannot be written is no failure."""
    if job.name not in LASTING:
        return
    record = {
        "name": job.name,
        "state": job.state,
        "result": job.result or job.message,
        "log": job.log[-LOG_KEPT:],
        "ended": time.strftime("%Y-%m-%d %H:%M"),
        "curve": _curve(job),
        "arguments": job.arguments,
        "task": job.task,
    }
    with contextlib.suppress(OSError, InputError, TypeError, ValueError):
        path = history_file()
        path.parent.mkdir(exist_ok=True)
        write_json(path, {"jobs": [*_records(), record][-MOST_KEPT:]})


def _curve(job: Job) -> list[dict[str, Any]]:
    """What a curve is drawn from; the mistakes of the last epoch alone."""
    kept = [r for r in job.history if "score" in r or "f1" in r or "loss" in r][-500:]
    bare = [{name: r[name] for name in r if name != "mistakes"} for r in kept]
    if bare and job.mistakes:
        bare[-1]["mistakes"] = job.mistakes
    return bare


def earlier_jobs() -> list[Job]:
    """The jobs of windows before this one, and of this one, the oldest first."""
    return [
        Job(
            str(record.get("name", "")),
            [str(part) for part in _list(record.get("arguments"))],
            state=str(record.get("state", "")),
            result=f"{record.get('ended', '')}: {record.get('result', '')}",
            log=str(record.get("log", "")),
            history=[r for r in _list(record.get("curve")) if isinstance(r, dict)],
            task=record["task"] if isinstance(record.get("task"), dict) else {},
        )
        for record in _records()
    ]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _records() -> list[dict[str, Any]]:
    try:
        found = read_json(history_file()).get("jobs", [])
    except (OSError, InputError, AttributeError):
        return []
    return [record for record in found if isinstance(record, dict)]
