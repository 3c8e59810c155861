"""Named columns of ``.csv``, ``.npy``, ``.npz`` and ``.mat`` files: signals, clocks, times of spikes."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.variable import NUMBERS
from deepcinac.containers.variables import list_variables, read_variable
from deepcinac.errors import InputError
from deepcinac.files import read_npy, readable, require_plausible_size

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
_TIME = re.compile(
    r"(time|times|t|timestamp|timestamps|seconds|sec)[ _]*[(\[]?(s|ms|us|min|sec|)[)\]]?"
)
_UNITS = re.compile(r"(.+?)\s*[(\[]([^)\]]+)[)\]]")
_MISSING = {"", "nan", "na", "n/a", "none", "null", "-"}
MOST_CLASSES = 50


@dataclass(frozen=True, eq=False)
class Column:
    """A named column (n,) or (n, k) of a file, in ``units``; ``classes`` of the values 0, 1, …"""

    name: str
    values: np.ndarray
    units: str = ""
    classes: tuple[str, ...] = ()


def is_time(name: str) -> bool:
    """Whether a column is called like a clock ("time_s")."""
    return _TIME.fullmatch(name.lower().strip()) is not None


def time_unit(name: str) -> str:
    """The unit in the name of a clock: "ms" of "time_ms"; "" where it says none."""
    found = _TIME.fullmatch(name.lower().strip())
    return found.group(2) if found else ""


def read_columns(path: Path, ending: str, most_classes: int = MOST_CLASSES) -> list[Column]:
    """All columns of a file; words are the names of at most ``most_classes`` classes."""
    if ending == ".npy":
        return [_array_column(path.stem, read_npy(path), path)]
    if ending in (".npz", ".mat"):
        held = [v for v in list_variables(path) if v.kind == NUMBERS]
        names = [v.name for v in held if np.prod(v.shape, dtype=int) > 1]
        return [_array_column(name, read_variable(path, name), path) for name in names]
    return _table(path, most_classes)


def _array_column(name: str, values: Any, path: Path) -> Column:
    array = np.asarray(values)
    if array.ndim == 2 and 1 in array.shape:  # MATLAB knows no vectors
        array = array.ravel()
    if array.ndim not in (1, 2) or array.dtype.kind not in "biuf" or not array.size:
        found = f"shape {array.shape} of {array.dtype}"
        raise InputError("a series of numbers (n,) or (n, k)", found, f"{path}#{name}")
    return Column(name, array, time_unit(name) if is_time(name) else "")


def _table(path: Path, most_classes: int) -> list[Column]:
    """The columns of a table of text; its first line names them."""
    require_plausible_size(path.stat().st_size, path, path)
    with readable(path, "a table of text"):
        text = path.read_text(encoding="utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise InputError(
            "a line with names and a line for each sample", f"{len(lines)} lines", path
        )
    delimiter = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    names = [name.strip() or f"column {n}" for n, name in enumerate(rows[0], 1)]
    if all(_number(name, delimiter) is not None for name in names):
        hint = "add a first line such as 'time_s,speed'"
        raise InputError("names in the first line", f"'{lines[0][:60]}'", path, hint)
    wrong = next((n for n, row in enumerate(rows[1:], 2) if len(row) != len(names)), None)
    if wrong:
        found = f"{len(rows[wrong - 1])} in line {wrong}"
        raise InputError(f"{len(names)} values in each line", found, path)
    if len(set(names)) < len(names):
        raise InputError("a name of its own for each column", ", ".join(names), path)
    return [
        _text_column(name, [row[place].strip() for row in rows[1:]], delimiter, path, most_classes)
        for place, name in enumerate(names)
    ]


def _text_column(
    name: str, texts: Sequence[str], delimiter: str, path: Path, most_classes: int
) -> Column:
    units = _UNITS.fullmatch(name)
    unit = time_unit(name) if is_time(name) else units.group(2) if units else ""
    plain = units.group(1) if units and not is_time(name) else name
    values = [_number(text, delimiter) for text in texts]
    if None not in values:
        return Column(plain, np.array(values, float), unit)
    words = tuple(sorted({text for text in texts if text.lower() not in _MISSING}))
    if len(words) > most_classes:
        place = values.index(None)
        found = f"'{texts[place][:40]}' in line {place + 2}"
        raise InputError("numbers, or the names of a few classes", found, f"{path}#{name}")
    number = {word: float(place) for place, word in enumerate(words)}
    coded = np.array([number.get(text, math.nan) for text in texts])
    return Column(plain, coded, unit, words)


def _number(text: str, delimiter: str) -> float | None:
    """A number, NaN for what is missing, None for a word."""
    if text.strip().lower() in _MISSING:
        return math.nan
    if text.strip().lower() in ("true", "false"):
        return float(text.strip().lower() == "true")
    try:
        return float(text.replace(",", ".") if delimiter == ";" else text)
    except ValueError:
        return None
