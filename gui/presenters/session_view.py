"""What is on the screen while a session is open."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.gui.panels.main_window import MainWindow
from deepcinac.gui.presenters.presenter import Presenter


@dataclass(frozen=True)
class SessionView:
    """The panels, and the presenter that keeps them true to the state."""

    window: MainWindow
    presenter: Presenter
