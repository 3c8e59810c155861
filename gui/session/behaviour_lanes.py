"""Signals and decoded behaviour as curves beside the traces. No Tk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.labelling.session import Layer, Session
from deepcinac.recording.signals import frame_edges, per_frame
from deepcinac.results.kinds import BEHAVIOUR, BEHAVIOUR_CLASSES


@dataclass(frozen=True)
class SignalLane:
    """A signal as a window draws it: its name, and a value from 0 to 1 for each frame."""

    name: str
    curve: np.ndarray


def scaled(values: np.ndarray) -> np.ndarray:
    """Values (n_frames,) between the least, 0, and the largest, 1; NaN stays.

    >>> scaled(np.array([2.0, 4.0, np.nan, 3.0])).tolist()
    [0.0, 1.0, nan, 0.5]
    """
    if not np.isfinite(values).any():
        return np.full(len(values), np.nan)
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


def signal_lanes(session: Session) -> list[SignalLane]:
    """Every signal of a session that has one value at a time."""
    recording = session.recording
    edges = frame_edges(recording.n_frames, recording.frame_rate_hz)
    found = [session.signal(name) for name in session.signal_names()]
    return [
        SignalLane(one.name, scaled(per_frame(one, edges))) for one in found if one.values.ndim == 1
    ]


def behaviour_curve(session: Session, layer: Layer) -> np.ndarray | None:
    """What a layer says the animal did, 0 to 1 for each frame; None where it says something else.

    Of several classes: the place of the likeliest one, so that the curve steps from class to class.
    """
    kinds = session.result_kinds(layer.id)
    if not {BEHAVIOUR, BEHAVIOUR_CLASSES} & set(kinds):
        return None
    results = session.results(layer.id)
    if BEHAVIOUR in results:
        values = np.asarray(results[BEHAVIOUR].array, float)
        known = values[np.isfinite(values)]
        is_share = len(known) > 0 and known.min() >= 0 and known.max() <= 1
        return values if is_share else scaled(values)
    values = np.asarray(results[BEHAVIOUR_CLASSES].array, float)
    is_known = np.isfinite(values).all(axis=1)
    likeliest = np.where(is_known, np.argmax(np.nan_to_num(values), axis=1), np.nan)
    return likeliest / max(values.shape[1] - 1, 1)
