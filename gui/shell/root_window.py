"""The root window: its size, its theme, what it does again and again, and callbacks that fail."""

from __future__ import annotations

import contextlib
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from types import TracebackType
from typing import Any

from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.widgets import theme as looks
from deepcinac.gui.widgets.parts import select_all_with_control_a

TITLE = "DeepCINAC"
FIRST_SIZE = (1366, 768)
SMALLEST = (1200, 620)
MENU_HEIGHT = 28
ICONS = Path(__file__).resolve().parents[1] / "icons"


class RootWindow:
    """``root`` may be given (tests share one), and is then left as it was; otherwise it is made.

    ``holder`` is the place for the start screen and the views.
    """

    def __init__(self, root: tk.Tk | None, settings: SettingsStore, dark: bool) -> None:
        looks.announce_resolution()
        self._is_ours = root is None
        self.root = tk.Tk(className=TITLE) if root is None else root
        self.root.title(TITLE)
        # Largest first: Windows takes the first, others the one that fits.
        icons = sorted(ICONS.glob("*.png"), key=lambda path: -path.stat().st_size)
        self._icons = [tk.PhotoImage(master=self.root, file=path) for path in icons]
        self.root.iconphoto(True, *self._icons)
        self._callback_before: Any = self.root.report_callback_exception
        self._timers: dict[str, str] = {}
        self.theme = looks.Theme(self.root, "dark" if dark else "light")
        looks.hide_hidden_files(self.root)
        select_all_with_control_a(self.root)
        self.root.configure(background=self.theme.palette.window)
        self._set_size(str(settings.get("window", "")))
        self.holder = ttk.Frame(self.root, style="Window.TFrame")

    def _set_size(self, remembered: str) -> None:
        px, screen = self.theme.px, looks.screen_size(self.root)
        width, height = (min(px(a), b) for a, b in zip(FIRST_SIZE, screen, strict=True))
        smallest = [min(px(a), b) for a, b in zip(SMALLEST, screen, strict=True)]
        self.root.minsize(smallest[0], smallest[1])
        with contextlib.suppress(ValueError):
            before = [int(part) for part in remembered.split("x")]
            width, height = (
                max(least, min(size, most))
                for least, size, most in zip(smallest, before, screen, strict=True)
            )
        # A menu bar comes on top of the height that Tk is asked for.
        self.root.geometry(f"{width}x{min(height, screen[1] - px(MENU_HEIGHT))}")

    @property
    def size(self) -> str:
        """The size, as the settings hold it."""
        return f"{self.root.winfo_width()}x{self.root.winfo_height()}"

    def set_title(self, document: str = "") -> None:
        """Name what is open."""
        self.root.title(f"{document} - {TITLE}" if document else TITLE)

    def use_theme(self, dark: bool) -> None:
        """Change to dark or light colours."""
        self.theme.use("dark" if dark else "light")
        self.root.configure(background=self.theme.palette.window)

    def on_failure(self, tell: Callable[[BaseException], None]) -> None:
        """Tell of callbacks that fail instead of printing a traceback."""

        def failed(
            _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
        ) -> None:
            tell(error)

        self.root.report_callback_exception = failed

    def every(self, name: str, milliseconds: int, action: Callable[[], object]) -> None:
        """Do something again and again until :meth:`close`."""

        def again() -> None:
            try:
                action()
            finally:
                self._timers[name] = self.root.after(milliseconds, again)

        self._timers[name] = self.root.after(milliseconds, again)

    def stop_timers(self) -> None:
        """Do nothing again."""
        for timer in self._timers.values():
            self.root.after_cancel(timer)
        self._timers.clear()

    def clear(self) -> None:
        """Leave a root that is not ours as it was."""
        if self._is_ours:
            return
        self.root.unbind("<KeyPress>")
        self.root.report_callback_exception = self._callback_before
        for child in self.root.winfo_children():
            child.destroy()
        self.root.update()

    def destroy(self) -> None:
        """Close the window when it is ours."""
        if self._is_ours:
            self.root.destroy()
