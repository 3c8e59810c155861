"""When a command is offered, ticked, and what it is called at this moment: the tests of the table.

Each is a method without arguments, named in :mod:`deepcinac.gui.commands.table`.
"""

from __future__ import annotations

from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.session.marks import span_at, transient_at
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.recording.trace_cache import TRACE_CHOICE

SPAN_NAMES = {"doubtful": "doubt", "movement": "movement", "labelled": "the mark as judged"}


class Conditions:
    """The tests; see the module's text."""

    def __init__(
        self, work: Workspace, options: ViewOptions, jobs: JobBoard, queue: ReviewQueue
    ) -> None:
        self._work, self._options, self._jobs, self._queue = work, options, jobs, queue

    def test(self, name: str) -> bool:
        """The outcome of a test by its name; "" passes."""
        if not name:
            return True
        if name.startswith("tool_is_"):
            return self._work.tool == name.removeprefix("tool_is_")
        if name.startswith("shows_") and name.removeprefix("shows_") in TRACE_CHOICE:
            return name.removeprefix("shows_") in self._options["traces"]
        return bool(getattr(self, name)())

    def text(self, name: str) -> str:
        """A label by the name of its method."""
        return str(getattr(self, name)())

    def is_open(self) -> bool:
        return self._work.is_open

    def can_edit(self) -> bool:
        return self._work.can_edit

    def has_transient_here(self) -> bool:
        here = self._work.selected is not None or transient_at(self._work, self._work.frame)
        return self._work.can_edit and bool(here)

    def has_span_here(self) -> bool:
        return self._work.can_edit and span_at(self._work, self._work.frame) is not None

    def span_text(self) -> str:
        found = span_at(self._work, self._work.frame)
        if found is None:
            return "Remove the stretch at the playhead"
        kind, first, last = found
        return f"Remove {SPAN_NAMES[kind]}, frames {first} to {last}"

    def has_comparison(self) -> bool:
        return self._work.compared_layer is not None and self._work.prediction_layer is not None

    def has_other_layer(self) -> bool:
        return len(self._work.label_layers()) > 1

    def can_make_queue(self) -> bool:
        return self._work.is_open and not self._work.blind

    def has_layer(self) -> bool:
        return self._work.can_edit and self._work.layer_id is not None

    def can_edit_predicted(self) -> bool:
        return self._work.can_edit and self._work.prediction_id is not None and not self._work.blind

    def can_predict(self) -> bool:
        return self._work.can_edit

    def can_train(self) -> bool:
        return self._work.is_open

    def can_undo(self) -> bool:
        session = self._work.session
        return self._work.can_edit and session is not None and bool(session.undo_text)

    def can_redo(self) -> bool:
        session = self._work.session
        return self._work.can_edit and session is not None and bool(session.redo_text)

    def undo_text(self) -> str:
        session = self._work.session
        text = session.undo_text if session else ""
        return f"Undo {text}" if text else "Undo"

    def redo_text(self) -> str:
        session = self._work.session
        text = session.redo_text if session else ""
        return f"Redo {text}" if text else "Redo"

    def has_jobs(self) -> bool:
        return bool(self._jobs.running)

    def has_queue(self) -> bool:
        return bool(self._queue.items) and not self._work.blind

    def queue_is_by_time(self) -> bool:
        return self._queue.by_time

    def has_any_layer(self) -> bool:
        return self._work.layer_id is not None

    def has_double(self) -> bool:
        return self._work.can_edit and self._work.doubts.pair_of(self._work.cell) is not None

    def has_suggested_type(self) -> bool:
        session, cell = self._work.session, self._work.cell
        if session is None or not self._work.can_edit:
            return False
        found = self._work.type_predictions().get(cell)
        return found is not None and found.type != session.cell_state(cell).type

    def can_judge(self) -> bool:
        return self._work.can_edit and self._work.layer_id is not None

    def can_agree(self) -> bool:
        session = self._work.session
        return self._work.can_edit and session is not None and len(session.layers("expert")) > 1

    def can_evaluate(self) -> bool:
        return self._work.is_open and not self._work.blind and bool(self._work.label_layers())

    def can_compare(self) -> bool:
        return not self._work.blind and len(self._work.label_layers()) > 1

    def is_held(self) -> bool:
        session = self._work.session
        return session is not None and session.holder is not None

    def can_review(self) -> bool:
        current = self._queue.current
        return self._work.can_edit and current is not None and not self._work.blind

    def cell_is_valid(self) -> bool:
        session = self._work.session
        return session is not None and session.cell_state(self._work.cell).valid

    def cell_is_reviewed(self) -> bool:
        session = self._work.session
        return session is not None and session.cell_state(self._work.cell).reviewed

    def is_blind(self) -> bool:
        return self._work.blind

    def snaps(self) -> bool:
        return self._work.snap

    def fits_height(self) -> bool:
        return bool(self._options["fit_height"])

    def magnifies(self) -> bool:
        return bool(self._options["magnifier"])

    def raster_is_shown(self) -> bool:
        return bool(self._options["raster"])

    def review_is_shown(self) -> bool:
        return bool(self._options["review"])

    def is_dark(self) -> bool:
        return bool(self._options["dark"])

    def shows_first_steps(self) -> bool:
        return self._work.is_open and bool(self._options["first_steps"])

    def loops(self) -> bool:
        return bool(self._options["loop"])

    def smooths_movie(self) -> bool:
        return bool(self._options["smooth_movie"])

    def movie_contrast_follows(self) -> bool:
        return bool(self._options["movie_contrast"])

    def judges_peaks(self) -> bool:
        return bool(self._options["judged_peaks"])

    def shows_inputs(self) -> bool:
        return bool(self._options["inputs"])

    def shows_outlines(self) -> bool:
        return bool(self._options["outlines"])

    def has_tracks(self) -> bool:
        return self._work.positions is not None

    def shows_tracks(self) -> bool:
        return bool(self._options["tracks"])

    def has_field_maps(self) -> bool:
        return bool(self._work.field_maps())

    def shows_field_map(self) -> bool:
        return self._work.field_map is not None

    def has_told_classes(self) -> bool:
        return bool(self._work.told_classes())
