"""A ``.cinac`` file into a session: its labels as a layer, the cells' types and validity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.formats.cinac import (
    CinacFile,
    cell_types_in,
    cells_in,
    cut_transients,
    labels_in,
    read_cinac,
)
from deepcinac.formats.same_cells import counted, n_renumbered, numbers_in, some
from deepcinac.labelling.layer_labels import Labels, add_labels
from deepcinac.labelling.session import Session


def import_cinac(
    session: Session,
    path: str | Path,
    name: str | None = None,
    author: str = "",
    kind: str = "expert",
) -> list[str]:
    """Read a file whole, add its labels as a new layer, and say what was done, a line each.

    Types are given to cells that have none; cells that the file calls invalid become so. All of
    it is one step of undo.
    """
    content = read_cinac(path)
    n_frames = session.recording.n_frames
    if content.n_frames is not None and content.n_frames != n_frames:
        found = f"{content.n_frames} frames"
        hint = "the labels seem to be of another recording"
        raise InputError(f"labels of {n_frames} frames", found, content.path, hint)
    numbers, remarks = _numbers(session, content)
    n_own = len(numbers) if numbers is not None else session.n_cells
    labels = labels_in(content, n_own, n_frames)
    n_cut = cut_transients(labels)
    if numbers is not None:
        labels = _renumbered(labels, numbers, session.n_cells)
    number_of = numbers if numbers is not None else np.arange(session.n_cells)
    labels = replace(
        labels,
        name=name or labels.name,
        author=author,
        kind=kind,
        meta={"imported_from": content.path.name},
    )
    return add_content(session, content, labels, number_of, remarks, n_cut)


def add_content(
    session: Session,
    content: CinacFile,
    labels: Labels,
    numbers: np.ndarray,
    remarks: list[str],
    n_cut: int,
) -> list[str]:
    """Labels as a new layer, types and invalid cells, in one step; ``numbers`` are the session's.

    What was done comes back, a line each, with the ``remarks`` after the first.
    """
    with session.group(f"import {content.path.name}"):
        layer = add_labels(session, labels)
        types = _set_types(session, content, numbers)
        invalid = _set_invalid(session, content, numbers)
    return [_summary(layer.name, labels), *remarks, *types, *invalid, *_warnings(labels, n_cut)]


def _summary(layer: str, labels: Labels) -> str:
    spans = labels.spans
    n_frames = int((spans["labelled"][:, 2] - spans["labelled"][:, 1] + 1).sum())
    return (
        f"layer {layer} ({labels.kind}), {counted(len(labels.transients), 'transient')} in "
        f"{counted(len(spans['labelled']), 'judged stretch', 'es')} "
        f"({counted(n_frames, 'frame')} of "
        f"{counted(len(np.unique(spans['labelled'][:, 0])), 'cell')}), "
        f"{len(spans['doubtful'])} doubtful"
    )


def _warnings(labels: Labels, n_cut: int) -> list[str]:
    lines = [
        "a .cinac file holds active frames, not onsets and peaks: transients that followed each "
        "other without a gap are one here (split them where it matters)"
    ]
    if n_cut:
        lines.append(f"{counted(n_cut, 'transient')} at the edge of a judged stretch may be cut")
    return lines if len(labels.transients) else []


def _numbers(session: Session, content: CinacFile) -> tuple[np.ndarray | None, list[str]]:
    """Which cell of the session each cell of the file is, by their outlines; None: the same."""
    cells = session.cells()
    if content.outlines is None:
        return None, ["no outlines in the file: its cells were taken by their numbers"]
    own = cells_in(content, (cells.height, cells.width))
    hint = f"make the session from this file: deepcinac create --from {content.path.name}"
    needed = {segment.cell for segment in content.segments}
    numbers = numbers_in(cells, own, needed, content.path, hint)
    n_moved = n_renumbered(numbers)
    if not n_moved and len(own) == len(cells):
        return None, []
    text = f"{counted(n_moved, 'cell')} with another number here, found by the outline"
    return numbers, [text] if n_moved else []


def _renumbered(labels: Labels, numbers: np.ndarray, n_cells: int) -> Labels:
    """Labels under the numbers of the session; cells that it lacks have no labels."""
    return labels.renumbered(np.where(numbers < 0, 0, numbers), n_cells)


def _set_types(session: Session, content: CinacFile, numbers: np.ndarray) -> list[str]:
    given, kept = 0, []
    for own, name in cell_types_in(content).items():
        cell = int(numbers[own])
        present = session.cell_state(cell).type
        if present is None:
            if name not in session.cell_types():
                session.add_cell_type(name)
            session.set_cell_type(cell, name)
            given += 1
        elif present != name:
            kept.append(cell)
    lines = [f"type given to {counted(given, 'cell')}"] if given else []
    if kept:
        lines.append(
            f"other type kept that was given here: {counted(len(kept), 'cell')} ({some(kept)})"
        )
    return lines


def _set_invalid(session: Session, content: CinacFile, numbers: np.ndarray) -> list[str]:
    if content.invalid is None:
        return []
    cells = [int(numbers[own]) for own in np.flatnonzero(content.invalid) if own < len(numbers)]
    changed = [cell for cell in cells if cell >= 0 and session.cell_state(cell).valid]
    for cell in changed:
        session.set_valid(cell, False)
    return [f"made invalid: {counted(len(changed), 'cell')} ({some(changed)})"] if changed else []
