"""One window for all tests of a process: Tk does not like several, nor to be collected in a thread.

Windows of two processes on one screen take each other's keyboard. Where tests run in several
processes, each has a virtual screen of its own, or, without Xvfb, one process gets all of them.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

XVFB = shutil.which("Xvfb")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Xvfb one process gets all tests that open a window."""
    for item in items:
        if "tests/gui/" in item.path.as_posix() and XVFB is None:
            item.add_marker(pytest.mark.xdist_group("screen"))


@pytest.fixture(scope="session")
def own_screen() -> Iterator[None]:
    """A screen that no other process of the tests uses."""
    if XVFB is None or "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [XVFB, "-displayfd", str(writing), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with open(reading) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb did not start"
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = f":{number}"
    yield
    if before is None:
        del os.environ["DISPLAY"]
    else:
        os.environ["DISPLAY"] = before
    server.terminate()
    server.wait()


@pytest.fixture(autouse=True)
def _no_dialogs_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file dialog would wait for ever for somebody to answer; a test says what was chosen."""

    def nobody_is_there(dialog: Any, **_options: Any) -> str:
        raise AssertionError(f"{type(dialog).__name__} of the system opened in a test: replace it")

    monkeypatch.setattr("tkinter.commondialog.Dialog.show", nobody_is_there)


@pytest.fixture(scope="session")
def root(own_screen: None) -> Iterator[tk.Tk]:
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


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and cache of this test alone."""
    monkeypatch.setenv("DEEPCINAC_SETTINGS", str(tmp_path / "settings"))
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DEEPCINAC_CLASSIFIERS", str(tmp_path / "classifiers"))
    return tmp_path


@pytest.fixture
def open_app(
    root: tk.Tk, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Makes windows in the root of all tests, one after the other."""
    from deepcinac.gui.shell.app import App

    made: list[Any] = []

    def make(
        dpi: int = 96, size: tuple[int, int] = (1366, 740), screen: tuple[int, int] | None = None
    ) -> Any:
        while made:
            made.pop().leave()
        if screen is not None:
            monkeypatch.setattr("deepcinac.gui.widgets.theme.screen_size", lambda _root: screen)
        root.tk.call("tk", "scaling", dpi / 72)
        app = App(root)
        root.minsize(1, 1)
        root.geometry(f"{size[0]}x{size[1]}+0+0")
        root.deiconify()
        for _ in range(6):
            root.update()
            root.update_idletasks()
        made.append(app)
        return app

    yield make
    while made:
        made.pop().leave()
    root.tk.call("tk", "scaling", 96 / 72)
    errors: list[BaseException] = root.callback_errors  # type: ignore[attr-defined]
    assert not errors
