"""A dialog of rows: filled in, checked beside each field, accepted with Enter, left with Esc."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from deepcinac.gui.forms.form_grid import FormGrid, Row
from deepcinac.gui.widgets.report import sentence_of
from deepcinac.gui.widgets.theme import Theme

LEAD_WIDTH = 780
PLAN_WIDTH = 680
RENEW_MS = 300
"""A plan follows the labelling when the hand rests, not at every key."""
TITLE_BAR = 32
MORE, FEWER = "More settings", "Fewer settings"


class FormDialog(tk.Toplevel):
    """Its subclasses or callers fill ``grid``; ``accept`` closes it where nothing is wrong.

    The labelling can go on beside it. ``lead`` is a sentence on what will happen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        title: str,
        action: str,
        on_accept: Callable[[], bool],
        lead: str = "",
    ) -> None:
        super().__init__(parent)
        self.withdraw()
        self.title(title)
        self._theme, self._on_accept = theme, on_accept
        self._over = parent.winfo_toplevel()
        self._tabs: ttk.Notebook | None = None
        self._fold: ttk.Button | None = None
        self._plan_lines: Callable[[], Sequence[tuple[str, str, bool]]] | None = None
        self._plan_is_stale = False
        self._sheets: list[FormGrid] = []
        self.configure(background=theme.palette.panel)
        px = theme.px
        self._body = body = ttk.Frame(self, padding=px(14))
        body.pack(fill="both", expand=True)
        if lead:
            ttk.Label(body, text=lead, wraplength=px(LEAD_WIDTH), justify="left").pack(
                anchor="w", pady=(0, px(8))
            )
        self.grid_of_rows = FormGrid(body, theme, self._changed)
        self.grid_of_rows.pack(fill="both", expand=True)
        self._mistake = ttk.Label(
            body, style="Mistake.TLabel", wraplength=px(LEAD_WIDTH), justify="left"
        )
        foot = ttk.Frame(body)
        foot.pack(side="bottom", fill="x", pady=(px(12), 0))
        self.button = ttk.Button(foot, text=action, style="Accent.TButton", command=self.accept)
        self.button.pack(side="right")
        ttk.Button(foot, text="Cancel", command=self.destroy).pack(side="right", padx=px(6))
        self._foot = foot
        self.bind("<Return>", lambda _event: self.accept())
        self.bind("<KP_Enter>", lambda _event: self.accept())
        self.bind("<Escape>", lambda _event: self.destroy())

    def add_plan(self, lines: Callable[[], Sequence[tuple[str, str, bool]]]) -> None:
        """Say under the rows what will happen: name, text and whether it is a warning, of each line.

        Asked for again, at an idle moment, whenever a field was changed.
        """
        self._plan_lines = lines
        self.plan = ttk.Frame(self._body, style="Plan.TFrame", padding=self._theme.px(10))
        self.plan.pack(fill="x", pady=(self._theme.px(12), 0))
        self._show_plan()

    def _show_plan(self) -> None:
        self._plan_is_stale = False
        if self._plan_lines is None or not self.winfo_exists():
            return
        for child in self.plan.winfo_children():
            child.destroy()
        px = self._theme.px
        for row, (name, text, is_warning) in enumerate(self._plan_lines()):
            ttk.Label(self.plan, text=name, style="PlanName.TLabel").grid(
                row=row, column=0, sticky="nw", padx=(0, px(14)), pady=px(1)
            )
            style = "PlanWarning.TLabel" if is_warning else "Plan.TLabel"
            said = f"! {text[:1].upper()}{text[1:]}" if is_warning else text[:1].upper() + text[1:]
            ttk.Label(
                self.plan, text=said, style=style, wraplength=px(PLAN_WIDTH), justify="left"
            ).grid(row=row, column=1, sticky="w", pady=px(1))

    def renew_plan(self) -> None:
        """Something that the plan is about was changed elsewhere: ask for it again in a moment."""
        if self._plan_lines is not None and not self._plan_is_stale:
            self._plan_is_stale = True
            self._over.after(RENEW_MS, self._show_plan)  # outlives this dialog

    @property
    def plan_text(self) -> str:
        """What the plan says, for tests and screen readers."""
        labels = [child for child in self.plan.winfo_children() if isinstance(child, ttk.Label)]
        texts = [str(label.cget("text")) for label in labels]
        return "\n".join(f"{a}: {b}" for a, b in zip(texts[::2], texts[1::2], strict=True))

    def add_tab(self, title: str) -> FormGrid:
        """A sheet of rows that few will change; the sheets are folded away at first."""
        if self._tabs is None:
            self._tabs = ttk.Notebook(self._body)
            self._fold = ttk.Button(
                self._foot, text=MORE, command=self._toggle, style="Flat.TButton", takefocus=False
            )
            self._fold.pack(side="left")
        sheet = ttk.Frame(self._tabs, padding=self._theme.px(10))
        grid = FormGrid(sheet, self._theme, self._changed)
        grid.pack(fill="both", expand=True)
        self._tabs.add(sheet, text=title)
        self._sheets.append(grid)
        return grid

    def _toggle(self) -> None:
        if self._tabs is None or self._fold is None:
            return
        shown = bool(self._tabs.winfo_manager())
        if shown:
            self._tabs.pack_forget()
        else:
            self._tabs.pack(fill="both", expand=True, pady=(self._theme.px(10), 0))
        self._fold.configure(text=MORE if shown else FEWER)
        self.update_idletasks()
        self._place()

    def reveal(self, grid: FormGrid) -> None:
        """Unfold the sheet that a grid is on."""
        if self._tabs is None or grid is self.grid_of_rows:
            return
        if not self._tabs.winfo_manager():
            self._toggle()
        self._tabs.select(grid.master)

    def open(self) -> None:
        """Show it over the middle of the window."""
        self.update_idletasks()
        self.resizable(False, False)
        self.transient(self._over)
        self._place()
        self.deiconify()
        self.grid_of_rows.show_end()
        self.grid_of_rows.rows[0].widgets[1].focus_set()

    def _place(self) -> None:
        """Over the middle of the window, and all of it on the screen."""
        over, width, height = self._over, self.winfo_reqwidth(), self.winfo_reqheight()
        x = over.winfo_rootx() + (over.winfo_width() - width) // 2
        y = over.winfo_rooty() + (over.winfo_height() - height) // 3
        x = min(x, self.winfo_screenwidth() - width)
        y = min(y, self.winfo_screenheight() - height - self._theme.px(TITLE_BAR))
        self.geometry(f"+{max(0, x)}+{max(0, y)}")

    @property
    def filled_in(self) -> dict[str, str]:
        """Label -> what stands in its field, of all rows."""
        return {label: str(row.variable.get()) for label, row in self._rows().items()}

    def fill(self, values: dict[str, str]) -> None:
        """Fill in fields by their labels, for tests and scripts."""
        rows = self._rows()
        for label, value in values.items():
            rows[label].variable.set(value)

    @property
    def mistakes(self) -> dict[str, str]:
        """Label -> what is wrong there; "" for what is wrong with the whole."""
        found = {label: row.mistake for label, row in self._rows().items() if row.mistake}
        whole = str(self._mistake.cget("text")) if self._mistake.winfo_manager() else ""
        return {**found, "": whole} if whole else found

    def _rows(self) -> dict[str, Row]:
        return {row.label: row for grid in (self.grid_of_rows, *self._sheets) for row in grid.rows}

    def _changed(self) -> None:
        """A field was changed: what was wrong is looked at when it is accepted again."""
        self._mistake.pack_forget()
        if self._plan_lines is not None and not self._plan_is_stale:
            self._plan_is_stale = True
            self.after_idle(self._show_plan)

    def accept(self) -> None:
        """Do it; what is wrong is said, and the dialog stays."""
        try:
            done = self._on_accept()
        except Exception as error:
            self._mistake.configure(text=f"! {sentence_of(error)}")
            self._mistake.pack(side="bottom", anchor="w", pady=(self._theme.px(8), 0))
            return
        if done:
            self.destroy()


class DialogPlace:
    """Where one dialog is shown at a time: a second question takes the place of the first."""

    def __init__(self) -> None:
        self.current: FormDialog | None = None

    def show(self, dialog: FormDialog) -> None:
        """Show a dialog in the place of the one before."""
        self.close()
        self.current = dialog
        dialog.open()

    def renew_plan(self) -> None:
        """Labels were changed beside the dialog: its plan follows."""
        if self.current is not None and self.current.winfo_exists():
            self.current.renew_plan()

    def close(self) -> None:
        """Take away what is shown."""
        if self.current is not None:
            self.current.destroy()
