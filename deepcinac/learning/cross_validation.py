"""Several methods on the same folds, each beside what it scores where there is nothing to learn.

A method is fitted to the training pieces of a fold and answers for the pieces that are judged. The null
does the same with targets that mean nothing. Those of frames are shifted in time, circularly and within each
recording: they keep their own rhythm and lose their relation to the inputs. Those of whole recordings are
exchanged between them. A single shift or exchange is a lottery, so there are many. What was computed is kept
on disk, and a run that was stopped goes on after the last fit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import read_npz, write_npz
from deepcinac.learning.folds import Fold, Piece
from deepcinac.progress import Progress, ProgressEvent, silent

FEWEST_SHIFTS = 20
Targets = Sequence[np.ndarray]
Answer = Callable[[Piece, int], np.ndarray]
"""The answers (k, n_outputs) of a fitted method to every n-th frame of a piece."""
Score = Callable[[np.ndarray, np.ndarray], "float | None"]
"""From targets (n,) and answers (n, n_outputs), higher is better; None where nothing can be judged."""


class Method(Protocol):
    """Something that can be fitted to pieces of recordings; it has the inputs, the targets are given."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    def fit(self, fold: Fold, targets: Targets, seed: int) -> Answer:
        """Learn the targets (one (n_frames,) for each recording; NaN: not known) of a fold."""


@runtime_checkable
class ManyAtOnce(Protocol):
    """A method that learns several sets of targets of one fold in one go, which saves time."""

    def fit_many(self, fold: Fold, targets: Sequence[Targets], seed: int) -> Sequence[Answer]:
        """The same answers that ``fit`` would give for each set of targets."""


