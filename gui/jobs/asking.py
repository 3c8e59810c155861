"""What the program asks about: read from a job that it ended, or from the error itself. No Tk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcinac.gui.jobs.job import FAILED, Job
from deepcinac.questions import NeedsAnswer

PARTS = ("accept", "expected", "found", "where", "advice")


@dataclass(frozen=True)
class Question:
    """Something possible but unlikely; ``accept`` is the name that says yes to it.

    ``expected``, ``found``, ``where`` and ``advice`` are those of
    :class:`~deepcinac.questions.NeedsAnswer`; the last two may be "".
    """

    accept: str
    expected: str
    found: str
    where: str = ""
    advice: str = ""

    @staticmethod
    def of_record(record: Mapping[str, Any]) -> Question | None:
        """The question in a record of :meth:`~deepcinac.questions.NeedsAnswer.record`, if any."""
        if not record.get("accept"):
            return None
        return Question(*(str(record.get(part) or "") for part in PARTS))

    @staticmethod
    def of_error(error: NeedsAnswer) -> Question:
        """The question of an error."""
        return Question(*error.record().values())

    @staticmethod
    def of_job(job: Job) -> Question | None:
        """The question that ended a job; None where it ended otherwise."""
        return Question.of_record(job.values) if job.state == FAILED else None
