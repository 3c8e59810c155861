"""The whole of ``deepcinac decode``: who is held out, how long it takes, every method and its chance."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.comparison import Difference, compare_units
from deepcinac.evaluation.units import UnitScores, over_units
from deepcinac.learning.backend import one_blas_thread
from deepcinac.learning.card import Card
from deepcinac.learning.cross_validation import (
    CrossValidation,
    MethodOutcome,
    circular_shifts,
    shifted_null,
)
from deepcinac.learning.folds import Fold, Piece, leave_blocks_out, leave_groups_out
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import counted
from deepcinac.learning.trainer import train
from deepcinac.progress import Progress, silent
from deepcinac.tasks.behaviour.importance import MOST_FRAMES, Importance, importance
from deepcinac.tasks.behaviour.maps import MOST_FRAMES as MOST_SEEN
from deepcinac.tasks.behaviour.maps import CutOuts, cut_outs, n_masks
from deepcinac.tasks.behaviour.methods import OUTSIDE_ALONE, Linear, Recurrent
from deepcinac.tasks.behaviour.movies import MovieRecording
from deepcinac.tasks.behaviour.recordings import DecodedRecording, matched
from deepcinac.tasks.behaviour.score import SCORE_NAMES, SCORES
from deepcinac.tasks.behaviour.settings import STEPS, DecodingSettings
from deepcinac.tasks.behaviour.targets import Target
from deepcinac.tasks.behaviour.task import BehaviourTask, fingerprint

TIME, RECORDING, ANIMAL, DEVICE, CONDITION = "time", "recording", "animal", "device", "condition"
WAYS = (TIME, RECORDING, ANIMAL, DEVICE, CONDITION)
SECONDS_A_WINDOW = 1.5e-4
"""To train a GRU of 32 units on one window of 31 frames, on one quiet core."""
SECONDS_A_PIXEL = 4e-7
"""To train a movie network on one pixel of one triplet."""
SECONDS_A_REGRESSION = 0.02
"""The same of one input, with its penalties."""


@dataclass(frozen=True, eq=False)
class Part:
    """Recordings that share a decoder, and the folds over them."""

    recordings: tuple[DecodedRecording, ...]
    folds: tuple[Fold, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be done.

    ``unit``: what is independent ("animal"); ``words``: what is held out, for people.
    """

    target: Target
    parts: tuple[Part, ...]
    by: str
    unit: str
    gap_frames: int
    words: str
    settings: DecodingSettings
    training: TrainingSettings
    networks: tuple[str, ...]
    movies: Mapping[str, MovieRecording] = field(default_factory=dict)

    @property
    def recordings(self) -> list[DecodedRecording]:
        """All recordings."""
        return [one for part in self.parts for one in part.recordings]

    @property
    def kind(self) -> str:
        """Yes or no, classes, or real values."""
        return self.recordings[0].behaviour.kind

    @property
    def n_fits(self) -> int:
        """How many decoders are fitted."""
        if self.movies:  # their null needs no fits
            return self.n_folds * (3 + len(self.networks))
        return self.n_folds * (1 + self.settings.shifts) * (2 + len(self.networks))

    @property
    def n_folds(self) -> int:
        """How often every method is fitted to the behaviour as it is."""
        return sum(len(part.folds) for part in self.parts)

    @property
    def seconds(self) -> float:
        """About how long it takes on one quiet core, without the importance."""
        if self.movies:
            return self.n_folds * sum(map(self._movie_fit_s, self.networks))
        inputs = self.recordings[0].inputs.shape[1]
        networks = self._network_fit_s * len(self.networks)
        return (
            self.n_folds * (1 + self.settings.shifts) * (SECONDS_A_REGRESSION * inputs + networks)
        )

    @property
    def importance_seconds(self) -> float:
        """About how long it takes beside that to say which inputs matter, or where a network looks."""
        if self.movies:
            if not self.networks:
                return 0.0
            first = self.networks[0]
            asked = n_masks() * MOST_SEEN * _triplets(first) * self._pixels * SECONDS_A_PIXEL / 3
            return self.n_folds * (self._movie_fit_s(first) + asked)
        inputs = self.recordings[0].inputs.shape[1]
        answers = 2 * inputs * MOST_FRAMES * SECONDS_A_WINDOW * self._size / 3
        alone = inputs * SECONDS_A_REGRESSION
        if not self.networks:
            return self.n_folds * (SECONDS_A_REGRESSION * inputs + alone)
        return self.n_folds * (self._network_fit_s + answers + alone)

    @property
    def _pixels(self) -> int:
        return int(self.recordings[0].inputs[0].size)

    @property
    def _size(self) -> float:
        """Of the recurrent network, by that of 32 units and 31 frames."""
        return self.settings.window_frames / 31 * (self.settings.hidden / 32)

    @property
    def _network_fit_s(self) -> float:
        training = self.training
        n_frames = sum(one.n_frames for one in self.recordings)
        windows = training.epochs * (training.windows_per_epoch + 1000) + n_frames / 9
        return windows * SECONDS_A_WINDOW * self._size

    def _movie_fit_s(self, network: str) -> float:
        frames = sum(one.n_frames for one in self.recordings)
        drawn = self.training.epochs * (self.training.windows_per_epoch + 3000)
        seen = 3 if network == "cnn" else 4 * STEPS
        return (drawn + frames / 15) * seen * self._pixels * SECONDS_A_PIXEL


