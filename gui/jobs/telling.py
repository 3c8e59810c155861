"""What the user learns about a job that has ended."""

from __future__ import annotations

from deepcinac.gui.jobs.job import CANCELLED, FAILED, Job
from deepcinac.gui.widgets.talk import Talk


def tell_of_failure(talk: Talk, job: Job) -> None:
    """Say why a job failed; one that was cancelled only says so."""
    if job.state == FAILED:
        talk.warn(f"{job.name}: {job.message}")
    elif job.state == CANCELLED:
        more = "" if job.message == CANCELLED else f" {job.message}"
        talk.say(f"{job.name} was cancelled{more}")
