"""``deepcinac import SESSION FILE --kind types``: types of cells, given by people or predicted."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from deepcinac.errors import InputError

if TYPE_CHECKING:
    from deepcinac.labelling.session import Session


def import_types(session: Session, args: argparse.Namespace) -> list[str]:
    """Bring the types of a file into the session; what was done, a line each.

    Words become the cells' own types, where these have none yet; probabilities become a layer.
    """
    from deepcinac.formats.type_files import load_types

    if args.all_judged:
        raise InputError("labels with --all-judged", "types of cells", args.labels)
    names = [name.strip() for name in args.types.split(",") if name.strip()] if args.types else []
    found = load_types(args.labels, session.n_cells, names)
    if not (found.given or found.predicted):
        raise InputError("a type for at least one cell", "none", args.labels)
    lines = []
    if found.given:
        lines.append(_give(session, found.given, args))
    if found.predicted:
        name = args.layer or args.labels.stem
        meta = {"imported_from": args.labels.name}
        with session.group(f"import {args.labels.name}"):
            layer = session.add_layer("method", name, args.author, meta)
            session.write_type_predictions(layer.id, found.predicted)
        lines.append(f"layer {name} (method), types of {len(found.predicted)} cells suggested")
    return lines


def _give(session: Session, given: dict[int, str], args: argparse.Namespace) -> str:
    """Give cells without a type that of the file; cells that have one keep it. One step of undo."""
    states = session.cell_states()
    new = {cell: name for cell, name in given.items() if states[cell].type is None}
    kept = sum(states[cell].type not in (None, name) for cell, name in given.items())
    with session.group(f"import {args.labels.name}"):
        for name in sorted(set(new.values()) - set(session.cell_types())):
            session.add_cell_type(name)
        for cell, name in sorted(new.items()):
            session.set_cell_type(cell, name)
    text = f"types given to {len(new)} cells"
    return f"{text}; {kept} have another type already and keep it" if kept else text
