"""An edit is on the screen at once, dashed, and solid when it is on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcinac.gui.drawing.unsaved import UnsavedMark, unsaved_marks
from helpers import window_tools as tools

pytestmark = pytest.mark.window

Open = Callable[..., Any]


def test_marks_are_of_this_cell_in_this_layer() -> None:
    def change(table: str, key: dict[str, Any], **rows: Any) -> dict[str, Any]:
        return {"table": table, "key": {"layer_id": 1, **key}, "before": None, **rows}

    changes = [
        change("transients", {"cell": 5, "onset": 30}, after={"peak": 36}),
        change("transients", {"cell": 6, "onset": 40}, after={"peak": 46}),
        change("transients", {"cell": 5, "onset": 50}, before={"peak": 56}, after=None),
        change("spans", {"cell": -1, "kind": "movement", "first": 70}, after={"last": 79}),
        change("spans", {"cell": 5, "kind": "doubtful", "first": 8, "layer_id": 2}, after={}),
    ]
    assert unsaved_marks(changes, 1, 5) == [
        UnsavedMark("transient", 30, 36),
        UnsavedMark("transient", 50, 56, is_removed=True),
        UnsavedMark("movement", 70, 79),
    ]


def test_a_label_is_drawn_before_it_is_saved(open_app: Open) -> None:
    app = tools.demo(open_app())
    app.work.snap = False
    canvas, seen = app.main.traces.canvas, []
    show = app.work.session.on_unsaved

    def watch(changes: list[Any]) -> None:
        show(changes)
        seen.append([canvas.bbox(item) for item in canvas.find_withtag("unsaved")])

    app.work.session.on_unsaved = watch
    app.work.require_layer()
    first, last = app.work.visible
    app.labeller.add(first + 100, first + 109)
    (frame,) = seen[-1]
    axis = app.main.traces.axis
    assert frame[0] == pytest.approx(axis.x(first + 99.5), abs=3)
    assert frame[2] == pytest.approx(axis.x(first + 109.5), abs=3)
    tools.settle(app.root)
    assert not canvas.find_withtag("unsaved")

    app.work.select(first + 100)
    app.labeller.erase_selected()
    assert len(seen[-1]) == 2  # struck out
    show([])
    assert not canvas.find_withtag("unsaved")
