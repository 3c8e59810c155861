"""The Lorenz benchmark for many sets of trials side by side, on an accelerator.

    KERAS_BACKEND=jax python benchmarks/latents_stacked.py OUT [--recipes own pretrained reference]
        [--seeds 0 1 2 3 4] [--observed 29 15 5] [--epochs N]

What ``benchmarks/latents.py`` does one after the other (``own``, ``--pretrained``, ``--reference``), with the
same trials, networks, windows, losses and optimizers: JAX maps one step over all networks, so that they take
hardly longer than one. Only dropout draws other numbers. Files are those of ``latents.py``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from latents import (
    FULL,
    PUBLISHED,
    REFERENCE_EPOCHS,
    SMALL,
    SPARSE,
    Size,
    division_of,
    dropped,
    lorenz,
    training,
)

from deepcinac.files import read_json, write_json
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import adam
from deepcinac.tasks.latents.inferring import judged_samples
from deepcinac.tasks.latents.score import r2_by_cell
from deepcinac.tasks.latents.settings import STANDARD
from deepcinac.tasks.latents.task import LatentsTask

BATCH, REPORT = 64, 50
Weights = list[Any]
"""An array for each variable of the network, with the networks along its first axis."""


class Stack:
    """Networks of one architecture that are trained side by side.

    ``settings``: as the program trains; None for the published recipe. ``start``: weights to go on from.
    """

    def __init__(
        self,
        tasks: list[LatentsTask],
        seeds: list[int],
        settings: TrainingSettings | None,
        start: Weights | None = None,
    ) -> None:
        self.tasks, self.seeds, self.settings = tasks, seeds, settings
        built = [task.build(seed) for task, seed in zip(tasks, seeds, strict=True)]
        self.model = built[0]
        self.trained = start or _stacked([[_copy(v) for v in m.trainable_variables] for m in built])
        self.fixed = _stacked([[_copy(v) for v in m.non_trainable_variables] for m in built])
        self.optimizer = keras.optimizers.Adam(1e-3) if settings is None else adam(settings)
        self.optimizer.build(self.model.trainable_variables)
        self.state = _stacked([[_copy(v) for v in self.optimizer.variables]] * len(tasks))
        self.materials = [task.prepare(Path(), settings or STANDARD) for task in tasks]
        chosen = [_parts(material.choosing()) for material in self.materials]
        self.choosing = tuple(jnp.asarray(np.stack(own)) for own in zip(*chosen, strict=True))
        self.best, self.lowest = self.trained, np.full(len(tasks), np.inf)
        self.best_epochs = np.zeros(len(tasks), int)

    def fit(self, epochs: int, report: Callable[[int], None] = lambda epoch: None) -> None:
        """All epochs; the weights with which each network tells best what chooses are kept."""
        epoch_of, loss_of = jax.jit(jax.vmap(self._epoch)), jax.jit(jax.vmap(self._loss_alone))
        for epoch in range(1, epochs + 1):
            batches = self._published(epoch) if self.settings is None else self._drawn(epoch)
            self.trained, self.fixed, self.state = epoch_of(
                self.trained, self.fixed, self.state, *batches
            )
            weights = self._averaged()
            loss = np.asarray(loss_of(weights, self.fixed, *self.choosing))
            better = loss < self.lowest
            self.lowest = np.where(better, loss, self.lowest)
            self.best_epochs[better] = epoch
            self.best = [
                jnp.where(jnp.asarray(better).reshape(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(weights, self.best, strict=True)
            ]
            if epoch % REPORT == 0:
                report(epoch)
        report(epochs)

    def r2(self, judged_by: list[LatentsTask]) -> list[float]:
        """The mean over cells of each network's score on trials that were kept apart."""
        judged = [judged_samples(task.samples, task.division) for task in judged_by]
        inputs = [
            ((one.values - task.rules.mean) / task.rules.sd).astype(np.float32)
            for one, task in zip(judged, judged_by, strict=True)
        ]
        said = jax.jit(jax.vmap(lambda t, f, x: self._outputs(t, f, x, False)[0]))
        rates = np.exp(np.asarray(said(self.best, self.fixed, jnp.asarray(np.stack(inputs)))))
        scores = []
        for one, own in zip(judged, rates, strict=True):
            assert one.truth is not None
            scores.append(float(r2_by_cell(one.truth, own / one.bin_s).mean()))
        return scores

    def _averaged(self) -> Weights:
        """The moving averages that the optimizer keeps, or the weights where it keeps none."""
        if not self.optimizer.use_ema:
            return self.trained
        places = {id(one): place for place, one in enumerate(self.optimizer.variables)}
        averages = self.optimizer._model_variables_moving_average  # Keras has no public name
        return [self.state[places[id(one)]] for one in averages]

    def _drawn(self, epoch: int) -> tuple[Any, Any]:
        """The windows that the trainer of the program draws."""
        settings = self.settings
        assert settings is not None
        batches = [
            _parts(_together(material, settings, epoch, seed))
            for material, seed in zip(self.materials, self.seeds, strict=True)
        ]
        return tuple(jnp.asarray(np.stack(own)) for own in zip(*batches, strict=True))

    def _published(self, epoch: int) -> tuple[Any, Any]:
        """All trials once in random order; those that do not fill a batch wait for the next epoch."""
        found = []
        for number, task in enumerate(self.tasks):
            trials = np.array([piece.recording for piece in task.division.train])
            order = np.random.default_rng([number, epoch]).permutation(trials)
            steps = len(order) // BATCH
            found.append(task.scaled[order[: steps * BATCH]].reshape(steps, BATCH, task.n_bins, -1))
        values = jnp.asarray(np.stack(found))
        return values, values

    def _outputs(self, trained: Any, fixed: Any, inputs: Any, is_training: bool) -> Any:
        return self.model.stateless_call(
            trained, fixed, inputs, training=is_training, return_losses=True
        )

    def _epoch(self, trained: Any, fixed: Any, state: Any, inputs: Any, targets: Any) -> Any:
        def loss(trained: Any, fixed: Any, shown: Any, told: Any) -> Any:
            outputs, fixed, penalties = self._outputs(trained, fixed, shown, True)
            return self.tasks[0].loss(told, outputs) + sum(penalties), fixed

        gradient = jax.grad(loss, has_aux=True)

        def step(carry: Any, batch: Any) -> Any:
            trained, fixed, state = carry
            slopes, fixed = gradient(trained, fixed, *batch)
            trained, state = self.optimizer.stateless_apply(state, slopes, trained)
            return (trained, fixed, state), None

        return jax.lax.scan(step, (trained, fixed, state), (inputs, targets))[0]

    def _loss_alone(self, trained: Any, fixed: Any, inputs: Any, targets: Any) -> Any:
        return self.tasks[0].loss(targets, self._outputs(trained, fixed, inputs, False)[0])


