"""How long work reports: a plain callback that receives small records.

The command line draws a bar or prints JSON lines from them, the window fills its status bar, a
notebook does as it likes. A routine that reports must work as well with :func:`silent`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ProgressEvent:
    """One step of a long job.

    ``stage`` names the part of the job ("reading", "predicting"), ``done`` of ``total`` units are
    finished (``total`` 0: not known), ``values`` carries numbers worth showing (a loss, a rate).
    """

    stage: str
    done: int = 0
    total: int = 0
    message: str = ""
    values: dict[str, Any] = field(default_factory=dict)


Progress = Callable[[ProgressEvent], None]


def silent(event: ProgressEvent) -> None:
    """Ignore every report."""
