"""The window: views, commands, jobs and theme. No science in here, that is the library's.

Installed as ``deepcinac.gui``. Importing the package needs no Tk; opening the window does.
"""

from __future__ import annotations

import os

from deepcinac.errors import InputError


def main(session: str | None = None) -> int:
    """Open the window, on ``session`` when one is named, and return the exit status."""
    import tkinter

    try:
        from deepcinac.gui.shell.app import App

        app = App()
    except tkinter.TclError as error:
        raise InputError(
            "a screen to open the window on",
            f"none ({error})",
            hint="start it on a desktop, or use the commands that 'deepcinac --help' lists",
        ) from error
    if session is not None:
        app.root.after_idle(app.open_path, session)
    if os.environ.get(
        "DEEPCINAC_START_ONLY"
    ):  # measures the start: the window is drawn, then closed
        app.root.update()
        app.quit()
        return 0
    return app.run()


__all__ = ["main"]
