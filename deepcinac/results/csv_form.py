"""``.csv``: one transient a row, and the rest of the facts as JSON in a comment.

    # deepcinac {"maker": {...}, "n_frames": 600, "cells": [0, 1, 2], ...}
    cell,onset_frame,peak_frame,onset_s,peak_s,max_probability,mean_probability
    0,12,15,1.200,1.500,0.9312,0.8120

Cells and frames are counted from 0; onset and peak are both active. Lists of other programs need only
the columns ``cell``, ``onset_frame`` and ``peak_frame``. A list is read as probabilities of 0 and 1.
"""

from __future__ import annotations

import csv
import hashlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import LARGEST_ARRAY, parsed_json, require_file
from deepcinac.results import facts as facts_
from deepcinac.results.arrays import unknown_maker
from deepcinac.results.kinds import PROBABILITY, TRANSIENTS
from deepcinac.results.result import Result, Results, TimeBase

COLUMNS = ("cell", "onset_frame", "peak_frame")
_CHECKSUM = "sha256"
_LEAD = "# deepcinac "
_PROBABILITY_COLUMN = "max_probability"


def transients_of(probability: np.ndarray, threshold: float) -> np.ndarray:
    """Runs of frames with probability at or above the threshold, (k, 3): row, onset, peak (included).

    >>> transients_of(np.array([[0.1, 0.9, 0.8, 0.2, 0.6]]), 0.5).tolist()
    [[0, 1, 2], [0, 4, 4]]
    """
    above = np.pad(probability >= threshold, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(above, axis=1)
    row, onset = np.nonzero(change == 1)
    _, after = np.nonzero(change == -1)
    return np.stack([row, onset, after - 1], axis=1)


def write(path: Path, results: Results) -> tuple[str, ...]:
    """Write the transients; returns what the list does not hold."""
    item = results.get(PROBABILITY) or results[TRANSIENTS]
    cells = np.unique(item.array[:, 0]) if item.cells is None else item.cells
    threshold = results.cut
    rate = _rate(results, item)
    facts = {**facts_.facts_of(results), "threshold": threshold, "cells": cells.tolist()}
    if item.kind == PROBABILITY:
        facts["n_frames"] = item.array.shape[1]
    rows = list(_rows(item, cells, threshold))
    facts["rows"] = len(rows)
    if item.footprints is not None:
        facts["footprints"] = list(item.footprints)
    facts = parsed_json(facts_.as_text(facts))
    facts[_CHECKSUM] = _checksum(facts, [row[:3] for row in rows])
    with open(path, "w", encoding="utf-8", newline="") as stream:
        stream.write(f"{_LEAD}{facts_.as_text(facts)}\n")
        stream.write("# cells and frames are counted from 0; onset and peak are both active\n")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COLUMNS, "onset_s", "peak_s", "max_probability", "mean_probability"])
        for cell, onset, peak, values in rows:
            seconds = [f"{frame / rate:.3f}" if rate else "" for frame in (onset, peak)]
            shown = [f"{values.max():.4f}", f"{values.mean():.4f}"] if len(values) else ["", ""]
            writer.writerow([cell, onset, peak, *seconds, *shown])
    return _said(results, item, threshold)


def _rate(results: Results, item: Result) -> float | None:
    if item.time is not None and item.time.rate_hz is not None:
        return item.time.rate_hz
    return facts_.frame_rate_from(results.info)


def _rows(item: Result, cells: np.ndarray, threshold: float) -> Any:
    """Cell, onset and peak of each transient, and the probabilities in it where they are known."""
    if item.kind == TRANSIENTS:
        for cell, onset, peak in item.array.astype(int).tolist():
            yield cell, onset, peak, np.empty(0)
        return
    for row, onset, peak in transients_of(item.array, threshold).tolist():
        yield int(cells[row]), onset, peak, item.array[row, onset : peak + 1]


def _said(results: Results, item: Result, threshold: float) -> tuple[str, ...]:
    lost = [other.kind for other in results if other is not item]
    if item.kind == PROBABILITY:
        said = (
            f"A .csv lists the transients at threshold {threshold:g}, not every frame's probability"
        )
        return (f"{said}, and not {', not '.join(lost)}" if lost else said,)
    return (f"A .csv lists the transients, not {', not '.join(lost)}",) if lost else ()


def is_prediction(path: Path) -> bool:
    """Whether a list of transients is what this program predicted: by its head, or by its columns.

    A spreadsheet may have dropped the head; the columns of probabilities stay.
    """
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as stream:
            for line in stream:
                text = line.strip().strip('"')
                if text.startswith(_LEAD):
                    return True
                if text and not text.startswith("#"):
                    return _PROBABILITY_COLUMN in text.lower()
    except OSError:
        return False
    return False


