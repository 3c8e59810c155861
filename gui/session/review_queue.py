"""The review queue as the window walks through it; :mod:`deepcinac.gui.jobs.review` makes it. No Tk."""

from __future__ import annotations

from deepcinac.gui.session.topics import LABELS, QUEUE, SESSION
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling import transients
from deepcinac.labelling.corrections import ACCEPTED, LEFT, REJECTED, answer, answer_text
from deepcinac.labelling.review import REVIEWED, ReviewItem

ROOM = 0.35
"""Share of the view that an item fills when it is shown, at most."""
KIND_NAMES = {
    "experts": "experts",
    "classifier": "classifier",
    "source": "light",
    "uncertain": "unsure",
    "control": "random",
}


class ReviewQueue:
    """The list, where we are in it, and what accept and reject do.

    ``ranked`` is the list by urgency; ``items`` is what we walk through: the same, or by cell and time.
    ``index`` is -1 before the first item; ``decided`` holds what was done with an item's place, read
    from the marks of the session, so that undo takes a verdict back like everything else.
    """

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self.ranked: list[ReviewItem] = []
        self.items: list[ReviewItem] = []
        self.by_time = False
        self.index = -1
        self.decided: dict[int, str] = {}
        work.observe(self._work_changed)

    @property
    def current(self) -> ReviewItem | None:
        """The item we are at."""
        return self.items[self.index] if 0 <= self.index < len(self.items) else None

    def load(self, items: list[ReviewItem]) -> None:
        """Begin with a new list."""
        self.ranked, self.index = items, -1
        self._put_in_order()

    def order(self, by_time: bool) -> None:
        """Walk cell by cell in order of time, or by urgency; what is asked about stays."""
        current, self.by_time = self.current, by_time
        with self._work.changing():
            self._put_in_order()
            if current is not None:
                self.index = self.items.index(current)

    def _put_in_order(self) -> None:
        by_place = sorted(self.ranked, key=lambda item: (item.cell, item.first))
        self.items = by_place if self.by_time else list(self.ranked)
        self.decided = self._verdicts()
        self._work.changed(QUEUE)

    def _work_changed(self, topics: frozenset[str]) -> None:
        if self.items and topics & {LABELS, SESSION}:
            found = self._verdicts()
            if found != self.decided:
                self.decided = found
                self._work.changed(QUEUE)

    def _verdicts(self) -> dict[int, str]:
        """What the session says was answered: place in the list -> accepted, rejected or done."""
        session = self._work.session
        if session is None or not self.items:
            return {}
        marks = {(m.cell, m.onset, m.peak): m.note for m in session.marks(REVIEWED)}
        places = ((i, (item.cell, item.first, item.last)) for i, item in enumerate(self.items))
        return {place: marks[key] for place, key in places if key in marks}

    @property
    def is_in_view(self) -> bool:
        """Whether what is asked about is on the screen: its cell, and any of its frames."""
        item, work = self.current, self._work
        return (
            item is not None and item.cell == work.cell and work.is_visible(item.first, item.last)
        )

    def place_of_playhead(self) -> tuple[int, int] | None:
        """The frames that are asked about, while the playhead is in them."""
        item, work = self.current, self._work
        if item is None or item.cell != work.cell or not item.first <= work.frame <= item.last:
            return None
        return item.first, item.last

    def clear(self) -> None:
        """Forget the list."""
        self.load([])

    def go_to(self, index: int) -> None:
        """Show an item: its cell, its frames, and room around them."""
        if not 0 <= index < len(self.items):
            return
        self.index = index
        item = self.items[index]
        with self._work.changing():
            self._work.go_to_cell(item.cell)
            known = transients.index_at(self._work.transients(), item.first)
            self._work.select(None if known is None else int(self._work.transients()[known, 0]))
            first, last = self._work.visible
            length = max(last - first + 1, round((item.last - item.first + 1) / ROOM))
            middle = (item.first + item.last) // 2
            self._work.show_range(middle - length // 2, middle - length // 2 + length - 1)
            self._work.go_to_frame(item.first, reveal=False)
            self._work.changed(QUEUE)

    def step(self, direction: int) -> bool:
        """Go to the next (1) or previous (-1) item that is not decided; False at the end."""
        index = self.index + direction
        while 0 <= index < len(self.items) and index in self.decided:
            index += direction
        if not 0 <= index < len(self.items):
            return False
        self.go_to(index)
        return True

    def accept(self) -> bool:
        """There is a transient: add it unless there is one already; then the next item."""
        return self._decide(ACCEPTED)

    def reject(self) -> bool:
        """There is none: remove what we have there; then the next item."""
        return self._decide(REJECTED)

    def skip(self) -> bool:
        """Leave everything as it is; then the next item."""
        return self._decide(LEFT)

    def doubt(self) -> bool:
        """Nobody can tell: its frames become doubtful, and nothing else changes; then the next item."""
        return self._decide(LEFT, doubtful=True)

    def _decide(self, word: str, doubtful: bool = False) -> bool:
        item, work = self.current, self._work
        session = work.session
        if item is None or session is None or not self.is_in_view:
            return False
        with work.changing():
            with session.group(answer_text(item, word)):
                unchanged = word == LEFT and not doubtful
                layer = work.layer_id if unchanged else work.require_layer()
                answer(session, layer, item, word, work.prediction_layer)
                if doubtful:
                    session.add_span(
                        work.require_layer(), item.cell, "doubtful", item.first, item.last
                    )
            self.decided = {**self.decided, self.index: word}
            work.edited(LABELS)
            work.changed(QUEUE)
            return self.step(1)
