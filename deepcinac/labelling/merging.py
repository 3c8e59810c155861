"""Several session files of one recording become one, and nobody's label is lost.

Cells are recognised by their footprints (:mod:`deepcinac.labelling.matching_cells`). Every layer of
every file is kept; layers that two files share (a file that was copied and handed on) are kept
once when they hold the same, and side by side, named after their files, when they differ. The
order in which the files are named makes no difference: the oldest file gives the cells their
numbers and outlines.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.layer_labels import Labels, add_labels, read_labels
from deepcinac.labelling.matching_cells import unite_cells
from deepcinac.labelling.provenance import Opening, Provenance
from deepcinac.labelling.session import CellState, Mark, Session
from deepcinac.labelling.signal_store import RECORDING_ARRAYS
from deepcinac.recording.cells import Cells
from deepcinac.results import FileReference, Result, Results
from deepcinac.results.footprint_matching import renumbered
from deepcinac.results.result import footprint_keys


@dataclass(frozen=True, eq=False)
class MergedLayer:
    """A layer on its way into the merged file.

    ``results``: those of a program, with the numbers of the cells there; None for a layer of people.
    """

    labels: Labels
    file: str
    results: Results | None = None

    def digest(self) -> str:
        """The same for two layers that say the same."""
        labels = self.labels
        content = hashlib.sha256(f"{labels.kind}|{labels.author}".encode())
        content.update(labels.transients.tobytes())
        for kind, spans in sorted(labels.spans.items()):
            content.update(kind.encode() + spans.tobytes())
        content.update(json.dumps(labels.info, sort_keys=True).encode())
        for item in self.results or ():
            content.update(f"{item.kind}|{item.dims}|{item.units}|{item.maker.identity}".encode())
            content.update(repr((sorted(item.remarks.items()), dict(item.labels))).encode())
            content.update(item.require_cells().tobytes() if item.cells is not None else b"")
            is_file = isinstance(item.values, FileReference)
            content.update(repr(item.values).encode() if is_file else item.array.tobytes())
        return content.hexdigest()


def merge_sessions(paths: Sequence[str | Path], out: str | Path) -> Session:
    """Write a new session ``out`` with everything that the sessions at ``paths`` hold.

    The files are only read. They must be of one movie (the same content), which must be there.
    Returns the new session, open for writing.
    """
    if len(paths) < 2:
        raise InputError("at least two session files to merge", f"{len(paths)}")
    sessions: list[Session] = []
    try:
        for path in paths:
            sessions.append(Session.open(path, read_only=True))
        sessions.sort(key=_age)
        _require_one_recording(sessions)
        return _merge(sessions, Path(out))
    finally:
        for session in sessions:
            session.close()


def _merge(sessions: Sequence[Session], out: Path) -> Session:
    cells, numbers = unite_cells([session.cells() for session in sessions])
    layers = distinct_layers(
        [
            layer
            for session, number in zip(sessions, numbers, strict=True)
            for layer in _layers_of(session, number, len(cells))
        ]
    )
    recording = sessions[0].recording
    merged = Session.create(
        out,
        _movie_address(sessions),
        (recording.n_frames, recording.height, recording.width),
        cells,
        recording.frame_rate_hz,
        recording.pixel_size_um,
    )
    try:
        with merged.group(f"merge {', '.join(session.path.name for session in sessions)}"):
            for layer in layers:
                _add_layer(merged, layer)
            _add_cell_states(merged, sessions, numbers)
            _add_marks(merged, sessions, numbers)
            _add_recording(merged, sessions)
    except BaseException:
        merged.close()
        out.unlink(missing_ok=True)
        raise
    return merged


def _age(session: Session) -> tuple[str, str, str, str]:
    """What the files are sorted by: the oldest first, then anything that does not depend on names."""
    meta = session.meta()
    footprints = hashlib.sha256()
    for cell in session.cells().cells:
        footprints.update(cell.ypix.tobytes() + cell.xpix.tobytes() + cell.weight.tobytes())
    identity = meta.get("created", ""), meta.get("session_id", "")
    return (*identity, footprints.hexdigest(), session.path.name)


def _require_one_recording(sessions: Sequence[Session]) -> None:
    first = sessions[0]
    for other in sessions[1:]:
        one, two = first.recording, other.recording
        if (one.movie_bytes, one.fingerprint, one.dataset) != (
            two.movie_bytes,
            two.fingerprint,
            two.dataset,
        ):
            raise InputError(
                f"sessions of one movie ({Path(one.movie_absolute).name} in {first.path})",
                f"another movie ({Path(two.movie_absolute).name})",
                other.path,
                "if it shows the same recording, link both files to the same movie first",
            )
        if one.frame_rate_hz != two.frame_rate_hz or one.pixel_size_um != two.pixel_size_um:
            raise InputError(
                f"{one.frame_rate_hz:g} Hz and {one.pixel_size_um:g} um as in {first.path}",
                f"{two.frame_rate_hz:g} Hz and {two.pixel_size_um:g} um",
                other.path,
                "correct the rates of one of them first",
            )


def _movie_address(sessions: Sequence[Session]) -> str:
    """Where one of the files still finds its movie."""
    for session in sessions[1:]:
        try:
            return session.movie_address()
        except InputError:
            continue
    return sessions[0].movie_address()


def _layers_of(session: Session, number: np.ndarray, n_cells: int) -> list[MergedLayer]:
    """All layers of a session, with the cells' numbers in the merged file."""
    found = []
    for layer in session.layers():
        labels = read_labels(session, layer.id).renumbered(number, n_cells)
        results = None
        if layer.kind not in LABEL_KINDS and session.result_kinds(layer.id):
            results = session.results(layer.id)
            items = tuple(_under_numbers(item, number) for item in results)
            results = replace(results, items=items)
        found.append(MergedLayer(labels, session.path.stem, results))
    return found


