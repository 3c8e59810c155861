"""The review queue: make it, walk through it, answer."""

from __future__ import annotations

import itertools

from deepcinac.errors import InputError
from deepcinac.gui.jobs.board import DONE, Job, JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.requests import MakeQueue
from deepcinac.gui.jobs.review import read_queue
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.session import workspace as topic
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.questions import Field
from deepcinac.gui.widgets.talk import Talk
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.labels import add_labels, read_labels
from deepcinac.labelling.review import ReviewSettings


class ReviewHandlers:
    """Handlers of the menu Review."""

    def __init__(
        self, work: Workspace, options: ViewOptions, queue: ReviewQueue, jobs: JobBoard, talk: Talk
    ) -> None:
        self._work, self._options, self._queue = work, options, queue
        self._jobs, self._talk = jobs, talk

    def make(self) -> None:
        session = self._work.session
        if session is None:
            return
        folder = new_folder()
        out = folder / "queue.json"
        low, high = self._options["unsure"]
        settings = ReviewSettings(self._work.threshold, uncertain_from=low, uncertain_to=high)

        def end(job: Job) -> None:
            if job.state == DONE and self._work.session is session:
                items = read_queue(out)
                self._queue.load(items)
                self._options.set("review", True)
                self._talk.say(f"{len(items)} to review" if items else "Nothing to review")
            tell_of_failure(self._talk, job)

        request = MakeQueue(str(session.path), str(out), settings)
        self._jobs.start_request("Review queue", request, end, folder)

    def choose_limits(self) -> None:
        """Other limits, and the queue anew."""

        def answer(low: str, high: str) -> None:
            limits = [_share(low), _share(high)]
            if limits[0] > limits[1]:
                raise InputError("the lower probability first", f"{low} and {high}")
            self._options.set("unsure", limits)
            self.make()

        low, high = (f"{limit:g}" for limit in self._options["unsure"])
        fields = [Field("Unsure from a probability of", low, width=6), Field("to", high, width=6)]
        self._talk.ask("Make the queue", fields, answer)

    def consensus(self) -> None:
        """A new layer with what the experts agree on."""
        work, session = self._work, self._work.session
        if session is None:
            return
        layers = [read_labels(session, layer.id) for layer in session.layers("expert")]
        names = {layer.name for layer in session.layers()}
        number = next(n for n in itertools.count(1) if _numbered(n) not in names)
        made = make_consensus(layers, name=_numbered(number))
        layer = add_labels(session, made.labels)
        work.edited(topic.LAYER, topic.LABELS)
        self._talk.say(f"The layer {layer.name} holds {len(made.labels.transients)} transients")

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
            self._talk.say("That was the last one in this direction")


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
