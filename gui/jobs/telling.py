"""What the user learns about a job that has ended."""

from __future__ import annotations

from deepcinac.gui.jobs.job import CANCELLED, FAILED, Job
from deepcinac.gui.widgets.talk import Talk


def tell_of_failure(talk: Talk, job: Job) -> None:
    """Say why a job failed; one that was cancelled only says so."""
    if job.state == FAILED:
        talk.warn(f"{job.name}: {job.message}")
    elif job.state == CANCELLED:
        talk.say(f"{job.name} was cancelled{after_cancel(job.message)}")


def after_cancel(message: str) -> str:
    """What a cancelled job has to add, as the end of a sentence; its own word for the stop adds nothing."""
    nothing_new = not message or message == CANCELLED or "Ctrl-C" in message
    return "" if nothing_new else f": {message}" if message[:1].isupper() else f" {message}"
