"""Which cells or regions a decoder needs, which are enough, and what each moves its answer by.

No one of these numbers says which inputs carry behaviour. An input that is taken away shows nothing where
another one knows the same: of two limb areas on both sides, each alone can be missed, so that each is also
taken away together with its partner (its mirror image, or the input that is most alike). An input without any
relation to behaviour can be needed, because it tells what is common to all and can be subtracted; such a one
decodes nothing by itself, so that a regression is also fitted to each input alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from deepcinac.learning.folds import Fold
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.tasks.behaviour.methods import Fitted, Linear
from deepcinac.tasks.behaviour.model import expected_gradients
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.score import SCORES
from deepcinac.tasks.behaviour.settings import DecodingSettings
from deepcinac.tasks.behaviour.windows import known_frames, offsets, windows

MOST_FRAMES, MOST_WINDOWS = 800, 200
SIDES = (("left", "right"), (" L", " R"))


@dataclass(frozen=True)
class Importance:
    """One input in one unit.

    ``needed``: the loss of score without it; ``needed_with_partner``: without both it and ``partner``;
    ``alone``: the score of a regression fitted to it alone; ``gradients``: its share of all expected
    gradients, None for a method without.
    """

    unit: str
    name: str
    needed: float
    partner: str
    needed_with_partner: float
    alone: float
    gradients: float | None


def importance(
    recordings: Sequence[DecodedRecording],
    folds: Sequence[Fold],
    fit: Callable[[Fold], Fitted],
    settings: DecodingSettings,
    generator: np.random.Generator,
    progress: Progress = silent,
) -> list[Importance]:
    """The importance of every input in every unit, measured on frames that were held out.

    An input that is taken away has its mean throughout. Folds in which nothing can be judged are left out.
    """
    partners = partners_of(recordings)
    around = offsets(settings.window_frames, settings.causal)
    parts: dict[tuple[str, int], list[tuple[float, ...]]] = {}
    for done, fold in enumerate(folds):
        progress(ProgressEvent("importance", done, len(folds), fold.name))
        fitted = fit(fold)
        held = HeldOut(recordings, fold, fitted, MOST_FRAMES)
        if not held.is_possible:
            continue
        whole = held.score()
        shares = _gradients(recordings, fold, fitted, around, generator)
        n = len(partners)
        for place in range(n):
            pair = [place, partners[place]]
            alone = _alone(recordings, fold, place, settings)
            less, least = (held.score(partial(_without, gone)) for gone in ([place], pair))
            values = (whole - less, whole - least, alone, shares[place])
            parts.setdefault((fold.unit, place), []).append(values)
    progress(ProgressEvent("importance", len(folds), len(folds)))
    names = recordings[0].names
    return [
        _row(unit, names[place], names[partners[place]], np.mean(own, 0))
        for (unit, place), own in parts.items()
    ]


def _row(unit: str, name: str, partner: str, values: np.ndarray) -> Importance:
    needed, both, alone, share = values.tolist()
    return Importance(unit, name, needed, partner, both, alone, None if np.isnan(share) else share)


class HeldOut:
    """Frames of a fold that were held out, and the score of a fitted decoder on them."""

    def __init__(
        self, recordings: Sequence[DecodedRecording], fold: Fold, fitted: Fitted, most_frames: int
    ) -> None:
        self._recordings, self._fitted = recordings, fitted
        values = [one.behaviour.values for one in recordings]
        self._frames = known_frames(fold.test, values, most_frames)
        self._truth = np.concatenate([values[n][frames] for n, frames in self._frames])
        self._score = SCORES[recordings[0].behaviour.kind]

    @property
    def is_possible(self) -> bool:
        """Whether there is more than one kind of behaviour."""
        return bool(np.ptp(self._truth) > 0)

    def score(self, changed: Callable[[np.ndarray], Any] | None = None) -> float:
        """The score, with inputs that were ``changed``."""
        said = []
        for number, frames in self._frames:
            inputs = self._recordings[number].inputs
            said.append(self._fitted.decide(changed(inputs) if changed else inputs, frames))
        value = self._score(self._truth, np.concatenate(said))
        assert value is not None  # see is_possible
        return value


def _without(places: Sequence[int], inputs: np.ndarray) -> np.ndarray:
    """Inputs (n_frames, n_inputs) of which some have their mean throughout."""
    inputs = inputs.copy()
    inputs[:, list(places)] = 0.0
    return inputs


def _alone(
    recordings: Sequence[DecodedRecording], fold: Fold, place: int, settings: DecodingSettings
) -> float:
    """The score on held-out frames of a regression on one input."""
    own = [dataclasses.replace(one, inputs=one.inputs[:, place : place + 1]) for one in recordings]
    targets = [one.behaviour.values for one in own]
    fitted = Linear(own, settings).fit(fold, targets, 0)
    return HeldOut(own, fold, fitted, MOST_FRAMES).score()


def partners_of(recordings: Sequence[DecodedRecording]) -> list[int]:
    """The partner of each input: its mirror image by name, or else the one that is most alike.

    >>> from types import SimpleNamespace as Some
    >>> some = Some(names=("limb left", "limb right", "eye"), inputs=np.eye(3))
    >>> partners_of([some])[:2]
    [1, 0]
    """
    names = recordings[0].names
    alike = np.abs(np.mean([np.corrcoef(one.inputs.T) for one in recordings], 0))
    alike = np.atleast_2d(np.nan_to_num(alike))
    np.fill_diagonal(alike, -1.0)
    found = []
    for place, name in enumerate(names):
        mirrored = [
            name.replace(one, other)
            for a, b in SIDES
            for one, other in ((a, b), (b, a))
            if one in name
        ]
        known = [names.index(word) for word in mirrored if word in names]
        found.append(known[0] if known else int(np.argmax(alike[place])))
    return found


def _gradients(
    recordings: Sequence[DecodedRecording],
    fold: Fold,
    fitted: Fitted,
    around: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Each input's share of the expected gradients; NaN for a method that is no network."""
    n_inputs = recordings[0].inputs.shape[1]
    if fitted.network is None:
        return np.full(n_inputs, np.nan)
    model, weights = fitted.network
    model.set_weights(weights)
    values = [one.behaviour.values for one in recordings]
    judged, learnt = (
        np.concatenate(
            [
                windows(recordings[n].inputs, frames, around)
                for n, frames in known_frames(pieces, values, MOST_WINDOWS)
            ]
        )
        for pieces in (fold.test, fold.train)
    )
    moved = np.abs(expected_gradients(model, judged, learnt, generator).sum(1)).mean(0)
    return moved / max(float(moved.sum()), 1e-30)
