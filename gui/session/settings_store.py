"""What the window remembers between two starts: keys, sizes, colours, recent sessions.

One JSON file in the user's settings folder, written beside and moved into place. A file that cannot
be read is set aside as ``.corrupt`` and the window starts with its defaults: settings are never worth
a start that fails.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json

FILE_NAME = "window.json"
MOST_RECENT = 12


def settings_folder() -> Path:
    """Where the settings are; ``DEEPCINAC_SETTINGS`` overrides it."""
    chosen = os.environ.get("DEEPCINAC_SETTINGS")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_config_dir("deepcinac", appauthor=False))


class SettingsStore:
    """A dictionary of JSON values that is on disk after every :meth:`set`.

    ``notice`` is a sentence when the file could not be read or written, otherwise "".
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or settings_folder() / FILE_NAME
        self.notice = ""
        self._values = self._read()

    def get(self, name: str, default: Any = None) -> Any:
        """A setting, or ``default`` when it was never set or has another type than the default."""
        value = self._values.get(name, default)
        if default is None or isinstance(value, type(default)):
            return value
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return default

    def recall(self) -> set[str]:
        """Names of everything that is remembered."""
        return set(self._values)

    def set(self, name: str, value: Any) -> None:
        """Remember a setting."""
        if self._values.get(name) != value:
            self._values[name] = value
            self._write()

    def update(self, values: dict[str, Any]) -> None:
        """Remember several settings with one writing."""
        if any(self._values.get(name) != value for name, value in values.items()):
            self._values.update(values)
            self._write()

    def recent_sessions(self) -> list[Path]:
        """Sessions opened last, the newest first."""
        return [Path(text) for text in self.get("recent_sessions", []) if isinstance(text, str)]

    def add_recent(self, session: Path) -> None:
        """Put a session at the head of the recent ones."""
        text = str(session.absolute())
        others = [str(path) for path in self.recent_sessions() if str(path) != text]
        self.set("recent_sessions", [text, *others][:MOST_RECENT])

    def forget_recent(self, session: Path) -> None:
        """Take a session off the list of recent ones."""
        left = [str(path) for path in self.recent_sessions() if path != session]
        self.set("recent_sessions", left)

    def _read(self) -> dict[str, Any]:
        if not self.path.is_file():
            return {}
        try:
            content = read_json(self.path)
            if not isinstance(content, dict):
                raise InputError("a JSON object", type(content).__name__, self.path)
            return content
        except (InputError, UnicodeDecodeError):
            aside = self.path.with_name(self.path.name + ".corrupt")
            with contextlib.suppress(OSError):
                os.replace(self.path, aside)
            self.notice = f"The settings could not be read and were set aside as {aside.name}."
            return {}

    def _write(self) -> None:
        try:
            write_json(self.path, self._values)
        except (InputError, OSError) as error:  # a full disk must not stop the labelling
            self.notice = f"The settings of the window could not be saved: {error}"
