"""What is learned from: cells with the type that an expert gave them, and what was measured of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.inputs.fingerprint import input_fingerprint
from deepcinac.labelling.session import Session
from deepcinac.learning.task import Examples
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, silent
from deepcinac.results.result import footprint_keys
from deepcinac.tasks.cell_types.features import FEATURES, features

FEWEST_CELLS = 5
"""Typed cells that a type needs before anything is learned about it."""


@dataclass(frozen=True, eq=False)
class TypedRecording:
    """Features (n_cells, n_features) of a recording, and the type that each cell was given or None.

    ``footprints`` (n_cells,) and ``input_fingerprint`` identify cells and input in results; empty where
    they are not known.
    """

    name: str
    table: np.ndarray
    types: tuple[str | None, ...]
    footprints: tuple[str, ...] = ()
    input_fingerprint: str = ""


def read_recording(session: Session, progress: Progress = silent) -> TypedRecording:
    """Features and given types of a session; the movie is read only where its traces are not known yet."""
    with open_recording(session, working_copy=False, progress=progress) as recording:
        cells, traces = recording.cells, recording.traces
        rates = (recording.frame_rate_hz, recording.pixel_size_um)
        fingerprint = input_fingerprint(recording.movie, cells, *rates)
    table = features(
        cells, traces.raw, traces.without_overlap, traces.neuropil, *rates, progress=progress
    )
    footprints = footprint_keys(cells, range(len(cells)))
    return TypedRecording(session.path.stem, table, given_types(session), footprints, fingerprint)


def given_types(session: Session) -> tuple[str | None, ...]:
    """The type that experts gave to each cell."""
    return tuple(state.type for state in session.cell_states())


def require_enough(types: Iterable[str | None]) -> tuple[set[str], dict[str, int]]:
    """The types that enough cells have, and the others with their numbers; None: not typed."""
    counts = Counter(name for name in types if name)
    enough = {name for name, count in counts.items() if count >= FEWEST_CELLS}
    if len(enough) < 2:
        held = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
        raise InputError(
            f"at least {FEWEST_CELLS} typed cells of each of two types",
            held,
            hint="give some more cells their type, clear examples of each, and try again",
        )
    return enough, {name: count for name, count in counts.items() if name not in enough}


def typed_cells(recordings: Sequence[TypedRecording]) -> tuple[Examples, np.ndarray]:
    """All typed cells whose type is common enough, and which of the typed cells they are, (n,) bool."""
    rows = [
        (recording.table[cell], name, number)
        for number, recording in enumerate(recordings)
        for cell, name in enumerate(recording.types)
        if name
    ]
    enough, _ = require_enough(name for _, name, _ in rows)
    kept = np.array([name in enough for _, name, _ in rows])
    chosen = [row for row, keep in zip(rows, kept, strict=True) if keep]
    table = np.array([values for values, _, _ in chosen]).reshape(len(chosen), len(FEATURES))
    return Examples(table, [row[1] for row in chosen], [row[2] for row in chosen]), kept
