"""The behaviour task: recurrent decoders in the trainer, and their answers as results."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.backend import load_weights
from deepcinac.learning.card import WEIGHTS_FILE, Card
from deepcinac.learning.folds import Fold
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import TIME, Split
from deepcinac.learning.task import Judgement
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, silent
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.kinds import BEHAVIOUR, BEHAVIOUR_CLASSES, KINDS
from deepcinac.settings import to_mapping
from deepcinac.tasks.behaviour.model import (
    BATCH,
    TASK,
    Architecture,
    Decoded,
    InputRules,
    build_network,
    card_of,
    loss_of,
    parts_of,
)
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.score import SCORE_NAMES, SCORES
from deepcinac.tasks.behaviour.settings import DecodingSettings
from deepcinac.tasks.behaviour.targets import CLASSES, REAL, Target
from deepcinac.tasks.behaviour.windows import WindowMaterial, known_frames, offsets, windows
from deepcinac.version import __version__

MOST_JUDGED = 3000
"""Frames that are judged after each epoch."""


@dataclass(frozen=True, eq=False)
class BehaviourTask:
    """A recurrent decoder of some recordings with the same inputs (``learning.task.NetworkTask``).

    ``fold``: what trains and what chooses the epoch.
    """

    recordings: Sequence[DecodedRecording]
    target: Target
    fold: Fold
    network: str = "gru"
    settings: DecodingSettings = field(default_factory=DecodingSettings)
    name: str = TASK

    @property
    def kind(self) -> str:
        """Yes or no, classes, or real values."""
        return self.recordings[0].behaviour.kind

    @property
    def score_name(self) -> str:
        """AUC or R2."""
        return SCORE_NAMES[self.kind]

    @property
    def window_frames(self) -> int:
        """Frames that the network sees; a CNN alone sees one triplet of them."""
        return 3 if self.network == "cnn" else self.settings.window_frames

    @property
    def architecture(self) -> Architecture:
        """The network's sizes."""
        first, settings = self.recordings[0], self.settings
        return Architecture(
            self.network,
            settings.hidden,
            self.window_frames,
            int(np.prod(first.inputs.shape[1:])),
            max(1, len(first.behaviour.classes)),
            settings.causal,
            first.inputs.shape[1] if first.inputs.ndim == 3 else 0,
        )

    def decoded(self, targets: Sequence[np.ndarray] | None = None) -> Decoded:
        """What the network says; its scale is that of what it learns from."""
        behaviour = self.recordings[0].behaviour
        about = (self.target.text, behaviour.kind, behaviour.units, behaviour.classes)
        if behaviour.kind != REAL:
            return Decoded(*about)
        values = targets if targets is not None else self.values
        known = [values[n][frames] for n, frames in known_frames(self.fold.train, values)]
        learnt = np.concatenate(known)
        return Decoded(*about, mean=float(learnt.mean()), sd=float(learnt.std()) or 1.0)

    @property
    def values(self) -> list[np.ndarray]:
        """The behaviour of each recording."""
        return [one.behaviour.values for one in self.recordings]

    def card(self, name: str) -> Card:
        """The card of the decoder that is to be learnt."""
        first, baseline = self.recordings[0], self.settings.baseline_s
        rules = InputRules(first.source, baseline, first.frame_rate_hz, first.names, first.keys)
        training = {
            "recordings": [one.name for one in self.recordings],
            "animals": sorted({one.whose.animal for one in self.recordings}),
            "decoding": to_mapping(self.settings),
        }
        return card_of(name, self.architecture, rules, self.decoded(), training)

    @property
    def is_learnt_before(self) -> bool:
        """Decoders begin with fresh weights."""
        return False

    def data_fingerprint(self) -> str:
        """A hash of inputs and behaviour."""
        return fingerprint(self.recordings)

    def prepare(
        self, work: Path, settings: TrainingSettings, progress: Progress = silent
    ) -> WindowMaterial:
        """What trains and what chooses."""
        return self.material(self.fold, self.values)

    def material(self, fold: Fold, values: Sequence[np.ndarray]) -> WindowMaterial:
        """The same of another fold and other targets."""
        decoded = dataclasses.replace(self, fold=fold).decoded(values)
        around = offsets(self.window_frames, self.settings.causal)
        scaled = [(one - decoded.mean) / decoded.sd for one in values]
        held = known_frames(fold.validation, values, MOST_JUDGED)
        words = f"{sum(len(frames) for _, frames in held)} frames of {fold.name} chose the epoch"
        inputs = [one.inputs for one in self.recordings]
        train = known_frames(fold.train, values)
        return WindowMaterial(inputs, scaled, train, held, around, Split(TIME, len(held), words))

    def build(self, seed: int) -> Any:
        """A network with fresh weights."""
        return build_network(self.architecture, seed)

    def loss(self, targets: Any, outputs: Any) -> Any:
        """What training makes small."""
        return loss_of(self.kind, targets, outputs)

    def judge(
        self,
        model: Any,
        material: WindowMaterial,
        final: bool,
        progress: Progress = silent,
        is_start: bool = False,
    ) -> Judgement:
        """The score of the frames that choose."""
        inputs, truth = material.judged()
        said = outputs_of(model, inputs)
        return Judgement(SCORES[self.kind](truth, said))

    def predict(
        self, classifier: ClassifierFolder, recording: DecodedRecording, progress: Progress = silent
    ) -> Results:
        """What a trained decoder says of a recording."""
        return decode_with(classifier, recording)