def _together(material: Any, settings: TrainingSettings, epoch: int, seed: int) -> Any:
    """All batches of an epoch, (n_steps, n_windows, n_bins, n_cells) inputs and targets."""
    drawn = [
        material.draw(settings.batch_windows, np.random.default_rng([seed, 2, epoch, step]))
        for step in range(settings.steps)
    ]
    return tuple(np.stack(own) for own in zip(*drawn, strict=True))


def _parts(batch: Any) -> tuple[np.ndarray, np.ndarray]:
    inputs, targets = batch
    return np.asarray(inputs), np.asarray(targets)


def _copy(variable: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable))


def _stacked(lists: list[list[np.ndarray]]) -> Weights:
    return [jnp.asarray(np.stack(own)) for own in zip(*lists, strict=True)]


def sets_of(out: Path, seeds: list[int], observed: list[int], size: Size, epochs: int) -> None:
    """The program's recipe."""
    sets = [(seed, n) for seed in seeds for n in observed]
    tasks = [_task(lorenz(seed, n, size), seed, size.network) for seed, n in sets]
    stack = Stack(tasks, [seed for seed, _ in sets], training(0, epochs))
    stack.fit(epochs)
    _write(out, "own", sets, "autoencoder", stack.r2(tasks), stack, epochs)


