"""Keys, log, report, about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepcinac.gui.commands.keys_window import KeyEditor, KeyOverlay
from deepcinac.gui.widgets.dialogs import TextWindow, log_file, report_text
from deepcinac.version import __version__

if TYPE_CHECKING:
    from deepcinac.gui.shell.app import App


class HelpActions:
    """Handlers of the menu Help."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.overlay: KeyOverlay | None = None

    def show_keys(self) -> None:
        """The overlay, or away with it."""
        if self.overlay is not None and self.overlay.winfo_exists():
            self.overlay.destroy()
            self.overlay = None
        else:
            self.overlay = KeyOverlay(self._app.root, self._app.theme, self._app.keymap)

    def hide_keys(self) -> bool:
        """Remove the overlay; False when there is none."""
        if self.overlay is not None and self.overlay.winfo_exists():
            self.show_keys()
            return True
        return False

    def edit_keys(self) -> None:
        KeyEditor(self._app.root, self._app)

    def show_log(self) -> None:
        path = log_file()
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        TextWindow(
            self._app.root, self._app.theme, str(path), text or "The log is empty: nothing failed."
        )

    def copy_report(self) -> None:
        self._app.root.clipboard_clear()
        self._app.root.clipboard_append(report_text("Report asked for in the window"))
        self._app.say("The report is in the clipboard")

    def about(self) -> None:
        self._app.say(
            f"DeepCINAC {__version__}: activity of cells in calcium-imaging movies. "
            "Method: Denis et al., eNeuro 2020."
        )
