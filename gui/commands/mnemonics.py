"""The underlined letters of menus: Alt and a letter opens a menu, a letter alone chooses an entry."""

from __future__ import annotations

from collections.abc import Iterable

from deepcinac.gui.commands.table import COMMANDS, MENUS


def letters(labels: Iterable[str]) -> list[str]:
    """A letter of each label that no label before it has taken; "" where none is left.

    First letters of words come before the others.

    >>> letters(["Cell", "Classifier", "Close all"])
    ['c', 'l', 'a']
    """
    taken: set[str] = set()
    found = []
    for label in labels:
        words = "".join(word[0] for word in label.split())
        letter = next((c for c in (words + label).lower() if c.isalnum() and c not in taken), "")
        taken.add(letter)
        found.append(letter)
    return found


def place(letter: str, label: str) -> int:
    """Where a label is underlined, best at the beginning of a word; -1: nowhere.

    >>> place("t", "Next transient"), place("x", "Next transient"), place("", "Next transient")
    (5, 2, -1)
    """
    if not letter:
        return -1
    found = f" {label}".lower().find(f" {letter}")
    return found if found >= 0 else label.lower().find(letter)


OF_MENUS: dict[str, str] = dict(zip(MENUS, letters(MENUS), strict=True))
"""The letter of each menu."""

OF_COMMANDS: dict[str, str] = {}
"""Command id -> its letter within its menu."""

for _menu in MENUS:
    _held = [command for command in COMMANDS if command.menu == _menu]
    _letters = letters(command.label for command in _held)
    OF_COMMANDS.update(zip((command.id for command in _held), _letters, strict=True))
