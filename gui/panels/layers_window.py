"""Every layer: who labels, which result is the prediction, what is seen, in which order and colour."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk

from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.layer_looks import (
    COLOUR_NAMES,
    colour_index,
    next_colour,
    next_showing,
    shown_in_words,
)
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.text_window import TextWindow
from deepcinac.gui.widgets.theme import Theme
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.session import Layer

COLUMNS = (("role", "", 90), ("name", "Layer", 150), ("kind", "Kind", 90), ("shown", "Shown", 60),
           ("cut", "Threshold", 80), ("colour", "Colour", 80))  # fmt: skip
LEAD = "Labels go into one layer; one result is the prediction; the others are lanes below it."
GONE = "{name} is deleted; Ctrl+Z brings it back as it was."
EMPTY = (
    "There is no layer yet. The first label makes one in your name; Predict (Shift+E) makes one "
    "of what a classifier says."
)


class LayersWindow(tk.Toplevel):
    """``write(layer_id, path)`` exports a layer."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        work: Workspace,
        talk: Talk,
        write: Callable[[int, Path], object],
    ) -> None:
        super().__init__(root)
        self.title("Layers")
        self._theme, self._work, self._talk, self._write = theme, work, talk, write
        self._said_at: int | None = None
        px = theme.px
        self.configure(background=theme.palette.panel)
        body = ttk.Frame(self, padding=px(12))
        body.pack(fill="both", expand=True)
        self.said = ttk.Label(body, text=LEAD, wraplength=px(560), justify="left")
        self.said.pack(side="top", anchor="w", pady=(0, px(8)))
        self.buttons: dict[str, ttk.Button] = {}
        for row in self._rows_of_buttons():
            line = ttk.Frame(body)
            line.pack(side="bottom", fill="x", pady=(px(6), 0))
            for text, action in row.items():
                self.buttons[text] = made = ttk.Button(line, text=text, command=self._doing(action))
                made.pack(side="left", padx=(0, px(6)))
        holder = ScrolledTree(body, columns=[c[0] for c in COLUMNS], show="headings", height=9)
        holder.pack(fill="both", expand=True)
        self.tree = holder.tree
        for name, heading, width in COLUMNS:
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(name, width=px(width), anchor="w", stretch=name == "name")
        self.tree.bind("<<TreeviewSelect>>", lambda _event: self._offer(), add=True)
        self.tree.bind("<Double-1>", lambda _event: self._doing(self._use)(), add=True)
        self.bind("<Escape>", lambda _event: self.destroy())
        self.bind("<Control-z>", lambda _event: self._talk.attempt(self._undo))
        over = root.winfo_toplevel()
        self.transient(over)
        self.geometry(f"+{over.winfo_rootx() + px(60)}+{over.winfo_rooty() + px(60)}")
        work.observe(self._work_changed)
        self.refresh()

    def _rows_of_buttons(self) -> tuple[dict[str, Callable[[Layer], object]], ...]:
        """From the foot upwards."""
        return (
            {"Rename": self._rename, "Delete": self._delete, "Export...": self._export,
             "Card": self._card, "Compare": self._compare},
            {"Use": self._use, "Show, dim or hide": self._toggle, "Up": lambda x: self._move(x, -1),
             "Down": lambda x: self._move(x, 1), "Colour": self._colour},
        )  # fmt: skip

    # What is listed

    def _work_changed(self, topics: frozenset[str]) -> None:
        if not self.winfo_exists():
            return
        if topic.SESSION in topics:
            self.destroy()
        elif topics & {topic.LAYER, topic.PREDICTION, topic.THRESHOLD, topic.BLIND}:
            self.refresh()

    def layers(self) -> list[Layer]:
        """What may be seen, in the order of the lanes."""
        found = [*self._work.label_layers(), *self._work.result_layers()]
        return sorted(found, key=lambda layer: (layer.position, layer.id))

    def refresh(self) -> None:
        """List the layers anew; the chosen one stays chosen."""
        chosen = self.tree.selection()
        self.tree.delete(*self.tree.get_children())
        for layer in self.layers():
            self.tree.insert("", "end", iid=str(layer.id), values=self._values(layer))
        kept = [row for row in chosen if self.tree.exists(row)]
        self.tree.selection_set(kept or self.tree.get_children()[:1])
        self._offer()

    def _values(self, layer: Layer) -> tuple[str, ...]:
        roles = {self._work.layer_id: "labels", self._work.prediction_id: "prediction",
                 self._work.compared_id: "compared"}  # fmt: skip
        cut = f"{layer.cut:.2f}" if layer.kind == "classifier" else ""
        shown, colour = shown_in_words(layer), COLOUR_NAMES[colour_index(layer)]
        return roles.get(layer.id, ""), layer.name, layer.kind, shown, cut, colour

    @property
    def chosen(self) -> Layer | None:
        """The layer whose line is marked."""
        rows = self.tree.selection()
        return next((x for x in self.layers() if rows and str(x.id) == rows[0]), None)

    def _offer(self) -> None:
        layer, can_edit = self.chosen, self._work.can_edit
        is_label = layer is not None and layer.kind in LABEL_KINDS
        self.buttons["Use"].configure(text="Label here" if is_label else "Make the prediction")
        reading = ("Export...", "Card", "Use", "Compare")
        for text, button in self.buttons.items():
            offered = layer is not None and (can_edit or text in reading)
            button.state(["!disabled" if offered else "disabled"])
        if layer is None or layer.id != self._said_at:
            self._say(LEAD if layer is not None else EMPTY)

    # What is done

    def _doing(self, action: Callable[[Layer], object]) -> Callable[[], None]:
        def act() -> None:
            layer = self.chosen
            if layer is not None:
                self._talk.attempt(action, layer)

        return act

    def _use(self, layer: Layer) -> None:
        """Label into it, or make it the prediction."""
        if layer.kind in LABEL_KINDS:
            self._work.choose_layer(layer.id)
        elif layer.kind == "classifier":
            self._work.choose_prediction(layer.id)
        else:
            self._say("Only a classifier's probabilities can be the prediction.")
        self.refresh()

    def _toggle(self, layer: Layer) -> None:
        self._show(layer, **next_showing(layer))

    def _colour(self, layer: Layer) -> None:
        self._show(layer, colour=next_colour(layer))

    def _show(self, layer: Layer, **how: object) -> None:
        self._work.require_session().show_layer(layer.id, **how)  # type: ignore[arg-type]
        self._work.edited(topic.LABELS, topic.LAYER)

    def _move(self, layer: Layer, step: int) -> None:
        """Exchange it with its neighbour in the list."""
        order = [x.id for x in self.layers()]
        place = order.index(layer.id)
        other = min(max(place + step, 0), len(order) - 1)
        order[place], order[other] = order[other], order[place]
        for position, number in enumerate(order):
            self._work.require_session().show_layer(number, position=position)
        self._work.edited(topic.LABELS, topic.LAYER)

    def _rename(self, layer: Layer) -> None:
        from tkinter.simpledialog import askstring

        name = askstring("Rename", "Name of the layer", initialvalue=layer.name, parent=self)
        if name:
            self.rename(layer, name)

    def rename(self, layer: Layer, name: str) -> None:
        """Give a layer another name."""
        self._work.require_session().rename_layer(layer.id, name)
        self._work.edited(topic.LABELS, topic.LAYER, topic.PREDICTION)

    def _delete(self, layer: Layer) -> None:
        """One step of undo, whoever it is of."""
        self._work.require_session().remove_layer(layer.id)
        self._work.edited(topic.LABELS, topic.LAYER, topic.CELLS)
        self._say(GONE.format(name=layer.name))

    def _undo(self) -> None:
        """The last edit, whatever it was: what was deleted here a moment ago."""
        text = self._work.require_session().undo()
        self._work.edited()
        self._say(f"Undone: {text}" if text else "Nothing to undo")

    def _say(self, text: str) -> None:
        """Something that stays until another line is chosen."""
        chosen = self.chosen
        self._said_at = None if chosen is None else chosen.id
        self.said.configure(text=text)

    def _compare(self, layer: Layer) -> None:
        """Mark where the prediction and this layer differ; again: no more."""
        work = self._work
        if layer.id == work.prediction_id:
            self._say("Choose another layer: this one is the prediction.")
            return
        if layer.kind == "method" and len(work.require_session().predicted_cells(layer.id)):
            self._say("This method says a curve, without transients to compare with.")
            return
        work.compare_with(None if layer.id == work.compared_id else layer.id)
        self.refresh()
        if work.compared_id is not None:
            self._say("The lane 'differs' marks what only one has: Shift+N goes on.")

    def _export(self, layer: Layer) -> None:
        ending = ".csv" if layer.kind in LABEL_KINDS else ".npz"
        path = filedialog.asksaveasfilename(
            parent=self, title=f"Export {layer.name}", initialfile=f"{layer.name}{ending}",
            defaultextension=ending,
            filetypes=[("By its ending: .npz .csv .mat .npy .nwb .zarr", "*")],
        )  # fmt: skip
        if path:
            self._write(layer.id, Path(path))

    def _card(self, layer: Layer) -> None:
        TextWindow(self, self._theme, layer.name, card_of(layer))


def card_of(layer: Layer) -> str:
    """What made a layer, in lines: who, when, from which weights, with which settings."""
    lines = [
        f"{layer.name}: {layer.kind}",
        f"made by    {layer.author}",
        f"on         {layer.created}",
    ]
    if layer.kind == "classifier":
        lines.append(f"threshold  {layer.cut:.2f}")
    maker = layer.maker
    if maker is not None:
        lines += [
            f"task       {maker.task}",
            f"classifier {maker.name} {maker.version}",
            f"weights    {maker.weights_sha256 or 'none'}",
            f"program    DeepCINAC {maker.program_version}",
            *(f"{name} = {value}" for name, value in sorted(maker.settings.items())),
        ]
    return "\n".join(lines)
