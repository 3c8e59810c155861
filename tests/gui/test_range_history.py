"""Going back to what was looked at before."""

from __future__ import annotations

from deepcinac.gui.session.range_history import RangeHistory
from deepcinac.gui.session.topics import RANGE, SESSION
from deepcinac.gui.session.workspace import Workspace


class Looking(Workspace):
    """A workspace of which only the visible range matters."""

    def show_range(self, first: int, last: int) -> None:
        self.visible = (first, last)
        self.changed(RANGE)


def test_back_goes_from_view_to_view_and_a_drag_is_one_step() -> None:
    seconds = [0.0]
    work = Looking()
    work.visible = (0, 99)
    history = RangeHistory(work, clock=lambda: seconds[0])
    for at, first in ((10, 100), (20, 300), (20.1, 310), (20.2, 320)):
        seconds[0] = at
        work.show_range(first, first + 99)
    assert len(history) == 2  # the drag from 300 to 320 is one
    assert history.back()
    assert work.visible == (100, 199)
    assert history.back()
    assert work.visible == (0, 99)
    assert not history.back()


def test_another_session_begins_anew() -> None:
    work = Looking()
    history = RangeHistory(work, clock=lambda: 5.0)
    work.show_range(100, 199)
    assert len(history) == 1
    work.changed(SESSION)
    assert not history.back()
