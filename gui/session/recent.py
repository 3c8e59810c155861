"""What the start screen says of the sessions that were open last: where, when, how far. No Tk.

It is noted when a session is opened and when it is left, so that the start screen opens no file.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.files import cache_folder, written_atomically
from deepcinac.gui.drawing.contrast import automatic_limits, grey
from deepcinac.gui.drawing.viewport import clock
from deepcinac.gui.session.judged import judged_cells, n_transients
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace

FACTS = "recent_facts"
THUMBNAIL_PX = 192
"""Side of the kept picture: sharp at 192 dpi."""
LONGEST_PATH = 64


@dataclass(frozen=True)
class RecentSession:
    """A session of the list, with what was noted when it was left (empty where nothing was)."""

    path: Path
    there: bool
    when: str = ""
    movie: str = ""
    progress: str = ""
    place: str = ""

    @property
    def thumbnail(self) -> Path:
        """The picture of its field, which may not exist."""
        return thumbnail_of(self.path)

    @property
    def folder(self) -> str:
        """Where it is, short enough to read."""
        shown = short_path(self.path.parent)
        return shown if self.there else f"not found in {shown}"


def facts_of(work: Workspace) -> dict[str, Any]:
    """What to note of the session that is open."""
    session = work.session
    if session is None:
        return {}
    facts: dict[str, Any] = {
        "when": datetime.datetime.now().isoformat(timespec="seconds"),
        "movie": Path(session.recording.movie_absolute).name,
        "n_cells": work.n_cells,
        "n_frames": work.n_frames,
        "frame_rate_hz": work.frame_rate_hz,
        "cell": work.cell,
        "frame": work.frame,
        "n_reviewed": sum(state.reviewed for state in session.cell_states()),
    }
    if work.layer_id is not None:
        facts["n_transients"] = n_transients(work)
        facts["n_judged"] = len(judged_cells(work))
    return facts


def note(settings: SettingsStore, path: Path, facts: dict[str, Any]) -> None:
    """Keep what was noted of a session, and forget what is no longer in the list."""
    known = settings.get(FACTS, {})
    listed = {str(recent) for recent in settings.recent_sessions()}
    kept = {name: held for name, held in known.items() if name in listed}
    settings.set(FACTS, {**kept, str(path.absolute()): facts})


def recent_sessions(
    settings: SettingsStore, now: datetime.datetime | None = None
) -> list[RecentSession]:
    """The sessions of the list, the newest first."""
    known = settings.get(FACTS, {})
    found = []
    for path in settings.recent_sessions():
        facts = known.get(str(path), {})
        texts: dict[str, str] = {}
        with contextlib.suppress(
            KeyError, TypeError, ValueError
        ):  # a settings file of an older one
            texts = _in_words(facts, now or datetime.datetime.now())
        found.append(RecentSession(path, path.is_file(), **texts))
    return found


def _in_words(facts: dict[str, Any], now: datetime.datetime) -> dict[str, str]:
    n_cells, rate = int(facts["n_cells"]), float(facts["frame_rate_hz"])
    seconds = int(facts["n_frames"]) / rate
    length = f"{clock(seconds)} {'h' if seconds >= 3600 else 'min'}"
    n_transients, n_judged = int(facts.get("n_transients", 0)), int(facts.get("n_judged", 0))
    parts = [
        _counted(n_transients, "transient"),
        f"{_counted(n_judged, 'cell')} judged" if n_judged else "nothing judged yet",
        f"{int(facts['n_reviewed'])} of {n_cells} reviewed",
    ]
    return {
        "when": when_in_words(datetime.datetime.fromisoformat(facts["when"]), now),
        "movie": f"{facts['movie']}, {_counted(n_cells, 'cell')}, {length}",
        "progress": ", ".join(parts) if n_transients or n_judged else "Not labelled yet",
        "place": f"Left at cell {int(facts['cell'])}, {clock(int(facts['frame']) / rate)}",
    }


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def when_in_words(then: datetime.datetime, now: datetime.datetime) -> str:
    """A moment as people say it.

    >>> monday = datetime.datetime(2026, 11, 23, 9, 0)
    >>> [when_in_words(monday - datetime.timedelta(hours=h), monday) for h in (1, 16, 64, 400)]
    ['today, 08:00', 'yesterday, 17:00', 'Friday, 17:00', '6 November 2026']
    """
    days = (now.date() - then.date()).days
    time = f"{then:%H:%M}"
    if days <= 0:
        return f"today, {time}"
    if days == 1:
        return f"yesterday, {time}"
    return f"{then:%A}, {time}" if days < 7 else f"{then.day} {then:%B %Y}"


def short_path(path: Path, longest: int = LONGEST_PATH) -> str:
    """A path with ~ for the home folder, without its middle when it is long."""
    text = str(path)
    with contextlib.suppress(RuntimeError):  # nobody's home is known
        home = str(Path.home())
        if text == home or text.startswith(home + "/"):
            text = "~" + text[len(home) :]
    head, tail = longest // 3, longest - longest // 3 - 1
    return text if len(text) <= longest else f"{text[:head]}\u2026{text[-tail:]}"


def thumbnail_of(path: Path) -> Path:
    """Where the picture of a session's field is kept."""
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    return cache_folder() / "thumbnails" / f"{name}.png"


def write_thumbnail(path: Path, image: np.ndarray) -> None:
    """Keep a small square picture of the field (h, w) of a session."""
    from PIL import Image

    side = min(image.shape)
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = np.asarray(image[top : top + side, left : left + side], dtype=np.float32)
    shades = Image.fromarray(grey(square, *automatic_limits(square)))
    out = thumbnail_of(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    with written_atomically(out) as temporary:
        shades.resize((THUMBNAIL_PX, THUMBNAIL_PX)).save(temporary, format="PNG")
