"""What an edit that is not yet on disk changes in the traces of one cell. No Tk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

WHOLE_FIELD = -1
"""The "cell" of spans that concern every cell."""


@dataclass(frozen=True)
class UnsavedMark:
    """``kind``: "transient", "labelled", "doubtful" or "movement"; both frames are included."""

    kind: str
    first: int
    last: int
    is_removed: bool = False


def unsaved_marks(
    changes: Iterable[dict[str, Any]], layer_id: int | None, cell: int
) -> list[UnsavedMark]:
    """The transients and spans of a cell in a layer that are added, changed or removed.

    ``changes`` are those of :class:`deepcinac.labelling.history.Edit`.

    >>> key = {"layer_id": 1, "cell": 5, "onset": 30}
    >>> unsaved_marks([{"table": "transients", "key": key, "after": {"peak": 36}}], 1, 5)
    [UnsavedMark(kind='transient', first=30, last=36, is_removed=False)]
    """
    ends = {"transients": ("onset", "peak"), "spans": ("first", "last")}
    found = []
    for change in changes:
        key, after = change["key"], change["after"]
        if change["table"] not in ends or key["layer_id"] != layer_id:
            continue
        if key["cell"] not in (cell, WHOLE_FIELD):
            continue
        first, last = ends[change["table"]]
        row = after if after is not None else change["before"]
        kind = key.get("kind", "transient")
        found.append(UnsavedMark(kind, int(key[first]), int(row[last]), after is None))
    return found
