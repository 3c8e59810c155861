"""Labels of a .cinac, or series of an .nwb, into the open session: a job reads, the window takes over. No Tk.

HDF5 files of other programs may be damaged in a way that its library never comes back from. The job
therefore brings the file into a copy of the session; what is new in the copy then goes into the
session itself.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from deepcinac.files import read_json, write_json
from deepcinac.labelling import backup, database
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.layer_labels import add_labels, read_labels
from deepcinac.labelling.session import Layer, Session

ENDINGS = (".cinac", ".nwb")


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where there is one like it."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def import_into_copy(
    session_path: str | Path, labels: Path, copy: Path, accepted: tuple[str, ...] | None = None
) -> list[str]:
    """Write ``copy``, a session with the labels in it, and what is new there beside it.

    ``accepted``: answers to questions about an .nwb; None: what is asked about is left out.
    Returns what was done, a line each.
    """
    with contextlib.closing(database.connect(Path(session_path), read_only=True)) as connection:
        backup.write_copy(connection, copy)
    with Session.open(copy) as session:
        before, states = {layer.id for layer in session.layers()}, session.cell_states()
        said = _import(session, labels, {layer.name for layer in session.layers()}, accepted)
        after = list(enumerate(zip(states, session.cell_states(), strict=True)))
        content = {
            "layers": [layer.id for layer in session.layers() if layer.id not in before],
            "types": {cell: new.type for cell, (old, new) in after if new.type != old.type},
            "invalid": [cell for cell, (old, new) in after if old.valid and not new.valid],
            "said": said,
        }
    write_json(_news_of(copy), content)
    return said


def _import(
    session: Session, path: Path, taken: set[str], accepted: tuple[str, ...] | None
) -> list[str]:
    if path.suffix.lower() == ".cinac":
        from deepcinac.formats.cinac_import import import_cinac

        return import_cinac(session, path, free_name(path.stem, taken))
    from deepcinac.formats.nwb_import import import_all_series

    return import_all_series(session, path, taken, accepted)


def _news_of(copy: Path) -> Path:
    return copy.with_suffix(".json")


def take_over(session: Session, copy: Path, source: str) -> list[str]:
    """What is new in the copy into the session, one step of undo; what was done, a line each."""
    news = read_json(_news_of(copy))
    with Session.open(copy, read_only=True) as other, session.group(f"import {source}"):
        taken = {layer.name for layer in session.layers()}
        for layer in other.layers():
            if layer.id in news["layers"]:
                taken.add(_add(session, other, layer, free_name(layer.name, taken)))
        for cell, name in news["types"].items():
            if session.cell_state(int(cell)).type is None:
                if name not in session.cell_types():
                    session.add_cell_type(name)
                session.set_cell_type(int(cell), name)
        for cell in news["invalid"]:
            session.set_valid(cell, False)
    return [str(line) for line in news["said"]]


def _add(session: Session, other: Session, layer: Layer, name: str) -> str:
    """A layer of the copy as a new one of the session."""
    if layer.kind in LABEL_KINDS:
        add_labels(session, replace(read_labels(other, layer.id), name=name))
        return name
    return session.write_results(other.results(layer.id), name, layer.author, layer.kind).name
