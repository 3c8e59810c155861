"""The activity task: which windows of which recordings teach the network, and on what it is judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_ALL_SCALARS
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import Card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import (
    CELLS,
    NOTHING_HELD_OUT,
    RECORDINGS,
    TIME,
    TOO_SHORT,
    Split,
    counted,
    hold_out_time,
    hold_out_units,
)
from deepcinac.learning.task import Batch, Judgement
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.results import Results
from deepcinac.settings import to_mapping
from deepcinac.tasks.activity.held_out import f1_interval, mistakes_of
from deepcinac.tasks.activity.model import (
    COMPACT,
    PAPER,
    TASK,
    Architecture,
    activity_and_rate_loss,
    activity_card,
    build_network,
    load_network,
    network_of,
    parts_of,
)
from deepcinac.tasks.activity.prediction import ImagedCells, predict
from deepcinac.tasks.activity.score import SCORE_NAME, Score, judge, predict_held, transient_scores
from deepcinac.tasks.activity.settings import (
    AugmentationSettings,
    PredictionSettings,
    WindowSettings,
)
from deepcinac.tasks.activity.sources import Source, data_fingerprint, prepare_sources
from deepcinac.tasks.activity.targets import CORRECTIONS, Example
from deepcinac.tasks.activity.windows import WindowDrawer

MIN_CELLS_TO_HOLD_OUT = 5
"""With fewer labelled cells than this, time is held out instead of cells."""
MIN_TRANSIENTS_TO_CALIBRATE, MIN_CELLS_TO_CALIBRATE = 30, 5
"""With fewer transients or cells held out, fine-tuning leaves the calibration as it was."""
MIN_TRANSIENTS_TO_JUDGE = 10
"""With fewer in the end of a few cells' recording, a gain there says nothing about other cells."""
GAP_S = 5.0
"""Between the frames that train and those that score: longer than a transient lasts."""


@dataclass(frozen=True, eq=False)
class ActivityMaterial:
    """Windows to learn from and what is held out (:class:`deepcinac.learning.task.Material`)."""

    drawer: WindowDrawer
    held: list[Example]
    split: Split
    facts: Mapping[str, Any]
    input_ranges: Mapping[str, Any]

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """Inputs and targets of so many windows."""
        batch = self.drawer.draw(count, generator)
        return batch.inputs, batch.targets


