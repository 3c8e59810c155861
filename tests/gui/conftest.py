"""One window for all tests of a process: Tk does not like several, nor to be collected in a thread."""

from __future__ import annotations

import gc
import os
import sys
import tkinter as tk
from collections.abc import Iterator
from typing import Any

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Windows of two processes on one screen take each other's keyboard: one process gets them all."""
    for item in items:
        if "tests/gui/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("screen"))


@pytest.fixture(scope="session")
def root() -> Iterator[tk.Tk]:
    """The root window of the tests, 96 dpi, in the upper left corner of the screen."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        pytest.skip("no screen: DISPLAY is not set (packaging/screen.sh starts Xvfb)")
    try:
        window = tk.Tk()
    except tk.TclError as error:
        pytest.skip(f"no screen: {error}")
    window.tk.call("tk", "scaling", 96 / 72)
    window.geometry("900x600+0+0")
    errors: list[BaseException] = []
    window.report_callback_exception = lambda _type, error, _trace: errors.append(error)
    window.callback_errors = errors  # type: ignore[attr-defined]
    window.update()
    yield window
    window.destroy()
    # A root that is collected later, in another thread, ends the process (Tcl_AsyncDelete).
    del window
    gc.collect()


@pytest.fixture
def window(root: tk.Tk) -> Iterator[tk.Toplevel]:
    """An empty window for one test; an error in a callback fails that test."""
    top = tk.Toplevel(root)
    top.geometry("900x600+0+0")
    top.update()
    yield top
    top.destroy()
    root.update()
    errors: list[Any] = root.callback_errors  # type: ignore[attr-defined]
    found = list(errors)
    errors.clear()
    gc.collect()
    assert not found, found