def _under_numbers(item: Result, number: np.ndarray) -> Result:
    """A result under other numbers of the cells, in their order; the outlines may be another file's."""
    if item.cells is None:
        return item
    moved = replace(renumbered(item, number[item.cells]), footprints=None)
    if "cell" not in moved.dims:
        return replace(moved, cells=np.sort(moved.require_cells()))
    order = np.argsort(moved.require_cells(), kind="stable")
    values = np.take(moved.array, order, axis=moved.dims.index("cell"))
    return replace(moved, values=values, cells=moved.require_cells()[order])


def distinct_layers(layers: Sequence[MergedLayer]) -> list[MergedLayer]:
    """Each layer once, all with different names, whatever the order they came in.

    Layers of one name that differ get the names of their files; what is still the same then is
    numbered.
    """
    by_name: dict[str, dict[str, MergedLayer]] = defaultdict(dict)
    for layer in sorted(layers, key=lambda one: (one.labels.created, one.file)):
        by_name[layer.labels.name].setdefault(layer.digest(), layer)
    taken = {name for name, versions in by_name.items() if len(versions) == 1}
    kept = [one for versions in by_name.values() if len(versions) == 1 for one in versions.values()]
    for name, versions in sorted(by_name.items()):
        if len(versions) == 1:
            continue
        for _, layer in sorted(versions.items(), key=lambda entry: (entry[1].file, entry[0])):
            own = _free_name(f"{name} ({layer.file})", taken)
            taken.add(own)
            kept.append(replace(layer, labels=replace(layer.labels, name=own)))
    return sorted(kept, key=lambda one: (one.labels.created, one.labels.name))


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _add_layer(merged: Session, layer: MergedLayer) -> None:
    """Put a layer in, with a note of where it comes from."""
    origin = {"merged_from": layer.file, "created": layer.labels.created}
    labels = replace(layer.labels, meta={**origin, **layer.labels.meta})
    if layer.results is None:
        add_labels(merged, labels)
        return
    cells = merged.cells()
    items = tuple(
        item if item.cells is None else replace(item, footprints=footprint_keys(cells, item.cells))
        for item in layer.results
    )
    info = {**labels.meta, **layer.results.info}
    results = replace(layer.results, items=items, info=info)
    merged.write_results(results, labels.name, labels.author, labels.kind)


