"""The review queue: make it, walk through it, answer."""

from __future__ import annotations

import itertools
import tkinter as tk
from collections.abc import Callable

from deepcinac.gui.forms.review_dialog import ReviewDialog
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.folders import new_folder
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.requests import MakeQueue
from deepcinac.gui.jobs.review import read_queue
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.consensus import make_consensus
from deepcinac.labelling.layer_labels import add_labels, read_labels
from deepcinac.labelling.review import ReviewSettings

NO_QUEUE = (
    "There is no queue yet. 'Make queue' lists what experts and classifier see differently, the "
    "most urgent first"
)


class ReviewHandlers:
    """Handlers of the menu Review."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        work: Workspace,
        options: ViewOptions,
        queue: ReviewQueue,
        jobs: JobBoard,
        talk: Talk,
    ) -> None:
        self._root, self._theme = root, theme
        self._work, self._options, self._queue = work, options, queue
        self._jobs, self._talk = jobs, talk
        self.dialog: ReviewDialog | None = None
        work.observe(self._work_changed)

    def _work_changed(self, topics: frozenset[str]) -> None:
        if topic.SESSION in topics and self.dialog is not None:
            self.dialog.destroy()  # it was asked about another session

    def make(self) -> None:
        session = self._work.session
        if session is None:
            return
        folder = new_folder()
        out = folder / "queue.json"

        def end(job: Job) -> None:
            if job.state == DONE and self._work.session is session:
                items = read_queue(out)
                self._queue.load(items)
                self._options.set("review", True)
                job.result = f"{len(items)} to review" if items else "Nothing to review"
                self._talk.say(job.result)
            tell_of_failure(self._talk, job)

        request = MakeQueue(str(session.path), str(out), self._settings())
        self._jobs.start_request("Review queue", request, end, folder)

    def choose_limits(self) -> None:
        """Other settings, and the queue anew."""
        if self.dialog is not None:
            self.dialog.destroy()
        self.dialog = ReviewDialog(self._root, self._theme, self._settings(), self._make_with)
        self.dialog.open()

    def _make_with(self, settings: ReviewSettings) -> None:
        self._options.set("unsure", [settings.uncertain_from, settings.uncertain_to])
        self._options.set("control_share", settings.control_share)
        self._options.set("review_at_most", settings.at_most)
        self._work.set_threshold(settings.threshold)
        self._options.set("review_seed", settings.seed)
        self.make()

    def _settings(self) -> ReviewSettings:
        low, high = self._options["unsure"]
        return ReviewSettings(
            threshold=self._work.threshold,
            uncertain_from=low,
            uncertain_to=high,
            at_most=self._options["review_at_most"],
            control_share=self._options["control_share"],
            seed=self._options["review_seed"],
        )

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
        self._talk.say(
            f"The layer {layer.name} holds {counted(len(made.labels.transients), 'transient')}"
        )

    def toggle(self) -> None:
        """Fold the queue away or out; an empty one would only take room."""
        if self._queue.items:
            self._options.toggle("review")
        else:
            self._talk.say(NO_QUEUE)

    def order_by_time(self) -> None:
        self._queue.order(by_time=not self._queue.by_time)

    def next(self) -> None:
        self._told(self._queue.step(1))

    def previous(self) -> None:
        self._told(self._queue.step(-1))

    def accept(self) -> None:
        self._answer(self._queue.accept)

    def reject(self) -> None:
        self._answer(self._queue.reject)

    def skip(self) -> None:
        self._answer(self._queue.skip)

    def _answer(self, answer: Callable[[], bool]) -> None:
        """A verdict is given on what is seen: what is not in view is shown first."""
        queue = self._queue
        if queue.current is not None and not queue.is_in_view:
            queue.go_to(queue.index)
            self._talk.say("This is what is asked about: it was not in view. Answer again")
        elif not answer():
            self._talk.say(
                f"{len(queue.decided)} of {len(queue.items)} answered; none is left here"
            )

    def _told(self, there_is_more: bool) -> None:
        if not there_is_more:
            self._talk.say("That was the last one in this direction")


def _numbered(number: int) -> str:
    return "consensus" if number == 1 else f"consensus {number}"
