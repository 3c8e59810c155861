"""Labels, layers and cells: undo, tools, marks on the view, experts, validity, types."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.formats.label_files import save_labels
from deepcinac.gui.forms.merge_dialog import MergeDialog
from deepcinac.gui.forms.nwb_dialog import NwbDialog
from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.jobs.board import JobBoard
from deepcinac.gui.jobs.job import DONE, Job
from deepcinac.gui.jobs.telling import tell_of_failure
from deepcinac.gui.panels.layers_window import LayersWindow
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.double_cells import better_of, merge_double
from deepcinac.gui.session.labeller import Labeller
from deepcinac.gui.session.marks import differences, transient_at
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.gui.widgets.questions import Field
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Layer
from deepcinac.results.files import check_out, write_results

WEAK_SD = "2"


class LabelHandlers:
    """Edits of labels, and the tools of the mouse."""

    def __init__(
        self,
        work: Workspace,
        labeller: Labeller,
        queue: ReviewQueue,
        sessions: Sessions,
        talk: Talk,
    ) -> None:
        self._work, self._labeller, self._queue = work, labeller, queue
        self._sessions, self._talk = sessions, talk

    def undo(self) -> None:
        before = set(self._queue.decided)
        text = self._work.require_session().undo()
        self._work.edited()
        self._show_questions(before - set(self._queue.decided))
        self._talk.say(f"Undone: {text}" if text else "Nothing to undo")

    def redo(self) -> None:
        before = set(self._queue.decided)
        text = self._work.require_session().redo()
        self._work.edited()
        self._show_questions(set(self._queue.decided) - before)
        self._talk.say(f"Done again: {text}" if text else "Nothing to redo")

    def _show_questions(self, places: set[int]) -> None:
        """What was just changed about the queue is shown."""
        if places:
            self._queue.go_to(min(places))

    def tool_select(self) -> None:
        """Esc also gives up what was begun."""
        self._work.set_pending_onset(None)
        self._work.set_tool("select")

    def tool_onset(self) -> None:
        self._work.set_tool("onset")

    def tool_both(self) -> None:
        self._work.set_tool("both")

    def tool_peak(self) -> None:
        self._work.set_tool("peak")

    def tool_erase(self) -> None:
        self._work.set_tool("erase")

    def tool_doubtful(self) -> None:
        self._work.set_tool("doubtful")

    def tool_movement(self) -> None:
        self._work.set_tool("movement")

    def tool_labelled(self) -> None:
        self._work.set_tool("labelled")

    def apply(self) -> None:
        """What a click at the playhead does; with the tool Select, a transient with its peak."""
        if not self._is_seen(self._work.frame):
            return
        work = self._work
        here = transient_at(work, work.frame)
        makes = work.tool in ("select", "both", "transient")
        self._labeller.click("both" if makes else work.tool, work.frame, reach=0)
        if makes and here is not None:
            self._talk.say("Here is a transient already: n goes to the next rise")

    def onset_here(self) -> None:
        self._move_end("onset")

    def peak_here(self) -> None:
        self._move_end("peak")

    def _move_end(self, end: str) -> None:
        work = self._work
        transient = work.frame if work.selected is None else work.selected
        if self._is_seen(work.frame) and self._is_seen(transient):
            self._labeller.move_end(end, work.frame)

    def doubt(self) -> None:
        """What the queue asks about, while the playhead is in it, or what is at the playhead."""
        if not self._is_seen(self._work.frame):
            return
        if self._queue.place_of_playhead() and not self._work.blind:
            self._queue.doubt()
        else:
            self._labeller.doubt_at(self._work.frame)

    def erase_selected(self) -> None:
        place = self._work.frame if self._work.selected is None else self._work.selected
        if self._is_seen(place):
            self._labeller.erase_selected()

    def erase_span(self) -> None:
        if self._is_seen(self._work.frame):
            self._labeller.erase_span_at(self._work.frame)

    def _is_seen(self, frame: int) -> bool:
        """Nothing is edited unseen: a place out of view is shown, and the key pressed again."""
        if self._work.is_visible(frame):
            return True
        self._work.go_to_frame(frame)
        self._work.centre_on(frame)
        self._talk.say("This place was not in view: press the key again to change it")
        return False

    def label_view(self) -> None:
        self._labeller.label_view()

    def unlabel_view(self) -> None:
        self._labeller.unlabel_view()

    def add_candidates(self) -> None:
        self._talk.say(f"{counted(self._labeller.add_candidates(), 'rise')} added")

    def add_predicted(self) -> None:
        self._talk.say(f"{counted(self._labeller.add_predicted(), 'prediction')} taken over")

    def erase_view(self) -> None:
        self._labeller.erase(*self._work.visible)

    def erase_weak(self) -> None:
        def answer(text: str) -> None:
            limit = _positive(text)
            self._talk.say(f"{counted(self._labeller.erase_weak(limit), 'transient')} removed")

        self._talk.ask("Remove", [Field("Rise under (noise SD)", WEAK_SD, width=6)], answer)

    def erase_foreign(self) -> None:
        profiles = self._sessions.view.presenter.profiles
        if profiles is None:
            raise InputError("the movie", "none yet", hint="wait until it has been read")
        n_removed = self._labeller.erase_foreign(profiles.is_foreign)
        self._talk.say(f"{counted(n_removed, 'transient')} of a neighbour's light removed")

    def toggle_snap(self) -> None:
        self._work.snap = not self._work.snap


class LayerHandlers:
    """Whose labels, and what is hidden."""

    def __init__(
        self, root: tk.Misc, theme: Theme, work: Workspace, jobs: JobBoard, talk: Talk
    ) -> None:
        self._root, self._theme = root, theme
        self._work, self._jobs, self._talk = work, jobs, talk
        self.window: LayersWindow | None = None
        self.dialog: NwbDialog | None = None

    def show(self) -> None:
        """The list of all layers, beside the labelling."""
        if self.window is not None and self.window.winfo_exists():
            self.window.destroy()
        self.window = LayersWindow(self._root, self._theme, self._work, self._talk, self.write)

    def write(self, layer_id: int, path: Path) -> None:
        """Export a layer: results with all they say, labels in the format of the ending."""
        session = self._work.require_session()
        layer = session.layer(layer_id)
        if path.suffix.lower() == ".nwb":
            self._ask_for_nwb(layer, path)
            return
        if len(session.predicted_cells(layer.id)):
            check_out(path)
            write_results(path, session.results(layer_id), session.cells())
        else:
            movie = Path(session.recording.movie_absolute).name
            labels = read_labels(session, layer_id)
            save_labels(path, [labels], self._work.frame_rate_hz, movie)
        self._talk.say(f"The layer is in {path}")

    def _ask_for_nwb(self, layer: Layer, path: Path) -> None:
        """What an .nwb must say of the recording; it is written in a process of its own."""
        if self.dialog is not None:
            self.dialog.destroy()

        def start(arguments: list[str]) -> None:
            session = self._work.require_session()
            given = ["export", str(session.path), "--layer", layer.name, "--out", str(path)]
            self._jobs.start(f"Export to {path.name}", [*given, "--force", *arguments], end)

        def end(job: Job) -> None:
            tell_of_failure(self._talk, job)
            if job.state == DONE:
                job.result = f"The layer is in {path}"
                self._talk.say(job.result)

        known = self._work.require_session().provenance()
        self.dialog = NwbDialog(self._root, self._theme, layer.name, known, start)
        self.dialog.open()

    def next_difference(self) -> None:
        """In this cell after the playhead, or else in the cells that follow."""
        work = self._work
        for step in range(work.n_cells):
            cell = (work.cell + step) % work.n_cells
            for first, _ in differences(work, cell).tolist():
                if step or first > work.frame:
                    work.go_to_cell(cell)
                    work.go_to_frame(first)
                    return
        self._talk.say("There is no further difference")

    def new(self) -> None:
        def answer(name: str) -> None:
            layer = self._work.require_session().add_layer("expert", name, author=name)
            self._work.choose_layer(layer.id)

        self._talk.ask("Add", [Field("Name of the new layer (the expert)")], answer)

    def rename(self) -> None:
        work = self._work
        layer = self._work.require_session().layer(work.require_layer())

        def answer(name: str) -> None:
            self._work.require_session().rename_layer(layer.id, name)
            work.edited(topic.LAYER)

        self._talk.ask("Rename", [Field("Name of the layer", layer.name)], answer)

    def next(self) -> None:
        work = self._work
        ids = [layer.id for layer in work.label_layers()]
        here = ids.index(work.layer_id) if work.layer_id in ids else -1
        work.choose_layer(ids[(here + 1) % len(ids)])

    def toggle_blind(self) -> None:
        self._work.set_blind(not self._work.blind)


class CellHandlers:
    """What experts say of a cell as a whole."""

    def __init__(self, root: tk.Misc, theme: Theme, work: Workspace, talk: Talk) -> None:
        self._root, self._theme, self._work, self._talk = root, theme, work, talk
        self.dialog: MergeDialog | None = None

    def merge_double(self) -> None:
        """Propose to make one of the cell and its double; which one stays can be changed."""
        work = self._work
        pair = work.doubts.pair_of(work.cell)
        if pair is None or work.cells is None:
            return
        if self.dialog is not None:
            self.dialog.destroy()
        cells, image = work.cells, None if work.data is None else work.data.images["mean"]
        outlines = {cell: cells.contour(cell) for cell in (pair.first, pair.second)}
        stays = better_of(work.require_session(), pair)
        self.dialog = MergeDialog(
            self._root, self._theme, pair, stays, outlines, image, self.merge_into
        )

    def merge_into(self, kept: int, other: int) -> None:
        """Make one of two outlines; one step of undo."""
        brought = merge_double(self._work.require_session(), kept, other)
        with self._work.changing():
            self._work.go_to_cell(kept)
            self._work.edited()
        more = f"; {counted(brought, 'transient')} brought along" if brought else ""
        self._talk.say(f"Cell {other} is invalid now, cell {kept} stays{more}")

    def toggle_valid(self) -> None:
        session, cell = self._work.require_session(), self._work.cell
        session.set_valid(cell, not session.cell_state(cell).valid)
        self._work.edited(topic.CELLS)

    def toggle_reviewed(self) -> None:
        cell = self._work.cell
        self._work.require_session().set_reviewed(
            cell, not self._work.require_session().cell_state(cell).reviewed
        )
        self._work.edited(topic.CELLS)

    def choose_type(self) -> None:
        session, cell = self._work.require_session(), self._work.cell
        known = session.cell_types()
        found = self._work.type_predictions().get(cell)
        hint = f" (suggested: {found.in_words()})" if found else ""
        known += sorted(set(found.probability) - set(known)) if found else []

        def answer(name: str) -> None:
            with session.group(f"set cell {cell}: type {name or 'none'}"):
                if name and name not in session.cell_types():
                    session.add_cell_type(name)
                session.set_cell_type(cell, name or None)
            self._work.edited(topic.CELLS)

        value = session.cell_state(cell).type or ""
        self._talk.ask("Set", [Field(f"Type of cell {cell}{hint}", value, known)], answer)


def _positive(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = -1.0
    if not number > 0:
        raise InputError("a number above 0", repr(text))
    return number
