"""The stretches that were looked at, to go back to. No Tk."""

from __future__ import annotations

import time
from collections.abc import Callable

from deepcinac.gui.session.topics import RANGE, SESSION
from deepcinac.gui.session.workspace import Workspace

TOGETHER_S = 0.7
"""Changes that follow each other so quickly are one: the turns of a wheel, a drag."""
MOST_KEPT = 200


class RangeHistory:
    """Remembers the visible ranges of a workspace; :meth:`back` shows the one before."""

    def __init__(self, work: Workspace, clock: Callable[[], float] = time.monotonic) -> None:
        self._work, self._clock = work, clock
        self._ranges: list[tuple[int, int]] = []
        self._shown = work.visible
        self._changed_at = -TOGETHER_S
        work.observe(self._work_changed)

    def __len__(self) -> int:
        return len(self._ranges)

    def back(self) -> bool:
        """Show the range before; False when there is none."""
        if not self._ranges:
            return False
        wanted = self._ranges.pop()
        kept = list(self._ranges)
        self._work.show_range(*wanted)
        self._ranges, self._changed_at = kept, -TOGETHER_S
        return True

    def _work_changed(self, topics: frozenset[str]) -> None:
        if SESSION in topics:
            self._ranges.clear()
        elif RANGE in topics and self._work.visible != self._shown:
            now = self._clock()
            if now - self._changed_at >= TOGETHER_S:
                self._ranges = [*self._ranges, self._shown][-MOST_KEPT:]
            self._changed_at = now
        self._shown = self._work.visible
