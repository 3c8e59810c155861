"""Labels as text: one transient or span a row, with a head that explains itself.

The file may hold several layers. What other programs write is read as well, as long as there are
the columns ``cell``, ``onset_frame`` and ``peak_frame``; commas, semicolons and tabs are understood
(spreadsheets write what their country prefers).
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import as_meant, defused, parsed_json, require_file, written_atomically
from deepcinac.formats.label_files import LABELS_FORMS, LabelsForm
from deepcinac.labelling.layer_kinds import kind_of_layer
from deepcinac.labelling.layer_labels import Labels, label_meta, make_labels
from deepcinac.labelling.spans import KINDS, WHOLE_FIELD
from deepcinac.labelling.transients import describe
from deepcinac.version import __version__

TRANSIENT = "transient"
COLUMNS = (
    "kind",
    "cell",
    "onset_frame",
    "peak_frame",
    "onset_s",
    "peak_s",
    "first_frame",
    "last_frame",
    "layer",
    "author",
    "info",
)
REQUIRED = ("cell", "onset_frame", "peak_frame")
EXPLANATION = (
    "One row for each transient or span. Cells and frames are counted from 0.",
    "kind transient: the cell is active from onset_frame to peak_frame, both included.",
    "kind labelled: from first_frame to last_frame, both included, every transient is marked.",
    "kind doubtful: these frames are left out of training and scores. kind movement: the field "
    "moved.",
    "Spans with the cell -1 hold for all cells. info: what is noted with a transient (JSON).",
)


_CHECKSUM = "sha256"
CUT_SHORT = "the file was cut short or damaged: copy or export it again"


def write_labels(
    path: str | Path,
    layers: Sequence[Labels],
    frame_rate_hz: float | None = None,
    movie: str = "",
) -> None:
    """Write layers of one recording; with a frame rate, onsets and peaks are given in seconds too."""
    first = layers[0]
    head = [
        f"Labels of a calcium-imaging recording, written by deepcinac {__version__}",
        *EXPLANATION,
        f"cells: {first.n_cells}",
        f"frames: {first.n_frames}",
        *([f"frame_rate_hz: {frame_rate_hz:.10g}"] if frame_rate_hz else []),
        *([f"movie: {movie}"] if movie else []),
        *(f"layer: {label_meta(labels)}" for labels in layers),
    ]
    rows = [row for labels in layers for row in _rows_of(labels, frame_rate_hz)]
    head.append(f"rows: {len(rows)}")
    lines = ["# " + line.replace("\n", " ") + "\n" for line in head]
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    content = _checksum(_read_head(lines), _read_rows(table.getvalue(), len(lines), Path(path)))
    lines.append(f"# {_CHECKSUM}: {content}\n")
    with (
        written_atomically(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        stream.writelines((*lines, table.getvalue()))


def _checksum(head: _Head, rows: Sequence[_Row]) -> str:
    """SHA-256 of what is read from a file, however a spreadsheet writes it: numbers, layers, rows."""
    said = [head.numbers, list(head.layers.values())]
    found = [[r.kind, r.cell, r.first, r.last, r.layer, r.author, r.info] for r in rows]
    text = json.dumps([said, sorted(found, key=repr)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _rows_of(labels: Labels, frame_rate_hz: float | None) -> Iterator[dict[str, Any]]:
    who = {"layer": defused(labels.name), "author": defused(labels.author)}
    for place, (cell, onset, peak) in enumerate(labels.transients.tolist()):
        row = {"kind": TRANSIENT, "cell": cell, "onset_frame": onset, "peak_frame": peak, **who}
        if frame_rate_hz:
            row["onset_s"] = f"{onset / frame_rate_hz:.3f}"
            row["peak_s"] = f"{peak / frame_rate_hz:.3f}"
        if labels.info and labels.info[place]:
            row["info"] = json.dumps(labels.info[place], ensure_ascii=False)
        yield row
    for kind in KINDS:
        for cell, first, last in labels.spans[kind].tolist():
            yield {"kind": kind, "cell": cell, "first_frame": first, "last_frame": last, **who}


def read_labels(
    path: str | Path, n_cells: int | None = None, n_frames: int | None = None
) -> list[Labels]:
    """All layers of a file.

    ``n_cells`` and ``n_frames`` are those of the recording that the labels are for. Without them
    the head of the file counts, and without that the largest numbers in it.
    """
    path = require_file(path, "a file of labels")
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
    except (UnicodeDecodeError, OSError) as error:
        raise InputError("text in UTF-8", str(error)[:120], path) from error
    if "\0" in text:
        raise InputError("a table", "bytes of 0 in it", path, CUT_SHORT)
    head, table, n_head = _split(text)
    rows = _read_rows(table, n_head, path)
    facts = _read_head(head)
    said = facts.numbers.get("rows", 0)
    if len(rows) < said:
        hint = f"{CUT_SHORT}; if rows were removed on purpose, remove the line '# rows: {said}' too"
        raise InputError(f"the {said} rows that its head announces", f"{len(rows)}", path, hint)
    if facts.checksum and facts.checksum != _checksum(facts, rows):
        warnings.warn(
            f"{path}: its labels were changed after DeepCINAC wrote them (the checksum in its head "
            "does not fit); where this was not meant, export them again.",
            stacklevel=2,
        )
    size = _size(facts, rows, n_cells, n_frames, path)
    _check(rows, *size, path)
    return _layers(rows, facts.layers, size)


@dataclass
class _Row:
    """A row of the table and the line that it stands in."""

    line: int
    kind: str
    cell: int
    first: int
    last: int
    layer: str
    author: str
    info: dict[str, Any]


@dataclass
class _Head:
    """What the lines above the table say."""

    numbers: dict[str, int] = field(default_factory=dict)
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    checksum: str = ""


def _split(text: str) -> tuple[list[str], str, int]:
    """The lines of the head, the table after it, and how many lines were before the table."""
    lines = text.split("\n")
    n_head = 0
    while n_head < len(lines) and lines[n_head].lstrip(' "\r')[:1] in ("#", ""):
        n_head += 1
    return lines[:n_head], "\n".join(lines[n_head:]), n_head


def _read_head(lines: Sequence[str]) -> _Head:
    """Numbers and layers from lines such as "# cells: 300". What is not understood is a remark."""
    head = _Head()
    for line in lines:
        # A spreadsheet that saves the file may have put quotes around a line, or commas behind it.
        for text in (line, _unquoted(line)):
            name, _, value = text.strip(" \t\r\n").lstrip("# ").partition(":")
            value = value.strip(" ;,\t")
            with contextlib.suppress(ValueError):
                if name in ("cells", "frames", "rows") and int(value) > 0:
                    head.numbers[name] = int(value)
                    break
                if name == _CHECKSUM:
                    head.checksum = value
                    break
                if name == "layer":
                    content = parsed_json(value)
                    if isinstance(content, dict) and isinstance(content.get("name"), str):
                        head.layers[content["name"]] = content
                        break
    return head


def _unquoted(line: str) -> str:
    try:
        return ",".join(next(csv.reader([line]), []))
    except csv.Error:  # a damaged line is a remark
        return ""


def _read_rows(table: str, n_head: int, path: Path) -> list[_Row]:
    first_line = table.split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            found = ", ".join(name for name in names if name) or "an empty file"
            raise InputError(
                f"the columns {', '.join(REQUIRED)}", found, f"{path}, line {n_head + 1}"
            )
        rows = []
        line = n_head + reader.line_num + 1
        for values in reader:
            if any(value.strip() for value in values):
                row = dict(zip(names, (value.strip() for value in values), strict=False))
                rows.append(_read_row(row, line, path))
            line = n_head + reader.line_num + 1
    except csv.Error as error:
        place = f"{path}, line {n_head + reader.line_num}"
        raise InputError("a table with one row a line", str(error), place) from error
    return rows


def _read_row(row: dict[str, str], line: int, path: Path) -> _Row:
    where = f"{path}, line {line}"
    kind = row.get("kind") or TRANSIENT
    if kind not in (TRANSIENT, *KINDS):
        raise InputError(f"one of {', '.join((TRANSIENT, *KINDS))} as kind", _shown(kind), where)
    names = REQUIRED[1:] if kind == TRANSIENT else ("first_frame", "last_frame")
    cell, first, last = (_whole(row.get(name, ""), name, where) for name in ("cell", *names))
    try:
        info = parsed_json(row.get("info") or "{}")
    except ValueError as error:
        raise InputError("JSON as info", _shown(row["info"]), where) from error
    if not isinstance(info, dict):
        raise InputError("a JSON object as info", _shown(row["info"]), where)
    layer, author = (as_meant(row.get(name, "")) for name in ("layer", "author"))
    return _Row(line, kind, cell, first, last, layer, author, info)


def _whole(text: str, name: str, where: str) -> int:
    try:
        number = float(text)
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise InputError(f"a whole number as {name}", _shown(text), where)


def _shown(text: str) -> str:
    """What stands in a field, on one line and not too long."""
    words = " ".join(text.split())
    return f"'{words[:60]}'" if words else "nothing"


def _size(
    facts: _Head, rows: Sequence[_Row], n_cells: int | None, n_frames: int | None, path: Path
) -> tuple[int, int]:
    """Cells and frames: those asked for, which the head must not contradict."""
    found = []
    for name, wanted, largest in (
        ("cells", n_cells, max((row.cell for row in rows), default=0)),
        ("frames", n_frames, max((row.last for row in rows), default=0)),
    ):
        said = facts.numbers.get(name)
        if wanted is not None and said is not None and said != wanted:
            raise InputError(
                f"labels of a recording with {wanted} {name}", f"{said} {name}", path,
                "the labels seem to be of another recording",
            )  # fmt: skip
        found.append(wanted or said or max(largest, 0) + 1)
    return found[0], found[1]


def _check(rows: Sequence[_Row], n_cells: int, n_frames: int, path: Path) -> None:
    """Cells and frames that exist, and transients that do not overlap, by line."""
    for row in rows:
        where = f"{path}, line {row.line}"
        lowest = 0 if row.kind == TRANSIENT else WHOLE_FIELD
        if not lowest <= row.cell < n_cells:
            raise InputError(
                f"a cell from 0 to {n_cells - 1}", f"cell {row.cell}", where,
                "cells are counted from 0",
            )  # fmt: skip
        if not 0 <= row.first <= row.last < n_frames:
            raise InputError(
                f"frames from 0 to {n_frames - 1}, the first before the last",
                describe(row.first, row.last), where, "frames are counted from 0",
            )  # fmt: skip
    transients = [row for row in rows if row.kind == TRANSIENT]
    transients.sort(key=lambda row: (row.layer, row.cell, row.first, row.line))
    for one, two in zip(transients[:-1], transients[1:], strict=True):
        if (one.layer, one.cell) == (two.layer, two.cell) and two.first <= one.last:
            lines = sorted((one.line, two.line))
            raise InputError(
                "transients of a cell that do not overlap",
                f"{describe(one.first, one.last)} and {describe(two.first, two.last)} "
                f"of cell {one.cell}",
                f"{path}, lines {lines[0]} and {lines[1]}",
            )


def _layers(
    rows: Sequence[_Row], said: dict[str, dict[str, Any]], size: tuple[int, int]
) -> list[Labels]:
    """The layers in the order of the head, then of the rows; a file without names is one layer."""
    by_layer: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_layer[row.layer].append(row)
    layers = []
    for name in dict.fromkeys([*said, *by_layer] or [""]):
        own = by_layer.get(name, [])
        transients = [row for row in own if row.kind == TRANSIENT]
        about = said.get(name, {})
        authors = sorted({row.author for row in own if row.author})
        kind = str(about.get("kind") or "")
        layers.append(
            make_labels(
                *size,
                np.array([(r.cell, r.first, r.last) for r in transients]).reshape(-1, 3),
                {
                    kind: [(r.cell, r.first, r.last) for r in own if r.kind == kind]
                    for kind in KINDS
                },
                info=[row.info for row in transients] if any(r.info for r in transients) else (),
                name=name,
                author=str(about.get("author") or ", ".join(authors)),
                kind=kind_of_layer(kind),
                created=str(about.get("created") or ""),
                meta=about["meta"] if isinstance(about.get("meta"), dict) else {},
            )
        )
    return layers


LABELS_FORMS.add(__name__, LabelsForm(".csv", read_labels, write_labels, several_layers=True))
