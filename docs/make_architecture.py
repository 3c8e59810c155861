"""Draw the rooms of the library and their arrows, from the imports of the code itself.

    python docs/make_architecture.py            writes docs/images/architecture.svg
    python docs/make_architecture.py --check    exit status 1 where the drawing is out of date

An arrow means "imports". Where a room imports another one both directly and through a third, only the way
through the third is drawn: the drawing shows the floors, ``tests/test_architecture.py`` every permission.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRAWING = ROOT / "docs" / "images" / "architecture.svg"
GROUND = ("errors", "files", "progress", "registry", "settings", "version")
"""Modules that every room uses; drawn as the ground, without arrows."""

ROOMS = {
    "cli": "a module per command",
    "gui": "the window; no science",
    "api": "import deepcinac as dc",
    "tasks": "what is learnt",
    "tracking": "moving cells, days",
    "evaluation": "truth, scores, figures",
    "learning": "trainer, splits, card",
    "opening": "open_recording",
    "simulation": "movies of known truth",
    "batch": "a table on a cluster",
    "formats": "files of other programs",
    "inputs": "movie to network input",
    "labelling": "session, edits, experts",
    "results": "Result, Maker, files",
    "recording": "movie, cells, traces",
    "containers": "bytes in, arrays out",
}
CENTRE = 420
PLACES = {
    "api": (200, 8),
    "gui": (CENTRE, 8),
    "cli": (640, 8),
    "tasks": (CENTRE, 7),
    "tracking": (170, 7),
    "evaluation": (CENTRE, 6),
    "opening": (CENTRE, 5),
    "learning": (645, 5),
    "formats": (CENTRE, 4),
    "simulation": (890, 5),
    "batch": (890, 6),
    "labelling": (CENTRE, 3),
    "inputs": (130, 3),
    "results": (CENTRE, 2),
    "recording": (CENTRE, 1),
    "containers": (CENTRE, 0),
}
"""Centre of each box in px, and its floor from the bottom; a test asks that every arrow goes down."""

WIDTH, BOX_W, BOX_H, FLOOR_H, MARGIN = 1000, 190, 46, 80, 30


def imported_rooms() -> dict[str, set[str]]:
    """Which rooms each room imports, from every import statement, also those inside functions."""
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for folder, first in ((ROOT / "deepcinac", None), (ROOT / "gui", "gui")):
        for path in sorted(folder.rglob("*.py")):
            room = first or path.relative_to(folder).parts[0].removesuffix(".py")
            if room in found:
                found[room] |= _rooms_in(path) - {room}
    found["cli"].discard("gui")  # the one door: ``deepcinac gui`` opens the window
    return found


def _rooms_in(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [name.split(".") for name in names]
    return {part[1] for part in parts if part[0] == "deepcinac" and len(part) > 1} & set(ROOMS)


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that no longer way replaces.

    >>> reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    {'a': {'b'}, 'b': {'c'}, 'c': set()}
    """
    return {
        room: {
            other
            for other in others
            if not any(other in _below(graph, x) for x in others - {other})
        }
        for room, others in graph.items()
    }


def _below(graph: Mapping[str, set[str]], room: str) -> set[str]:
    found: set[str] = set()
    waiting = [room]
    while waiting:
        for other in graph[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def centre_of(room: str) -> tuple[float, float]:
    """The centre of a room's box, in pixels of the drawing."""
    x, floor = PLACES[room]
    top = max(floor for _, floor in PLACES.values())
    return x, MARGIN + BOX_H / 2 + (top - floor) * FLOOR_H


def drawing() -> str:
    """The drawing as SVG text."""
    bottom = MARGIN + len({floor for _, floor in PLACES.values()}) * FLOOR_H
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + BOX_H + 10}" '
        'font-family="sans-serif" text-anchor="middle">',
        "<title>The rooms of DeepCINAC; an arrow means: imports</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#444"/></marker></defs>',
    ]
    for room, others in reduced(imported_rooms()).items():
        lines += [_arrow(room, other) for other in sorted(others)]
    for room, what in ROOMS.items():
        lines += _box(centre_of(room), room, what)
    ground = ", ".join(GROUND)
    lines.append(
        f'<rect x="{MARGIN}" y="{bottom}" width="{WIDTH - 2 * MARGIN}" height="{BOX_H - 8}" rx="4" '
        'fill="#e8e8e8" stroke="#777"/>'
        f'<text x="{WIDTH / 2:.0f}" y="{bottom + 24}" font-size="14">the ground, used by all: {ground}</text>'
    )
    return "\n".join([*lines, "</svg>", ""])


def _arrow(room: str, other: str) -> str:
    """A line between two boxes that passes beside those on the floors between."""
    (x1, y1), (x2, y2) = centre_of(room), centre_of(other)
    side = BOX_W / 2 if x2 > x1 else -BOX_W / 2
    far = PLACES[room][1] - PLACES[other][1] > 1 and x1 != x2
    if far and x1 == CENTRE:
        x1 += side
    else:
        y1 += BOX_H / 2
    if far and x2 == CENTRE:
        x2 -= side
    else:
        y2 -= BOX_H / 2
        x2 -= 0 if far or x1 == x2 else side / 2
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="#444" '
        'stroke-width="1.4" marker-end="url(#tip)"/>'
    )


def _box(centre: tuple[float, float], room: str, what: str) -> list[str]:
    x, y = centre
    return [
        f'<rect x="{x - BOX_W / 2:.0f}" y="{y - BOX_H / 2:.0f}" width="{BOX_W}" height="{BOX_H}" '
        'rx="4" fill="#eaf3fb" stroke="#0072b2"/>',
        f'<text x="{x:.0f}" y="{y - 3:.0f}" font-size="15" font-weight="bold">{room}</text>',
        f'<text x="{x:.0f}" y="{y + 15:.0f}" font-size="12" fill="#333">{what}</text>',
    ]


def main() -> int:
    """Write the drawing, or check it."""
    if "--check" in sys.argv[1:]:
        return int(DRAWING.read_text(encoding="utf-8") != drawing())
    DRAWING.write_text(drawing(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