@dataclass(frozen=True, eq=False)
class ActivityTask:
    """What is learnt from which recordings, in which form (:class:`deepcinac.learning.task.NetworkTask`).

    Without ``validation`` a share of each recording's cells is held out; with fewer than five labelled
    cells the end of the recording, where it is long enough. ``start_from``: a classifier whose weights,
    sizes and input form are taken over (fine-tuning). ``sizes``: another network than those of the
    settings.
    """

    sources: Sequence[Source]
    validation: Sequence[Source] = ()
    start_from: ClassifierFolder | None = None
    windows: WindowSettings = field(default_factory=WindowSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    prediction: PredictionSettings = field(default_factory=PredictionSettings)
    sizes: Architecture | None = None
    score: Score = transient_scores
    name: str = TASK
    score_name: str = SCORE_NAME

    @property
    def architecture(self) -> Architecture:
        """The network's sizes."""
        if self.start_from:
            return parts_of(self.start_from.card).architecture
        if self.sizes:
            return self.sizes
        base = PAPER if self.windows.size == "paper" else COMPACT
        return dataclasses.replace(base, n_scalars=N_ALL_SCALARS if self.windows.scalars else 0)

    @property
    def is_learnt_before(self) -> bool:
        """Whether the weights at the start are those of a classifier."""
        return self.start_from is not None

    @property
    def input_form(self) -> InputForm:
        """What movies are brought to."""
        return parts_of(self.start_from.card).input_form if self.start_from else InputForm()

    def card(self, name: str) -> Card:
        """The card of the classifier that is to be learnt."""
        training = {
            "windows": to_mapping(self.windows),
            "augmentation": to_mapping(self.augmentation),
            "started_from": self.start_from.card.name if self.start_from else "",
            "started_from_sha256": self.start_from.card.weights_sha256 if self.start_from else "",
        }
        return activity_card(
            name, self.architecture, self.input_form, self.prediction, training=training
        )

    def data_fingerprint(self) -> str:
        """A hash of all labels, cells and sizes."""
        return data_fingerprint(self.sources) + data_fingerprint(self.validation)

    def prepare(
        self, work: Path, settings: TrainingSettings, progress: Progress = silent
    ) -> ActivityMaterial:
        """Compute the inputs of all recordings into ``work`` and hold out what is to be judged on."""
        form, architecture = self.input_form, self.architecture
        everything = [*self.sources, *self.validation]
        prepared = prepare_sources(
            everything, form, architecture.n_scalars, work, settings.jobs, progress
        )
        examples, held = prepared[: len(self.sources)], prepared[len(self.sources) :]
        split = Split(RECORDINGS, len(held), f"{counted(len(held), 'recording')} held out")
        if not held:
            generator = np.random.default_rng([settings.seed, 1])
            window = architecture.window_frames
            examples, held, split = hold_out(examples, settings.held_out, window, generator)
        drawer = WindowDrawer(
            examples,
            architecture.window_frames,
            architecture.patch_px,
            self.augmentation,
            self.windows,
        )
        if not drawer.available.any():
            raise InputError("labelled windows to train on", "none", "the training recordings")
        facts = {
            "recordings": len(self.sources),
            "validation_recordings": len(self.validation),
            "held_out_cells": sum(len(one.cells) for one in held),
            "table": training_table(examples),
        }
        reach = reach_range([one.input.source.reach_sd for one in examples])
        ranges = {"reach_range_sd": list(reach)} if reach else {}
        return ActivityMaterial(drawer, held, split, facts, ranges)

    def build(self, seed: int) -> Any:
        """The whole network, with fresh weights or those of the classifier to start from."""
        if self.start_from:
            return load_network(self.start_from).whole
        return build_network(self.architecture, seed).whole

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Cross-entropy of activity and, where the network has that head, the loss of spikes."""
        return activity_and_rate_loss(targets, outputs)

    def judge(
        self,
        model: Any,
        material: ActivityMaterial,
        final: bool,
        progress: Progress = silent,
        is_start: bool = False,
    ) -> Judgement:
        """Predict what is held out in full, calibrate, and score transients.

        The classifier to start from keeps its calibration, and so does what was learnt from there where few
        transients or cells are held out.
        """
        kept = self.start_from.card.calibration if self.start_from else Calibration()
        held = material.held
        if not held or (self.start_from and tells_nothing(held, material.split)):
            return Judgement(calibration=kept)
        network = network_of(model, self.architecture)
        probabilities = []
        for number, one in enumerate(held, 1):
            progress(ProgressEvent("validating", number, len(held)))
            probabilities.append(predict_held(network, one, self.prediction))
        fits = self.start_from is None or can_calibrate(held)
        fixed = None if fits and not is_start and material.split.by != TIME else kept
        judged = judge(held, probabilities, self.score, final, fixed)
        calibration = judged.calibration or kept
        paths = [source.path for source in (*self.sources, *self.validation)]
        return dataclasses.replace(
            judged,
            interval=f1_interval(held, probabilities, calibration),
            resolution=chance_difference(n_transients(held), n_cells(held)),
            mistakes=mistakes_of(held, probabilities, calibration, paths),
        )

    def predict(
        self, classifier: ClassifierFolder, recording: ImagedCells, progress: Progress = silent
    ) -> Results:
        """Probability and, where the classifier knows spikes, their rate, of all cells."""
        return predict(
            recording.movie,
            recording.cells,
            recording.frame_rate_hz,
            recording.pixel_size_um,
            classifier,
            progress=progress,
        )


def hold_out(
    examples: Sequence[Example], share: float, window_frames: int, generator: np.random.Generator
) -> tuple[list[Example], list[Example], Split]:
    """What trains and what is judged: some cells of each recording, or else the end of each recording.

    Recordings with fewer than five labelled cells train whole, unless there are no others: then their
    last frames are held out where they are long enough. Corrections always train whole: what stands between
    them is the classifier's own word, which proves nothing.
    """
    answers = [one for one in examples if one.kind == CORRECTIONS]
    examples = [one for one in examples if one.kind != CORRECTIONS]
    if not examples:
        return answers, [], NOTHING_HELD_OUT
    train, held, split = _hold_out_labelled(examples, share, window_frames, generator)
    return [*train, *answers], held, split


def _hold_out_labelled(
    examples: Sequence[Example], share: float, window_frames: int, generator: np.random.Generator
) -> tuple[list[Example], list[Example], Split]:
    if any(len(one.cells) >= MIN_CELLS_TO_HOLD_OUT for one in examples):
        return _hold_out_cells(examples, share, generator)
    train: list[Example] = []
    held: list[Example] = []
    for example in examples:
        targets, input_ = example.targets, example.input
        labelled = (~targets.doubtful[example.cells]).sum(0)
        gap = round(GAP_S * input_.frame_rate_hz)
        blocks = hold_out_time(labelled, share, gap, window_frames)
        train.append(example.part(0, blocks.train_stop) if blocks else example)
        if blocks:
            held.append(example.part(blocks.test_start, blocks.test_stop))
    if not held:
        return train, held, TOO_SHORT
    seconds = sum(one.input.n_frames / one.input.frame_rate_hz for one in held)
    words = f"the last {seconds:.0f} s of {counted(len(held), 'recording')} held out"
    return train, held, Split(TIME, len(held), f"{words}, after a gap of {GAP_S:g} s")


def _hold_out_cells(
    examples: Sequence[Example], share: float, generator: np.random.Generator
) -> tuple[list[Example], list[Example], Split]:
    train, held = [], []
    for example in examples:
        out = np.zeros(len(example.cells), bool)
        if len(example.cells) >= MIN_CELLS_TO_HOLD_OUT:
            out = hold_out_units(len(example.cells), share, generator)
            held.append(example.of_cells(example.cells[out]))
        train.append(example.of_cells(example.cells[~out]))
    number = sum(len(one.cells) for one in held)
    return train, held, Split(CELLS, number, f"{counted(number, 'cell')} held out")


def tells_nothing(held: Sequence[Example], split: Split) -> bool:
    """Whether the end of a few cells' recording holds too little to choose between two classifiers by."""
    return split.by == TIME and n_transients(held) < MIN_TRANSIENTS_TO_JUDGE


def can_calibrate(held: Sequence[Example]) -> bool:
    """Whether what is held out says where to cut in other cells too: a few lively cells do not."""
    enough = n_transients(held) >= MIN_TRANSIENTS_TO_CALIBRATE
    return enough and n_cells(held) >= MIN_CELLS_TO_CALIBRATE


def n_transients(examples: Sequence[Example]) -> int:
    """How many transients the cells of some examples have."""
    active = (one.targets.active[one.cells] for one in examples)
    return sum(int((np.diff(a.astype(np.int8), axis=1, prepend=0) == 1).sum()) for a in active)


def n_cells(examples: Sequence[Example]) -> int:
    """How many cells some examples have."""
    return sum(len(one.cells) for one in examples)


def chance_difference(transients: int, cells: int) -> float:
    """By how much F1 of two networks differs on so many transients and cells though they are equally good.

    F1 of n transients has an SD of about 0.5 / sqrt(n); two networks that were taught alike err together,
    which halves it. But what helps one cell may harm another: of ten labelled cells two are held out, and
    these gained .06 and .07 in recordings whose other thirty cells lost .05 and .02. So an SD of 0.15
    between cells counts as well.

    >>> chance_difference(25, 900), chance_difference(900, 4)
    (0.05, 0.075)
    """
    return max(0.25 / max(transients, 1) ** 0.5, 0.15 / max(cells, 1) ** 0.5)


def training_table(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """What a classifier learned from, by kind of recording (paper, Table 1), for its card.

    Frames are those of the recordings at the classifier's frame rate, hours those of the recordings.
    """
    rows = []
    for kind in sorted({one.kind for one in examples}):
        some = [one for one in examples if one.kind == kind]
        seconds = sum(one.input.n_frames / one.input.frame_rate_hz for one in some)
        row = {
            "kind": kind or "labelled",
            "recordings": len(some),
            "cells": sum(len(one.cells) for one in some),
            "transients": n_transients(some),
            "frames": sum(one.input.n_frames for one in some),
            "hours": round(seconds / 3600, 3),
        }
        rows.append(row)
    return rows


def reach_range(reach_sd: Sequence[float | None]) -> tuple[float, float] | None:
    """The range in which all but the outermost twentieth of the recordings lie; None for a handful.

    >>> reach_range([2.0, 3.0]), reach_range([float(n) for n in range(1, 42)])
    (None, (2.0, 40.0))
    """
    known = [value for value in reach_sd if value is not None]
    if len(known) < 20:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return round(float(low), 2), round(float(high), 2)
