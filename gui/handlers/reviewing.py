"""The review queue: make it, walk through it, answer."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deepcinac.errors import InputError
from deepcinac.gui.jobs.board import DONE, Job
from deepcinac.gui.session import workspace as topic
from deepcinac.gui.session.review_queue import read_queue
from deepcinac.gui.widgets.dialogs import Field
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.labels import add_labels, read_labels

if TYPE_CHECKING:
    from deepcinac.gui.shell.app import App


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
        unsure = [f"{limit:.6g}" for limit in self._app.options["unsure"]]
        arguments = ["gui", str(session.path), "--queue", str(out), "--threshold", threshold]
        arguments += ["--unsure", *unsure]

        def end(job: Job) -> None:
            if job.state == DONE and self._app.work.session is session:
                items = read_queue(out)
                self._queue.load(items)
                self._app.options.set("review", True)
                self._app.say(f"{len(items)} to review" if items else "Nothing to review")
            self._app.tell_of_failure(job)

        self._app.jobs.start("Review queue", [*arguments, "--progress", "jsonl"], end)

    def choose_limits(self) -> None:
        """Other limits, and the queue anew."""

        def answer(low: str, high: str) -> None:
            limits = [_share(low), _share(high)]
            if limits[0] > limits[1]:
                raise InputError("the lower probability first", f"{low} and {high}")
            self._app.options.set("unsure", limits)
            self.make()

        low, high = (f"{limit:g}" for limit in self._app.options["unsure"])
        fields = [Field("Unsure from a probability of", low, width=6), Field("to", high, width=6)]
        self._app.ask("Make the queue", fields, answer)

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


def _share(text: str) -> float:
    """A probability that was typed."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError("a probability from 0 to 1", repr(text))
    return value


def _numbered(number: int) -> str:
    return "consensus" if number == 1 else f"consensus {number}"
