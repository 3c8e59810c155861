"""Every classifier at hand: what it is for, how good it is, does it suit the recording; copies in and out."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Protocol

from deepcinac.gui.widgets.parts import ScrolledTree
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.theme import Theme
from deepcinac.learning.card_words import card_in_words, quality_in_words
from deepcinac.learning.zoo import OWN, ClassifierFolder
from deepcinac.tasks.activity.fit import Fit

COLUMNS = (("name", "Classifier", 150), ("origin", "From", 110), ("suits", "Suits it", 80),
           ("quality", "How good, on what", 330))  # fmt: skip
LEAD = "Shipped ones, your own, and those in the folder of the session."
SURE = "Press Remove again to set {name} aside; Restore... brings it back."
NO_SESSION = "Open a session to see whether a classifier suits it."


@dataclass(frozen=True)
class Chosen:
    """What the file dialogs answer, so that tests can answer instead."""

    open_file: Callable[..., str] = filedialog.askopenfilename
    open_folder: Callable[..., str] = filedialog.askdirectory
    save_file: Callable[..., str] = filedialog.asksaveasfilename


class Zoo(Protocol):
    """What the window asks for, and what its buttons do."""

    def listed(self) -> list[ClassifierFolder]:
        """Every classifier at hand."""

    def fits(self, found: ClassifierFolder) -> Sequence[Fit] | None:
        """Whether it suits the open recording, as far as that is known; None where none is open."""

    def look(self) -> object:
        """Look at the movie, for how far the cells rise above their noise."""

    def predict_with(self, found: ClassifierFolder) -> object:
        """Open the dialog of a prediction with this one."""

    def export(self, found: ClassifierFolder, path: Path) -> object:
        """Write a copy."""

    def import_from(self, path: Path) -> ClassifierFolder:
        """Make a folder or a .zip one of the user's own."""

    def remove(self, found: ClassifierFolder) -> object:
        """Set one of the user's own aside."""

    def removed(self) -> list[str]:
        """Names of those that were set aside."""

    def restore(self, name: str) -> ClassifierFolder:
        """Bring one back."""