def reference(out: Path, seeds: list[int], observed: list[int], size: Size, epochs: int) -> None:
    """The published recipe, written every 50 epochs."""
    sets = [(seed, n) for seed in seeds for n in observed]
    network = dataclasses.replace(PUBLISHED, hidden=size.network.hidden)
    tasks = [_task(lorenz(seed, n, size), seed, network) for seed, n in sets]
    stack = Stack(tasks, [seed for seed, _ in sets], None)

    def report(epoch: int) -> None:
        _write(out, "reference", sets, "published recipe", stack.r2(tasks), stack, epoch)

    stack.fit(epochs, report)


def pretrained(out: Path, seeds: list[int], size: Size, epochs: int) -> None:
    """As ``latents.pretrained_fit``, all seeds at once."""
    scaled = dataclasses.replace(size.network, rescale=True)
    settings = training(0, epochs)
    halves = []
    for seed in seeds:
        whole, sparse = lorenz(seed, 0, size), lorenz(seed, SPARSE, size)
        half = len(whole.values) // 2
        rest = np.arange(half, len(whole.values))
        halves.append((whole.chosen(np.arange(half)), sparse.chosen(rest)))
    complete = [_task(one, seed, scaled) for (one, _), seed in zip(halves, seeds, strict=True)]
    sparse_ones = [_task(one, seed, scaled) for (_, one), seed in zip(halves, seeds, strict=True)]
    plain = [_task(one, seed, size.network) for (_, one), seed in zip(halves, seeds, strict=True)]
    sets = [(seed, SPARSE) for seed in seeds]
    first = Stack(complete, seeds, settings)
    first.fit(epochs)
    _write(out, "pretrained", sets, "pretrained, not adapted", first.r2(sparse_ones), first, epochs)
    rows = (
        ("pretrained and adapted", sparse_ones, first.best),
        ("from nothing, input not rescaled", plain, None),
        ("from nothing", sparse_ones, None),
    )
    for name, tasks, start in rows:
        stack = Stack(tasks, seeds, settings, start)
        stack.fit(epochs)
        _write(out, "pretrained", sets, name, stack.r2(tasks), stack, epochs)


def _task(one: Any, seed: int, network: Any) -> LatentsTask:
    return LatentsTask(one, division_of(one, seed), network)


def _write(
    out: Path,
    kind: str,
    sets: list[tuple[int, int]],
    name: str,
    scores: list[float],
    stack: Stack,
    epochs: int,
) -> None:
    """Add scores to the files of their sets."""
    for place, (seed, observed) in enumerate(sets):
        path = out / f"{kind}-{observed}-{seed}.json"
        held = read_json(path)["r2"] if path.is_file() else {}
        what = dropped(observed) + (", half of the trials" if kind == "pretrained" else "")
        facts = {
            "what": what, "seed": seed, "r2": {**held, name: scores[place]}, "epochs": epochs,
            "best_epoch": int(stack.best_epochs[place]), "clock_s": round(time.monotonic() - BEGAN),
        }  # fmt: skip
        write_json(path, facts)
        print(json.dumps({"kind": kind, **facts}), flush=True)


BEGAN = time.monotonic()


def main() -> None:
    """One recipe after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    recipes = ("own", "pretrained", "reference")
    parser.add_argument("--recipes", nargs="+", choices=recipes, default=recipes)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--observed", type=int, nargs="+", default=[29, 15, 5])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--small", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    size = SMALL if args.small else FULL
    epochs = args.epochs or STANDARD.epochs
    if "own" in args.recipes:
        sets_of(args.out, args.seeds, args.observed, size, epochs)
    if "pretrained" in args.recipes:
        pretrained(args.out, args.seeds, size, epochs)
    if "reference" in args.recipes:
        reference(args.out, args.seeds, args.observed, size, args.epochs or REFERENCE_EPOCHS)


if __name__ == "__main__":
    main()
