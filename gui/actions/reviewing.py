"""The review queue: make it, walk through it, answer."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deepcinac.gui import workspace as topic
from deepcinac.gui.jobs import DONE, Job
from deepcinac.gui.review_queue import read_queue
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.labels import add_labels, read_labels

if TYPE_CHECKING:
    from deepcinac.gui.app import App


class ReviewActions:
    """Handlers of the menu Review."""

    def __init__(self, app: App) -> None:
        self._app, self._queue = app, app.queue

    def make(self) -> None:
        session = self._app.work.session
        if session is None:
            return
        out = Path(tempfile.mkdtemp(prefix="deepcinac-queue-")) / "queue.json"
        threshold = f"{self._app.work.threshold:.6g}"
        arguments = ["gui", str(session.path), "--queue", str(out), "--threshold", threshold]

        def end(job: Job) -> None:
            if job.state == DONE and self._app.work.session is session:
                items = read_queue(out)
                self._queue.load(items)
                self._app.options.set("review", True)
                self._app.say(f"{len(items)} to review" if items else "Nothing to review")
            self._app.tell_of_failure(job)

        self._app.jobs.start("Review queue", [*arguments, "--progress", "jsonl"], end)

    def consensus(self) -> None:
        """A new layer with what the experts agree on."""
        work, session = self._app.work, self._app.work.session
        if session is None:
            return
        layers = [read_labels(session, layer.id) for layer in session.layers("expert")]
        names = {layer.name for layer in session.layers()}
        number = next(n for n in itertools.count(1) if _numbered(n) not in names)
        made = make_consensus(layers, name=_numbered(number))
        layer = add_labels(session, made.labels)
        work.edited(topic.LAYER, topic.LABELS)
        self._app.say(f"The layer {layer.name} holds {len(made.labels.transients)} transients")

    def next(self) -> None:
        self._told(self._queue.step(1))

    def previous(self) -> None:
        self._told(self._queue.step(-1))

    def accept(self) -> None:
        self._told(self._queue.accept())

    def reject(self) -> None:
        self._told(self._queue.reject())

    def skip(self) -> None:
        self._told(self._queue.skip())

    def _told(self, there_is_more: bool) -> None:
        if not there_is_more:
            self._app.say("That was the last one in this direction")


def _numbered(number: int) -> str:
    return "consensus" if number == 1 else f"consensus {number}"