def read(path: Path, shape: tuple[int, int] | None = None) -> Results:
    """Read a list of transients as probabilities of 0 and 1.

    ``shape`` (n_cells, n_frames) of the recording is needed for a list that does not say it.
    """
    facts, rows = _parsed(path)
    _tell_changes(facts, rows, path)
    said = facts.get("rows", 0)
    if isinstance(said, int) and len(rows) < said:
        hint = "the file was cut short or damaged: copy or export it again"
        raise InputError(
            f"the {said} rows that its first line announces", f"{len(rows)}", path, hint
        )
    known = isinstance(facts.get("cells"), list) and isinstance(facts.get("n_frames"), int)
    if known:
        cells, n_frames = _announced(facts, path)
    elif shape is not None:
        cells, n_frames = np.arange(shape[0]), shape[1]
    else:
        raise InputError(
            "a list that says its number of frames and its cells", "neither", path,
            "read it together with the recording it belongs to",
        )  # fmt: skip
    n_cells = int(cells.max(initial=-1)) + 1
    raster = np.zeros((n_cells, n_frames), np.float32)
    for cell, onset, peak in rows:
        if not (0 <= cell < n_cells and 0 <= onset <= peak < n_frames):
            raise InputError(
                f"cells below {n_cells} and frames below {n_frames}, onset before peak",
                f"cell {cell}, frames {onset} to {peak}",
                path,
            )
        raster[cell, onset : peak + 1] = 1
    fallback = replace(unknown_maker({"rows": np.array(rows, np.int64)}, path), task="activity")
    maker = facts_.maker_from(facts, fallback, path)
    rate = facts_.frame_rate_from(facts)
    keys = facts.get("footprints")
    item = Result(
        PROBABILITY,
        raster[cells],
        ("cell", "frame"),
        "1",
        maker,
        cells,
        tuple(map(str, keys)) if isinstance(keys, list) else None,
        None if rate is None else TimeBase(rate),
    )
    info = facts_.info_from(facts)
    for name in ("cells", "n_frames", "footprints", "rows", _CHECKSUM):
        info.pop(name, None)
    threshold = facts_.threshold_from(facts)
    return Results((item,), threshold, facts_.warnings_from(facts), info)


def _checksum(facts: dict[str, Any], rows: Sequence[Sequence[Any]]) -> str:
    """SHA-256 of what is read from a list, in whatever order a spreadsheet left its rows."""
    known = {name: value for name, value in facts.items() if name != _CHECKSUM}
    found = sorted(tuple(int(number) for number in row) for row in rows)
    text = json.dumps([known, found], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _tell_changes(facts: dict[str, Any], rows: Sequence[tuple[int, int, int]], path: Path) -> None:
    """Warn of a list of ours that is not as it was written; lists without a checksum are older."""
    told = ""
    if not facts and is_prediction(path) and not _is_older(path):
        told = "its first line is damaged or missing, which says who made it and at which threshold"
    elif _CHECKSUM in facts and facts[_CHECKSUM] != _checksum(facts, rows):
        told = (
            "it was changed after DeepCINAC wrote it (the checksum in its first line does not fit)"
        )
    if told:
        warnings.warn(f"{path}: {told}; where this was not meant, export it again.", stacklevel=3)


def _is_older(path: Path) -> bool:
    """Whether a list is of version 2.0.0.dev0, whose first line is a sentence."""
    with open(path, encoding="utf-8-sig", errors="replace") as stream:
        return stream.readline().startswith("# transients predicted by ")


MOST_CELLS, MOST_FRAMES = 1_000_000, 100_000_000
"""More than any recording has: a list that says more is damaged, and would fill the memory."""


def _announced(facts: dict[str, Any], path: Path) -> tuple[np.ndarray, int]:
    """The cells and the number of frames that the first line names."""
    named, n_frames = facts["cells"], facts["n_frames"]
    whole = all(type(cell) is int and 0 <= cell < MOST_CELLS for cell in named)
    if not whole or not 0 < n_frames <= MOST_FRAMES:
        found = "others" if 0 < n_frames <= MOST_FRAMES else f"{n_frames:,} frames"
        raise InputError(f"cells from 0 and 1 to {MOST_FRAMES:,} frames", found, path)
    n_bytes = (max(named, default=0) + 1) * n_frames * 4
    if n_bytes > LARGEST_ARRAY:
        found = f"{n_bytes / 1e9:.3g} GB of them"
        raise InputError("cells and frames that fit into memory", found, path)
    return np.array(named, np.int64), n_frames


def _parsed(path: Path) -> tuple[dict[str, Any], list[tuple[int, int, int]]]:
    """The facts of the comment, and the rows as whole numbers."""
    path = require_file(path, "a list of transients")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        facts: dict[str, Any] = {}
        for line in lines:
            if line.startswith(_LEAD) and line[len(_LEAD) :].lstrip()[:1] == "{":
                facts = parsed_json(line[len(_LEAD) :])
        reader = csv.DictReader(line for line in lines if line[:1] != "#")
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise KeyError(", ".join(reader.fieldnames or ()) or "no columns")
        table = list(reader)
        rows = [tuple(int(row[name]) for name in COLUMNS) for row in table]
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            "rows with whole numbers in the columns cell, onset_frame and peak_frame",
            f"{type(error).__name__} ({error})",
            path,
        ) from error
    return facts, rows  # type: ignore[return-value]
