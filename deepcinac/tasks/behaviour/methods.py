"""The methods of one table: the recurrent decoder, regression on the same window, and the mean alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.learning.backend import load_weights
from deepcinac.learning.folds import Fold, Piece
from deepcinac.learning.run_folder import open_run
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import Run
from deepcinac.tasks.behaviour.model import ENCODER, Decoded, fit_linear, strengths
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.score import SCORES
from deepcinac.tasks.behaviour.settings import DecodingSettings
from deepcinac.tasks.behaviour.targets import REAL
from deepcinac.tasks.behaviour.task import BehaviourTask, outputs_of
from deepcinac.tasks.behaviour.windows import known_frames, offsets, pooled_windows, windows

MOST_FITTED, MOST_CHOSEN = 4000, 2000
"""Frames that a regression is fitted to, and that choose its penalty: neighbours are nearly the same."""
MEAN_ALONE = "mean of all alone"
OUTSIDE_ALONE = "outside of the tissue alone"
CONTROLS = (MEAN_ALONE, OUTSIDE_ALONE)
"""Methods that must not decode: where they do, something is common to the whole field."""

Decide = Callable[[Any, np.ndarray], np.ndarray]
"""From inputs (n_frames, ...), an array or what can be asked for frames like one, and frames (k,)."""
Network = tuple[Any, list[np.ndarray]]


class Fitted:
    """A fitted decoder: answers to pieces of the recordings, and to inputs of anybody's making.

    ``decide`` gives answers (k, n_outputs) from inputs and frames (k,). ``network``: the Keras model and
    the weights of this fit, None for a regression.
    """

    def __init__(
        self, recordings: Sequence[DecodedRecording], decide: Decide, network: Network | None = None
    ) -> None:
        self._recordings, self.decide, self.network = recordings, decide, network

    def __call__(self, piece: Piece, stride: int) -> np.ndarray:
        """The answers to every ``stride``-th frame of a piece."""
        frames = np.arange(piece.start, piece.stop, stride)
        return self.decide(self._recordings[piece.recording].inputs, frames)


class Linear:
    """Logistic or ridge regression on the pooled window; ``averaged``: of the mean over all inputs."""

    def __init__(
        self,
        recordings: Sequence[DecodedRecording],
        settings: DecodingSettings,
        averaged: bool = False,
        name: str = "",
    ) -> None:
        self._recordings, self._settings, self._averaged = recordings, settings, averaged
        self._name = name
        self._kind = recordings[0].behaviour.kind
        self._n_classes = len(recordings[0].behaviour.classes)

    @property
    def name(self) -> str:
        """What it is."""
        if self._name:
            return self._name
        if self._averaged:
            return MEAN_ALONE
        return "ridge regression" if self._kind == REAL else "logistic regression"

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Fitted:
        """Fit with each penalty, and keep the one that the validation prefers."""
        inputs, values = self._table(known_frames(fold.train, targets, MOST_FITTED), targets)
        held, truth = self._table(known_frames(fold.validation, targets, MOST_CHOSEN), targets)
        best = -np.inf
        chosen: Callable[[np.ndarray], np.ndarray] | None = None
        for strength in strengths(self._kind):
            fitted = fit_linear(self._kind, inputs, values, strength, self._n_classes)
            score = SCORES[self._kind](truth, fitted(held))
            if chosen is None or (score is not None and score > best):
                best, chosen = (-np.inf if score is None else score), fitted
        assert chosen is not None
        kept = chosen
        return Fitted(self._recordings, lambda own, frames: kept(self._pooled(own, frames)))

    def _table(
        self, frames: Sequence[tuple[int, np.ndarray]], targets: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        parts = [self._pooled(self._recordings[n].inputs, own) for n, own in frames]
        return np.concatenate(parts), np.concatenate([targets[n][own] for n, own in frames])

    def _pooled(self, inputs: np.ndarray, frames: np.ndarray) -> np.ndarray:
        settings = self._settings
        around = offsets(settings.window_frames, settings.causal)
        used = inputs.mean(1, keepdims=True) if self._averaged else inputs
        return pooled_windows(used, frames, around, settings.pooled)


class Recurrent:
    """A network, trained by the trainer of the program for each fold; what is compiled is used again."""

    def __init__(self, task: BehaviourTask, training: TrainingSettings, work: Path) -> None:
        self._task, self._training, self._work = task, training, work
        self._run: Run | None = None
        self._first: Recurrent | None = None

    @property
    def name(self) -> str:
        """The kind of its recurrent layer."""
        return self._task.network

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Fitted:
        """Train from fresh weights, or from those of the CNN alone."""
        own = dataclasses.replace(self._task, fold=fold)
        encoder = self._encoder(fold, targets, seed)
        material = own.material(fold, targets)
        folder = open_run(self._work, {"task": own.name, "settings": {}, "data": fold.name}, True)
        if self._run is None:
            self._run = Run(own, self._training, material, folder, resumable=False)
        run = self._run
        if encoder is not None:
            run.model.set_weights(run.start)
            run.model.get_layer(ENCODER).set_weights(encoder)
            run.start = run.model.get_weights()
        run.restart(material, folder)
        run.fit()
        load_weights(run.model, folder.best_weights)
        return self._fitted(run.model, own.decoded(targets))

    def _encoder(
        self, fold: Fold, targets: Sequence[np.ndarray], seed: int
    ) -> list[np.ndarray] | None:
        """The weights of a CNN that was trained alone, to start from; None for any other network."""
        if not self.name.startswith("cnn-"):
            return None
        if self._first is None:
            alone = dataclasses.replace(self._task, network="cnn")
            self._first = Recurrent(alone, self._training, self._work.with_name("fit-cnn"))
        network = self._first.fit(fold, targets, seed).network
        assert network is not None
        model, weights = network
        model.set_weights(weights)
        return list(model.get_layer(ENCODER).get_weights())

    def _fitted(self, model: Any, decoded: Decoded) -> Fitted:
        weights = model.get_weights()
        around = offsets(self._task.window_frames, self._task.settings.causal)

        def decide(inputs: np.ndarray, frames: np.ndarray) -> np.ndarray:
            model.set_weights(weights)  # the model is shared with later fits
            return decoded.answers(outputs_of(model, windows(inputs, frames, around)))

        return Fitted(self._task.recordings, decide, (model, weights))