def outputs_of(model: Any, inputs: np.ndarray) -> np.ndarray:
    """The outputs (n, n_outputs) of a network before any link."""
    if len(inputs) <= BATCH:  # without what a long prediction sets up for each call
        return np.asarray(model.predict_on_batch(inputs))
    return np.asarray(model.predict(inputs, batch_size=BATCH, verbose=0))


def fingerprint(recordings: Sequence[DecodedRecording]) -> str:
    """SHA-256 of inputs, names and behaviour."""
    digest = hashlib.sha256()
    for one in recordings:
        behaviour = one.behaviour
        about = [one.name, one.names, one.source, behaviour.kind, behaviour.classes]
        digest.update(json.dumps(about).encode())
        digest.update(np.ascontiguousarray(one.inputs).tobytes())
        digest.update(np.ascontiguousarray(behaviour.values).tobytes())
    return digest.hexdigest()


def decode_with(classifier: ClassifierFolder, recording: DecodedRecording) -> Results:
    """What a trained decoder says of each frame of a recording, whose inputs it finds by name or pixels."""
    card = classifier.card
    architecture, rules, decoded = parts_of(card, classifier.path)
    inputs = _as_learnt(recording, rules)
    model = build_network(architecture, 0)
    load_weights(model, classifier.path / WEIGHTS_FILE)
    around = offsets(architecture.window_frames, architecture.causal)
    answers = np.concatenate(
        [
            decoded.answers(outputs_of(model, windows(inputs, frames, around)))
            for frames in np.array_split(np.arange(len(inputs)), -(-len(inputs) // 8192))
        ]
    )
    maker = Maker(
        TASK, f"{decoded.target} ({architecture.network})", card.version, card.weights_sha256,
        {"target": decoded.target}, fingerprint([recording]), __version__, _now(),
    )  # fmt: skip
    return results_of(answers, decoded, maker, recording.frame_rate_hz)


def held_out_results(
    recording: DecodedRecording, target: Target, method: str, answers: np.ndarray, held_out: str
) -> Results:
    """Answers (n_frames, n_outputs) to a recording by decoders that had not seen each frame."""
    behaviour = recording.behaviour
    decoded = Decoded(target.text, behaviour.kind, behaviour.units, behaviour.classes)
    settings = {"target": target.text, "held_out": held_out}
    maker = Maker(
        TASK, f"{target.text} ({method}, held out)", settings=settings,
        input_fingerprint=fingerprint([recording]), program_version=__version__, made_at=_now(),
    )  # fmt: skip
    return results_of(answers, decoded, maker, recording.frame_rate_hz)


def results_of(
    answers: np.ndarray, decoded: Decoded, maker: Maker, frame_rate_hz: float
) -> Results:
    """Answers (n_frames, n_outputs) as the result of a recording."""
    time = TimeBase(frame_rate_hz)
    if decoded.kind == CLASSES:
        kind, labels, units = BEHAVIOUR_CLASSES, {"class": decoded.classes}, "1"
    else:
        kind, labels, answers, units = BEHAVIOUR, {}, answers[:, 0], decoded.units
    values = answers.astype(np.float32)
    result = Result(kind, values, KINDS[kind].dims, units, maker, time=time, labels=labels)
    return Results((result,), info={"target": decoded.target, "answers": decoded.kind})


def _as_learnt(recording: DecodedRecording, rules: InputRules) -> np.ndarray:
    """The inputs in the decoder's order; cells that are not there are an InputError."""
    if abs(recording.frame_rate_hz - rules.frame_rate_hz) > 0.05 * rules.frame_rate_hz:
        raise InputError(
            f"a recording at {rules.frame_rate_hz:g} Hz, as the decoder learnt from",
            f"{recording.frame_rate_hz:g} Hz",
            recording.path,
        )
    for wanted, held in ((rules.keys, recording.keys), (rules.names, recording.names)):
        if set(wanted) <= set(held):
            return recording.inputs[:, [held.index(word) for word in wanted]]
    missing = sorted(set(rules.names) - set(recording.names))
    raise InputError(
        f"the {len(rules.names)} cells or regions that the decoder learnt from",
        f"no {', '.join(missing[:3]) or 'such pixels'}",
        recording.path,
        "cells of another animal are other cells: train a decoder on them",
    )


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
