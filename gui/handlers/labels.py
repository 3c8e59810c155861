"""Labels, layers and cells: undo, tools, marks on the view, experts, validity, types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepcinac.errors import InputError
from deepcinac.gui.session import workspace as topic
from deepcinac.gui.widgets.dialogs import Field

if TYPE_CHECKING:
    from deepcinac.gui.shell.app import App

WEAK_SD = "2"


class _Actions:
    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def _session(self) -> Any:
        session = self._app.work.session
        if session is None:
            raise InputError("an open session", "none")
        return session


class LabelActions(_Actions):
    """Edits of labels, and the tools of the mouse."""

    def undo(self) -> None:
        text = self._session.undo()
        self._app.work.edited()
        self._app.say(f"Undone: {text}" if text else "Nothing to undo")

    def redo(self) -> None:
        text = self._session.redo()
        self._app.work.edited()
        self._app.say(f"Done again: {text}" if text else "Nothing to redo")

    def tool_select(self) -> None:
        """Esc also gives up what was begun."""
        self._app.work.set_pending_onset(None)
        self._app.work.set_tool("select")

    def tool_onset(self) -> None:
        self._app.work.set_tool("onset")

    def tool_both(self) -> None:
        self._app.work.set_tool("both")

    def tool_peak(self) -> None:
        self._app.work.set_tool("peak")

    def tool_erase(self) -> None:
        self._app.work.set_tool("erase")

    def tool_doubtful(self) -> None:
        self._app.work.set_tool("doubtful")

    def tool_movement(self) -> None:
        self._app.work.set_tool("movement")

    def tool_labelled(self) -> None:
        self._app.work.set_tool("labelled")

    def apply(self) -> None:
        self._app.labeller.click(self._app.work.tool, self._app.work.frame, reach=0)

    def erase_selected(self) -> None:
        self._app.labeller.erase_selected()

    def erase_span(self) -> None:
        self._app.labeller.erase_span_at(self._app.work.frame)

    def label_view(self) -> None:
        self._app.labeller.label_view()

    def unlabel_view(self) -> None:
        self._app.labeller.unlabel_view()

    def add_candidates(self) -> None:
        self._app.say(f"{self._app.labeller.add_candidates()} rises added")

    def add_predicted(self) -> None:
        self._app.say(f"{self._app.labeller.add_predicted()} predictions taken over")

    def erase_view(self) -> None:
        self._app.labeller.erase(*self._app.work.visible)

    def erase_weak(self) -> None:
        def answer(text: str) -> None:
            limit = _positive(text)
            self._app.say(f"{self._app.labeller.erase_weak(limit)} transients removed")

        self._app.ask("Remove", [Field("Rise under (noise SD)", WEAK_SD, width=6)], answer)

    def erase_foreign(self) -> None:
        profiles = self._app.presenter.profiles
        if profiles is None:
            raise InputError("the movie", "none yet", hint="wait until it has been read")
        n_removed = self._app.labeller.erase_foreign(profiles.is_foreign)
        self._app.say(f"{n_removed} transients removed that are a neighbour's light")

    def toggle_snap(self) -> None:
        self._app.work.snap = not self._app.work.snap
        self._app.refresh_controls()


class LayerActions(_Actions):
    """Whose labels, and what is hidden."""

    def new(self) -> None:
        def answer(name: str) -> None:
            layer = self._session.add_layer("expert", name, author=name)
            self._app.work.choose_layer(layer.id)

        self._app.ask("Add", [Field("Name of the new layer (the expert)")], answer)

    def rename(self) -> None:
        work = self._app.work
        layer = self._session.layer(work.require_layer())

        def answer(name: str) -> None:
            self._session.rename_layer(layer.id, name)
            work.edited(topic.LAYER)

        self._app.ask("Rename", [Field("Name of the layer", layer.name)], answer)

    def next(self) -> None:
        work = self._app.work
        ids = [layer.id for layer in work.label_layers()]
        here = ids.index(work.layer_id) if work.layer_id in ids else -1
        work.choose_layer(ids[(here + 1) % len(ids)])

    def toggle_blind(self) -> None:
        self._app.work.set_blind(not self._app.work.blind)


class CellActions(_Actions):
    """What experts say of a cell as a whole."""

    def toggle_valid(self) -> None:
        cell = self._app.work.cell
        self._session.set_valid(cell, not self._session.cell_state(cell).valid)
        self._app.work.edited(topic.CELLS)

    def toggle_reviewed(self) -> None:
        cell = self._app.work.cell
        self._session.set_reviewed(cell, not self._session.cell_state(cell).reviewed)
        self._app.work.edited(topic.CELLS)

    def choose_type(self) -> None:
        cell = self._app.work.cell
        known = self._session.cell_types()
        found = self._app.work.type_predictions().get(cell)
        hint = f" (suggested: {found.in_words()})" if found else ""
        known += sorted(set(found.probability) - set(known)) if found else []

        def answer(name: str) -> None:
            with self._session.group(f"set cell {cell}: type {name or 'none'}"):
                if name and name not in self._session.cell_types():
                    self._session.add_cell_type(name)
                self._session.set_cell_type(cell, name or None)
            self._app.work.edited(topic.CELLS)

        value = self._session.cell_state(cell).type or ""
        self._app.ask("Set", [Field(f"Type of cell {cell}{hint}", value, known)], answer)


def _positive(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = -1.0
    if not number > 0:
        raise InputError("a number above 0", repr(text))
    return number
