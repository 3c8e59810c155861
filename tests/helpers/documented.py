"""The commands that the documentation shows, found in its shell blocks and its running text."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SYNOPSIS = re.compile(r"[\[\]…|]|\.\.\.")  # [--option], A|B, A ...: describes commands, is none


class Command(NamedTuple):
    """``words`` after "deepcinac", and where they stand."""

    file: str
    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} deepcinac {shlex.join(self.words)}"


def documents() -> list[Path]:
    """All pages for users, README first; without those that building the site makes."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [*pages, ROOT / "benchmarks" / "README.md"]


def commands_in_blocks(text: str, file: str = "page") -> list[Command]:
    r"""Lines of a shell block (indented or fenced) that begin with ``deepcinac``, continued by ``\``.

    >>> commands_in_blocks("    deepcinac info toy  # what is in it")[0].words
    ('info', 'toy')
    """
    found, fenced, lines = [], False, text.splitlines()
    for place, line in enumerate(lines):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        shown = line.strip().removeprefix("$ ")
        in_block = fenced or line.startswith("    ")
        if not in_block or not re.match(r"deepcinac(\s|$)", shown):
            continue
        after = place
        while shown.endswith("\\") and after + 1 < len(lines):
            after += 1
            shown = f"{shown[:-1]} {lines[after].strip()}"
        words = shlex.split(shown, comments=True)[1:]
        if not SYNOPSIS.search(" ".join(words)):
            found.append(Command(file, place + 1, tuple(words)))
    return found


def commands_in_text(text: str, file: str = "page") -> list[Command]:
    """``deepcinac ...`` between backticks; parts of it may be left out, names be placeholders."""
    found = []
    for match in re.finditer(r"`deepcinac(\s[^`]*)?`", text):
        words = re.sub(r"[\[\]…|]|\.\.\.", " ", match.group(1) or "").split()
        found.append(Command(file, text.count("\n", 0, match.start()) + 1, tuple(words)))
    return found


def documented(find: object) -> list[Command]:
    """All commands that ``find`` (one of the two above) sees in the documentation."""
    assert callable(find)
    return [
        command
        for page in documents()
        for command in find(page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix())
    ]
