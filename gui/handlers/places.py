"""Where we look, how the movie plays, and what is shown."""

from __future__ import annotations

from deepcinac.errors import InputError
from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.panels.movie_panel import SPEEDS
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.judged import judged_cells
from deepcinac.gui.session.labeller import Labeller
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.range_history import RangeHistory
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.questions import Field
from deepcinac.gui.widgets.talk import Talk

ZOOM = 0.6
FIELD_ZOOM = 3.0
MOST_STEPS = 20
"""Steps by which the movie can be made brighter or darker than it is by itself."""


class PlaceHandlers:
    """From cell to cell and along the recording."""

    def __init__(
        self,
        work: Workspace,
        labeller: Labeller,
        ranges: RangeHistory,
        sessions: Sessions,
        talk: Talk,
    ) -> None:
        self._work, self._labeller, self._ranges = work, labeller, ranges
        self._sessions, self._talk = sessions, talk

    def next_cell(self) -> None:
        self._step_cell(1)

    def previous_cell(self) -> None:
        self._step_cell(-1)

    def _step_cell(self, step: int) -> None:
        """In the order of the table, so that sorting and filtering steer the work."""
        order = self._sessions.view.window.cells.shown_cells()
        if self._work.cell in order:
            place = order.index(self._work.cell) + step
            self._work.go_to_cell(order[place % len(order)])
        else:
            self._work.step_cell(step)

    def next_unjudged(self) -> None:
        """In the order of the table; all cells where the table hides those that are left."""
        session, work = self._work.require_session(), self._work
        judged, states = judged_cells(work), session.cell_states()
        order = self._sessions.view.window.cells.shown_cells() or list(range(work.n_cells))
        here = order.index(work.cell) + 1 if work.cell in order else 0
        left = [c for c in order[here:] + order[:here] if states[c].valid and c not in judged]
        left = [cell for cell in left if cell != work.cell]
        if left:
            work.go_to_cell(left[0])
        else:
            self._talk.say("Every cell of the table has judged frames in this layer")

    def find_cell(self) -> None:
        def answer(text: str) -> None:
            if not text.isdigit():
                raise InputError("the number of a cell", repr(text))
            self._work.go_to_cell(int(text))

        self._talk.ask("Go", [Field("Cell", width=6)], answer)

    def next_same_type(self) -> None:
        rows = self._sessions.view.presenter.rows
        wanted = rows[self._work.cell].likely_type
        n_cells = self._work.n_cells
        for step in range(1, n_cells):
            cell = (self._work.cell + step) % n_cells
            if rows[cell].likely_type == wanted:
                self._work.go_to_cell(cell)
                return
        self._talk.say("There is no other cell of this type")

    def next_page(self) -> None:
        self._work.page(1)

    def previous_page(self) -> None:
        self._work.page(-1)

    def next_place(self) -> None:
        if not self._labeller.go_to_place(1):
            self._talk.say("Nothing more in this cell")

    def previous_place(self) -> None:
        if not self._labeller.go_to_place(-1):
            self._talk.say("Nothing before this in this cell")

    def zoom_in(self) -> None:
        self._work.zoom(ZOOM)

    def zoom_out(self) -> None:
        self._work.zoom(1 / ZOOM)

    def whole(self) -> None:
        self._work.show_range(0, self._work.n_frames - 1)

    def back(self) -> None:
        if not self._ranges.back():
            self._talk.say("There is no view before this one")

    def centre(self) -> None:
        self._work.centre_on(self._work.frame)


class ViewHandlers:
    """What is shown."""

    def __init__(self, work: Workspace, options: ViewOptions, sessions: Sessions) -> None:
        self._work, self._options, self._sessions = work, options, sessions

    def toggle_magnifier(self) -> None:
        self._options.toggle("magnifier")

    def fit_height(self) -> None:
        self._sessions.view.window.traces.fit_height()

    def toggle_fit_height(self) -> None:
        self._options.toggle("fit_height")

    def next_image(self) -> None:
        panel = self._sessions.view.window.field_panel
        name = panel.next_image()
        if name:
            panel.show_image(name)

    def auto_contrast(self) -> None:
        window = self._sessions.view.window
        window.field_panel.auto_contrast()
        self._options.set("movie_brightness", 0)
        window.movie.auto_contrast()

    def toggle_raw(self) -> None:
        self._options.toggle_trace("raw")

    def toggle_smoothed(self) -> None:
        self._options.toggle_trace("smoothed")

    def toggle_without_overlap(self) -> None:
        self._options.toggle_trace("without_overlap")

    def toggle_neuropil(self) -> None:
        self._options.toggle_trace("neuropil")

    def toggle_minus_neuropil(self) -> None:
        self._options.toggle_trace("minus_neuropil")

    def toggle_judged_peaks(self) -> None:
        self._options.toggle("judged_peaks")

    def toggle_dff(self) -> None:
        self._options.toggle_trace("dff")

    def toggle_raster(self) -> None:
        self._options.toggle("raster")
        self._work.changed(topic.THRESHOLD)

    def toggle_dark(self) -> None:
        self._options.toggle("dark")


class MovieHandlers:
    """How the movie plays."""

    def __init__(
        self, work: Workspace, options: ViewOptions, sessions: Sessions, talk: Talk
    ) -> None:
        self._work, self._options, self._sessions, self._talk = work, options, sessions, talk
        self._field_is_zoomed = False

    def toggle(self) -> None:
        if self._sessions.view.presenter.movie is None:
            self._talk.say("The movie is not there yet")
            return
        movie, work = self._sessions.view.window.movie, self._work
        if not movie.playing and not work.is_visible(work.frame):
            work.go_to_frame(work.visible[0], reveal=False)  # play what is seen
        movie.toggle()

    def next_frame(self) -> None:
        self._step(1)

    def previous_frame(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        self._sessions.view.window.movie.pause()
        self._work.go_to_frame(self._work.frame + step)

    def faster(self) -> None:
        self._change_speed(1)

    def slower(self) -> None:
        self._change_speed(-1)

    def _change_speed(self, step: int) -> None:
        nearest = min(SPEEDS, key=lambda speed: abs(speed - self._options["speed"]))
        place = min(max(SPEEDS.index(nearest) + step, 0), len(SPEEDS) - 1)
        self._options.set("speed", SPEEDS[place])

    def toggle_contrast(self) -> None:
        self._options.toggle("movie_contrast")

    def brighter(self) -> None:
        self._brighten(1)

    def darker(self) -> None:
        self._brighten(-1)

    def _brighten(self, steps: int) -> None:
        wanted = self._options["movie_brightness"] + steps
        self._options.set("movie_brightness", min(max(wanted, -MOST_STEPS), MOST_STEPS))

    def toggle_loop(self) -> None:
        self._options.toggle("loop")

    def toggle_smoothing(self) -> None:
        self._options.toggle("smooth_movie")

    def toggle_inputs(self) -> None:
        self._options.toggle("inputs")

    def toggle_outlines(self) -> None:
        self._options.toggle("outlines")

    def toggle_tracks(self) -> None:
        self._options.toggle("tracks")

    def zoom_field(self) -> None:
        """Zoom the field on the cell, or out again."""
        field = self._sessions.view.window.field
        self._field_is_zoomed = not self._field_is_zoomed
        if self._field_is_zoomed:
            field.zoom(FIELD_ZOOM)
            field.reveal(self._work.cell)
        else:
            field.fit()
