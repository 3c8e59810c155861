"""Names for new files that no file has yet."""

from __future__ import annotations

from pathlib import Path


def free_path(path: Path) -> Path:
    """The path, with a number behind its stem where there is something already."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return free
