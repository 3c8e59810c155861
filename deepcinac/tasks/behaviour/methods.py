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
from deepcinac.tasks.behaviour.model import Decoded, fit_linear, strengths
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.score import SCORES
from deepcinac.tasks.behaviour.settings import DecodingSettings
from deepcinac.tasks.behaviour.targets import REAL
from deepcinac.tasks.behaviour.task import BehaviourTask, outputs_of
from deepcinac.tasks.behaviour.windows import known_frames, offsets, pooled_windows, windows

MOST_FITTED, MOST_CHOSEN = 4000, 2000
"""Frames that a regression is fitted to, and that choose its penalty: neighbours are nearly the same."""
MEAN_ALONE = "mean of all alone"

Decide = Callable[[np.ndarray, np.ndarray], np.ndarray]
Network = tuple[Any, list[np.ndarray]]


class Fitted:
    """A fitted decoder: answers to pieces of the recordings, and to inputs of anybody's making.

    ``decide`` gives answers (k, n_outputs) from inputs (n_frames, n_inputs) and frames (k,). ``network``:
    the Keras model and the weights of this fit, None for a regression.
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
    ) -> None:
        self._recordings, self._settings, self._averaged = recordings, settings, averaged
        self._kind = recordings[0].behaviour.kind
        self._n_classes = len(recordings[0].behaviour.classes)

    @property
    def name(self) -> str:
        """What it is."""
        if self._averaged:
            return MEAN_ALONE
        return "ridge regression" if self._kind == REAL else "logistic regression"

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Fitted:
        """Fit with each penalty, and keep the one that the validation prefers."""
        inputs, values = self._table(known_frames(fold.train, targets, MOST_FITTED), targets)
        held, truth = self._table(known_frames(fold.validation, targets, MOST_CHOSEN), targets)
        best, chosen = -np.inf, None
        for strength in strengths(self._kind):
            fitted = fit_linear(self._kind, inputs, values, strength, self._n_classes)
            score = SCORES[self._kind](truth, fitted(held))
            if chosen is None or (score is not None and score > best):
                best, chosen = (-np.inf if score is None else score), fitted
        return Fitted(self._recordings, lambda own, frames: chosen(self._pooled(own, frames)))

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
    """A recurrent decoder, trained by the trainer of the program for each fold."""

    def __init__(self, task: BehaviourTask, training: TrainingSettings, work: Path) -> None:
        self._task, self._training, self._work = task, training, work
        self._runs: dict[int, Run] = {}

    @property
    def name(self) -> str:
        """The kind of its recurrent layer."""
        return self._task.network

    def fit(self, fold: Fold, targets: Sequence[np.ndarray], seed: int) -> Fitted:
        """Train; what is compiled is used again where the number of inputs is the same."""
        recordings = self._task.recordings
        n_inputs = recordings[fold.train[0].recording].inputs.shape[1]
        own = dataclasses.replace(self._task, fold=fold)
        if n_inputs != own.architecture.n_inputs:
            raise ValueError("recordings with other inputs are decoded apart")
        material = own.material(fold, targets)
        folder = open_run(self._work, {"task": own.name, "settings": {}, "data": fold.name}, True)
        run = self._runs.get(n_inputs)
        if run is None:
            run = self._runs[n_inputs] = Run(own, self._training, material, folder)
        else:
            run.restart(material, folder)
        run.fit()
        load_weights(run.model, folder.best_weights)
        return self._fitted(run.model, own.decoded(targets))

    def _fitted(self, model: Any, decoded: Decoded) -> Fitted:
        weights = model.get_weights()
        around = offsets(self._task.settings.window_frames, self._task.settings.causal)

        def decide(inputs: np.ndarray, frames: np.ndarray) -> np.ndarray:
            model.set_weights(weights)  # the model is shared with later fits
            return decoded.answers(outputs_of(model, windows(inputs, frames, around)))

        return Fitted(self._task.recordings, decide, (model, weights))
