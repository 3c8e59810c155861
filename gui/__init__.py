"""The window: no science in here, that is the library's. Installed as ``deepcinac.gui``.

The rooms, from the ground up; each leans only on those before it (``tests/gui/test_rooms.py``):

========== ==========================================================================================
drawing    pictures, layouts and canvas items, from arrays
widgets    theme, notices, questions, and small widgets that every room uses
session    the state: what is open and looked at, edits of labels, the review queue (no Tk)
jobs       long work in processes of its own: the board, their requests, what the worker does (no Tk)
commands   what can be done: one table, its keys, and when each command is offered
views      canvases that show arrays and report clicks; they know no session
panels     views with the controls around them, and where each stands (``main_window``)
presenters from the state to the views, after every change
forms      dialogs; those of settings are made from the settings records
handlers   what the commands do
shell      the root window, menus, status line, start screen, and who owns what (``app``)
========== ==========================================================================================

A key press goes through ``shell.app`` to a row of ``commands.table``, its handler and an edit of
``session``, whose observers tell the presenters. To add a command: a row in the table and a method in
``handlers``. A view: a canvas in ``views``, a place in ``panels.main_window``, a line in a presenter. A
job: a request in ``jobs.requests`` and a function in ``jobs.worker``.

Importing the package needs no Tk; opening the window does.
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
