"""The task of latent dynamics: the autoencoder in the trainer, and what it says as results."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_keras, load_weights
from deepcinac.learning.card import WEIGHTS_FILE, Card
from deepcinac.learning.folds import Piece
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.task import Judgement
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, silent
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.kinds import (
    CURVE,
    FACTORS,
    KINDS,
    RATES,
    SMOOTH_ACTIVITY,
    SMOOTH_FLUORESCENCE,
)
from deepcinac.settings import to_mapping
from deepcinac.tasks.latents.model import (
    BATCH,
    FACTOR_LAYER,
    OUTPUTS,
    TASK,
    Architecture,
    InputRules,
    architecture_of,
    build_network,
    card_of,
    expected_values,
    loss_of,
    parts_of,
    start_bias,
)
from deepcinac.tasks.latents.samples import Samples, scale_of
from deepcinac.tasks.latents.settings import ACTIVITY, FLUORESCENCE, LatentsSettings
from deepcinac.tasks.latents.windows import (
    Division,
    WindowMaterial,
    cut_windows,
    joined,
    shown,
    split_of,
    window_starts,
)
from deepcinac.version import __version__

SCORE_NAME = "log likelihood of a sample"


@dataclass(frozen=True, eq=False)
class LatentsTask:
    """A sequential autoencoder of the cells of one recording (``learning.task.NetworkTask``).

    ``held_out`` (n_cells,) bool: cells that the input never shows. ``start``: a trained network to adapt.
    """

    samples: Samples
    division: Division
    settings: LatentsSettings = field(default_factory=LatentsSettings)
    held_out: np.ndarray | None = None
    start: ClassifierFolder | None = None
    name: str = TASK
    score_name: str = SCORE_NAME

    @property
    def n_bins(self) -> int:
        """Bins of a window."""
        one = self.samples
        return one.n_bins if one.is_trials else min(self.settings.window_bins, one.n_bins)

    @property
    def hidden_cells(self) -> np.ndarray:
        """Which cells the input never shows, (n_cells,) bool."""
        return np.zeros(self.samples.n_cells, bool) if self.held_out is None else self.held_out

    @cached_property
    def rules(self) -> InputRules:
        """How inputs are made; the scale is that of what trains, or of the network to start from."""
        if self.start is not None:
            return parts_of(self.start.card, self.start.path)[1]
        one = self.samples
        learnt = np.concatenate(
            [one.values[p.recording, p.start : p.stop] for p in self.division.train]
        )
        mean, sd = scale_of(learnt[None], one.kind)
        held = tuple(np.flatnonzero(self.hidden_cells).tolist())
        scales = (tuple(mean.tolist()), tuple(sd.tolist()))
        return InputRules(
            one.source, one.bin_s, one.bins_per_frame, one.names, one.keys, *scales, held
        )

    @property
    def architecture(self) -> Architecture:
        """The network's sizes; those of the network to start from, where there is one."""
        if self.start is not None:
            return parts_of(self.start.card, self.start.path)[0]
        one = self.samples
        return architecture_of(self.settings, one.kind, one.n_cells, self.n_bins)

    @cached_property
    def scaled(self) -> np.ndarray:
        """The values on the network's scale."""
        return ((self.samples.values - self.rules.mean) / self.rules.sd).astype(np.float32)

    def card(self, name: str) -> Card:
        """The card of what is to be learnt."""
        training = {"recordings": [self.samples.name], "latents": to_mapping(self.settings)}
        if self.start is not None:
            training["started_from"] = self.start.name
            training["started_from_sha256"] = self.start.card.weights_sha256
        return card_of(name, self.architecture, self.rules, training)

    @property
    def is_learnt_before(self) -> bool:
        """Whether there is a network to adapt."""
        return self.start is not None

    def data_fingerprint(self) -> str:
        """A hash of the samples."""
        return self.samples.fingerprint()

    def prepare(
        self, work: Path, settings: TrainingSettings, progress: Progress = silent
    ) -> WindowMaterial:
        """What trains and what chooses."""
        return WindowMaterial(
            self.scaled, self.division, self.architecture.n_bins, self.hidden_cells,
            self.settings.coordinated_dropout, split_of(self.samples, self.division),
            {"cells": self.samples.n_cells, "missing": round(self.samples.missing, 4)},
        )  # fmt: skip

    def build(self, seed: int) -> Any:
        """A network that says the mean of each cell, or the one to start from."""
        model = build_network(self.architecture, seed)
        if self.start is not None:
            load_weights(model, self.start.path / WEIGHTS_FILE)
            return model
        learnt = np.concatenate(
            [self.scaled[p.recording, p.start : p.stop] for p in self.division.train]
        )
        shares = np.nanmean(np.where(np.isnan(learnt), np.nan, learnt > 0), axis=0)
        bias = start_bias(self.samples.kind, np.nanmean(learnt, axis=0), shares)
        layer = model.get_layer(OUTPUTS)
        layer.set_weights([layer.get_weights()[0], bias.astype(np.float32)])
        return model

    def loss(self, targets: Any, outputs: Any) -> Any:
        """What training makes small."""
        return loss_of(self.samples.kind, targets, outputs)

    def judge(
        self,
        model: Any,
        material: WindowMaterial,
        final: bool,
        progress: Progress = silent,
        is_start: bool = False,
    ) -> Judgement:
        """The likelihood of what chooses."""
        inputs, targets = material.choosing()
        outputs = _predicted(model, inputs)
        loss = load_keras().ops.convert_to_numpy(self.loss(targets, outputs))
        return Judgement(-float(loss) if np.isfinite(loss) else None)

    def predict(
        self, classifier: ClassifierFolder, recording: Samples, progress: Progress = silent
    ) -> Results:
        """What a trained network says of samples."""
        return results_of(LoadedNetwork(classifier).infer(recording), recording, classifier)


