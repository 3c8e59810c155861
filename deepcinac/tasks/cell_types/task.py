"""Types of the cells of session files: features from the movie, learning, suggesting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcinac.labelling.session import Session
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.progress import Progress, silent
from deepcinac.recording.movie import open_movie
from deepcinac.recording.traces import extract_traces
from deepcinac.tasks.cell_types.features import features
from deepcinac.tasks.cell_types.learning import Learned, learn
from deepcinac.tasks.cell_types.model import TypeClassifier
from deepcinac.version import __version__

LAYER_NAME = "suggested types"
AUTHOR = "cell type classifier"


@dataclass(frozen=True, eq=False)
class TypedRecording:
    """Features (n_cells, n_features) of a recording, and the type that each cell was given or None."""

    name: str
    table: np.ndarray
    types: tuple[str | None, ...]


@dataclass(frozen=True)
class Suggestions:
    """What to say of the cells of one recording, by cell, and where that comes from."""

    cells: dict[int, TypePrediction]
    meta: dict[str, Any] = field(default_factory=dict)


def read_recording(session: Session, progress: Progress = silent) -> TypedRecording:
    """Features and given types of a session; the movie is read once."""
    cells, recording = session.cells(), session.recording
    with open_movie(session.movie_address(), progress=progress) as movie:
        traces = extract_traces(movie, cells, progress=progress)
    table = features(
        cells,
        traces.raw,
        traces.without_overlap,
        traces.neuropil,
        recording.frame_rate_hz,
        recording.pixel_size_um,
        progress,
    )
    return TypedRecording(session.path.stem, table, given_types(session))


def given_types(session: Session) -> tuple[str | None, ...]:
    """The type that experts gave to each cell."""
    return tuple(state.type for state in session.cell_states())


def learn_from(recordings: Sequence[TypedRecording]) -> Learned:
    """Learn from all typed cells of some recordings."""
    rows = [
        (recording.table[cell], name, str(number))
        for number, recording in enumerate(recordings)
        for cell, name in enumerate(recording.types)
        if name
    ]
    tables, types, groups = zip(*rows, strict=True) if rows else ((), (), ())
    names = [recording.name for recording in recordings]
    about = {"program_version": __version__, "recordings": names}
    return learn(np.array(tables), list(types), list(groups), about)


def suggest_with(classifier: TypeClassifier, recording: TypedRecording) -> Suggestions:
    """What a classifier says of all cells of a recording that it did not learn from."""
    found = classifier.predict(recording.table)
    return Suggestions(dict(enumerate(found)), dict(classifier.about))


def suggest_from_own(recording: TypedRecording) -> tuple[Suggestions, Learned]:
    """Learn from the typed cells of a recording and suggest for all of its cells.

    A typed cell gets the answer of a classifier that has not seen it, so that a disagreement means
    something.
    """
    learned = learn_from([recording])
    found = dict(enumerate(learned.classifier.predict(recording.table)))
    typed = [cell for cell, name in enumerate(recording.types) if name]
    for cell, row in zip(typed, learned.held_out.tolist(), strict=True):
        if np.isfinite(row).all():
            found[cell] = TypePrediction(dict(zip(learned.classifier.types, row, strict=True)))
    return Suggestions(found, dict(learned.classifier.about)), learned


def in_words(found: Suggestions, types: Sequence[str | None]) -> str:
    """How many cells have a suggestion, and how it stands to the types that were given."""
    pairs = [(said, types[cell]) for cell, said in sorted(found.cells.items())]
    new = sum(given is None for _, given in pairs)
    other = sum(given is not None and said.type != given for said, given in pairs)
    unlike = sum(bool(said.unlike) for said, _ in pairs)
    text = f"Types of {len(pairs)} cells suggested, {new} of them without a type"
    notes = [f"{other} differ from the type given"] * bool(other)
    notes += [f"{unlike} are unlike any cell learned from"] * bool(unlike)
    return "; ".join([text, *notes])
