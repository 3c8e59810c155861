"""Keys, log, report, about."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from deepcinac.gui.commands.keymap import Keymap
from deepcinac.gui.commands.keys_window import KeyEditor, KeyOverlay
from deepcinac.gui.handlers.needs import Sessions
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.widgets.guide_window import GuideWindow, page_text
from deepcinac.gui.widgets.report import log_file, report_text
from deepcinac.gui.widgets.talk import Talk
from deepcinac.gui.widgets.text_window import TextWindow
from deepcinac.gui.widgets.theme import Theme
from deepcinac.version import __version__


class HelpHandlers:
    """Handlers of the menu Help; ``on_keys()`` is called when the user has changed keys."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        keymap: Keymap,
        options: ViewOptions,
        sessions: Sessions,
        talk: Talk,
        on_keys: Callable[[], None],
    ) -> None:
        self._root, self._theme, self._keymap = root, theme, keymap
        self._options, self._sessions = options, sessions
        self._talk, self._on_keys = talk, on_keys
        self.overlay: KeyOverlay | None = None
        self.guide: GuideWindow | None = None

    def show_guide(self) -> None:
        """The user guide, in a window beside the labelling."""
        self._show_page("Guide", "guide.md")

    def show_licences(self) -> None:
        """What the program stands on, and under which licences."""
        self._show_page("Licences", "licences.md")

    def _show_page(self, title: str, name: str) -> None:
        if self.guide is not None and self.guide.winfo_exists():
            self.guide.destroy()
        self.guide = GuideWindow(self._root, self._theme, title, page_text(name))

    def toggle_first_steps(self) -> None:
        """Show the list of first steps, or hide it; on the start screen, those with the demo."""
        if not self._sessions.toggle_first_steps():
            self._options.toggle("first_steps")

    def show_keys(self) -> None:
        """Show the overlay with all keys, or remove it."""
        if not self.hide_keys():
            self.overlay = KeyOverlay(self._root, self._theme, self._keymap)

    def hide_keys(self) -> bool:
        """Remove the overlay; False when there is none."""
        overlay, self.overlay = self.overlay, None
        if overlay is None or not overlay.winfo_exists():
            return False
        overlay.destroy()
        return True

    def edit_keys(self) -> None:
        """Open the window in which keys are changed."""
        KeyEditor(self._root, self._theme, self._keymap, self._on_keys)

    def show_log(self) -> None:
        """Show the file that collects our own mistakes."""
        path = log_file()
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        TextWindow(self._root, self._theme, str(path), text or "The log is empty: nothing failed.")

    def copy_report(self) -> None:
        """Put a report into the clipboard."""
        self._root.clipboard_clear()
        self._root.clipboard_append(report_text("Report asked for in the window"))
        self._talk.say("The report is in the clipboard")

    def about(self) -> None:
        """Say which version this is."""
        self._talk.say(
            f"DeepCINAC {__version__}: activity of cells in calcium-imaging movies. "
            "Method: Denis et al., eNeuro 2020."
        )
