"""Types of cells in files: words that a person gave, or a program's probability for each type.

``.csv``: a row a cell, with the column ``cell``. A column ``type`` alone gives types; with a column
``probability`` beside it, or with a column for each type, it is a prediction. ``.npy``, ``.npz`` and
``.mat``: probabilities (cells, types), with the names in an array ``types`` or from the caller; or a
text for each cell.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepcinac.containers.matlab import read_arrays
from deepcinac.errors import InputError
from deepcinac.files import as_meant, defused, read_npy, read_npz, require_file, written_atomically
from deepcinac.labelling.type_predictions import TypePrediction, checked_prediction

ENDINGS = (".csv", ".npy", ".npz", ".mat")
PROBABILITY_NAMES = ("probability", "predictions", "cell_type_predictions")
TYPES_NAMES = ("types", "type_names", "cell_types")
NOT_TYPES = ("cell", "type", "suggested", "probability", "unlike")


@dataclass(frozen=True)
class CellTypes:
    """What a file says, by cell: types that were given, or predictions of types."""

    given: dict[int, str] = field(default_factory=dict)
    predicted: dict[int, TypePrediction] = field(default_factory=dict)


def load_types(path: str | Path, n_cells: int, names: Sequence[str] = ()) -> CellTypes:
    """Read types of the cells of a recording with ``n_cells`` cells.

    ``names`` are those of the columns of an array that does not say them itself.
    """
    path = require_file(path, "a file of cell types")
    ending = path.suffix.lower()
    if ending == ".csv":
        return _from_table(path, n_cells)
    if ending == ".npy":
        return _from_arrays({"probability": read_npy(path)}, path, n_cells, names)
    if ending == ".npz":
        return _from_arrays(read_npz(path), path, n_cells, names)
    if ending == ".mat":
        return _from_arrays(_mat_arrays(path), path, n_cells, names)
    raise InputError(f"cell types in a file ending in {', '.join(ENDINGS)}", ending or "none", path)


def write_types(
    path: str | Path,
    n_cells: int,
    given: Mapping[int, str],
    predicted: Mapping[int, TypePrediction],
) -> None:
    """Write a table that :func:`load_types` reads: a row a cell, a column for each type."""
    names = sorted({name for found in predicted.values() for name in found.probability})
    with (
        written_atomically(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["cell", "type", "suggested", *map(defused, names), "unlike"])
        for cell in range(n_cells):
            found = predicted.get(cell)
            shares = [f"{found.probability.get(name, 0.0):.4f}" if found else "" for name in names]
            suggested, unlike = (found.type, found.unlike) if found else ("", "")
            words = [defused(word) for word in (given.get(cell, ""), suggested, unlike)]
            writer.writerow([cell, *words[:2], *shares, words[2]])


# Tables


def _from_table(path: Path, n_cells: int) -> CellTypes:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise InputError("text in UTF-8", str(error)[:120], path) from error
    lines = [line for line in text.splitlines() if line.strip() and line[:1] != "#"]
    head = lines[0] if lines else ""
    rows = [
        {as_meant(str(name).strip()): value for name, value in row.items() if name}
        for row in csv.DictReader(io.StringIO("\n".join(lines)), delimiter=_delimiter(head))
    ]
    columns = list(rows[0]) if rows else []
    types = [name for name in columns if name.lower() not in NOT_TYPES]
    if "cell" not in columns or not (types or "type" in columns):
        raise InputError(
            "a table with the column cell, and type or a column for each type",
            ", ".join(columns) or "no rows",
            path,
        )
    found = CellTypes()
    for row in rows:
        own = {str(name).strip(): (value or "").strip() for name, value in row.items() if name}
        own = {name: as_meant(value) for name, value in own.items()}
        _take(found, own, types, path, n_cells)
    return found


def _take(
    found: CellTypes, row: Mapping[str, str], types: Sequence[str], path: Path, n_cells: int
) -> None:
    """Enter one row of a table."""
    cell = _cell(row["cell"], path, n_cells)
    if cell in found.given or cell in found.predicted:
        raise InputError("every cell once", f"cell {cell} twice", path)
    if types:
        shares = {
            as_meant(name): _share(row[name], name, cell, path) for name in types if row[name]
        }
    elif row.get("probability"):
        shares = {row["type"]: _share(row["probability"], "probability", cell, path)}
    else:
        if row["type"]:
            found.given[cell] = row["type"]
        return
    if any(shares.values()):  # a row of zeros: this cell was not predicted
        prediction = TypePrediction(shares, row.get("unlike", ""))
        found.predicted[cell] = checked_prediction(cell, prediction, path)


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count)


def _cell(text: str, path: Path, n_cells: int) -> int:
    if not text.isdigit() or int(text) >= n_cells:
        raise InputError(f"cells from 0 to {n_cells - 1}", f"'{text}'", path)
    return int(text)


def _share(text: str, column: str, cell: int, path: Path) -> float:
    with contextlib.suppress(ValueError):
        return float(text.replace(",", "."))
    found = f"'{text}' for cell {cell} in the column {column}"
    raise InputError("numbers as probabilities", found, path)


# Arrays


def _mat_arrays(path: Path) -> dict[str, np.ndarray]:
    return {name: np.squeeze(array) for name, array in read_arrays(path).items()}


def _from_arrays(
    arrays: Mapping[str, np.ndarray], path: Path, n_cells: int, names: Sequence[str]
) -> CellTypes:
    tables = [array for array in arrays.values() if array.ndim == 2 and array.dtype.kind in "fiu"]
    named = [
        arrays[name] for name in PROBABILITY_NAMES if name in arrays and arrays[name].ndim == 2
    ]
    words = [array for array in arrays.values() if array.ndim == 1 and array.dtype.kind in "UO"]
    if not (named or tables) and len(words) == 1:
        _require_rows(len(words[0]), n_cells, path)
        return CellTypes({cell: name for cell, name in enumerate(_words(words[0])) if name})
    if not named and len(tables) != 1:
        held = ", ".join(f"{name} {array.shape}" for name, array in sorted(arrays.items()))
        raise InputError("one array of probabilities (cells, types)", held or "none", path)
    probability = (named or tables)[0]
    own = next((arrays[name] for name in TYPES_NAMES if name in arrays), np.array([]))
    known = list(names) or _words(own)
    if len(known) != probability.shape[1]:
        raise InputError(
            f"the names of {probability.shape[1]} types, one a column",
            ", ".join(known) or "none",
            path,
            "name them with --types A,B,... in the order of the columns",
        )
    rows = _numbered_rows(probability, arrays.get("cells"), n_cells, path)
    return CellTypes(predicted=_predictions(rows, known, path))


def _numbered_rows(
    probability: np.ndarray, cells: np.ndarray | None, n_cells: int, path: Path
) -> dict[int, list[float]]:
    """The rows by cell; a file of DeepCINAC 1 has a row for every cell, also of those not predicted."""
    if cells is None or cells.size != len(probability):
        _require_rows(len(probability), n_cells, path)
        return dict(enumerate(probability.tolist()))
    numbers = [_cell(f"{number:g}", path, n_cells) for number in cells.ravel().tolist()]
    if len(set(numbers)) < len(numbers):
        raise InputError("every cell once", "a cell that is named twice", path)
    return dict(zip(numbers, probability.tolist(), strict=True))


def _predictions(
    rows: Mapping[int, Sequence[float]], names: Sequence[str], path: Path
) -> dict[int, TypePrediction]:
    """Rows of zeros, or without numbers, are cells that were not predicted."""
    return {
        cell: checked_prediction(cell, TypePrediction(dict(zip(names, row, strict=True))), path)
        for cell, row in rows.items()
        if any(row) and not np.isnan(row).all()
    }


def _require_rows(n_rows: int, n_cells: int, path: Path) -> None:
    if n_rows != n_cells:
        raise InputError(
            f"types of {n_cells} cells",
            f"{n_rows} rows",
            path,
            "the file seems to be of another recording",
        )


def _words(array: np.ndarray) -> list[str]:
    return [str(word).strip() for word in np.atleast_1d(array).tolist()]
