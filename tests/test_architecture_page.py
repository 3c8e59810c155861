"""``docs/architecture.md`` is true: what it names exists, and its drawing is the one of the code."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(deepcinac(?:\.\w+)+)`", PAGE)))
FILES = sorted(set(re.findall(r"`([\w/]+\.py|\w+/)`", PAGE)))


def resolved(name: str) -> object:
    """The module, class, function or attribute of a dotted name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found: object = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise AttributeError(name)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    place = ROOT / "docs" / "make_architecture.py"
    spec = importlib.util.spec_from_file_location("make_architecture", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_page_exists(name: str) -> None:
    pytest.importorskip("tkinter")
    assert resolved(name) is not None


def test_a_name_that_is_gone_is_found() -> None:
    with pytest.raises(AttributeError):
        resolved("deepcinac.labelling.labels.read_labels")


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_page_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_drawing_is_up_to_date(script: ModuleType) -> None:
    assert script.DRAWING.read_text(encoding="utf-8") == script.drawing(), (
        "run python docs/make_architecture.py"
    )


def test_every_room_is_in_table_and_drawing(script: ModuleType) -> None:
    rooms = {
        path.name for path in (ROOT / "deepcinac").iterdir() if (path / "__init__.py").exists()
    }
    assert set(script.ROOMS) == set(script.PLACES) == rooms | {"gui", "api", "opening"}
    assert all(f"| `deepcinac.{room}` |" in PAGE for room in script.ROOMS)
    windows = {path.name for path in (ROOT / "gui").iterdir() if (path / "__init__.py").exists()}
    assert set(re.findall(r"\| `deepcinac\.gui\.(\w+)` \|", PAGE)) == windows


def test_every_arrow_goes_down(script: ModuleType) -> None:
    floor = {room: number for room, (_, number) in script.PLACES.items()}
    graph = script.imported_rooms()
    assert graph["formats"] >= {"labelling", "results"}
    assert [(one, two) for one in graph for two in graph[one] if floor[one] <= floor[two]] == []


def test_an_arrow_with_a_longer_way_is_left_out(script: ModuleType) -> None:
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert script.reduced(graph) == {"a": {"b"}, "b": {"c"}, "c": set()}
