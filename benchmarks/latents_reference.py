"""The published recipe of the Lorenz benchmark for many sets of trials side by side, on an accelerator.

    KERAS_BACKEND=jax python benchmarks/latents_reference.py OUT [--seeds 0 1 2 3 4] [--observed 29 15 5]

What ``benchmarks/latents.py OUT --reference`` does one after the other: a network without inputs to its
generator, Adam at a constant 1e-3, batches of 64, 1000 epochs, and the epoch kept that the choosing trials
like best. JAX maps one step over all of them, so that they take hardly longer than one. Trials of an epoch
that do not fill a batch wait for the next one. Files are those of ``latents.py``, written every 50 epochs.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from latents import FULL, PUBLISHED, REFERENCE_EPOCHS, division_of, dropped, lorenz

from deepcinac.files import write_json
from deepcinac.tasks.latents.inferring import judged_samples
from deepcinac.tasks.latents.score import r2_by_cell
from deepcinac.tasks.latents.task import LatentsTask

BATCH, REPORT = 64, 50


def main() -> None:
    """Train all, and write what the best epoch so far says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--observed", type=int, nargs="+", default=[29, 15, 5])
    parser.add_argument("--epochs", type=int, default=REFERENCE_EPOCHS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    sets = [(seed, observed) for seed in args.seeds for observed in args.observed]
    tasks = []
    for seed, observed in sets:
        one = lorenz(seed, observed, FULL)
        tasks.append(LatentsTask(one, division_of(one, seed), PUBLISHED))
    Reference(tasks, sets, args.out).fit(args.epochs)


class Reference:
    """All networks, stacked along the first axis of every array."""

    def __init__(self, tasks: list[LatentsTask], sets: list[tuple[int, int]], out: Path) -> None:
        self.tasks, self.sets, self.out = tasks, sets, out
        parts = [_parts(task) for task in tasks]
        self.learnt, self.choosing, self.judged = (
            jnp.asarray(np.stack(own)) for own in zip(*parts, strict=True)
        )
        self.model = tasks[0].build(0)
        built = [task.build(seed) for task, (seed, _) in zip(tasks, sets, strict=True)]
        self.trained = _stacked([[v.numpy() for v in m.trainable_variables] for m in built])
        self.fixed = _stacked([[v.numpy() for v in m.non_trainable_variables] for m in built])
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.optimizer.build(self.model.trainable_variables)
        own = [np.asarray(v) for v in self.optimizer.variables]
        self.moments = _stacked([own] * len(tasks))

    def fit(self, epochs: int) -> None:
        """All epochs; the weights of each network's best one are kept."""
        n = self.learnt.shape[1]
        steps, began = n // BATCH, time.monotonic()
        lowest = np.full(len(self.sets), np.inf)
        best: list[Any] = list(self.trained)
        best_epochs = np.zeros(len(self.sets), int)
        epoch_of = jax.jit(jax.vmap(self._epoch))
        loss_of = jax.jit(jax.vmap(self._loss_alone))
        generators = [np.random.default_rng([seed, observed]) for seed, observed in self.sets]
        for epoch in range(1, epochs + 1):
            order = np.stack([g.permutation(n)[: steps * BATCH] for g in generators])
            places = jnp.asarray(order.reshape(len(self.sets), steps, BATCH))
            self.trained, self.fixed, self.moments = epoch_of(
                self.trained, self.fixed, self.moments, self.learnt, places
            )
            loss = np.asarray(loss_of(self.trained, self.fixed, self.choosing))
            better = loss < lowest
            lowest = np.where(better, loss, lowest)
            best_epochs[better] = epoch
            mask = jnp.asarray(better)
            best = [
                jnp.where(mask.reshape(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(self.trained, best, strict=True)
            ]
            if epoch % REPORT == 0 or epoch == epochs or epoch == 2:
                self._write(best, best_epochs, epoch, time.monotonic() - began)

    def _outputs(self, trained: Any, fixed: Any, inputs: Any, training: bool) -> tuple:
        return self.model.stateless_call(
            trained, fixed, inputs, training=training, return_losses=True
        )

    def _epoch(self, trained: Any, fixed: Any, moments: Any, learnt: Any, places: Any) -> Any:
        def loss(trained: Any, fixed: Any, batch: Any) -> Any:
            outputs, fixed, penalties = self._outputs(trained, fixed, batch, True)
            return self.tasks[0].loss(batch, outputs) + sum(penalties), fixed

        gradient = jax.grad(loss, has_aux=True)

        def step(carry: Any, own: Any) -> Any:
            trained, fixed, moments = carry
            slopes, fixed = gradient(trained, fixed, learnt[own])
            trained, moments = self.optimizer.stateless_apply(moments, slopes, trained)
            return (trained, fixed, moments), None

        carry, _ = jax.lax.scan(step, (trained, fixed, moments), places)
        return carry

    def _loss_alone(self, trained: Any, fixed: Any, windows: Any) -> Any:
        outputs, *_ = self._outputs(trained, fixed, windows, False)
        return self.tasks[0].loss(windows, outputs)

    def _write(self, best: Any, best_epochs: np.ndarray, epoch: int, seconds: float) -> None:
        said = jax.vmap(lambda t, f, x: self._outputs(t, f, x, False)[0])
        rates = np.exp(np.asarray(said(best, self.fixed, self.judged)))
        for place, (seed, observed) in enumerate(self.sets):
            task = self.tasks[place]
            truth = judged_samples(task.samples, task.division).truth
            score = float(r2_by_cell(truth, rates[place] / task.samples.bin_s).mean())
            facts = {
                "what": dropped(observed), "seed": seed, "r2": {"published recipe": score},
                "epochs": epoch, "best_epoch": int(best_epochs[place]), "seconds": round(seconds),
            }  # fmt: skip
            write_json(self.out / f"reference-{observed}-{seed}.json", facts)
            print(json.dumps(facts), flush=True)


def _parts(task: LatentsTask) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trials that teach, that choose and that are judged, scaled as the network takes them."""
    division = task.division
    return tuple(
        task.scaled[[piece.recording for piece in pieces]]
        for pieces in (division.train, division.choose, division.judge)
    )


def _stacked(lists: list[list[np.ndarray]]) -> list[Any]:
    return [jnp.asarray(np.stack(own)) for own in zip(*lists, strict=True)]


if __name__ == "__main__":
    main()
