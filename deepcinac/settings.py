"""Options, each declared once: default, unit, limits and help live in the field of a dataclass.

The command line makes its arguments from these records, and whatever is made with them (a classifier, a
result) carries them as JSON, from which :func:`from_mapping` reads them back.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
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


def checked(settings: Settings, where: str | Path = "") -> Settings:
    """The same record when every value is within its limits; otherwise an error that names the option.

    ``where`` is the file or record that the values come from; "" for the command line.
    """
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value, limits = getattr(settings, field.name), field.metadata
        if value is None or not limits:
            continue
        name = f"{where}, {field.name}" if where else f"option {field.name}"
        choices = limits.get("choices")
        if choices and value not in choices:
            raise InputError(f"one of {', '.join(map(str, choices))}", repr(value), name)
        for number in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                _check_limits(number, limits, name)
    return settings


def limits_in_words(limits: Mapping[str, Any], shown: Callable[[float], str] | None = None) -> str:
    """The limits of an option: "1 to 9", "at least 1", "at most 9", or "".

    >>> limits_in_words({"minimum": 0, "maximum": 2**32 - 1})
    '0 to 4294967295'
    """
    shown = shown or in_full
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is not None and high is not None:
        return f"{shown(low)} to {shown(high)}"
    if low is not None:
        return f"at least {shown(low)}"
    return "" if high is None else f"at most {shown(high)}"


def in_full(number: float) -> str:
    """A number as people write it: whole ones with all their digits."""
    return str(number) if isinstance(number, int) else f"{number:g}"


def _check_limits(value: float, limits: Mapping[str, Any], name: str) -> None:
    low, high, unit = limits.get("minimum"), limits.get("maximum"), limits.get("unit", "")
    if value != value:
        raise InputError("a number", "not a number", name)
    if low is not None and value < low:
        raise InputError(f"at least {in_full(low)} {unit}".strip(), in_full(value), name)
    if high is not None and value > high:
        raise InputError(f"at most {in_full(high)} {unit}".strip(), in_full(value), name)


def to_mapping(settings: Any) -> dict[str, Any]:
    """A settings record as JSON holds it: tuples become lists.

    >>> @dataclasses.dataclass
    ... class Size:
    ...     shape: tuple[int, int] = (2, 3)
    >>> to_mapping(Size())
    {'shape': [2, 3]}
    """
    return {name: _plain(value) for name, value in dataclasses.asdict(settings).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value


def from_mapping(
    kind: type[Settings], values: Any, where: str | Path = "settings", base: Any = None
) -> Settings:
    """Build a settings record, and those within it, from JSON; names, types and limits are checked.

    What ``values`` does not name is that of ``base``, or the default.
    """
    if not isinstance(values, Mapping):
        raise InputError("named values", f"a {type(values).__name__}", where)
    hints = typing.get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(map(str, values)) - set(known))
    if unknown:
        raise InputError(f"fields among {', '.join(known)}", ", ".join(unknown), where)
    typed = {name: _typed(value, hints[name], f"{where}, {name}") for name, value in values.items()}
    try:
        made = kind(**typed) if base is None else dataclasses.replace(base, **typed)
    except TypeError as error:  # a field without a default is missing
        raise InputError("a complete record", str(error), where) from error
    return checked(made, where)


def _typed(value: Any, hint: Any, where: str) -> Any:
    """``value`` as the type that a field declares; whole numbers pass as floats, lists as tuples."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        (hint,) = [one for one in inner if one is not type(None)]
        return _typed(value, hint, where)
    if origin in (tuple, list):
        repeated = origin is list or inner[-1] is Ellipsis
        fits = isinstance(value, (list, tuple)) and (repeated or len(value) == len(inner))
        if not fits:
            how_many = "a list" if repeated else f"{len(inner)} values"
            raise InputError(how_many, repr(value), where)
        kinds = [inner[0]] * len(value) if repeated else inner
        return origin(_typed(one, kind, where) for one, kind in zip(value, kinds, strict=True))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_mapping(hint, value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and type(value) is not hint:
        raise InputError(f"a value of type {hint.__name__}", repr(value), where)
    if hint is float and not math.isfinite(value):
        raise InputError("a finite number", repr(value), where)
    return value
