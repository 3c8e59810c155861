"""The whole of ``deepcinac dynamics``: who is left out, how long it takes, every method and its chance."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.class_scores import ClassScores, class_scores, confusion
from deepcinac.evaluation.comparison import Difference, compare_units
from deepcinac.learning.backbones import Backbone, Describer
from deepcinac.learning.backend import one_blas_thread
from deepcinac.learning.cross_validation import (
    CrossValidation,
    Method,
    MethodOutcome,
    Null,
    exchanged_labels,
)
from deepcinac.learning.folds import Fold, leave_groups_out
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import counted
from deepcinac.progress import Progress, silent
from deepcinac.tasks.dynamics.methods import (
    MAJORITY,
    Majority,
    OnImages,
    Windows,
    class_targets,
    plain_methods,
)
from deepcinac.tasks.dynamics.rasters import RasterRecording
from deepcinac.tasks.dynamics.score import decided, is_right
from deepcinac.tasks.dynamics.settings import LOOKS, DynamicsSettings, head_training
from deepcinac.tasks.dynamics.statistics import statistics_of
from deepcinac.tasks.dynamics.windows import windows_of

IMAGES_PER_SECOND = 20.0
"""Of 224 px by EfficientNet-B0 on two quiet cores; others by their pixels."""
SECONDS_A_STEP = 2.5e-3
"""To train the layers over a backbone on one batch, for each set of targets beside each other."""
SECONDS_A_TREE = 4e-6
"""To grow one tree, for each window that it learns from."""
SECONDS_A_FIT = 0.15
"""What a fit costs in any case."""
WINDOWS_RIGHT = "share of windows right"


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be done.

    ``unit``: what is independent and left out whole; ``folds``: one for each decision; ``null_labels``
    (n_exchanges, n_recordings): exchanged classes.
    """

    recordings: tuple[RasterRecording, ...]
    windows: Windows
    classes: tuple[str, ...]
    folds: tuple[Fold, ...]
    unit: str
    words: str
    settings: DynamicsSettings
    training: TrainingSettings
    backbones: tuple[Backbone, ...]
    null_labels: tuple[tuple[str, ...], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The class of each recording."""
        return tuple(one.label for one in self.recordings)

    @property
    def n_windows(self) -> int:
        """All windows."""
        return sum(map(len, self.windows))

    @property
    def n_fits(self) -> int:
        """How many classifiers are fitted."""
        return len(self.folds) * (1 + len(self.null_labels)) * (3 + len(self.backbones))

    @property
    def seconds(self) -> float:
        """About how long it takes on a quiet machine."""
        pixels = (self.settings.side_px / 224) ** 2
        drawn = self.n_windows * len(self.backbones) * pixels / IMAGES_PER_SECOND
        steps, n_sets = self.training.epochs * self.training.steps, 1 + len(self.null_labels)
        head = steps * SECONDS_A_STEP * n_sets + SECONDS_A_FIT * self.training.epochs
        plain = self.n_windows * self.settings.trees * SECONDS_A_TREE + SECONDS_A_FIT
        return drawn + len(self.folds) * (head * len(self.backbones) + plain * n_sets)


@dataclass(frozen=True, eq=False)
class Classification:
    """What came out: decisions and windows of each method, and pairs of methods.

    ``answers``: by method, the shares (n_windows, n_classes) of each recording while it was left out.
    ``images_per_second``: how fast new images were described, None where all were known.
    """

    plan: Plan
    scores: dict[str, ClassScores]
    window_confusions: dict[str, np.ndarray]
    answers: dict[str, list[np.ndarray]]
    differences: tuple[Difference, ...]
    images_per_second: float | None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order of the table."""
        return tuple(self.scores)


def make_plan(
    recordings: Sequence[RasterRecording],
    settings: DynamicsSettings,
    backbones: Sequence[Backbone],
    looks: int = LOOKS,
) -> Plan:
    """Decide what is left out; recordings of which classes cannot be learnt are an InputError.

    A recording without a group is a group of its own.
    """
    names = [one.name for one in recordings]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError("a name of its own for each recording", f"{twice[0]} twice")
    known = [one.group for one in recordings]
    if any(known) and not all(known):
        missing = next(one for one in recordings if not one.group)
        raise InputError("the animal or device of each recording, or of none", "none", missing.path)
    groups = known if all(known) else names
    labels = [one.label for one in recordings]
    classes = tuple(sorted(set(labels), key=natural_order))
    _require_learnable(labels, groups, classes)
    windows = [windows_of(one.spikes, settings, one.path) for one in recordings]
    lengths = [len(own) for own in windows]
    gap = int(np.ceil(settings.window_s / settings.stride_s))
    folds = [
        decision
        for fold in leave_groups_out(lengths, groups, gap, labels=labels)
        for decision in _decisions(fold, recordings)
    ]
    exchanged = exchanged_labels(
        labels, groups, settings.exchanges, np.random.default_rng([settings.seed, 7])
    )
    units = {one.unit for one in recordings}
    unit = units.pop() if len(units) == 1 else "group"
    unit = (unit or "group") if all(known) else "recording"
    words = f"{counted(len(set(groups)), unit)}, each left out whole in turn"
    if not all(known):
        words += "; nobody said of which animals or devices"
    n_train = round(sum(lengths) * (1 - 1 / len(set(groups))))
    training = dataclasses.replace(head_training(n_train, looks), seed=settings.seed)
    return Plan(
        tuple(recordings), windows, classes, tuple(folds), unit, words, settings, training,
        tuple(backbones), tuple(map(tuple, exchanged)),
    )  # fmt: skip


def natural_order(name: str) -> tuple[tuple[int, float, str], ...]:
    """What to sort names by so that numbers in them count as numbers.

    >>> sorted(["P10", "P5", "adult"], key=natural_order)
    ['P5', 'P10', 'adult']
    """
    parts = re.split(r"(\d+)", name)
    return tuple(
        (0, float(part), "") if part.isdigit() else (1, 0.0, part) for part in parts if part
    )


def _require_learnable(
    labels: Sequence[str], groups: Sequence[str], classes: Sequence[str]
) -> None:
    if len(classes) < 2:
        raise InputError("recordings of at least two classes", f"all of {classes[0]}")
    for name in classes:
        own = {group for label, group in zip(labels, groups, strict=True) if label == name}
        if len(own) < 2:
            raise InputError(
                "at least two animals, devices or recordings of each class",
                f"{len(own)} of {name}",
                hint="one is left out and the other is learnt from: add recordings, or put classes together "
                "(--merge NEW=OLD,OLD)",
            )


def _decisions(fold: Fold, recordings: Sequence[RasterRecording]) -> list[Fold]:
    """A fold for each decision: of a group with one class, or of each of its recordings."""
    if len({recordings[p.recording].label for p in fold.test}) == 1:
        return [fold]
    return [
        dataclasses.replace(fold, name=recordings[piece.recording].name, test=(piece,))
        for piece in fold.test
    ]


@one_blas_thread()
def classify(plan: Plan, work: Path, progress: Progress = silent) -> Classification:
    """Fit every method to every fold, with the classes as they are and exchanged; ``work`` keeps fits."""
    statistics = [statistics_of(own) for own in plan.windows]
    n_classes = len(plan.classes)
    images = [
        OnImages(Describer(one), plan.windows, plan.classes, plan.settings, plan.training,
                 work / "fit")
        for one in plan.backbones
    ]  # fmt: skip
    for method in images:
        method.describe(plan.folds, progress)
    methods: list[Method] = [
        Majority(n_classes),
        *plain_methods(statistics, n_classes, plan.settings),
        *images,
    ]
    outcomes = _validation(plan, statistics, work).run(methods, progress)
    drawn = sum(one.describer.n_drawn for one in images)
    seconds = sum(one.describer.seconds for one in images)
    generator = np.random.default_rng([plan.training.seed, 5])
    scores = {one.name: _scores(plan, one, generator) for one in outcomes}
    answers = {one.name: [one.answers[n] for n in range(len(plan.recordings))] for one in outcomes}
    truth = class_targets(plan.labels, plan.classes, plan.windows)
    windows = {
        name: confusion(np.concatenate(truth).astype(int), np.concatenate(own).argmax(1), n_classes)
        for name, own in answers.items()
    }
    shares = [_windows_right(plan, own, truth) for own in answers.values()]
    learnt = [place for place, name in enumerate(scores) if name != MAJORITY]
    names = list(scores)
    gaps = compare_units(
        [names[n] for n in learnt], [shares[n] for n in learnt], plan.unit, WINDOWS_RIGHT
    )
    speed = drawn / seconds if seconds else None
    return Classification(plan, scores, windows, answers, tuple(gaps), speed)


def _validation(plan: Plan, statistics: Sequence[np.ndarray], work: Path) -> CrossValidation:
    def targets(labels: Sequence[str]) -> list[np.ndarray]:
        return class_targets(labels, plan.classes, plan.windows)

    digest = hashlib.sha256()
    for own in statistics:
        digest.update(np.ascontiguousarray(own).tobytes())
    facts = [
        digest.hexdigest(),
        plan.labels,
        dataclasses.asdict(plan.settings),
        dataclasses.asdict(plan.training),
        [dataclasses.asdict(fold) for fold in plan.folds],
        [one.identity for one in plan.backbones],
    ]
    null = Null(len(plan.null_labels), lambda row: targets(plan.null_labels[row]))
    return CrossValidation(
        plan.folds, targets(plan.labels), is_right, len(plan.classes), null, work,
        hashlib.sha256(json.dumps(facts).encode()).hexdigest(), plan.training.seed,
        null_stride=1, stage="classifying",
    )  # fmt: skip


def _scores(plan: Plan, found: MethodOutcome, generator: np.random.Generator) -> ClassScores:
    number = {name: place for place, name in enumerate(plan.classes)}
    first = [fold.test[0].recording for fold in plan.folds]
    said = [
        decided(np.concatenate([found.answers[p.recording] for p in fold.test]))
        for fold in plan.folds
    ]
    truth = np.array([number[plan.labels[n]] for n in first])
    null_truth = np.array([[number[row[n]] for n in first] for row in plan.null_labels])
    units = [fold.unit for fold in plan.folds]
    return class_scores(
        plan.classes, units, truth, np.array(said), null_truth, found.null, generator
    )


def _windows_right(
    plan: Plan, answers: Sequence[np.ndarray], truth: Sequence[np.ndarray]
) -> dict[str, float]:
    """The share of the windows of each unit that are right."""
    found: dict[str, list[float]] = {}
    for fold in plan.folds:
        for piece in fold.test:
            right = answers[piece.recording].argmax(1) == truth[piece.recording]
            found.setdefault(fold.unit, []).append(float(right.mean()))
    return {unit: float(np.mean(own)) for unit, own in found.items()}
