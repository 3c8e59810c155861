"""Files dropped onto the window, where the Tk extension tkdnd is installed (``pip install tkinterdnd2``)."""

from __future__ import annotations

import importlib
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path

FILES = "DND_Files"


def accept_drops(root: tk.Misc, take: Callable[[Sequence[Path]], object]) -> bool:
    """Call ``take(paths)`` when files are dropped anywhere on the window; False without tkdnd."""
    if not _has_tkdnd(root):
        return False

    def dropped(data: str) -> str:
        paths = [Path(text) for text in root.tk.splitlist(data)]
        root.after_idle(take, paths)  # the other program waits for the end of the drop
        return "copy"

    root.tk.call("tkdnd::drop_target", "register", str(root), FILES)
    root.tk.call("bind", str(root), f"<<Drop:{FILES}>>", f"{root.register(dropped)} %D")
    return True


def _has_tkdnd(root: tk.Misc) -> bool:
    """The extension of the system, or the one that the Python package tkinterdnd2 carries."""
    try:
        root.tk.call("package", "require", "tkdnd")
        return True
    except tk.TclError:
        pass
    try:
        package = importlib.import_module("tkinterdnd2.TkinterDnD")
        package._require(root)
        return True
    except Exception:  # whatever is wrong with it, the window opens without
        return False
