"""The review queue as the window walks through it. No Tk.

Making the list reads the movie and every prediction, so it is a job of its own
(``deepcinac gui --queue OUT SESSION``); the window reads its file.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json
from deepcinac.gui.session import data
from deepcinac.gui.session.workspace import LABELS, QUEUE, Workspace
from deepcinac.labelling import transients
from deepcinac.labelling.review import REVIEWED, ReviewItem, ReviewSettings, queue_of_session
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, silent
from deepcinac.recording.movie import open_movie
from deepcinac.recording.profiles import SourceProfiles

ROOM = 0.35
"""Share of the view that an item fills when it is shown, at most."""
UNSURE = (0.25, 0.65)
"""As in DeepCINAC 1."""
KIND_NAMES = {
    "experts": "experts",
    "classifier": "classifier",
    "source": "light",
    "uncertain": "unsure",
    "control": "random",
}


def make_queue(
    session_path: str | Path,
    out: str | Path,
    threshold: float,
    unsure: tuple[float, float] = UNSURE,
    progress: Progress = silent,
) -> int:
    """Write the review queue of a session as JSON; returns the number of items.

    ``unsure``: between these the highest probability of a transient is one to ask about.
    """
    settings = ReviewSettings(threshold, uncertain_from=unsure[0], uncertain_to=unsure[1])
    data.prepare(session_path, progress)
    with Session.open(session_path, read_only=True) as session:
        known = data.open_data(session)
        judge = None
        with open_movie(session.movie_address(), progress=progress) as movie:
            if known is not None:
                judge = SourceProfiles(
                    movie, session.cells(), known.raw, session.recording.frame_rate_hz
                ).judge
            items = queue_of_session(session, settings=settings, judge=judge)
    write_json(out, [asdict(item) for item in items])
    return len(items)


def read_queue(path: str | Path) -> list[ReviewItem]:
    """The items of a file of :func:`make_queue`."""
    content = read_json(path)
    try:
        return [ReviewItem(**{**row, "kinds": tuple(row["kinds"])}) for row in content]
    except (TypeError, KeyError) as error:
        raise InputError("a review queue", "something else", path) from error


class ReviewQueue:
    """The list, where we are in it, and what accept and reject do.

    ``index`` is -1 before the first item; ``decided`` holds what was done with an item's place.
    """

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self.items: list[ReviewItem] = []
        self.index = -1
        self.decided: dict[int, str] = {}

    @property
    def current(self) -> ReviewItem | None:
        """The item we are at."""
        return self.items[self.index] if 0 <= self.index < len(self.items) else None

    def load(self, items: list[ReviewItem]) -> None:
        """Begin with a new list."""
        self.items, self.index, self.decided = items, -1, {}
        self._work.changed(QUEUE)

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
            self._work.select(None)  # or the profiles would go on judging another transient
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
        return self._decide("accepted", self._add)

    def reject(self) -> bool:
        """There is none: remove what we have there; then the next item."""
        return self._decide("rejected", self._remove)

    def skip(self) -> bool:
        """Leave everything as it is; then the next item."""
        return self._decide("done", lambda *_: None)

    def _decide(self, word: str, edit: Any) -> bool:
        item, session = self.current, self._work.session
        if item is None or session is None:
            return False
        frames = transients.describe(item.first, item.last)
        with self._work.changing():
            self._work.go_to_cell(item.cell)
            with session.group(f"review: {word}, cell {item.cell}, {frames}"):
                edit(session, item)
                session.add_mark(item.cell, item.first, item.last, REVIEWED, word)
            self.decided[self.index] = word
            self._work.edited(LABELS)
            self._work.changed(QUEUE)
            return self.step(1)

    def _add(self, session: Session, item: ReviewItem) -> None:
        layer = self._work.require_layer()
        known = session.transients(layer, item.cell)
        if not transients.overlapping(known, item.first, item.last).any():
            session.add_transient(layer, item.cell, item.first, item.last)

    def _remove(self, session: Session, item: ReviewItem) -> None:
        layer = self._work.require_layer()
        known = session.transients(layer, item.cell)
        if transients.overlapping(known, item.first, item.last).any():
            session.remove_transients(layer, item.cell, item.first, item.last)
