"""The first steps in a session: a short list that ticks itself off. No Tk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deepcinac.gui.commands.keymap import Keymap
from deepcinac.gui.commands.stages import Stages
from deepcinac.gui.commands.table import BY_ID
from deepcinac.gui.session.judged import judged_cells, n_transients
from deepcinac.gui.session.topics import CELL, CELLS, LABELS, LAYER, PREDICTION, QUEUE, SESSION
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling.review import REVIEWED


@dataclass(frozen=True)
class Step:
    """``how`` names commands in braces, for their keys; ``topics``: what may have done the step."""

    name: str
    how: str
    topics: frozenset[str]


STEPS = (
    Step("Choose a cell", "click one in Field or in Cells", frozenset({CELL})),
    Step(
        "Mark a transient",
        "press {tool_both} and click where a rise begins",
        frozenset({LABELS, LAYER}),
    ),
    Step(
        "Say what is judged",
        "{label_view}, when all transients in view are marked",
        frozenset({LABELS, LAYER}),
    ),
    Step("Predict", "{predict_cell} asks the classifier about this cell", frozenset({PREDICTION})),
    Step(
        "Review",
        "{make_queue} lists where you differ, {accept} or {reject} answers",
        frozenset({QUEUE, LABELS, CELLS}),
    ),
    Step("Train", "a classifier that learns from what you judged", frozenset()),
)
DONE = "That was the whole loop: label, predict, review, train, and again."


class FirstSteps:
    """Which steps were taken in the open session; a step stays ticked until another one is opened."""

    def __init__(self, work: Workspace, stages: Stages) -> None:
        self._work, self._stages = work, stages
        self._left_at: int | None = None
        self.done: list[bool] = [False] * len(STEPS)
        self._tests: tuple[Callable[[], bool], ...] = (
            self._went_to_a_cell,
            lambda: n_transients(work) > 0,
            lambda: bool(judged_cells(work)),
            lambda: work.prediction_layer is not None,
            lambda: work.session is not None and bool(work.session.marks(REVIEWED)),
            lambda: stages.trained is not None,
        )

    def follow(self, topics: frozenset[str]) -> bool:
        """Look at what a change may have done; True when a step was ticked off."""
        before = list(self.done)
        if SESSION in topics:
            self.done, self._left_at = [False] * len(STEPS), self._work.cell
        for place, (step, test) in enumerate(zip(STEPS, self._tests, strict=True)):
            may_be = SESSION in topics or not step.topics or bool(step.topics & topics)
            if may_be and not self.done[place]:
                self.done[place] = test()
        return self.done != before

    def _went_to_a_cell(self) -> bool:
        """Another one than the session was opened at, or one that was left before."""
        return self._work.cell != self._left_at or self._work.cell != 0

    @property
    def next(self) -> int | None:
        """The first step that was not taken; None: all were."""
        return self.done.index(False) if False in self.done else None


def how_to(step: Step, keymap: Keymap) -> str:
    """What to do, with the keys that the user has."""
    names = [part.split("}")[0] for part in step.how.split("{")[1:]]
    keys = {name: (keymap.keys(name) or (f"'{BY_ID[name].label}'",))[0] for name in names}
    return step.how.format(**keys)
