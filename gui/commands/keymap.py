"""From a pressed key to a command: names of keys, a user's own keys, tooltips that name them.

"Ctrl" is the Command key on a Mac. A user's own keys come from the settings and replace those of the
table (:mod:`deepcinac.gui.commands.table`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deepcinac.errors import InputError
from deepcinac.gui.commands.table import COMMANDS, Command

SHIFT, CONTROL = 0x1, 0x4
ALT = {"x11": 0x8, "win32": 0x20000, "aqua": 0x10}
COMMAND_KEY_OF_MAC = 0x8

_NAMES_OF_KEYSYMS = {
    "space": "Space",
    "Return": "Enter",
    "KP_Enter": "Enter",
    "Escape": "Esc",
    "Prior": "PageUp",
    "Next": "PageDown",
    "BackSpace": "Backspace",
    "question": "?",
    "plus": "+",
    "minus": "-",
    "KP_Add": "+",
    "KP_Subtract": "-",
    "equal": "=",
    "comma": ",",
    "period": ".",
    "slash": "/",
    "bracketleft": "[",
    "bracketright": "]",
    "less": "<",
    "greater": ">",
    "asterisk": "*",
    "numbersign": "#",
}
_TYPED_WITH_SHIFT = "?+<>*#_:;!\"'()&%$@^~|{}="
"""On some keyboards these need Shift and on others not: Shift is no part of their names."""
_MODIFIER_KEYSYMS = (
    "Shift_",
    "Control_",
    "Alt_",
    "Meta_",
    "Super_",
    "ISO_",
    "Caps_",
    "Num_",
    "Mode_",
)


def key_name(keysym: str, state: int, windowing: str = "x11") -> str:
    """The name of a pressed key, as the table writes it; "" for a modifier alone.

    >>> key_name("z", 0x4), key_name("Z", 0x5), key_name("O", 0x2), key_name("question", 0x1)
    ('Ctrl+Z', 'Ctrl+Shift+Z', 'o', '?')
    """
    if keysym.startswith(_MODIFIER_KEYSYMS):
        return ""
    name = _NAMES_OF_KEYSYMS.get(keysym, keysym)
    command_key = CONTROL | (COMMAND_KEY_OF_MAC if windowing == "aqua" else 0)
    parts = ["Ctrl"] * bool(state & command_key) + ["Alt"] * bool(state & ALT.get(windowing, 0x8))
    if state & SHIFT and name not in _TYPED_WITH_SHIFT:
        parts.append("Shift")
    if len(name) == 1 and name.isalpha():
        name = name.upper() if parts else name.lower()
    return "+".join([*parts, name])


def checked_key(text: str) -> str:
    """A key that a user typed, in the table's spelling; an InputError when it is none.

    >>> checked_key("ctrl+shift+z"), checked_key("space"), checked_key("O")
    ('Ctrl+Shift+Z', 'Space', 'o')
    """
    *modifiers, name = [part.strip() for part in text.strip().split("+")] if text != "+" else ["+"]
    named = {key.lower(): key for key in _NAMES_OF_KEYSYMS.values()}
    named |= {key.lower(): key for key in ("Up", "Down", "Left", "Right", "Home", "End", "Delete",
                                           "Tab", *(f"F{n}" for n in range(1, 13)))}  # fmt: skip
    order = [m.capitalize() for m in modifiers]
    known = all(m in ("Ctrl", "Alt", "Shift") for m in order) and len(set(order)) == len(order)
    found = named.get(name.lower(), name if len(name) == 1 else "")
    if not known or not found:
        raise InputError("a key such as o, Ctrl+Z, Shift+Right or F5", repr(text))
    order.sort(key=("Ctrl", "Alt", "Shift").index)
    if len(found) == 1 and found.isalpha():
        found = found.upper() if order else found.lower()
    return "+".join([*order, found])


class Keymap:
    """Which key means which command: the table's, with a user's own on top.

    Parameters
    ----------
    own
        Command id -> list of keys, as the settings hold it. Unknown ids, and keys that cannot be
        read, are left out: an old settings file must not stop the window.
    """

    def __init__(
        self, own: Mapping[str, Iterable[str]] | None = None, commands: Iterable[Command] = COMMANDS
    ) -> None:
        self._commands = {command.id: command for command in commands}
        self._own: dict[str, tuple[str, ...]] = {}
        for name, keys in (own or {}).items():
            if name in self._commands and not isinstance(keys, str):
                self._own[name] = _readable(keys)

    def keys(self, command_id: str) -> tuple[str, ...]:
        """Keys of a command."""
        return self._own.get(command_id, self._commands[command_id].keys)

    def find(self, key: str) -> Command | None:
        """The command of a key; a user's own keys come before the table's."""
        for held in (self._own, None):
            for name, command in self._commands.items():
                keys = held.get(name, ()) if held is not None else self.keys(name)
                if key and key in keys:
                    return command
        return None

    def change(self, command_id: str, keys: Iterable[str]) -> None:
        """Give a command other keys; one that belongs to another command is refused."""
        wanted = tuple(checked_key(key) for key in keys)
        for key in wanted:
            other = self.find(key)
            if other is not None and other.id != command_id:
                raise InputError(
                    "a key that is free", f"{key}, which is '{other.label}'", hint="choose another"
                )
        self._own[command_id] = wanted
        if wanted == self._commands[command_id].keys:
            del self._own[command_id]

    def use(self, keys: Mapping[str, Iterable[str]]) -> None:
        """Take a whole set of keys in the place of a user's own; other commands have the table's."""
        self._own = {}
        for name, wanted in keys.items():
            self._own[name] = tuple(checked_key(key) for key in wanted)

    def forget(self, command_id: str) -> None:
        """Give a command the keys of the table again."""
        self._own.pop(command_id, None)

    def own(self) -> dict[str, list[str]]:
        """What differs from the table, for the settings."""
        return {name: list(keys) for name, keys in self._own.items()}


def _readable(keys: Iterable[str]) -> tuple[str, ...]:
    found = []
    for key in keys:
        try:
            found.append(checked_key(str(key)))
        except InputError:
            continue
    return tuple(found)


def tooltip_of(command: Command, keymap: Keymap) -> str:
    """Tooltip of a button: what it does and its keys."""
    text = command.tooltip or command.label.rstrip(".")
    keys = " or ".join(keymap.keys(command.id))
    return f"{text}  ({keys})" if keys else text