def _add_cell_states(
    merged: Session, sessions: Sequence[Session], numbers: Sequence[np.ndarray]
) -> None:
    """Validity, types and notes; where the files differ the note says who said what."""
    for name in sorted({name for session in sessions for name in session.cell_types()}):
        if name not in merged.cell_types():
            merged.add_cell_type(name)
    said: dict[int, list[tuple[str, CellState]]] = defaultdict(list)
    for session, number in zip(sessions, numbers, strict=True):
        for cell, state in zip(number.tolist(), session.cell_states(), strict=True):
            said[cell].append((session.path.stem, state))
    for cell, states in sorted(said.items()):
        state = united_state(states)
        if state != merged.cell_state(cell):
            merged.set_valid(cell, state.valid)
            merged.set_cell_type(cell, state.type)
            merged.set_note(cell, state.note)
            merged.set_reviewed(cell, state.reviewed)


def united_state(states: Sequence[tuple[str, CellState]]) -> CellState:
    """One state of a cell from those of several files, (file, state).

    A type that only some give counts; of several different ones none does. A cell stays valid while
    anybody calls it so. Notes are joined, and what the files disagree about is noted.
    """
    types = {state.type for _, state in states} - {None}
    notes = {line for _, state in states for line in state.note.splitlines() if line}
    if len(types) > 1:
        notes |= {f"type {state.type} ({file})" for file, state in states if state.type}
    if len({state.valid for _, state in states}) > 1:
        notes |= {f"{'valid' if s.valid else 'invalid'} ({file})" for file, s in states}
    return CellState(
        valid=any(state.valid for _, state in states),
        type=types.pop() if len(types) == 1 else None,
        note="\n".join(sorted(notes)),
        reviewed=any(state.reviewed for _, state in states),
    )


def _add_marks(merged: Session, sessions: Sequence[Session], numbers: Sequence[np.ndarray]) -> None:
    """Notes of the same mark are joined; where an answer comes from is that of the newest."""
    found: dict[tuple[int, int, int, str, str], list[Mark]] = defaultdict(list)
    for session, number in zip(sessions, numbers, strict=True):
        for mark in session.marks():
            cell = int(number[mark.cell])
            found[cell, mark.onset, mark.peak, mark.kind, mark.author].append(mark)
    for (cell, onset, peak, kind, author), same in found.items():
        note = "\n".join(sorted({line for mark in same for line in mark.note.splitlines() if line}))
        newest = max(same, key=lambda mark: (bool(mark.info), mark.created))
        merged.add_mark(cell, onset, peak, kind, note, author, newest.info, newest.created)


def _add_recording(merged: Session, sessions: Sequence[Session]) -> None:
    """Whose recording it is, how its file is read, its signals: of the oldest file that says so."""
    said = [session.provenance() for session in sessions]
    about: dict[str, Any] = {}
    for one in reversed(said):
        about |= one.about
    words = {
        name: next((text for one in said if (text := getattr(one, name))), "")
        for name in ("animal", "session_date", "condition", "device")
    }
    merged.set_provenance(Provenance(**words, about=about))
    openings = [session.opening() for session in sessions]
    merged.set_opening(next((one for one in openings if one != Opening()), Opening()))
    for session in reversed(sessions):
        for name in session.signal_names():
            merged.write_signal(session.signal(name))
        for name in RECORDING_ARRAYS:
            values = session.recording_array(name)
            if values is not None:
                merged.set_recording_array(name, values)


def common_cells(sessions: Sequence[Session]) -> tuple[Cells, list[np.ndarray]]:
    """The cells of several sessions of one recording, each once, and their numbers there."""
    ordered = sorted(range(len(sessions)), key=lambda place: _age(sessions[place]))
    _require_one_recording([sessions[place] for place in ordered])
    cells, numbers = unite_cells([sessions[place].cells() for place in ordered])
    by_place = dict(zip(ordered, numbers, strict=True))
    return cells, [by_place[place] for place in range(len(sessions))]
