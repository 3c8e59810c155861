"""The whole of ``deepcinac latents``: learn on some trials, judge on others, beside plain methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.comparison import Difference, compare_units
from deepcinac.evaluation.units import UnitScores, over_units
from deepcinac.learning.card import Card, read_card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import adam, train
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.tasks.latents.model import parts_of
from deepcinac.tasks.latents.plain import Plain, fit_plain
from deepcinac.tasks.latents.samples import Samples
from deepcinac.tasks.latents.score import explained_by_cell, r2_by_cell
from deepcinac.tasks.latents.settings import ACTIVITY, FLUORESCENCE, LatentsSettings
from deepcinac.tasks.latents.task import Inferred, LatentsTask, LoadedNetwork, require_fit
from deepcinac.tasks.latents.windows import Division, divided

NETWORK, START = "autoencoder", "pretrained, not adapted"
HIDDEN, HELD_OUT, TRUTH = "hidden samples", "held-out cells", "truth"
SECONDS_A_STEP = 2.7e-5
"""To train on one bin of one window with 50 units, on one quiet core."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be done. ``held_out`` (n_cells,) bool: cells that the input never shows."""

    samples: Samples
    division: Division
    held_out: np.ndarray
    settings: LatentsSettings
    training: TrainingSettings
    start: ClassifierFolder | None = None

    @property
    def task(self) -> LatentsTask:
        """What is trained."""
        return LatentsTask(self.samples, self.division, self.settings, self.held_out, self.start)

    @property
    def seconds(self) -> float:
        """About how long it takes on one quiet core."""
        task, training = self.task, self.training
        windows = training.epochs * training.steps * training.batch_windows
        return windows * task.n_bins * SECONDS_A_STEP * max(1.0, task.architecture.hidden / 50)


@dataclass(frozen=True, eq=False)
class Findings:
    """What came out.

    ``scores``: of each measure, the scores of each method over cells; ``judged``: the samples that were
    judged, with what was hidden from the methods; ``told``: what each method says of them, in a sample's
    units; ``inferred``: of all samples.
    """

    plan: Plan
    card: Card
    scores: Mapping[str, Mapping[str, UnitScores]]
    differences: Mapping[str, tuple[Difference, ...]]
    judged: Samples
    told: Mapping[str, np.ndarray]
    inferred: Inferred

    @property
    def truth_unit(self) -> float:
        """What a sample is divided by to be in the units of the truth: s for counts and events."""
        one = self.plan.samples
        return 1.0 if one.kind in (FLUORESCENCE, ACTIVITY) else one.bin_s

    @property
    def units(self) -> str:
        """Of values in figures."""
        return self.plan.samples.kind if self.truth_unit == 1.0 else "Hz"


