"""Making the review queue: a job, because it reads the movie and every prediction. No Tk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import cache_folder, read_json, write_json
from deepcinac.labelling.review import ReviewItem, ReviewSettings, queue_of_session
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, silent
from deepcinac.recording.profiles import SourceProfiles


def make_queue(
    session_path: str | Path,
    out: str | Path,
    settings: ReviewSettings,
    progress: Progress = silent,
) -> int:
    """Write the review queue of a session as JSON; returns the number of items."""
    with open_recording(session_path, progress=progress) as recording:
        judge = SourceProfiles(
            recording.movie, recording.cells, recording.traces.raw, recording.frame_rate_hz
        ).judge
        session = recording.require_session()
        items = queue_of_session(session, settings=settings, judge=judge)
    write_queue(out, items)
    return len(items)


def write_queue(path: str | Path, items: Sequence[ReviewItem]) -> None:
    """The items as JSON."""
    write_json(path, [asdict(item) for item in items])


def kept_queue(session_id: str) -> Path:
    """Where the queue of a session waits until the session is opened again."""
    return cache_folder() / "queues" / f"{session_id}.json"


def read_queue(path: str | Path) -> list[ReviewItem]:
    """The items of a file of :func:`make_queue`."""
    content = read_json(path)
    try:
        return [ReviewItem(**{**row, "kinds": tuple(row["kinds"])}) for row in content]
    except (TypeError, KeyError) as error:
        raise InputError("a review queue", "something else", path) from error
