"""What the views report: clicks, drags and hovering, turned into changes of the state."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Any

from deepcinac.gui.commands.table import COMMANDS
from deepcinac.gui.presenters.presenter import LIVE

if TYPE_CHECKING:
    from deepcinac.gui.panels.main_window import MainWindow
    from deepcinac.gui.presenters.presenter import Presenter
    from deepcinac.gui.session.labeller import Labeller
    from deepcinac.gui.session.workspace import Workspace
    from deepcinac.gui.shell.status_bar import StatusBar

SNAP_PX = 7
"""A click jumps to a candidate within this many pixels of a 96 dpi screen, never farther."""
CONTEXT_OF_TRACE = ("delete", "erase_span", "tool_onset", "tool_both", "tool_doubtful", "label_view",
                    "add_candidates", "add_predicted", "erase_view", "centre")  # fmt: skip
CONTEXT_OF_MOVIE = ("play", "loop", "smooth_movie", "inputs", "outlines", "auto_contrast")
CONTEXT_OF_QUEUE = ("accept", "reject", "skip", "make_queue")
CONTEXT_OF_FIELD = ("valid", "reviewed", "set_type", "accept_type", "predict_cell", "export_cell")


class ViewEvents:
    """The callbacks of the views; a part of :class:`deepcinac.gui.shell.app.App`."""

    work: Workspace
    labeller: Labeller
    main: MainWindow
    presenter: Presenter
    status: StatusBar
    options: Any
    theme: Any
    root: tk.Tk
    hovered_frame: int | None = None
    _hover_value: float | None = None

    def attempt(self, action: Any, *values: Any) -> bool:
        """Do something and tell what went wrong; part of the window."""
        raise NotImplementedError

    # Cells, images

    def cell_clicked(self, cell: int | None) -> None:
        if cell is not None:
            self.attempt(self.work.go_to_cell, int(cell))

    def field_hovered(self, x: int | None, y: int | None, value: float | None) -> None:
        if x is None or y is None:
            self.show_place()
        else:
            shown = "" if value is None else f"   value {value:.5g}"
            self.status.show_place(f"x {x}  y {y}{shown}")

    def field_context(self, cell: int | None, x_root: int, y_root: int) -> None:
        if cell is not None:
            self.cell_clicked(cell)
            self.pop_up(CONTEXT_OF_FIELD, x_root, y_root)

    def table_context(self, event: Any) -> None:
        """Right click on a row of the cells: the same as on the cell in the field."""
        row = self.main.cells.tree.identify_row(event.y)
        self.field_context(int(row) if row else None, event.x_root, event.y_root)

    def queue_context(self, event: Any) -> None:
        """Right click on an item of the queue goes there."""
        row = self.main.review.tree.identify_row(event.y)
        if row:
            self.main.review.tree.selection_set(row)
            self.root.update_idletasks()
        self.pop_up(CONTEXT_OF_QUEUE, event.x_root, event.y_root)

    def movie_context(self, x_root: int, y_root: int) -> None:
        self.pop_up(CONTEXT_OF_MOVIE, x_root, y_root)

    def image_chosen(self, _event: object = None) -> None:
        name = self.main.image_box.get()
        if name == LIVE and self.presenter.movie is not None:
            frame = self.work.frame
            self.main.field.set_live_frame(self.presenter.movie.frames(frame, frame + 1)[0])
        self.main.field.show_image(name)
        self.auto_contrast()
        self.release_focus()

    def auto_contrast(self) -> None:
        self.main.field.auto_contrast()
        self.show_contrast()

    def show_contrast(self) -> None:
        """Put the sliders where the contrast is."""
        low, high = self.main.field.contrast()
        bottom, top = self.main.field.data_range()
        width = (top - bottom) or 1.0
        self._setting_contrast = True
        self.main.low.set((low - bottom) / width)
        self.main.high.set((high - bottom) / width)
        self._setting_contrast = False

    _setting_contrast = False

    def contrast_moved(self) -> None:
        """A slider was moved; dark stays under bright."""
        if self._setting_contrast or not self.work.is_open:
            return
        bottom, top = self.main.field.data_range()
        low, high = float(self.main.low.get()), float(self.main.high.get())
        high = max(high, low + 0.01)
        self.main.field.set_contrast(bottom + low * (top - bottom), bottom + high * (top - bottom))

    # Time

    def range_chosen(self, first: int, last: int) -> None:
        self.work.show_range(first, last)

    def frame_chosen(self, frame: int) -> None:
        self.main.movie.pause()
        self.work.go_to_frame(frame, reveal=False)

    def raster_jump(self, cell: int, frame: int) -> None:
        with self.work.changing():
            self.work.go_to_cell(int(cell))
            self.work.go_to_frame(frame)

    def movie_frame(self, frame: int) -> None:
        """The movie shows another frame; the visible range turns its page with it."""
        if frame == self.work.frame:
            return
        with self.work.changing():
            self.work.go_to_frame(frame, reveal=False)
            first, last = self.work.visible
            if not first <= frame <= last:
                length = last - first
                self.work.show_range(frame, frame + length)

    def movie_playing(self, playing: bool) -> None:
        self.main.play_button.configure(text="Pause" if playing else "Play")
        if not playing:
            self.hovered_frame = None
            self.work.changed("selection")

    def speed_chosen(self, _event: object = None) -> None:
        self.options.set("speed", float(self.main.speed_box.get().rstrip("x")))
        self.release_focus()

    # Labels

    def _reach(self) -> int:
        """Frames that a click may jump at this zoom."""
        first, last = self.work.visible
        width = max(1, self.main.traces.canvas.winfo_width())
        return max(1, round(SNAP_PX * self.theme.scale * (last - first + 1) / width))

    def trace_clicked(self, what: str, frame: int) -> None:
        tool = "both" if what == "transient" else what
        self.attempt(self.labeller.click, tool, int(frame), self._reach())

    def transient_dragged(self, onset: int, peak: int) -> None:
        self.attempt(self.labeller.add, int(onset), int(peak))

    def transient_moved(self, index: int, onset: int, peak: int) -> None:
        known = self.work.transients()
        if 0 <= index < len(known):
            moved = self.attempt(self.labeller.move, int(known[index, 0]), int(onset), int(peak))
            if not moved:
                self.main.traces.set_transients(known)  # back to where it was

    def span_dragged(self, kind: str, first: int, last: int) -> None:
        if kind == "erase":
            self.attempt(self.labeller.erase, int(first), int(last))
        else:
            self.attempt(self.labeller.add_span, kind, int(first), int(last))

    def transient_selected(self, index: int | None) -> None:
        known = self.work.transients()
        inside = index is not None and 0 <= index < len(known)
        self.work.select(int(known[index, 0]) if inside else None)

    def threshold_dragged(self, threshold: float, final: bool) -> None:
        """While the line is dragged only its own view follows; the rest when it is let go."""
        if final:
            self.work.set_threshold(threshold)
        else:
            self.status.show_place(f"threshold {threshold:.2f}")

    def trace_hovered(self, frame: int | None, value: float | None) -> None:
        new = None if frame is None else int(frame)
        if (new, value) == (self.hovered_frame, self._hover_value):
            return
        self._hover_value = value
        moved, self.hovered_frame = new != self.hovered_frame, new
        self.show_place()
        if moved and not self.main.movie.playing:
            self.presenter.hovered()

    def trace_context(self, hit: Any, x_root: int, y_root: int) -> None:
        frame = getattr(hit, "frame", None)
        if frame is not None:
            self.work.go_to_frame(int(frame), reveal=False)
            self.labeller.select_at(int(frame))
        self.pop_up(CONTEXT_OF_TRACE, x_root, y_root)

    def layer_chosen(self, _event: object = None) -> None:
        name = self.main.layer_box.get()
        session = self.work.session
        if session is not None:
            self.work.choose_layer(session.layer(name).id)
        self.release_focus()

    # Status

    def show_place(self) -> None:
        """Frame, seconds and value under the mouse, or at the playhead."""
        if not self.work.is_open:
            return
        frame = self.work.frame if self.hovered_frame is None else self.hovered_frame
        text = f"frame {frame}   {frame / self.work.frame_rate_hz:.2f} s"
        value = self._hover_value if self.hovered_frame is not None else None
        if value is None and self.work.data is not None:
            value = float(self.work.data.raw[self.work.cell, frame])
        if value is not None:
            text += f"   value {value:.5g}"
        self.status.show_place(text)

    def release_focus(self) -> None:
        """Give the keys back to the commands after a control was used."""
        self.main.traces.canvas.focus_set()

    def pop_up(self, command_ids: tuple[str, ...], x_root: int, y_root: int) -> None:
        """A menu of commands at the mouse."""
        menu = self.context_menu(command_ids)
        menu.tk_popup(x_root, y_root)

    def context_menu(self, command_ids: tuple[str, ...]) -> tk.Menu:
        """The menu of a right click; part of the window."""
        raise NotImplementedError


assert {*CONTEXT_OF_TRACE, *CONTEXT_OF_FIELD, *CONTEXT_OF_MOVIE, *CONTEXT_OF_QUEUE} <= {
    command.id for command in COMMANDS
}