def make_plan(
    one: Samples,
    settings: LatentsSettings,
    training: TrainingSettings,
    start: ClassifierFolder | None = None,
) -> Plan:
    """Divide the samples; a network to start from must fit them."""
    generator = np.random.default_rng([training.seed, 7])
    window = one.n_bins if one.is_trials else min(settings.window_bins, one.n_bins // 4)
    if start is not None:
        architecture, rules = parts_of(start.card, start.path)
        require_fit(one, architecture, rules)
        window = architecture.n_bins
        held_out = np.isin(np.arange(one.n_cells), rules.held_out)
    else:
        held_out = np.zeros(one.n_cells, bool)
        n_held = round(settings.held_out_cells * one.n_cells)
        if settings.held_out_cells and not 0 < n_held < one.n_cells - 1:
            expected = "a share that holds out one cell at least and leaves two"
            raise InputError(expected, f"{n_held} of {one.n_cells}", "option held_out_cells")
        held_out[np.random.default_rng([training.seed, 8]).permutation(one.n_cells)[:n_held]] = True
    division = divided(one, window, settings.blocks, generator)
    _require_samples(one, division)
    settings = dataclasses.replace(settings, window_bins=window)
    return Plan(one, division, held_out, settings, training, start)


def _require_samples(one: Samples, division: Division) -> None:
    """Every cell must have been observed in what trains."""
    parts = [np.isfinite(one.values[p.recording, p.start : p.stop]).any(0) for p in division.train]
    unseen = np.flatnonzero(~np.any(parts, axis=0))
    if len(unseen):
        found = f"none of {len(unseen)}, the first is {one.names[unseen[0]]}"
        hint = "another --seed divides otherwise; or leave these cells out"
        raise InputError(
            "samples of every cell in what the network learns from", found, one.path, hint
        )


def network_of(out: Path) -> ClassifierFolder:
    """The network in a folder."""
    return ClassifierFolder(out.name, out, read_card(out))


def find_latents(
    plan: Plan, out: Path, force: bool = False, progress: Progress = silent
) -> Findings:
    """Train into the folder ``out``, infer everything, and score what was judged."""
    card = train(plan.task, out, plan.training, force=force, progress=progress, optimizer=adam)
    network = LoadedNetwork(network_of(out))
    progress(ProgressEvent("scoring", 0, 1))
    one, settings = plan.samples, plan.settings
    generator = np.random.default_rng([plan.training.seed, 9])
    judged, choosing = judged_samples(one, plan.division), _choosing(plan)
    methods = _plain_methods(plan, choosing, generator)
    networks = {NETWORK: network}
    if plan.start is not None:
        networks[START] = LoadedNetwork(plan.start)
    hidden = hide(judged.values, settings.hidden_samples, generator)

    def all_tell(shown: np.ndarray) -> dict[str, np.ndarray]:
        shown = np.where(plan.held_out, np.nan, shown)
        told = {name: method.tell(shown) for name, method in methods.items()}
        own = dataclasses.replace(judged, values=shown.astype(np.float32))
        return told | {name: one.infer(own).values for name, one in networks.items()}

    whole = all_tell(judged.values)
    partial = all_tell(np.where(hidden, np.nan, judged.values))
    mean = _means(plan)
    shown_cells = ~plan.held_out
    kept = np.where(hidden & shown_cells, judged.values, np.nan)
    tables = {HIDDEN: {n: explained_by_cell(one.kind, kept, t, mean) for n, t in partial.items()}}
    if plan.held_out.any():
        kept = np.where(plan.held_out, judged.values, np.nan)
        tables[HELD_OUT] = {n: explained_by_cell(one.kind, kept, t, mean) for n, t in whole.items()}
    if judged.truth is not None:
        unit = 1.0 if one.kind in (FLUORESCENCE, ACTIVITY) else one.bin_s
        tables[TRUTH] = {n: r2_by_cell(judged.truth, told / unit) for n, told in whole.items()}
    scores = {measure: _over_cells(one, table, plan) for measure, table in tables.items()}
    differences = {
        measure: tuple(compare_units(list(own), [s.by_unit for s in own.values()], "cell", measure))
        for measure, own in scores.items()
    }
    everything = network.infer(one)
    progress(ProgressEvent("scoring", 1, 1))
    return Findings(plan, card, scores, differences, judged, whole, everything)


def judged_samples(one: Samples, division: Division) -> Samples:
    """The trials that are judged, or the block of a recording."""
    pieces = division.judge
    if one.is_trials:
        return one.chosen([piece.recording for piece in pieces])
    first = max(pieces, key=len)
    part = slice(first.start, first.stop)
    truth = None if one.truth is None else one.truth[:, part]
    return dataclasses.replace(one, values=one.values[:, part], truth=truth)


def hide(values: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Which samples are hidden from the methods: a share of the observed ones, of the shape of ``values``."""
    return np.isfinite(values) & (generator.random(values.shape) < share)


def _choosing(plan: Plan) -> np.ndarray:
    one, pieces = plan.samples, plan.division.choose
    length = min(map(len, pieces))
    return np.stack([one.values[p.recording, p.start : p.start + length] for p in pieces])


def _plain_methods(
    plan: Plan, choosing: np.ndarray, generator: np.random.Generator
) -> dict[str, Plain]:
    one = plan.samples
    train_parts = [one.values[p.recording, p.start : p.stop] for p in plan.division.train]
    hidden = hide(choosing, plan.settings.hidden_samples, generator)
    shown = np.where(hidden | plan.held_out, np.nan, choosing)
    told = np.where(hidden, choosing, np.nan)
    return fit_plain(train_parts, shown, told, one.kind, plan.training.seed)


def _means(plan: Plan) -> np.ndarray:
    """The mean of each cell in what trains, (n_cells,)."""
    one = plan.samples
    parts = [one.values[p.recording, p.start : p.stop] for p in plan.division.train]
    return np.asarray(np.nanmean(np.concatenate(parts), axis=0))


def _over_cells(one: Samples, table: Mapping[str, np.ndarray], plan: Plan) -> dict[str, UnitScores]:
    """Means over cells with their intervals."""
    found = {}
    for name, values in table.items():
        by_cell = [float(value) if np.isfinite(value) else None for value in values]
        generator = np.random.default_rng([plan.training.seed, 10])
        found[name] = over_units(one.names, by_cell, np.empty((0, one.n_cells)), generator)
    return found
