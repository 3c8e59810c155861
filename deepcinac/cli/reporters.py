"""What ``--progress`` chooses: how a long command shows how far it is."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TextIO

from deepcinac.progress import ProgressEvent

MODES = ("bar", "jsonl", "none")
DONE, FAILED = "done", "failed"
NOTHING: Mapping[str, str] = {}
SECONDS_BETWEEN_LINES_OF_A_LOG = 30.0


class Reporter(Protocol):
    """A progress callback that is told at the end how the command went."""

    def __call__(self, event: ProgressEvent) -> None:
        """Take one event."""

    def finish(self, status: int, message: str = "", asked: Mapping[str, str] = NOTHING) -> None:
        """The command ended with this exit status; ``message`` says why it failed.

        ``asked``: the parts of the question that ended it, where one did.
        """


class SilentReporter:
    """Reports nothing."""

    def __call__(self, event: ProgressEvent) -> None:
        """Ignore it."""

    def finish(self, status: int, message: str = "", asked: Mapping[str, str] = NOTHING) -> None:
        """Say nothing."""


class JsonLinesReporter:
    """One JSON object per event and line, for the window, a notebook or a script that follows along.

    Keys ``stage``, ``done``, ``total``, ``message`` and those of ``values``. The last line has the
    stage "done" (a command may send its own, with results) or "failed" with ``message`` and
    ``status``, and with the parts of a question where ``--accept`` would have gone on
    (:meth:`deepcinac.questions.NeedsAnswer.record`).
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._said_done = False

    def __call__(self, event: ProgressEvent) -> None:
        """Write one line."""
        self._said_done = event.stage == DONE
        self._write(
            {
                **event.values,
                "stage": event.stage,
                "done": event.done,
                "total": event.total,
                "message": event.message,
            }
        )

    def finish(self, status: int, message: str = "", asked: Mapping[str, str] = NOTHING) -> None:
        """Write the last line, unless the command has sent its own."""
        if status == 0 and self._said_done:
            return
        seconds = round(time.monotonic() - self._started, 3)
        values: dict[str, Any] = {"status": status, "seconds": seconds, **asked}
        self(ProgressEvent(DONE if status == 0 else FAILED, message=message, values=values))

    def _write(self, record: dict[str, Any]) -> None:
        text = json.dumps(plain(record), ensure_ascii=False, allow_nan=False)
        self._stream.write(text + "\n")
        self._stream.flush()


class BarReporter:
    """A bar with the remaining time for each stage; an occasional line where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Any = None
        self._stage = ""

    def __call__(self, event: ProgressEvent) -> None:
        """Move the bar."""
        if not event.total and not event.done:
            self._say(event)
            return
        if self._bar is None or event.stage != self._stage:
            self._open(event)
        if event.done < self._bar.n:  # the stage begins again: another epoch, another movie
            self._bar.reset(event.total or None)
        self._bar.total = event.total or None
        if event.values or event.message:
            self._bar.set_postfix_str(_postfix(event), refresh=False)
        self._bar.update(event.done - self._bar.n)
        if event.total and event.done >= event.total:  # complete: what is printed next stands below
            self.finish(0)

    def finish(self, status: int, message: str = "", asked: Mapping[str, str] = NOTHING) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _say(self, event: ProgressEvent) -> None:
        """A step without a length is reported once, on a line of its own."""
        if event.stage == self._stage:
            return
        self.finish(0)
        self._stage = event.stage
        end = f": {event.message}" if event.message else ""
        self._stream.write(f"{event.stage}{end}\n")
        self._stream.flush()

    def _open(self, event: ProgressEvent) -> None:
        from tqdm import tqdm

        self.finish(0)
        self._stage = event.stage
        on_a_screen = self._stream.isatty()
        self._bar = tqdm(
            desc=event.stage,
            total=event.total or None,
            file=self._stream,
            dynamic_ncols=on_a_screen,
            mininterval=0.2 if on_a_screen else SECONDS_BETWEEN_LINES_OF_A_LOG,
            miniters=1,
        )


@contextlib.contextmanager
def reporter(mode: str) -> Iterator[Reporter]:
    """The reporter of a ``--progress`` mode. Under "jsonl" what is printed goes to stderr."""
    if mode == "jsonl":
        lines = JsonLinesReporter(sys.stdout)
        with contextlib.redirect_stdout(sys.stderr):
            yield lines
    elif mode == "bar":
        yield BarReporter(sys.stderr)
    else:
        yield SilentReporter()


def plain(value: Any) -> Any:
    """``value`` in the types of JSON: numpy becomes Python, NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)


def _postfix(event: ProgressEvent) -> str:
    numbers = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in event.values.items()
        if not isinstance(value, (list, dict))
    ]
    return ", ".join([event.message] * bool(event.message) + numbers)