@dataclass(frozen=True, eq=False)
class MethodOutcome:
    """What one method did.

    ``by_fold``: the score of each fold, None where nothing could be judged; ``null`` (n_null, n_folds):
    the same with the targets of the null, NaN for None; ``answers``: the held-out answers (n_frames,
    n_outputs) for each recording, NaN where none were given, the mean over folds that judge the same frames.
    """

    name: str
    by_fold: tuple[float | None, ...]
    null: np.ndarray
    answers: Mapping[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Null:
    """``n`` sets of targets in which there is nothing to learn; ``targets`` makes one of them, 0 to n - 1."""

    n: int
    targets: Callable[[int], Targets]


def shifted_null(targets: Targets, shifts: np.ndarray) -> Null:
    """Targets shifted along time by ``shifts`` (n_shifts, n_recordings), see :func:`circular_shifts`."""
    return Null(len(shifts), lambda row: shifted(targets, shifts[row]))


def exchanged_labels(
    labels: Sequence[str], groups: Sequence[str], n: int, generator: np.random.Generator
) -> list[list[str]]:
    """Labels (n_recordings,) of recordings, exchanged ``n`` times between whole groups.

    Where each group has one label these are exchanged between groups; where a group has several (an
    animal before and after), its recordings exchange theirs among themselves.
    """
    given, owners = np.asarray(list(labels)), np.asarray(list(groups))
    names = list(dict.fromkeys(groups))
    of_group = {name: given[owners == name] for name in names}
    if all(len(set(own.tolist())) == 1 for own in of_group.values()):
        firsts = np.array([own[0] for own in of_group.values()])
        drawn = [dict(zip(names, generator.permutation(firsts), strict=True)) for _ in range(n)]
        return [[str(one[name]) for name in groups] for one in drawn]
    found = []
    for _ in range(n):
        moved = given.copy()
        for name in names:
            moved[owners == name] = generator.permutation(of_group[name])
        found.append([str(label) for label in moved])
    return found


def circular_shifts(
    lengths: Sequence[int], n_shifts: int, closest: int, generator: np.random.Generator
) -> np.ndarray:
    """By how many frames to shift each recording, (n_shifts, n_recordings), at least ``closest``.

    A recording too short for that is shifted by a third of it at least.
    """
    found = np.empty((n_shifts, len(lengths)), int)
    for column, length in enumerate(lengths):
        nearest = max(1, min(closest, length // 3))
        found[:, column] = generator.integers(nearest, max(length - nearest, nearest + 1), n_shifts)
    return found


def shifted(targets: Targets, by: Sequence[int] | np.ndarray) -> list[np.ndarray]:
    """Targets moved along time, what leaves at the end coming in at the start.

    >>> shifted([np.array([1, 2, 3, 4])], [1])[0].tolist()
    [4, 1, 2, 3]
    """
    return [np.roll(one, int(step)) for one, step in zip(targets, by, strict=True)]


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """All that is fitted: methods, folds, targets and their null; ``work`` keeps what is done.

    ``identity`` names inputs and settings: what was kept for another one is not used. In the null every
    ``null_stride``-th frame is scored, which changes its spread by nothing that matters and saves most
    of the time. Where training takes too long for that (movies), ``trained_null`` is False: the answers are
    those of the truth, scored against the targets of the null. ``stage``: what progress is called.
    """

    folds: Sequence[Fold]
    targets: Targets
    score: Score
    n_outputs: int
    null: Null
    work: Path
    identity: str
    seed: int = 0
    null_stride: int = 3
    trained_null: bool = True
    stage: str = "decoding"

    def run(self, methods: Sequence[Method], progress: Progress = silent) -> list[MethodOutcome]:
        """Fit every method to every fold, with the targets as they are and with those of the null."""
        kept = _Kept(self.work, [self.identity, self.seed])
        rows, n_folds = 1 + self.null.n, len(self.folds)
        n_fits = len(methods) * n_folds * (rows if self.trained_null else 1)
        steps = _Steps(n_fits, progress, self.stage)
        found = []
        for method in methods:
            answers = _Sums(self.n_outputs)
            table = np.full((rows, n_folds), np.nan)
            for column, fold in enumerate(self.folds):
                fits = self._of_fold(method, column, rows, kept, steps)
                first = fits[0].answers
                assert first is not None
                answers.add(fold.test, first, self.targets)
                table[: len(fits), column] = [fit.score for fit in fits]
                for row in range(len(fits), rows):  # the null is not trained
                    table[row, column] = self._scored(fold, self.null.targets(row - 1), first)
            real = tuple(None if np.isnan(value) else float(value) for value in table[0])
            found.append(MethodOutcome(method.name, real, table[1:], answers.means()))
        return found

    def _of_fold(
        self, method: Method, column: int, rows: int, kept: _Kept, steps: _Steps
    ) -> list[_Fit]:
        """The fits of a fold, of the targets as they are and of the null where that is trained."""
        fold = self.folds[column]
        wanted = range(rows if self.trained_null else 1)
        keys = [f"{method.name}, fold {column}, shift {row}" for row in wanted]
        fits = {row: kept.get(keys[row], with_answers=not row) for row in wanted}
        missing = [row for row, fit in fits.items() if fit is None]
        at_once = len(missing) if isinstance(method, ManyAtOnce) else 1
        for begin in range(0, len(missing), max(at_once, 1)):
            own = missing[begin : begin + at_once]
            sets = [self.null.targets(row - 1) if row else self.targets for row in own]
            fitted = (
                method.fit_many(fold, sets, self.seed)
                if isinstance(method, ManyAtOnce)
                else [method.fit(fold, sets[0], self.seed)]
            )
            for row, targets, answer in zip(own, sets, fitted, strict=True):
                fit = self._judged(answer, fold, targets, self.null_stride if row else 1)
                kept.put(keys[row], fit, with_answers=not row)
                fits[row] = fit
                steps.fitted += 1
                steps.report(f"{method.name}: {fold.name}")
        for _ in range(len(fits) - len(missing)):
            steps.report(f"{method.name}: {fold.name}")
        return [fit for fit in fits.values() if fit is not None]

    def _judged(self, answer: Answer, fold: Fold, targets: Targets, stride: int) -> _Fit:
        said = np.concatenate([answer(piece, stride) for piece in fold.test])
        return _Fit(self._scored(fold, targets, said, stride), said.astype(np.float32))

    def _scored(self, fold: Fold, targets: Targets, said: np.ndarray, stride: int = 1) -> float:
        """The score of answers to every ``stride``-th frame of a fold, NaN for none."""
        truth = np.concatenate([targets[p.recording][p.start : p.stop : stride] for p in fold.test])
        known = np.isfinite(truth)
        score = self.score(truth[known], said[known]) if known.any() else None
        return np.nan if score is None else score


@dataclass(frozen=True, eq=False)
class _Fit:
    """The score of one fit (NaN: none) and its answers, where they are known."""

    score: float
    answers: np.ndarray | None


class _Kept:
    """Fits that are done, in a folder: scores a line each, answers in files of their own."""

    def __init__(self, folder: Path, identity: list[Any]) -> None:
        self._folder, self._identity = folder, identity
        self._log = folder / "fits.jsonl"
        self._scores: dict[str, float] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if self._log.is_file():
            for line in self._log.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):  # a line half-written
                    record = json.loads(line)
                    score = record["score"]
                    self._scores[record["key"]] = np.nan if score is None else float(score)

    def get(self, name: str, with_answers: bool) -> _Fit | None:
        """A fit that is done, with all that is asked for."""
        key = self._key(name)
        if key not in self._scores:
            return None
        answers = None
        if with_answers:
            try:
                answers = read_npz(self._folder / f"{key}.npz", ("answers",))["answers"]
            except InputError:
                return None
        return _Fit(self._scores[key], answers)

    def put(self, name: str, fit: _Fit, with_answers: bool) -> None:
        """Keep a fit."""
        key = self._key(name)
        if with_answers:
            write_npz(self._folder / f"{key}.npz", answers=fit.answers)
        self._scores[key] = fit.score
        score = None if np.isnan(fit.score) else fit.score
        with open(self._log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"key": key, "fit": name, "score": score}) + "\n")

    def _key(self, name: str) -> str:
        return hashlib.sha256(json.dumps([*self._identity, name]).encode()).hexdigest()[:20]


@dataclass
class _Steps:
    """Reports how far a cross-validation is, and how long the rest takes."""

    total: int
    progress: Progress
    stage: str
    done: int = 0
    fitted: int = 0
    began: float = field(default_factory=time.monotonic)

    def report(self, about: str) -> None:
        """One more fit is done."""
        self.done += 1
        a_fit = (time.monotonic() - self.began) / max(self.fitted, 1)
        left = {"seconds_left": round(a_fit * (self.total - self.done))} if self.fitted else {}
        self.progress(ProgressEvent(self.stage, self.done, self.total, about, left))


class _Sums:
    """Answers of several folds, averaged where they judge the same frames."""

    def __init__(self, n_outputs: int) -> None:
        self._n_outputs = n_outputs
        self._sums: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def add(self, pieces: Sequence[Piece], answers: np.ndarray, targets: Targets) -> None:
        begin = 0
        for piece in pieces:
            length = len(targets[piece.recording])
            if piece.recording not in self._sums:
                self._sums[piece.recording] = np.zeros((length, self._n_outputs)), np.zeros(length)
            sums, counts = self._sums[piece.recording]
            sums[piece.start : piece.stop] += answers[begin : begin + len(piece)]
            counts[piece.start : piece.stop] += 1
            begin += len(piece)

    def means(self) -> dict[int, np.ndarray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {n: sums / counts[:, None] for n, (sums, counts) in self._sums.items()}
