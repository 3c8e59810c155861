"""A settings record as rows of a dialog: each option is declared once, and looks so here.

Label, unit, limits, choices, default and help come from the fields of the record
(:func:`deepcinac.settings.option`), as the command line's do.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from deepcinac.errors import InputError
from deepcinac.gui.forms.form_grid import FormGrid, Row
from deepcinac.settings import checked, limits_in_words

Settings = TypeVar("Settings")

NOTHING = ""
"""What stands in a field that may be empty."""


class SettingsRows(Generic[Settings]):
    """The fields ``names`` (default: all) of a record in a grid; :meth:`value` is the record.

    ``base`` is the record to begin with; its values are the defaults that are shown.
    """

    def __init__(self, grid: FormGrid, base: Settings, names: Iterable[str] | None = None) -> None:
        self._base = base
        fields = {field.name: field for field in _fields(base)}
        self._hints = typing.get_type_hints(type(base))
        self._fields = {name: fields[name] for name in (fields if names is None else names)}
        self.rows = {name: self._add(grid, field) for name, field in self._fields.items()}

    def _add(self, grid: FormGrid, field: dataclasses.Field[Any]) -> Row:
        value, note = getattr(self._base, field.name), note_of(field, self._base)
        label = label_of(field.name)
        choices, unit = field.metadata.get("choices"), field.metadata.get("unit", "")
        if _kind(self._hints[field.name]) is bool:
            return grid.add_tick(label, bool(value), note)
        if choices:
            return grid.add_choice(label, text_of(value), [str(choice) for choice in choices], note)
        return grid.add_text(label, text_of(value), note, unit=unit)

    def show(self, shown: bool) -> None:
        """Show all rows, or fold them away."""
        for row in self.rows.values():
            row.show(shown)

    def set_base(self, base: Settings) -> None:
        """Begin with another record; what the user has changed stays."""
        for name, row in self.rows.items():
            before, after = getattr(self._base, name), getattr(base, name)
            untouched = row.variable.get() == self._shown(before)
            row.renote(note_of(self._fields[name], base))
            if untouched and before != after:
                row.variable.set(self._shown(after))
        self._base = base

    def _shown(self, value: Any) -> Any:
        return value if isinstance(value, bool) else text_of(value)

    def value(self) -> Settings | None:
        """The record, or None when a field holds what it cannot take: the reason stands beside the field."""
        values: dict[str, Any] = {}
        good = True
        for name, row in self.rows.items():
            try:
                values[name] = self._read(name, row)
                row.say("")
            except InputError as error:
                good = False
                row.say(f"Expected {error.expected}, found {error.found}")
        return dataclasses.replace(self._base, **values) if good else None  # type: ignore[type-var]

    def _read(self, name: str, row: Row) -> Any:
        value = parsed(row.variable.get(), self._hints[name])
        checked(dataclasses.replace(self._base, **{name: value}))  # type: ignore[type-var]
        return value


def _fields(settings: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(settings)


def label_of(name: str) -> str:
    """The name of an option as people read it.

    >>> label_of("windows_per_epoch"), label_of("seed")
    ('Windows per epoch', 'Seed')
    """
    return name.replace("_", " ").capitalize()


def text_of(value: Any) -> str:
    """A value as it stands in its field.

    >>> text_of(0.0003), text_of(640), text_of(None), text_of((1, 2.5))
    ('0.0003', '640', '', '1, 2.5')
    """
    if value is None:
        return NOTHING
    if isinstance(value, (tuple, list)):
        return ", ".join(text_of(one) for one in value)
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def note_of(field: dataclasses.Field[Any], base: Any) -> str:
    """Help, limits and default of an option, in a line."""
    data, default = field.metadata, getattr(base, field.name)
    between = limits_in_words(data, _number)
    parts = [between] if between else []
    if not isinstance(default, bool):
        parts.append(f"default {text_of(default) or 'empty'}")
    text = str(data.get("help", ""))
    text = text[:1].upper() + text[1:]
    return f"{text} ({', '.join(parts)})" if parts else text


def _number(value: float) -> str:
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else f"{value:g}"


def _kind(hint: Any) -> Any:
    """The type of a field, without "or None"."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(hint) if one is not type(None))
    return hint


def parsed(text: Any, hint: Any) -> Any:
    """What was filled in, as the type of its field.

    >>> parsed("4", int), parsed(" 0,5 ", float), parsed("", float | None), parsed("1, 2", tuple[int, int])
    (4, 0.5, None, (1, 2))
    """
    kind = _kind(hint)
    if kind is bool:
        return bool(text)
    text = str(text).strip()
    if text == NOTHING and kind is not hint:
        return None
    if typing.get_origin(kind) in (tuple, list):
        inner = typing.get_args(kind)
        parts = [part for part in text.split(",") if part.strip()]
        if inner[-1] is not Ellipsis and typing.get_origin(kind) is tuple:
            if len(parts) != len(inner):
                raise InputError(f"{len(inner)} values, with commas", _found(text))
            return tuple(parsed(part, one) for part, one in zip(parts, inner, strict=True))
        made = [parsed(part, inner[0]) for part in parts]
        return tuple(made) if typing.get_origin(kind) is tuple else made
    if kind is int:
        return _converted(text, int, "a whole number")
    if kind is float:
        return _converted(text.replace(",", "."), float, "a number")
    return text


def _converted(text: str, kind: type, what: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise InputError(what, _found(text)) from None


def _found(text: str) -> str:
    return repr(text) if text else "nothing"