@dataclass(frozen=True, eq=False)
class Inferred:
    """What a network says of each bin.

    ``values`` (n_trials, n_bins, n_cells): expected in a sample, in the units of the samples; ``factors``
    (n_trials, n_bins, n_factors).
    """

    values: np.ndarray
    factors: np.ndarray


class LoadedNetwork:
    """A trained network, ready to be asked; what Keras compiles is used again."""

    def __init__(self, classifier: ClassifierFolder) -> None:
        self.classifier = classifier
        self.architecture, self.rules = parts_of(classifier.card, classifier.path)
        model = build_network(self.architecture, 0)
        load_weights(model, classifier.path / WEIGHTS_FILE)
        factors = model.get_layer(FACTOR_LAYER).output
        self._model = load_keras().Model(model.inputs, [model.outputs[0], factors])

    def infer(self, one: Samples) -> Inferred:
        """Values and factors of all trials, or of overlapping windows of a recording, joined."""
        rules, n_bins = self.rules, self.architecture.n_bins
        require_fit(one, self.architecture, rules)
        held = np.isin(np.arange(one.n_cells), rules.held_out)
        scaled = ((one.values - rules.mean) / rules.sd).astype(np.float32)
        whole = tuple(Piece(trial, 0, one.n_bins) for trial in range(len(one.values)))
        starts = window_starts(whole, n_bins, max(1, n_bins // 2))
        inputs = shown(cut_windows(scaled, starts, n_bins), held).astype(np.float32)
        outputs, factors = self._model.predict(inputs, batch_size=BATCH, verbose=0)
        shape = (len(one.values), one.n_bins)
        said = joined(expected_values(one.kind, outputs), starts, shape)
        return Inferred(said * rules.sd + rules.mean, joined(factors, starts, shape))


def require_fit(one: Samples, architecture: Architecture, rules: InputRules) -> None:
    """An InputError where a network learnt from other cells, bins or values."""
    pairs = (
        ("cells", architecture.n_cells, one.n_cells),
        ("values", architecture.values, one.kind),
        ("bins in a frame", rules.bins_per_frame, one.bins_per_frame),
    )
    for what, learnt, found in pairs:
        if learnt != found:
            raise InputError(f"{learnt} {what}, as the network learnt from", f"{found}", one.path)
    if abs(rules.bin_s - one.bin_s) > 0.01 * rules.bin_s:
        raise InputError(f"bins of {rules.bin_s:g} s", f"{one.bin_s:g} s", one.path)
    if rules.keys != one.keys:
        hint = "cells of another field are other cells: train a network on them"
        raise InputError("the cells that the network learnt from", "others", one.path, hint)
    if one.n_bins < architecture.n_bins or (one.is_trials and one.n_bins != architecture.n_bins):
        raise InputError(f"trials of {architecture.n_bins} bins", f"{one.n_bins}", one.path)


def results_of(inferred: Inferred, one: Samples, classifier: ClassifierFolder) -> Results:
    """Rates (or fluorescence, or activity) and factors by bin, and a curve by frame that the window draws.

    Trials stand one after the other.
    """
    card = classifier.card
    maker = Maker(
        TASK, card.name, card.version, card.weights_sha256,
        {"values": one.kind, "bins_per_frame": one.bins_per_frame}, one.fingerprint(),
        __version__, datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )  # fmt: skip
    time = TimeBase(1 / one.bin_s, one.bin_s / 2)
    values = inferred.values.reshape(-1, one.n_cells).T
    kind, units = {
        FLUORESCENCE: (SMOOTH_FLUORESCENCE, "1"),
        ACTIVITY: (SMOOTH_ACTIVITY, "1"),
    }.get(one.kind, (RATES, "Hz"))
    if kind == RATES:
        values = values / one.bin_s
    values = values.astype(np.float32)
    keys = one.keys if one.keys != one.names else None
    factors = inferred.factors.reshape(-1, inferred.factors.shape[-1]).T.astype(np.float32)
    items = [
        Result(kind, values, KINDS[kind].dims, units, maker, one.cells, keys, time),
        Result(FACTORS, factors, KINDS[FACTORS].dims, "1", maker, time=time),
    ]
    if not one.is_trials:
        frames = values.reshape(one.n_cells, -1, one.bins_per_frame).mean(-1)
        rate = 1 / (one.bin_s * one.bins_per_frame)
        items.append(Result(CURVE, frames, KINDS[CURVE].dims, units, maker, one.cells, keys,
                            TimeBase(rate)))  # fmt: skip
    info = {"values": one.kind, "bin_s": one.bin_s, "bins_per_frame": one.bins_per_frame,
            "trials": len(one.values)}  # fmt: skip
    return Results(tuple(items), info=info)


def _predicted(model: Any, inputs: np.ndarray) -> np.ndarray:
    parts = [
        np.asarray(model.predict_on_batch(inputs[first : first + BATCH]))
        for first in range(0, len(inputs), BATCH)
    ]
    return np.concatenate(parts)
