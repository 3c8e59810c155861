"""What the views report (clicks, drags, hovering), turned into changes of the state.

Knows the state and no view: what follows from a change reaches the views through the presenters.
"""

from __future__ import annotations

from collections.abc import Callable

from deepcinac.gui.commands.table import BY_ID
from deepcinac.gui.drawing.trace_layout import Hit
from deepcinac.gui.session.labeller import Labeller
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.topics import LABELS, SELECTION
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.talk import Talk

CONTEXT_OF_TRACE = ("delete", "erase_span", "tool_onset", "tool_both", "tool_doubtful", "label_view",
                    "add_candidates", "add_predicted", "erase_view", "centre")  # fmt: skip
CONTEXT_OF_MOVIE = (
    "play",
    "loop",
    "smooth_movie",
    "inputs",
    "outlines",
    "tracks",
    "brighter",
    "darker",
    "auto_contrast",
)
CONTEXT_OF_QUEUE = ("accept", "reject", "skip", "make_queue")
CONTEXT_OF_FIELD = (
    "valid",
    "reviewed",
    "merge_double",
    "set_type",
    "accept_type",
    "predict_cell",
    "export_cell",
)


class ViewEvents:
    """The callbacks of the views.

    Parameters
    ----------
    show_place
        Shows a text where the status line says what is under the mouse.
    pop_up
        Opens a menu of commands at a place of the screen.
    """

    def __init__(
        self,
        work: Workspace,
        labeller: Labeller,
        options: ViewOptions,
        talk: Talk,
        show_place: Callable[[str], None],
        pop_up: Callable[[tuple[str, ...], int, int], None],
    ) -> None:
        self._work, self._labeller, self._options = work, labeller, options
        self._attempt, self._show_place, self._pop_up = talk.attempt, show_place, pop_up
        self._playing = False

    # Cells

    def cell_clicked(self, cell: int | None) -> None:
        """Make a cell the current one."""
        if cell is not None:
            self._attempt(self._work.go_to_cell, int(cell))

    def field_hovered(self, x: int | None, y: int | None, value: float | None) -> None:
        """Tell the pixel under the mouse; beside the field the frame again."""
        if x is None or y is None:
            self._show_place(self._work.place_text())
        else:
            shown = "" if value is None else f"   value {value:.5g}"
            self._show_place(f"x {x}  y {y}{shown}")

    def map_chosen(self, name: str) -> None:
        """Lay another map over the field, or none ("")."""
        self._attempt(self._work.choose_map, name)

    def cell_context(self, cell: int | None, x_root: int, y_root: int) -> None:
        """Right click on a cell, in the field or in its row of the table."""
        if cell is not None:
            self.cell_clicked(cell)
            self._pop_up(CONTEXT_OF_FIELD, x_root, y_root)

    def queue_context(self, x_root: int, y_root: int) -> None:
        """Right click on an item of the review queue."""
        self._pop_up(CONTEXT_OF_QUEUE, x_root, y_root)

    def movie_context(self, x_root: int, y_root: int) -> None:
        """Right click on the movie."""
        self._pop_up(CONTEXT_OF_MOVIE, x_root, y_root)

    # Time

    def range_chosen(self, first: int, last: int) -> None:
        """Make these frames visible."""
        self._work.show_range(first, last)

    def frame_chosen(self, frame: int) -> None:
        """Go to a frame; the view stays where it is."""
        self._work.go_to_frame(frame, reveal=False)

    def raster_jump(self, cell: int, frame: int) -> None:
        """Go to a place of the raster."""
        with self._work.changing():
            self._work.go_to_cell(int(cell))
            self._work.go_to_frame(frame)

    def movie_frame(self, frame: int) -> None:
        """The movie shows another frame; the visible range turns its page with it."""
        if frame == self._work.frame:
            return
        with self._work.changing():
            self._work.go_to_frame(frame, reveal=False)
            first, last = self._work.visible
            if not first <= frame <= last:
                self._work.show_range(frame, frame + last - first)

    def movie_playing(self, playing: bool) -> None:
        """When the movie stops, the playhead is what counts again, not the mouse."""
        self._playing = playing
        if not playing:
            with self._work.changing():
                self._work.hover(None)
                self._work.changed(SELECTION)

    def speed_chosen(self, speed: float) -> None:
        """Play faster or slower."""
        self._options.set("speed", speed)

    # Labels

    def trace_clicked(self, what: str, frame: int, reach_share: float) -> None:
        """Use a tool; the click may jump to a candidate within that share of the view."""
        first, last = self._work.visible
        reach = max(1, round(reach_share * (last - first + 1)))
        tool = "both" if what == "transient" else what
        if self._attempt(self._labeller.click, tool, int(frame), reach):
            pending = self._work.pending_onset
            self._look_at(pending if pending is not None and tool == "onset" else frame)

    def _look_at(self, frame: int) -> None:
        """The playhead goes along with the hand, to the selected transient or to ``frame``."""
        if self._playing:
            return
        selected = self._work.selected
        self._work.go_to_frame(frame if selected is None else selected, reveal=False)

    def transient_dragged(self, onset: int, peak: int) -> None:
        """Add a transient."""
        if self._attempt(self._labeller.add, int(onset), int(peak)):
            self._look_at(onset)

    def transient_moved(self, index: int, onset: int, peak: int) -> None:
        """Move an end of a transient; where that is not possible the mark goes back."""
        known = self._work.transients()
        if 0 <= index < len(known):
            moved = self._attempt(self._labeller.move, int(known[index, 0]), int(onset), int(peak))
            if not moved:
                self._work.changed(LABELS)
            self._look_at(onset)

    def span_dragged(self, kind: str, first: int, last: int) -> None:
        """Mark frames, or remove what is in them."""
        if kind == "erase":
            done = self._attempt(self._labeller.erase, int(first), int(last))
        else:
            done = self._attempt(self._labeller.add_span, kind, int(first), int(last))
        if done:
            self._look_at(min(first, last))

    def transient_selected(self, index: int | None) -> None:
        """Select a transient by its place in the list."""
        known = self._work.transients()
        inside = index is not None and 0 <= index < len(known)
        self._work.select(int(known[index, 0]) if inside else None)

    def threshold_dragged(self, threshold: float, final: bool) -> None:
        """While the line is dragged only its own view follows; the rest when it is let go."""
        if final:
            self._work.set_threshold(threshold)
        else:
            self._show_place(f"threshold {threshold:.2f}")

    def trace_hovered(self, frame: int | None, value: float | None) -> None:
        """The mouse is over a frame of the traces."""
        self._work.hover(None if frame is None else int(frame), value)

    def trace_context(self, hit: Hit, x_root: int, y_root: int) -> None:
        """Right click on the traces goes there first."""
        self._work.go_to_frame(int(hit.frame), reveal=False)
        self._labeller.select_at(int(hit.frame))
        self._pop_up(CONTEXT_OF_TRACE, x_root, y_root)

    def prediction_chosen(self, name: str) -> None:
        """Another result is the prediction: curve, table, raster and queue follow."""
        session = self._work.session
        if session is not None:
            self._attempt(self._work.choose_prediction, session.layer(name).id)

    def layer_chosen(self, name: str) -> None:
        """Labels go into another layer."""
        session = self._work.session
        if session is not None:
            self._work.choose_layer(session.layer(name).id)


assert {*CONTEXT_OF_TRACE, *CONTEXT_OF_FIELD, *CONTEXT_OF_MOVIE, *CONTEXT_OF_QUEUE} <= set(BY_ID)
