"""Settings records as options of the command line, for the processes that the window starts. No Tk."""

from __future__ import annotations

import dataclasses
from typing import Any


def arguments_of(settings: Any, base: Any) -> list[str]:
    """``--long-name value`` for each field in which ``settings`` differs from ``base``.

    >>> @dataclasses.dataclass
    ... class Some:
    ...     block_frames: int = 100
    ...     mirror: bool = True
    ...     shift_px: float = 2.0
    >>> arguments_of(Some(200, False), Some())
    ['--block-frames', '200', '--no-mirror']
    """
    found: list[str] = []
    for field in dataclasses.fields(settings):
        value, name = getattr(settings, field.name), field.name.replace("_", "-")
        if value == getattr(base, field.name) or value is None:
            continue
        if isinstance(value, bool):
            found.append(f"--{name}" if value else f"--no-{name}")
        elif isinstance(value, (tuple, list)):
            found += [f"--{name}", ",".join(str(one) for one in value)]
        else:
            found += [f"--{name}", repr(value) if isinstance(value, float) else str(value)]
    return found
