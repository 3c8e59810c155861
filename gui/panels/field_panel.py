"""The field of view with all cells: which image, and its contrast."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from tkinter import ttk

import numpy as np

from deepcinac.gui.drawing.field_images import LIVE
from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.views.field import FieldView
from deepcinac.gui.widgets.parts import Panel, keys_go_to_window, slide_to_pointer
from deepcinac.gui.widgets.theme import Theme

NO_MAP = "none"
CLOSEST_LIMITS = 0.01
"""Share of the range of values that dark always stays under bright."""


class FieldPanel(Panel):
    """``view`` is the field; ``on_image(name)`` is called when the user chooses another image."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        controls: Controls,
        *,
        on_image: Callable[[str], None],
        on_map: Callable[[str], None],
        on_select: Callable[[int | None], None],
        on_hover: Callable[[int | None, int | None, float | None], None],
        on_context: Callable[[int | None, int, int], None],
    ) -> None:
        super().__init__(parent, theme, "Field")
        px = theme.px
        self._px = px
        self._moving_sliders = False
        self._live: Callable[[], np.ndarray] | None = None
        self.image_box = ttk.Combobox(self.head, state="readonly", width=10, takefocus=False)
        keys_go_to_window(self.image_box)
        self.image_box.pack(side="right", padx=px(4), pady=px(1))
        self.image_box.bind(
            "<<ComboboxSelected>>", lambda _event: on_image(self.image_box.get()), add=True
        )
        self.view = FieldView(
            self.body, theme.look(), on_select=on_select, on_hover=on_hover, on_context=on_context
        )
        self.view.pack(fill="both", expand=True)
        self._map_row = ttk.Frame(self.body)
        ttk.Label(self._map_row, text="Map", style="Dim.TLabel").pack(side="left", padx=px(4))
        self.map_box = ttk.Combobox(self._map_row, state="readonly", takefocus=False)
        keys_go_to_window(self.map_box)
        self.map_box.pack(side="left", fill="x", expand=True, padx=(0, px(4)))
        self.map_box.bind("<<ComboboxSelected>>", lambda _event: self._map_chosen(on_map), add=True)
        foot = ttk.Frame(self.body)
        foot.pack(side="bottom", fill="x", before=self.view)
        self.low = self._contrast_slider(foot, "Dark")
        self.high = self._contrast_slider(foot, "Bright")
        controls.button(foot, "auto_contrast", "Auto", style="Flat.TButton").pack(
            side="right", padx=px(3)
        )

    def _contrast_slider(self, parent: tk.Misc, text: str) -> ttk.Scale:
        px = self._px
        ttk.Label(parent, text=text, style="Dim.TLabel").pack(side="left", padx=(px(4), px(2)))
        slider = ttk.Scale(
            parent, from_=0.0, to=1.0, length=px(60), takefocus=False,
            command=lambda _value: self._slider_moved(),
        )  # fmt: skip
        slider.pack(side="left", fill="x", expand=True)
        slide_to_pointer(slider)
        return slider

    # Maps

    def set_maps(self, maps: Sequence[FieldMap], shown: FieldMap | None) -> None:
        """What can be laid over the image, and what is; without any map there is no choice."""
        self.map_box.configure(values=[NO_MAP, *(one.name for one in maps)])
        self.map_box.set(NO_MAP if shown is None else shown.name)
        self.view.set_map(shown)
        if maps and not self._map_row.winfo_manager():
            self._map_row.pack(side="bottom", fill="x", before=self.view, pady=self._px(2))
        elif not maps:
            self._map_row.pack_forget()

    def _map_chosen(self, on_map: Callable[[str], None]) -> None:
        name = self.map_box.get()
        on_map("" if name == NO_MAP else name)

    # Images

    def set_images(self, images: Mapping[str, np.ndarray]) -> None:
        """The still images; the first is shown, and the live frame can be chosen."""
        self.view.set_images(dict(images))
        self.image_box.configure(values=[*images, LIVE])
        self.show_image(next(iter(images)))

    def set_live(self, read: Callable[[], np.ndarray] | None) -> None:
        """``read()`` gives the live frame (h, w); None while there is no movie."""
        self._live = read

    def refresh_live(self) -> None:
        """The movie went on: show its frame where that is what is shown."""
        if self._live is not None and self.image_box.get() == LIVE:
            self.view.set_live_frame(self._live())

    def show_image(self, name: str) -> None:
        """Show one of the images, with its own contrast."""
        self.image_box.set(name)
        self.refresh_live()
        self.view.show_image(name)
        self.auto_contrast()

    def next_image(self) -> str:
        """The name of the image after the one that is shown; "" where there is none."""
        names, shown = list(self.image_box.cget("values")), self.image_box.get()
        if not names:
            return ""
        return str(names[(names.index(shown) + 1) % len(names) if shown in names else 0])

    # Contrast

    def auto_contrast(self) -> None:
        """Choose the contrast from the image."""
        self.view.auto_contrast()
        low, high = self.view.contrast()
        bottom, top = self.view.data_range()
        width = (top - bottom) or 1.0
        self._moving_sliders = True
        self.low.set((low - bottom) / width)
        self.high.set((high - bottom) / width)
        self._moving_sliders = False

    def _slider_moved(self) -> None:
        if self._moving_sliders:
            return
        bottom, top = self.view.data_range()
        low, high = float(self.low.get()), float(self.high.get())
        high = max(high, low + CLOSEST_LIMITS)
        self.view.set_contrast(bottom + low * (top - bottom), bottom + high * (top - bottom))
