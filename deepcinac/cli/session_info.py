"""What ``deepcinac info`` says of a session file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepcinac.errors import InputError

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
        layers = [
            (
                f"{layer.name} ({layer.kind})",
                f"{len(session.all_transients(layer.id))} transients, "
                f"{len(session.predicted_cells(layer.id))} predicted cells"
                + (f", types of {n_typed} cells{_score(layer.meta)}" if n_typed else "")
                + (f", by {layer.author}" if layer.author else ""),
            )
            for layer in session.layers()
            for n_typed in [len(session.type_predictions(layer.id))]
        ]
    return [
        (f"Session {path}", rows),
        ("Layers", layers or [("none", "nobody has labelled or predicted yet")]),
    ]


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
