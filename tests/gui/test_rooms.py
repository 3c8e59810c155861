"""The rooms of the window: each leans only on those before it.

Every import statement counts, also one inside a function or for the type checker. That no files import
each other in a circle is tested for the whole program in ``tests/test_architecture.py``.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"deepcinac.gui": ROOT / "gui"}

ROOMS = (
    "drawing",
    "widgets",
    "session",
    "jobs",
    "commands",
    "views",
    "panels",
    "presenters",
    "forms",
    "handlers",
    "shell",
)
"""From the ground up: a room may import those before it."""


def modules_of(package: str, folder: Path) -> dict[str, Path]:
    """Name -> file of every module below a folder."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        found[".".join([package, *parts])] = path
    return found


def imports_of(source: str, known: set[str]) -> set[str]:
    """The modules among ``known`` that a source imports, by whatever statement."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in known else node.module)
    return found & known


def graph_of(package: str, folder: Path) -> dict[str, set[str]]:
    """Module -> the modules of the same package that it imports."""
    modules = modules_of(package, folder)
    return {
        name: imports_of(path.read_text(encoding="utf-8"), set(modules))
        for name, path in modules.items()
    }


def room_of(module: str) -> str:
    return module.removeprefix("deepcinac.gui").lstrip(".").partition(".")[0]


def test_rooms_lean_on_those_before_them() -> None:
    graph = graph_of("deepcinac.gui", FOLDERS["deepcinac.gui"])
    wrong = [
        f"{module} imports {target}"
        for module, targets in graph.items()
        for target in targets
        if module != "deepcinac.gui" and ROOMS.index(room_of(target)) > ROOMS.index(room_of(module))
    ]
    assert wrong == []


def test_every_file_is_in_a_room() -> None:
    modules = modules_of("deepcinac.gui", FOLDERS["deepcinac.gui"])
    rooms = {room_of(module) for module in modules} - {""}
    assert rooms == set(ROOMS)
    assert [m for m in modules if m.count(".") == 2 and room_of(m) not in ROOMS] == []


def test_jobs_and_state_need_no_screen() -> None:
    """A process of the worker, and the state that it shares with the window, load no Tk."""
    free = [
        module
        for module, path in modules_of("deepcinac.gui", FOLDERS["deepcinac.gui"]).items()
        if room_of(module) in ("jobs", "session") and module != "deepcinac.gui.jobs.telling"
    ]
    code = f"""
import importlib, sys
for name in {free!r}:
    importlib.import_module(name)
assert "tkinter" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
