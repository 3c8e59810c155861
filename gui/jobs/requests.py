"""What the window asks of its own processes: one record per kind of job, written as JSON.

The window writes a record into the job's folder and starts ``deepcinac worker FILE``;
:mod:`deepcinac.gui.jobs.worker` reads it and does the work. No Tk.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json
from deepcinac.formats.choices import CellOptions
from deepcinac.labelling.review import ReviewSettings
from deepcinac.settings import from_mapping

FILE_NAME = "request.json"


class Request:
    """A job that a process of its own can do."""


@dataclass(frozen=True)
class PrepareSession(Request):
    """Make the traces and images of a session, and a working copy of its movie."""

    session: str


@dataclass(frozen=True)
class MakePreview(Request):
    """Look at a movie and its cells before a session is made of them."""

    movie: str
    cells: str
    out: str
    options: CellOptions = field(default_factory=CellOptions)


@dataclass(frozen=True)
class MakeQueue(Request):
    """List what is worth reviewing in a session."""

    session: str
    out: str
    settings: ReviewSettings = field(default_factory=ReviewSettings)


@dataclass(frozen=True)
class ReadLabels(Request):
    """Bring the labels of another program's file into a copy of a session.

    ``accepted``: the questions that were answered with yes; ``leave_out``: leave out what is asked about.
    """

    session: str
    labels: str
    copy: str
    accepted: tuple[str, ...] = ()
    leave_out: bool = False


@dataclass(frozen=True)
class SuggestTypes(Request):
    """Suggest cell types, with a classifier's file or with what the session's own cells teach."""

    session: str
    out: str
    classifier: str | None = None


@dataclass(frozen=True)
class MeasureFits(Request):
    """Say of classifiers (folders) whether they suit a session, by its signal too."""

    session: str
    classifiers: tuple[str, ...]
    out: str


@dataclass(frozen=True)
class FindMissing(Request):
    """Look for cells without a mask in the movie of a session."""

    session: str
    out: str


@dataclass(frozen=True)
class ViewToDraw:
    """The part of a session that a figure shows; ``lanes`` are the layers beside it."""

    cell: int
    visible: tuple[int, int]
    layer: int | None
    prediction: int | None
    threshold: float
    traces: tuple[str, ...]
    lanes: tuple[int, ...] = ()


@dataclass(frozen=True)
class DrawView(Request):
    """Draw a view of a session as a figure."""

    session: str
    out: str
    view: ViewToDraw


KINDS: dict[str, type[Request]] = {
    kind.__name__: kind
    for kind in (
        PrepareSession,
        MakePreview,
        MakeQueue,
        ReadLabels,
        SuggestTypes,
        MeasureFits,
        FindMissing,
        DrawView,
    )
}


def write_request(folder: Path, request: Request) -> Path:
    """Write a request into a job's folder; returns the file."""
    path = folder / FILE_NAME
    values = dataclasses.asdict(request)  # type: ignore[call-overload]
    write_json(path, {"job": type(request).__name__, **values})
    return path


def read_request(path: str | Path) -> Request:
    """The request of a file; an InputError where it holds none."""
    content = read_json(path)
    try:
        values = dict(content)
        kind = KINDS[values.pop("job")]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("a job of the window", "something else", path) from error
    return from_mapping(kind, values, path)
