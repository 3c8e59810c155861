"""The window's own jobs, each in a process of its own: ``deepcinac worker FILE``. No Tk.

What takes long or may break on a damaged file is never done in the window's process. One function
per kind of request; each imports what it needs, so that a light job starts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepcinac.gui.jobs.requests import (
    DrawView,
    FindMissing,
    MakePreview,
    MakeQueue,
    MeasureFits,
    PrepareSession,
    ReadLabels,
    Request,
    SuggestTypes,
    read_request,
)
from deepcinac.progress import Progress


def run(path: str | Path, progress: Progress) -> list[str]:
    """Do the job of a file; returns what was done, a line each."""
    request = read_request(path)
    return JOBS[type(request)](request, progress)


def _prepare(request: PrepareSession, progress: Progress) -> list[str]:
    from deepcinac.opening import open_recording

    with open_recording(request.session, progress=progress) as recording:
        _ = recording.movie  # makes the working copy of a movie that is slow to read at random
        folder = recording.traces_with_images.folder
    return [f"{request.session}: traces and images are in {folder}"]


def _make_preview(request: MakePreview, progress: Progress) -> list[str]:
    from deepcinac.gui.jobs.preview import make_preview

    make_preview(request.movie, request.cells, Path(request.out), progress, request.options)
    return []


def _make_queue(request: MakeQueue, progress: Progress) -> list[str]:
    from deepcinac.gui.jobs.review import make_queue
    from deepcinac.settings import checked

    settings = checked(request.settings)
    n_items = make_queue(request.session, request.out, settings, progress)
    return [f"{request.out}: {n_items} items to review"]


def _read_labels(request: ReadLabels, _progress: Progress) -> list[str]:
    from deepcinac.gui.jobs.label_import import import_into_copy

    accepted = None if request.leave_out else request.accepted
    return import_into_copy(request.session, Path(request.labels), Path(request.copy), accepted)


def _suggest_types(request: SuggestTypes, progress: Progress) -> list[str]:
    from deepcinac.gui.jobs.type_suggestions import make_suggestions

    return [make_suggestions(request.session, request.out, request.classifier, progress)]


def _measure_fits(request: MeasureFits, progress: Progress) -> list[str]:
    from deepcinac.files import write_json
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.opening import open_recording
    from deepcinac.tasks.activity.fit import fits_recording

    with open_recording(request.session, progress=progress) as recording:
        found = {
            path: [vars(fit) for fit in fits_recording(find_classifier(path).card, recording)]
            for path in request.classifiers
        }
    write_json(request.out, found)
    return [f"{request.out}: {len(found)} classifiers"]


def _find_missing(request: FindMissing, progress: Progress) -> list[str]:
    from deepcinac.inputs.missing_cells import find_missing_cells, save_proposals
    from deepcinac.opening import open_recording

    with open_recording(request.session, progress=progress) as recording:
        found = find_missing_cells(
            recording.movie,
            recording.cells,
            recording.frame_rate_hz,
            recording.pixel_size_um,
            progress,
        )
    save_proposals(request.out, found)
    return [f"{request.out}: {len(found)} proposals"]


def _draw_view(request: DrawView, _progress: Progress) -> list[str]:
    from deepcinac.gui.jobs.figure import draw_view

    draw_view(request.session, Path(request.out), request.view)
    return [f"{request.out}: the view of cell {request.view.cell}"]


JOBS: dict[type[Request], Callable[[Any, Progress], list[str]]] = {
    PrepareSession: _prepare,
    MakePreview: _make_preview,
    MakeQueue: _make_queue,
    ReadLabels: _read_labels,
    SuggestTypes: _suggest_types,
    MeasureFits: _measure_fits,
    FindMissing: _find_missing,
    DrawView: _draw_view,
}