class ClassifiersWindow(tk.Toplevel):
    """A line for each classifier; below it the card of the chosen one in words."""

    def __init__(self, root: tk.Misc, theme: Theme, zoo: Zoo, talk: Talk) -> None:
        super().__init__(root)
        self.title("Classifiers")
        self._theme, self._zoo, self._talk = theme, zoo, talk
        self.ask = Chosen()
        self._sure_of: Path | None = None
        self._held: dict[str, ClassifierFolder] = {}
        px, p = theme.px, theme.palette
        self.configure(background=p.panel)
        body = ttk.Frame(self, padding=px(12))
        body.pack(fill="both", expand=True)
        self.said = ttk.Label(body, text=LEAD, wraplength=px(640), justify="left")
        self.said.pack(side="top", anchor="w", pady=(0, px(8)))
        self.buttons: dict[str, ttk.Button] = {}
        for row in self._rows_of_buttons():
            line = ttk.Frame(body)
            line.pack(side="bottom", fill="x", pady=(px(6), 0))
            for text, action in row.items():
                self.buttons[text] = made = ttk.Button(line, text=text, command=self._doing(action))
                made.pack(side="left", padx=(0, px(6)))
        self.card = tk.Text(
            body, width=84, height=15, wrap="word", font="TkDefaultFont", relief="flat",
            background=p.field, foreground=p.text, padx=px(8), pady=px(6), takefocus=False,
        )  # fmt: skip
        self.card.tag_configure("name", foreground=p.text_dim, font="SmallFont")
        self.card.tag_configure("warning", foreground=p.warning)
        self.card.pack(side="bottom", fill="both", expand=True, pady=(px(8), 0))
        holder = ScrolledTree(body, columns=[c[0] for c in COLUMNS], show="headings", height=6)
        holder.pack(fill="x")
        self.tree = holder.tree
        for name, heading, width in COLUMNS:
            self.tree.heading(name, text=heading, anchor="w")
            self.tree.column(name, width=px(width), anchor="w", stretch=name == "quality")
        self.tree.bind("<<TreeviewSelect>>", lambda _event: self._show_chosen(), add=True)
        self.tree.bind("<Double-1>", lambda _event: self.buttons["Predict..."].invoke(), add=True)
        self.bind("<Escape>", lambda _event: self.destroy())
        over = root.winfo_toplevel()
        self.transient(over)
        self.geometry(f"+{over.winfo_rootx() + px(60)}+{over.winfo_rooty() + px(40)}")
        self.refresh()

    def _rows_of_buttons(self) -> tuple[dict[str, Callable[[], object]], ...]:
        """From the foot upwards."""
        return (
            {"Import .zip...": self._import_file, "Import folder...": self._import_folder,
             "Restore...": self._restore},
            {"Predict...": self._predict, "Look at the signal": self._look,
             "Export...": self._export, "Remove": self._remove},
        )  # fmt: skip

    # What is listed

    def refresh(self, choose: Path | None = None) -> None:
        """List them anew; ``choose``: the folder of the one to mark, else the one that was."""
        before = self.chosen
        wanted = choose or (before.path if before is not None else None)
        self.tree.delete(*self.tree.get_children())
        self._held = {str(found.path): found for found in self._zoo.listed()}
        for row, found in self._held.items():
            values = (found.name, found.origin, self._suits(found), quality_in_words(found.card))
            self.tree.insert("", "end", iid=row, values=values)
        rows = self.tree.get_children()
        if rows:
            marked = str(wanted) if str(wanted) in rows else rows[0]
            self.tree.selection_set(marked)
            self.tree.see(marked)
        self._show_chosen()

    def _suits(self, found: ClassifierFolder) -> str:
        fits = self._zoo.fits(found)
        if fits is None:
            return ""
        return "yes" if all(fit.suits for fit in fits) else "! partly"

    @property
    def chosen(self) -> ClassifierFolder | None:
        """The one whose line is marked."""
        rows = self.tree.selection()
        return self._held.get(rows[0]) if rows else None

    def _show_chosen(self) -> None:
        found = self.chosen
        fits = None if found is None else self._zoo.fits(found)
        self._write(found, fits)
        offered = {
            "Predict...": fits is not None,
            "Look at the signal": fits is not None,
            "Export...": found is not None,
            "Remove": found is not None and found.origin == OWN,
            "Restore...": bool(self._zoo.removed()),
        }
        for text, is_offered in offered.items():
            self.buttons[text].state(["!disabled" if is_offered else "disabled"])
        if found is None or found.path != self._sure_of:
            self._sure_of = None
            self.said.configure(text=LEAD if fits is not None else f"{LEAD} {NO_SESSION}")

    def _write(self, found: ClassifierFolder | None, fits: Sequence[Fit] | None) -> None:
        card = self.card
        card.configure(state="normal")
        card.delete("1.0", "end")
        if found is not None:
            for fit in fits or ():
                self._line("Suits this recording", fit.text, not fit.suits)
            for name, text in (*card_in_words(found.card), ("Folder", str(found.path))):
                self._line(name, text)
        card.configure(state="disabled")

    def _line(self, name: str, text: str, is_warning: bool = False) -> None:
        said = f"! {text}" if is_warning else text
        self.card.insert("end", f"{name}  ", "name", f"{said}\n", "warning" if is_warning else "")

    @property
    def card_text(self) -> str:
        """What the card says, for tests."""
        return self.card.get("1.0", "end")

    # What is done

    def _doing(self, action: Callable[[], object]) -> Callable[[], None]:
        def do() -> None:
            self._talk.attempt(action)

        return do

    def _require_chosen(self) -> ClassifierFolder:
        found = self.chosen
        assert found is not None, "the button is offered for a chosen one only"
        return found

    def _predict(self) -> None:
        self._zoo.predict_with(self._require_chosen())

    def _look(self) -> None:
        self.said.configure(text="Looking at the movie...")
        self._zoo.look()

    def _export(self) -> None:
        found = self._require_chosen()
        path = self.ask.save_file(
            parent=self, title=f"Export {found.name}", initialfile=f"{found.name}.zip",
            filetypes=[("One file", "*.zip"), ("A folder", "*")],
        )  # fmt: skip
        if path:
            self._zoo.export(found, Path(path))
            self.said.configure(text=f"A copy of {found.name} is in {path}")

    def _import_file(self) -> None:
        self._import(self.ask.open_file(parent=self, title="Classifier", filetypes=[("", "*.zip")]))

    def _import_folder(self) -> None:
        self._import(self.ask.open_folder(parent=self, title="Folder of a classifier"))

    def _import(self, path: str) -> None:
        if path:
            found = self._zoo.import_from(Path(path))
            self.refresh(found.path)
            self.said.configure(text=f"{found.name} is one of your classifiers now.")

    def _remove(self) -> None:
        """Only at the second press."""
        found = self._require_chosen()
        if self._sure_of != found.path:
            self._sure_of = found.path
            self.said.configure(text=SURE.format(name=found.name))
            return
        self._zoo.remove(found)
        self.refresh()
        self.said.configure(text=f"{found.name} is set aside: Restore... brings it back.")

    def _restore(self) -> None:
        menu = tk.Menu(self, tearoff=False)
        for name in self._zoo.removed():
            menu.add_command(label=name, command=self._doing(partial(self.restore, name)))
        button = self.buttons["Restore..."]
        menu.tk_popup(button.winfo_rootx(), button.winfo_rooty())

    def restore(self, name: str) -> None:
        """Bring one back that was set aside."""
        self.refresh(self._zoo.restore(name).path)