def _triplets(network: str) -> int:
    """How many a movie network sees."""
    return 1 if network == "cnn" else STEPS


@dataclass(frozen=True, eq=False)
class Decoding:
    """What came out: the scores of each method over units, and the held-out answers of each recording."""

    plan: Plan
    scores: dict[str, UnitScores]
    differences: tuple[Difference, ...]
    answers: dict[str, dict[str, np.ndarray]]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order of the table."""
        return tuple(self.scores)

    @property
    def measure(self) -> str:
        """AUC or R2."""
        return SCORE_NAMES[self.plan.kind]


def make_plan(
    recordings: Sequence[DecodedRecording],
    target: Target,
    settings: DecodingSettings,
    training: TrainingSettings,
    networks: Sequence[str] = ("gru",),
    by: str | None = None,
    movies: Mapping[str, MovieRecording] | None = None,
) -> Plan:
    """Decide what is held out; where the user does not say (``by``), what leaks least.

    Whole animals where their inputs correspond by name, whole sessions of one animal with the same cells,
    blocks of time otherwise.
    """
    kinds = {(one.behaviour.kind, one.behaviour.classes) for one in recordings}
    if len(kinds) > 1:
        raise InputError("one kind of behaviour in all recordings", f"{len(kinds)}", target.text)
    if len({one.name for one in recordings}) < len(recordings):
        raise InputError("a name of its own for each recording", "the same twice")
    how, ordered = matched(recordings)
    animals = {one.whose.animal for one in recordings if one.whose.animal}
    if by is None:
        several = how and len(recordings) > 1
        by = (ANIMAL if len(animals) > 1 else RECORDING) if several else TIME
    gap = settings.window_frames + max(one.reach_frames for one in recordings)
    if by == TIME:
        parts, unit, words = _by_time(recordings, settings, gap)
    else:
        if not how:
            raise InputError(
                "the same cells or regions of the same names in all recordings",
                "others in each",
                f"--by {by}",
                "cells differ between animals: hold out time (--by time), or draw regions with names",
            )
        parts, unit, words = _by_groups(ordered, by, settings, gap)
    n_used, n_all = ordered[0].inputs[0].size, max(one.inputs[0].size for one in recordings)
    if by != TIME and n_used < n_all:
        words += f"; {n_used} of {n_all} inputs, those that all recordings have"
    if len(animals) == 1:
        words = f"within this animal ({next(iter(animals))}): {words}"
    elif not animals:
        words += "; nobody said of which animals"
    return Plan(
        target, parts, by, unit, gap, words, settings, training, tuple(networks), movies or {}
    )


def _by_time(
    recordings: Sequence[DecodedRecording], settings: DecodingSettings, gap: int
) -> tuple[tuple[Part, ...], str, str]:
    animals = [one.whose.animal for one in recordings]
    several = len(recordings) > 1
    unit = ANIMAL if len(set(animals)) > 1 and all(animals) else RECORDING if several else "block"
    parts = []
    for one in recordings:
        name = {ANIMAL: one.whose.animal, RECORDING: one.name}.get(unit, "")
        n = settings.blocks
        folds = leave_blocks_out(0, one.name, one.n_frames, gap, n, name, one.path)
        parts.append(Part((one,), tuple(folds)))
    seconds = gap / recordings[0].frame_rate_hz
    each = "each of " if several else ""
    words = f"{each}{counted(len(recordings), 'recording')} in {settings.blocks} blocks of time, "
    return tuple(parts), unit, f"{words}each held out in turn with gaps of {seconds:.3g} s"


def _by_groups(
    recordings: Sequence[DecodedRecording], by: str, settings: DecodingSettings, gap: int
) -> tuple[tuple[Part, ...], str, str]:
    groups = [one.name if by == RECORDING else getattr(one.whose, by) for one in recordings]
    unknown = [one.name for one, group in zip(recordings, groups, strict=True) if not group]
    if unknown:
        hint = f"say it with 'deepcinac describe SESSION --{by} NAME'"
        raise InputError(f"the {by} of each recording", "none", ", ".join(unknown[:3]), hint)
    lengths = [one.n_frames for one in recordings]
    if len(set(groups)) < 2:
        raise InputError(f"at least two {by}s to hold out", f"{groups[0]} alone", f"--by {by}",
                         "hold out time instead (--by time)")  # fmt: skip
    folds = leave_groups_out(lengths, groups, gap, settings.validation_choices)
    words = f"{counted(len(set(groups)), by)}, each left out whole in turn"
    return (Part(tuple(recordings), tuple(folds)),), by, words


@one_blas_thread()
def decode(plan: Plan, work: Path, progress: Progress = silent) -> Decoding:
    """Fit every method to every fold, as it is and with shifted behaviour; ``work`` keeps what is done."""
    outcomes: dict[str, list[MethodOutcome]] = {}
    answers: dict[str, dict[str, np.ndarray]] = {}
    for part in plan.parts:
        for found in _validation(plan, part, work).run(_methods(plan, part, work), progress):
            outcomes.setdefault(found.name, []).append(found)
            own = answers.setdefault(found.name, {})
            own |= {part.recordings[number].name: said for number, said in found.answers.items()}
    units = [fold.unit for part in plan.parts for fold in part.folds]
    scores = {}
    for name, found_parts in outcomes.items():
        by_fold = [value for one in found_parts for value in one.by_fold]
        null = np.concatenate([one.null for one in found_parts], 1)
        generator = np.random.default_rng([plan.training.seed, 5])
        scores[name] = over_units(units, by_fold, null, generator)
    by_unit = [one.by_unit for one in scores.values()]
    gaps = compare_units(list(scores), by_unit, plan.unit, SCORE_NAMES[plan.kind])
    return Decoding(plan, scores, tuple(gaps), answers)


@one_blas_thread()
def importances(plan: Plan, work: Path, progress: Progress = silent) -> list[list[Importance]]:
    """The importance of each input to the first network, or to the regression where there is none.

    A list for each part of the plan, whose recordings have the same inputs.
    """
    found = []
    for part in plan.parts:
        method = _methods(plan, part, work)[2 if plan.networks else 1]
        targets = [one.behaviour.values for one in part.recordings]
        generator = np.random.default_rng([plan.training.seed, 6])
        fit = functools.partial(method.fit, targets=targets, seed=plan.training.seed)
        found.append(
            importance(part.recordings, part.folds, fit, plan.settings, generator, progress)
        )
    return found


@one_blas_thread()
def maps_of(plan: Plan, work: Path, progress: Progress = silent) -> list[list[CutOuts]]:
    """Where the first movie network looks, for each part of the plan."""
    found = []
    for part in plan.parts:
        method = _methods(plan, part, work)[-len(plan.networks)]
        targets = [one.behaviour.values for one in part.recordings]
        fit = functools.partial(method.fit, targets=targets, seed=plan.training.seed)
        found.append(cut_outs(part.recordings, part.folds, fit, progress))
    return found


def _methods(plan: Plan, part: Part, work: Path) -> list[Linear | Recurrent]:
    own = part.recordings
    settings = plan.settings
    task = BehaviourTask(own, plan.target, part.folds[0], settings=plan.settings)
    networks = [
        Recurrent(dataclasses.replace(task, network=name), plan.training, work / "fit")
        for name in plan.networks
    ]
    if not plan.movies:
        return [Linear(own, settings, averaged=True), Linear(own, settings), *networks]
    movies = [plan.movies[one.name] for one in own]
    squares = [one.squares for one in movies]
    outside = [one.outside for one in movies if one.outside is not None]
    found: list[Linear | Recurrent] = [Linear(squares, settings, averaged=True)]
    if len(outside) == len(movies):
        found.append(Linear(outside, settings, name=OUTSIDE_ALONE))
    return [*found, Linear(squares, settings), *networks]


def _validation(plan: Plan, part: Part, work: Path) -> CrossValidation:
    recordings, settings = part.recordings, plan.settings
    lengths = [one.n_frames for one in recordings]
    generator = np.random.default_rng([plan.training.seed, 4])
    targets = [one.behaviour.values for one in recordings]
    shifts = circular_shifts(lengths, settings.shifts, plan.gap_frames, generator)
    facts = [
        fingerprint(recordings),
        dataclasses.asdict(settings),
        dataclasses.asdict(plan.training),
        [dataclasses.asdict(fold) for fold in part.folds],
    ]
    return CrossValidation(
        part.folds,
        targets,
        SCORES[plan.kind],
        max(1, len(recordings[0].behaviour.classes)),
        shifted_null(targets, shifts),
        work,
        hashlib.sha256(json.dumps(facts).encode()).hexdigest(),
        plan.training.seed,
        trained_null=not plan.movies,
    )


def train_decoder(plan: Plan, part: Part, out: Path, progress: Progress = silent) -> Card:
    """A decoder from all recordings of a part, to be used on others; the last fifth chooses the epoch."""
    train_pieces, held = [], []
    for number, one in enumerate(part.recordings):
        cut = round(0.8 * one.n_frames)
        train_pieces.append(Piece(number, 0, max(1, cut - plan.gap_frames)))
        held.append(Piece(number, cut, one.n_frames))
    fold = Fold("the last fifth", "", tuple(train_pieces), tuple(held), ())
    task = BehaviourTask(part.recordings, plan.target, fold, plan.networks[0], plan.settings)
    return train(task, out, plan.training, force=True, progress=progress)
