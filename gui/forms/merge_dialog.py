"""The proposal to make one of two outlines of the same cell, with a picture of both."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from tkinter import ttk

import numpy as np

from deepcinac.gui.views.field import FieldView
from deepcinac.gui.widgets.theme import Theme
from deepcinac.recording.plausible_cells import SameCell

PICTURE = 260
MARGIN_PX = 12


class MergeDialog(tk.Toplevel):
    """``merge(kept, other)`` is called with the outline that stays and the one that gives way.

    ``stays`` is the proposal: the one to keep and the other. ``image`` (h, w) may be missing.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        pair: SameCell,
        stays: tuple[int, int],
        outlines: Mapping[int, Sequence[np.ndarray]],
        image: np.ndarray | None,
        merge: Callable[[int, int], object],
    ) -> None:
        super().__init__(parent)
        self.withdraw()
        self.title("One cell, two outlines")
        self.configure(background=theme.palette.panel)
        px = theme.px
        body = ttk.Frame(self, padding=px(16))
        body.pack(fill="both", expand=True)
        kept, other = stays
        ttk.Label(
            body,
            text=f"Cells {pair.first} and {pair.second} seem to be one cell",
            style="Strong.TLabel",
        ).pack(anchor="w")
        text = (
            f"They share {pair.iou:.0%} of their pixels. Merged into cell {kept}, cell {other} becomes "
            f"invalid and is left out of training. What was marked in {other} alone goes to {kept}, "
            "in every expert's layer. Ctrl+Z takes it back."
        )
        said = ttk.Label(body, text=text, justify="left", wraplength=px(430))
        said.pack(anchor="w", pady=(px(6), px(8)))
        foot = ttk.Frame(body)
        foot.pack(side="bottom", fill="x", pady=(px(12), 0))
        self.buttons: dict[str, ttk.Button] = {}

        def button(key: str, label: str, action: Callable[[], object], style: str) -> None:
            self.buttons[key] = ttk.Button(foot, text=label, style=style, command=action)
            self.buttons[key].pack(side="right", padx=(px(6), 0))

        def doing(first: int, second: int) -> Callable[[], None]:
            def act() -> None:
                self.destroy()
                merge(first, second)

            return act

        button("no", "Leave both", self.destroy, "TButton")
        button("other", f"Into {other}", doing(other, kept), "TButton")
        button("kept", f"Merge into {kept}", doing(kept, other), "Accent.TButton")
        if image is not None:
            self._add_picture(body, theme, image, outlines, stays)
        self.bind("<Return>", lambda _event: doing(kept, other)())
        self.bind("<Escape>", lambda _event: self.destroy())
        self._show_over(parent.winfo_toplevel())

    def _add_picture(
        self,
        body: ttk.Frame,
        theme: Theme,
        image: np.ndarray,
        outlines: Mapping[int, Sequence[np.ndarray]],
        stays: tuple[int, int],
    ) -> None:
        """The surroundings of both, so large that the outlines can be told apart."""
        points = np.concatenate([loop for loops in outlines.values() for loop in loops])
        left, top = np.maximum(points.min(axis=0).astype(int) - MARGIN_PX, 0)
        right, bottom = points.max(axis=0).astype(int) + MARGIN_PX
        part = image[top : bottom + 1, left : right + 1]
        self.field = FieldView(body, theme.look())
        self.field.canvas.configure(width=theme.px(PICTURE), height=theme.px(PICTURE))
        self.field.pack(fill="both", expand=True)
        self.field.set_images({"mean": part})
        moved = [[loop - (left, top) for loop in outlines[cell]] for cell in stays]
        self.field.set_cells(moved, ["plain", "plain"])
        self.field.select(0, [1])
        self.field.canvas.after_idle(lambda: self.field.canvas.delete("number"))
        self.field.auto_contrast()

    def _show_over(self, over: tk.Misc) -> None:
        self.update_idletasks()
        x = over.winfo_rootx() + (over.winfo_width() - self.winfo_reqwidth()) // 2
        y = over.winfo_rooty() + (over.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(0, x)}+{max(0, y)}")
        self.transient(over)  # type: ignore[call-overload]
        self.deiconify()
        self.buttons["kept"].focus_set()
