"""What is decoded from: activity or traces of cells or regions, frame by frame, and whose they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.inputs.form import InputForm
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.opening import open_recording
from deepcinac.progress import Progress, silent
from deepcinac.tasks.activity.model import COMPACT
from deepcinac.tasks.behaviour.targets import Behaviour, Target, behaviour_of
from deepcinac.tasks.cell_values import cell_values

TRACES = "raw"
BY_FOOTPRINT, BY_NAME, MOVIE = "footprint", "name", "movie"


@dataclass(frozen=True, eq=False)
class DecodedRecording:
    """Inputs (n_frames, n_inputs) float32 of a session, and the behaviour beside them.

    ``names`` (n_inputs,) for people; ``keys`` (n_inputs,): footprints; ``cells`` (n_inputs,): numbers in
    the session; ``source``: "raw" and other traces, or the layer; ``reach_frames``: over how many frames
    whatever made the inputs looks. Each input has mean 0 and SD 1 over its recording, by rules that know
    nothing of behaviour.
    """

    name: str
    path: Path
    inputs: np.ndarray
    names: tuple[str, ...]
    keys: tuple[str, ...]
    cells: np.ndarray
    source: str
    frame_rate_hz: float
    reach_frames: int
    behaviour: Behaviour
    whose: Provenance = field(default_factory=Provenance)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.inputs)


def read_recording(
    path: Path,
    target: Target | None,
    source: str | None = None,
    baseline_s: float = 30.0,
    causal: bool = False,
    progress: Progress = silent,
) -> DecodedRecording:
    """Inputs and behaviour of a session; without a ``target`` the behaviour is unknown throughout."""
    with (
        Session.open(path, read_only=True) as session,
        open_recording(session, working_copy=False, progress=progress) as recording,
    ):
        rate, n_frames = recording.frame_rate_hz, recording.shape[0]
        if target is None:
            behaviour = Behaviour(np.full(n_frames, np.nan), "unknown")
        else:
            behaviour = behaviour_of(target, recording.signals, n_frames, rate, path)
        found = cell_values(session, recording, source, TRACES)
        whose = session.provenance()
    reach = 0
    if found.made_by:
        reach = round(COMPACT.window_frames / InputForm().frame_rate_hz * rate)
        baseline_s = 0.0
    inputs = prepared(found.values, round(baseline_s * rate), causal, path)
    reach += round(baseline_s * rate)
    return DecodedRecording(
        path.stem, path, inputs, found.names, found.keys, found.cells, found.source, rate, reach,
        behaviour, whose,
    )  # fmt: skip


def prepared(
    values: np.ndarray, baseline_frames: int, causal: bool, where: str | Path
) -> np.ndarray:
    """Values (n_frames, n_inputs) without their running mean, each scaled to mean 0 and SD 1.

    >>> prepared(np.array([[1.0], [3.0], [1.0], [3.0]]), 0, False, "").ravel().tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values).all(0))
        raise InputError("a number for each frame", f"NaN in {len(bad)} inputs", where)
    if baseline_frames > 1:
        values = values - running_mean(values, baseline_frames, causal)
    centred = values - values.mean(0)
    sd = centred.std(0)
    return (centred / np.where(sd > 0, sd, 1.0)).astype(np.float32)


def running_mean(values: np.ndarray, n: int, causal: bool) -> np.ndarray:
    """Mean over ``n`` frames around each frame, or up to it; fewer at the ends. (n_frames, k).

    >>> running_mean(np.array([[0.0], [3.0], [6.0]]), 3, False).ravel().tolist()
    [1.5, 3.0, 4.5]
    >>> running_mean(np.array([[0.0], [3.0], [6.0]]), 2, True).ravel().tolist()
    [0.0, 1.5, 4.5]
    """
    frames = np.arange(len(values))
    before = n - 1 if causal else n // 2
    after = 0 if causal else n - 1 - n // 2
    first, last = np.maximum(frames - before, 0), np.minimum(frames + after + 1, len(values))
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, 0)])
    return (sums[last] - sums[first]) / (last - first)[:, None]


def matched(recordings: Sequence[DecodedRecording]) -> tuple[str, list[DecodedRecording]]:
    """How the inputs of all recordings correspond, and the recordings with the same inputs in one order.

    "footprint": the same pixels; "name": regions with names; "movie": pictures of one size, which have to
    be registered to each other; "" where they do not correspond: then each recording is as it was.
    """
    if recordings[0].inputs.ndim == 3:
        if len({one.inputs.shape[1:] for one in recordings}) > 1:
            raise InputError("pictures of one size", "several", "the movies")
        return MOVIE, list(recordings)
    for how in (BY_FOOTPRINT, BY_NAME):
        words = [one.keys if how == BY_FOOTPRINT else one.names for one in recordings]
        common = set(words[0]).intersection(*words[1:])
        named = how == BY_FOOTPRINT or all(_is_name(word) for word in common)
        unique = all(len(set(own)) == len(own) for own in words)
        if common and named and unique and len(common) >= 0.5 * max(map(len, words)):
            order = [word for word in words[0] if word in common]
            return how, [
                _in_order(one, own, order) for one, own in zip(recordings, words, strict=True)
            ]
    return "", list(recordings)


def _is_name(word: str) -> bool:
    """Whether this is a name of a region ("limb left"), not the number of a cell."""
    return any(letter.isalpha() for letter in word) and not word.startswith("cell ")


def _in_order(
    one: DecodedRecording, words: Sequence[str], order: Sequence[str]
) -> DecodedRecording:
    places = [words.index(word) for word in order]
    return dataclasses.replace(
        one,
        inputs=one.inputs[:, places],
        names=tuple(one.names[n] for n in places),
        keys=tuple(one.keys[n] for n in places),
        cells=one.cells[places],
    )
