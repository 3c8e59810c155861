"""Options, each declared once: default, unit, limits and help live in the field of a dataclass.

The command line makes its arguments from these records, and results carry them as JSON.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from deepcinac.errors import InputError

Settings = TypeVar("Settings")


def option(
    default: Any,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """A dataclass field that knows its help text, unit and limits (both included)."""
    metadata = {
        "help": help,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
    }
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def checked(settings: Settings) -> Settings:
    """The same record when every value is within its limits; otherwise an error naming the option."""
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value, limits = getattr(settings, field.name), field.metadata
        if value is None or not limits:
            continue
        name = f"option {field.name}"
        choices = limits.get("choices")
        if choices and value not in choices:
            raise InputError(f"one of {', '.join(map(str, choices))}", repr(value), name)
        low, high = limits.get("minimum"), limits.get("maximum")
        if isinstance(value, (int, float)):
            if value != value:
                raise InputError("a number", "not a number", name)
            if low is not None and value < low:
                raise InputError(f"at least {low:g} {limits['unit']}".strip(), f"{value:g}", name)
            if high is not None and value > high:
                raise InputError(f"at most {high:g} {limits['unit']}".strip(), f"{value:g}", name)
    return settings


def from_mapping(kind: type[Settings], values: dict[str, Any], where: str = "settings") -> Settings:
    """Build a settings record from a mapping (TOML, JSON); unknown names are a mistake, not ignored."""
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(f"options among {', '.join(sorted(known))}", ", ".join(unknown), where)
    return checked(kind(**values))
