"""The walls of the house: who may import whom, and what the start of the program may cost.

Every import statement counts, also one inside a function: a direction is a direction.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "deepcinac": ROOT / "deepcinac",
    "deepcinac.gui": ROOT / "gui",
    "deepcinac.models": ROOT / "models",
    "deepcinac.data": ROOT / "data",
}

# The ground floor, which everybody stands on, and what ships beside the code.
BASE = {
    "errors",
    "files",
    "installation",
    "progress",
    "questions",
    "registry",
    "settings",
    "version",
}
SHIPPED = {"models", "data"}
LIBRARY = {
    "containers",
    "recording",
    "results",
    "labelling",
    "inputs",
    "opening",
    "learning",
    "tasks",
    "tracking",
    "evaluation",
    "formats",
    "simulation",
    "batch",
}

WITH_RECORDING = {"containers", "recording"}
WITH_LABELS = {*WITH_RECORDING, "results", "labelling"}
WITH_FORMATS = {*WITH_LABELS, "inputs", "formats"}
WITH_LEARNING = {*WITH_FORMATS, "opening", "learning"}

MAY_IMPORT = {
    "containers": BASE,
    "recording": BASE | {"containers"},
    "results": BASE | WITH_RECORDING,
    "labelling": BASE | WITH_RECORDING | {"results"},
    "inputs": BASE | WITH_RECORDING | {"results"},
    "formats": BASE | WITH_LABELS,
    "simulation": BASE | WITH_LABELS,
    "batch": BASE | {"recording", "labelling"},
    "opening": BASE | WITH_FORMATS,
    "learning": BASE | WITH_LEARNING | SHIPPED,
    "tasks": BASE | WITH_LEARNING | SHIPPED | {"evaluation", "simulation"},
    "tracking": BASE | WITH_FORMATS | {"opening", "evaluation"},
    "evaluation": BASE | WITH_LEARNING,
    "cli": BASE | LIBRARY | SHIPPED,
    "gui": BASE | LIBRARY | SHIPPED,
    "models": BASE,
    "data": BASE,
    "recipes": BASE | LIBRARY | SHIPPED | {"cli"},
    "api": BASE | LIBRARY,
    "": BASE | {"recording", "api"},  # deepcinac/__init__.py, where the rooms are put together
    "__main__": {"cli"},
    **dict.fromkeys(BASE, BASE),
}

NETWORK_MODULES = {
    "deepcinac.learning.backend",
    "deepcinac.learning.trainer",
    "deepcinac.tasks.activity.model",
    "deepcinac.tasks.behaviour.model",
    "deepcinac.tasks.latents.model",
}
OPENS_THE_WINDOW = "deepcinac.cli.gui"
HEAVY = ("tensorflow", "keras", "matplotlib", "scipy", "h5py", "pandas", "tkinter", "PIL")


class Import(NamedTuple):
    """One imported module; ``lazy`` when the statement stands in a function."""

    target: str
    lazy: bool


def imports_of(module: str, source: str, is_package: bool = False) -> list[Import]:
    """All modules that ``source`` imports, by absolute name; ``from a import b`` gives ``a.b``."""
    return list(_imports_in(ast.parse(source), module, is_package, lazy=False))


def _imports_in(node: ast.AST, module: str, is_package: bool, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child, module, is_package):
            yield Import(target, lazy)
        inside = lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from _imports_in(child, module, is_package, inside)


def _targets(node: ast.AST, module: str, is_package: bool) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = node.module or ""
        if node.level:
            parts = module.split(".")
            kept = parts[: len(parts) - node.level + is_package]
            start = ".".join([*kept, *([start] if start else [])])
        return [f"{start}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("import_module", "__import__"):
            return [str(node.args[0].value)]
    return []


def part_of(module: str) -> str:
    """The room a module of ours lies in: "recording" of ``deepcinac.recording.movie``.

    The scripts ``models/make_*.py`` and ``data/make_*.py``, which made what lies beside them and
    are started by hand, are a room of their own.
    """
    parts = module.split(".")
    if len(parts) == 3 and parts[1] in SHIPPED and parts[2].startswith("make_"):
        return "recipes"
    return parts[1] if len(parts) > 1 else ""


def faults(module: str, source: str, is_package: bool = False) -> list[str]:
    """What a module imports against the rules, as sentences."""
    room = part_of(module)
    found = []
    for target, lazy in imports_of(module, source, is_package):
        top = target.split(".")[0]
        if top == "deepcinac":
            found += _fault_of_direction(module, room, target, lazy)
        elif top in ("tensorflow", "keras") and not (module in NETWORK_MODULES and lazy):
            found.append(f"{module} imports {top} outside the network's functions")
        elif top == "tkinter" and room != "gui":
            found.append(f"{module} imports tkinter")
    return found


def _fault_of_direction(module: str, room: str, target: str, lazy: bool) -> list[str]:
    other = part_of(target)
    if room not in MAY_IMPORT:
        return [f"{module} lies in a room without rules"]
    if other == "gui" and module == OPENS_THE_WINDOW:
        return [] if lazy else [f"{module} imports the window at start-up"]
    names_of_the_package = {"", "__version__", "InputError", "DeepCinacError"}
    if other in {room, *names_of_the_package, *MAY_IMPORT[room]}:
        return []
    return [f"{module} imports {target}"]


def our_modules() -> list[tuple[str, Path]]:
    """Name and file of every module that ships."""
    found = []
    for package, folder in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found.append((".".join([package, *parts]), path))
    return found


@pytest.mark.parametrize(("module", "path"), our_modules(), ids=lambda value: str(value))
def test_imports_go_one_way(module: str, path: Path) -> None:
    is_package = path.name == "__init__.py"
    assert faults(module, path.read_text(encoding="utf-8"), is_package) == []


def test_every_room_has_modules() -> None:
    rooms = {part_of(module) for module, _ in our_modules()}
    assert rooms >= LIBRARY | SHIPPED | BASE | {"cli", "gui"}


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        (
            "deepcinac.recording.movie",
            "def f():\n    from deepcinac.learning import card",
            "deepcinac.recording.movie imports deepcinac.learning.card",
        ),
        (
            "deepcinac.recording.movie",
            "from ..labelling.spans import Span",
            "deepcinac.recording.movie imports deepcinac.labelling.spans.Span",
        ),
        (
            "deepcinac.formats.mat",
            "import importlib\nx = importlib.import_module('deepcinac.evaluation.frame_metrics')",
            "deepcinac.formats.mat imports deepcinac.evaluation.frame_metrics",
        ),
        (
            "deepcinac.evaluation.frame_metrics",
            "from deepcinac import tasks",
            "deepcinac.evaluation.frame_metrics imports deepcinac.tasks",
        ),
        (
            "deepcinac.gui.window",
            "from deepcinac.cli.common import aligned",
            "deepcinac.gui.window imports deepcinac.cli.common.aligned",
        ),
        (
            "deepcinac.cli.demo",
            "def f():\n    import deepcinac.gui",
            "deepcinac.cli.demo imports deepcinac.gui",
        ),
        (
            "deepcinac.cli.gui",
            "import deepcinac.gui",
            "deepcinac.cli.gui imports the window at start-up",
        ),
        (
            "deepcinac.tasks.activity.model",
            "import keras",
            "deepcinac.tasks.activity.model imports keras outside the network's functions",
        ),
        (
            "deepcinac.learning.card",
            "from deepcinac.tasks.activity import model",
            "deepcinac.learning.card imports deepcinac.tasks.activity.model",
        ),
        (
            "deepcinac.inputs.crops",
            "def f():\n    from keras import ops",
            "deepcinac.inputs.crops imports keras outside the network's functions",
        ),
        (
            "deepcinac.recording.traces",
            "def f():\n    from tkinter import ttk",
            "deepcinac.recording.traces imports tkinter",
        ),
        (
            "deepcinac.models.zoo",
            "from deepcinac.cli.main import main",
            "deepcinac.models.zoo imports deepcinac.cli.main.main",
        ),
        (
            "deepcinac.cli.demo",
            "def f():\n    import deepcinac.data.make_demo",
            "deepcinac.cli.demo imports deepcinac.data.make_demo",
        ),
        (
            "deepcinac.plugins.x",
            "import deepcinac.errors",
            "deepcinac.plugins.x lies in a room without rules",
        ),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str, fault: str) -> None:
    assert faults(module, source) == [fault]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("deepcinac.recording.movie", "from deepcinac.errors import InputError"),
        ("deepcinac.recording.movie", "from .cells import Cells\nimport numpy"),
        ("deepcinac.tasks.activity.model", "def f():\n    import keras"),
        ("deepcinac.cli.gui", "def run():\n    import deepcinac.gui"),
        ("deepcinac.models.make_general", "from deepcinac.cli.main import main"),
        ("deepcinac.gui.window", "import tkinter\nfrom deepcinac import evaluation"),
        ("deepcinac.simulation.rendering", "from deepcinac import InputError, __version__"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert faults(module, source) == []


def test_relative_imports_of_a_package_and_of_a_module() -> None:
    source = "from . import cells"
    assert imports_of("deepcinac.recording", source, is_package=True) == [
        Import("deepcinac.recording.cells", lazy=False)
    ]
    assert imports_of("deepcinac.recording.movie", source) == [
        Import("deepcinac.recording.cells", lazy=False)
    ]


WITHOUT_CIRCLES = ["deepcinac", "deepcinac.gui"]
"""Packages whose files may not import each other in a circle."""


def imports_among(sources: dict[str, tuple[str, bool]]) -> dict[str, set[str]]:
    """Which of some modules each one imports, by name; ``sources``: text, and whether a package.

    Importing a module runs the ``__init__`` of its package too, but that is no choice of whoever
    imports: only what is named counts. So do imports inside functions; those under
    ``if TYPE_CHECKING`` do not, since they are never run: two types may name each other.
    """
    graph: dict[str, set[str]] = {}
    for module, (source, is_package) in sources.items():
        tree = _without_type_checking(ast.parse(source))
        targets = [found.target for found in _imports_in(tree, module, is_package, lazy=False)]
        named = {name if name in sources else name.rpartition(".")[0] for name in targets}
        graph[module] = {name for name in named if name in sources} - {module}
    return graph


def _without_type_checking(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = [ast.Pass()]
    return tree


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that reach each other: sets of more than one, each sorted."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        reached[start], waiting = set(), [start]
        while waiting:
            for other in graph[waiting.pop()] - reached[start]:
                reached[start].add(other)
                waiting.append(other)
    groups = {
        tuple(sorted({one, *(other for other in reached[one] if one in reached[other])}))
        for one in graph
    }
    return sorted(list(group) for group in groups if len(group) > 1)


@pytest.mark.parametrize("package", WITHOUT_CIRCLES)
def test_no_files_import_each_other_in_a_circle(package: str) -> None:
    shipped = {
        module: (path.read_text(encoding="utf-8"), path.name == "__init__.py")
        for module, path in our_modules()
        if path.is_relative_to(FOLDERS[package])
    }
    assert len(shipped) > 5
    assert circles(imports_among(shipped)) == []


def test_a_circle_is_found() -> None:
    sources = {
        "p.a": ("from p import b", False),
        "p.b": ("def f():\n    from p.c import thing", False),
        "p.c": ("from .a import other", False),
        "p.d": ("if TYPE_CHECKING:\n    from p.e import Kind", False),
        "p.e": ("from p.d import thing", False),
    }
    assert circles(imports_among(sources)) == [["p.a", "p.b", "p.c"]]


HELP_AND_COUNT = f"""
import json, sys
from deepcinac.cli.main import build_parser
build_parser().format_help()
print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))
"""


def test_the_start_is_light() -> None:
    """What costs seconds is not imported; `benchmarks/start.py` measures the time."""
    done = subprocess.run(
        [sys.executable, "-c", HELP_AND_COUNT], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
