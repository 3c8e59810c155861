"""The task of demixing: the network in the trainer."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.learning.backend import load_keras
from deepcinac.learning.calibration import Calibration, logit
from deepcinac.learning.card import Card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import RECORDINGS, Split
from deepcinac.learning.task import Batch, Judgement
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, silent
from deepcinac.recording.overlaps import iou
from deepcinac.results import Results
from deepcinac.settings import to_mapping
from deepcinac.simulation.corpus import CLASSIC, TISSUE, corpus_settings
from deepcinac.simulation.settings import SimulationSettings
from deepcinac.tasks.demixing.corpus import Example, cut_tile, draw_tile, make_examples, stacked
from deepcinac.tasks.demixing.loss import loss_of
from deepcinac.tasks.demixing.model import TASK, build_network, card_of
from deepcinac.tasks.demixing.score import Found, count_found
from deepcinac.tasks.demixing.settings import DemixingTraining
from deepcinac.tasks.demixing.unrolled import Architecture

SCORE_NAME = "F1 of cells at IoU 0.5"
LEFT_OUT = ("bright-tissue",)
"""Kinds of movies that are never trained on, to see what a network makes of them."""
THRESHOLDS = np.round(np.arange(0.1, 0.91, 0.05), 2)
BATCH = 4


@dataclass(frozen=True, eq=False)
class Tiles:
    """Tiles that train and tiles that choose (``learning.task.Material``)."""

    examples: Sequence[Example]
    choosing: Sequence[tuple[np.ndarray, ...]]
    architecture: Architecture
    tile_frames: int
    split: Split
    facts: Mapping[str, Any]
    input_ranges: Mapping[str, Any] = field(default_factory=dict)

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """Tiles of movies drawn at random."""
        chosen = generator.integers(len(self.examples), size=count)
        return stacked(
            [
                draw_tile(self.examples[k], self.architecture, self.tile_frames, generator)
                for k in chosen.tolist()
            ]
        )


@dataclass(frozen=True, eq=False)
class DemixingTask:
    """Learn to demix from simulated movies (``learning.task.NetworkTask``)."""

    settings: DemixingTraining
    seed: int = 0
    architecture: Architecture = field(default_factory=Architecture)

    name = TASK
    score_name = SCORE_NAME
    is_learnt_before = False

    def card(self, name: str) -> Card:
        """The card of what is to be learnt."""
        return card_of(name, self.architecture, {"demixing": to_mapping(self.settings)})

    def movies(self, part: str, count: int) -> list[SimulationSettings]:
        """Settings of the simulated movies: both mixtures in equal shares, without what is left out."""
        wanted, drawn = [], 2 * count + 8
        for mixture, share in ((CLASSIC, count - count // 2), (TISSUE, count // 2)):
            movies = corpus_settings(drawn, self.seed, part, False, mixture)
            movies = [one for one in movies if one.preset not in LEFT_OUT]
            wanted += movies[:share]
        return [self._sized(one) for one in wanted]

    def _sized(self, one: SimulationSettings) -> SimulationSettings:
        """With as many frames as asked for at 10 Hz, and cells as closely packed in a field of the size."""
        side = self.settings.field_px
        n_frames = round(self.settings.movie_frames * max(1.0, one.frame_rate_hz / 10))
        n_cells = max(1, round(one.n_cells * side * side / (one.height * one.width)))
        return dataclasses.replace(
            one, n_frames=n_frames, height=side, width=side, n_cells=n_cells, recorded_share=0.0
        )

    def data_fingerprint(self) -> str:
        """A hash of the movies' settings."""
        movies = [
            dataclasses.asdict(one)
            for part, count in self._parts()
            for one in self.movies(part, count)
        ]
        return hashlib.sha256(json.dumps(movies, sort_keys=True).encode()).hexdigest()

    def _parts(self) -> tuple[tuple[str, int], ...]:
        own = self.settings
        return (("training", own.movies), ("validation", own.choosing_movies))

    def prepare(self, work: Path, settings: TrainingSettings, progress: Progress = silent) -> Tiles:
        """Simulate all movies and keep them in memory."""
        own = self.settings
        every = [one for part, count in self._parts() for one in self.movies(part, count)]
        examples = make_examples(every, own.workers, progress)
        learning, held = examples[: own.movies], examples[own.movies :]
        side, length = self.architecture.tile_px, own.tile_frames
        choosing = [
            cut_tile(one, corner, 0, length, side)
            for one in held
            for corner in ((0, 0), tuple(max(0, size - side) for size in one.frames.shape[1:]))
        ]
        words = f"{len(held)} simulated movies of other seeds"
        facts = {"movies": len(learning)}
        split = Split(RECORDINGS, len(held), words)
        return Tiles(learning, choosing, self.architecture, length, split, facts)

    def build(self, seed: int) -> Any:
        """A fresh network."""
        return build_network(self.architecture, seed)

    def loss(self, targets: Any, outputs: Any) -> Any:
        """What training makes small."""
        return loss_of(self.architecture, targets, outputs)

    def judge(
        self,
        model: Any,
        material: Tiles,
        final: bool,
        progress: Progress = silent,
        is_start: bool = False,
    ) -> Judgement:
        """F1 over all cells of the tiles that choose, at the best threshold; calibration makes it 0.5."""
        pixels = self.architecture.tile_px**2
        said, losses = [], []
        for first in range(0, len(material.choosing), BATCH):
            inputs, targets = stacked(material.choosing[first : first + BATCH])
            outputs = load_keras().ops.convert_to_numpy(model.predict_on_batch(inputs))
            losses.append(
                np.asarray(load_keras().ops.convert_to_numpy(self.loss(targets, outputs)))
            )
            for own, truth, strength in zip(outputs, targets, inputs[2], strict=True):
                said.append(claims_of(own, truth, strength > 0, pixels))
        counts = {}
        for threshold in THRESHOLDS.tolist():
            parts = [
                count_found(shared[sure >= threshold], judged) for sure, shared, judged in said
            ]
            counts[threshold] = Found(
                *(sum(getattr(p, n) for p in parts) for n in ("found", "false", "missed"))
            )
        best = max(counts, key=lambda threshold: counts[threshold].f1 or 0.0)
        one = counts[best]
        values = {"loss_held_out": round(float(np.concatenate(losses).mean()), 4),
                  "recall": round(one.found / max(1, one.found + one.missed), 4),
                  "precision": round(one.found / max(1, one.found + one.false), 4)}  # fmt: skip
        calibration = Calibration(1.0, round(-float(logit(best)), 5))
        return Judgement(one.f1, values, calibration, details=values)

    def predict(
        self, classifier: ClassifierFolder, recording: Any, progress: Progress = silent
    ) -> Results:
        """Demixed traces of an open recording's movie (cells of its own, not those of a session)."""
        from deepcinac.tasks.demixing.demixing import demix, results_of

        movie, rate = recording.movie, recording.frame_rate_hz
        found = demix(movie, rate, recording.pixel_size_um, classifier, progress)
        return results_of(movie, found, classifier, rate)


def claims_of(
    outputs: np.ndarray, targets: np.ndarray, used: np.ndarray, pixels: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence (n,) of a tile's slots, IoU (n, m) with its cells, and which cells are judged (m,)."""
    masks = outputs[:, pixels : 2 * pixels] > 0.5
    claimed = used & masks.any(1)
    kind = targets[:, -1]
    true = targets[kind != 0, pixels : 2 * pixels] > 0.5
    sure = 1 / (1 + np.exp(-outputs[claimed, -1].astype(float)))
    return sure, iou(masks[claimed], true), kind[kind != 0] > 0
