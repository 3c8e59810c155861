"""What the handlers need of whoever opens and closes sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from deepcinac.gui.presenters.session_view import SessionView


class Sessions(Protocol):
    """Opens and closes sessions; see :class:`deepcinac.gui.shell.session_host.SessionHost`."""

    @property
    def view(self) -> SessionView:
        """What shows the open session; an InputError while there is none."""

    def open_path(self, path: str | Path) -> bool:
        """Open a session file, or the form for a new one; a failure is reported."""

    def open_session(self, path: Path, take_over: bool = False) -> None:
        """Open a session file; ``take_over`` takes it from whoever has it."""

    def begin_new(self) -> None:
        """Close the session and show the form for a new one."""

    def close_session(self) -> None:
        """Back to the start screen."""

    def toggle_first_steps(self) -> bool:
        """Show the first steps on the start screen, or hide them; False while a session is open."""

    def load_data(self) -> None:
        """Fetch traces, images and movie of the open session."""
