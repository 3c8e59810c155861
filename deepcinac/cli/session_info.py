"""What ``deepcinac info`` says of a session file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.errors import InputError

if TYPE_CHECKING:
    from deepcinac.labelling.session import Layer, Session

Rows = list[tuple[str, str]]


def session_sections(path: Path) -> list[tuple[str, Rows]]:
    """A table for the recording and one for the layers; opens the file for reading only."""
    from deepcinac.labelling.session import Session

    with Session.open(path, read_only=True) as session:
        recording, states = session.recording, session.cell_states()
        try:
            movie = session.movie_address()
        except InputError as error:
            movie = f"not found: {error}"
        typed = sorted({state.type for state in states if state.type})
        rows = [
            ("movie", movie),
            ("frames", f"{recording.n_frames}"),
            ("height x width", f"{recording.height} x {recording.width} px"),
            ("frame rate", f"{recording.frame_rate_hz:g} Hz"),
            ("pixel size", f"{recording.pixel_size_um:g} um"),
            ("cells", f"{len(states)}, {sum(state.valid for state in states)} valid"),
            ("reviewed", f"{sum(state.reviewed for state in states)}"),
            ("cell types", ", ".join(typed) or "none given"),
            ("held by", f"{session.holder}" if session.holder else "nobody"),
        ]
        rows += _provenance(session)
        layers = [
            (f"#{layer.id} {layer.name} ({layer.kind})", _said(session, layer))
            for layer in session.layers()
        ]
        signals = [(name, _of_signal(session, name)) for name in session.signal_names()]
    found = [
        (f"Session {path}", rows),
        ("Layers", layers or [("none", "nobody has labelled or predicted yet")]),
    ]
    return [*found, ("Signals", signals)] if signals else found


def _of_signal(session: Session, name: str) -> str:
    """What a signal is, and how it meets the frames."""
    from deepcinac.recording.signals import alignment

    signal, recording = session.signal(name), session.recording
    what = ", ".join(signal.classes) or signal.units
    try:
        met = alignment(signal, recording.n_frames, recording.frame_rate_hz).in_words()
    except InputError as error:
        met = f"no frame of the movie ({error.found})"
    return f"{what}; {signal.n_samples} samples; {met}"


def _provenance(session: Session) -> Rows:
    """Whose recording it is, as far as anybody has said."""
    whose = session.provenance()
    known = {
        "animal": whose.animal,
        "session date": whose.session_date,
        "condition": whose.condition,
        "device": whose.device,
        **{name: str(value) for name, value in whose.about.items()},
    }
    return [(name, value) for name, value in known.items() if value]


def _said(session: Session, layer: Layer) -> str:
    """What a layer holds, and whose it is."""
    from deepcinac.results.kinds import CELL_TYPE, CURVE, PROBABILITY

    kinds = session.result_kinds(layer.id)
    n_predicted, n_typed = len(session.predicted_cells(layer.id)), kinds.pop(CELL_TYPE, 0)
    parts = [
        f"{len(session.all_transients(layer.id))} transients",
        f"{n_predicted} predicted cells",
    ]
    if n_typed:
        parts.append(f"types of {n_typed} cells{_score(layer.meta)}")
    parts += [kind for kind in kinds if kind not in (PROBABILITY, CURVE)]
    if layer.threshold is not None:
        parts.append(f"threshold {layer.threshold:g}")
    if layer.maker is not None and layer.maker.weights_sha256:
        parts.append(f"weights {layer.maker.weights_sha256[:12]}")
    if layer.author:
        parts.append(f"by {layer.author}")
    return ", ".join(parts)


def _score(meta: dict[str, Any]) -> str:
    """How a classifier of types did on held-out cells, beside its baseline; "" when unknown."""
    try:
        scores = meta["scores"]
        right, base = float(scores["accuracy"]), float(scores["majority"])
        return (
            f" ({right:.0%} right when held out, {base:.0%} by always saying {scores['commonest']})"
        )
    except (KeyError, TypeError, ValueError):
        return ""
