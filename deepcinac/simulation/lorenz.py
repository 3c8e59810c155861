"""Cells whose rates follow three hidden variables: the Lorenz benchmark of latent dynamics.

After the recipe that is published with LFADS (Pandarinath et al., 2018): Euler steps of 0.006 a millisecond
after 500 ms of settling; each condition's three variables, centred and divided by their largest absolute
value, drive the log rates through loadings that are sorted by size. (Dividing by the largest value instead,
which may be near 0, makes rates of 1e9 Hz.) Spikes are Poisson, at most one in a millisecond.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.files import write_json, write_npz
from deepcinac.simulation.lorenz_settings import LORENZ, LorenzSettings
from deepcinac.version import __version__

SIGMA, RHO, BETA, STEP = 10.0, 28.0, 8 / 3, 0.006
SETTLING_MS = 500
LARGEST_LOG_RATE = 20.0


@dataclass(frozen=True, eq=False)
class LorenzTrials:
    """Trials of all conditions in random order.

    ``counts`` (n_trials, n_bins, n_cells) spikes, ``rates_hz`` of the same shape, ``condition`` (n_trials,),
    ``latents`` (n_conditions, n_ms, 3), ``loadings`` (n_cells, 3).
    """

    counts: np.ndarray
    rates_hz: np.ndarray
    condition: np.ndarray
    latents: np.ndarray
    loadings: np.ndarray


def trajectories(n_ms: int, start: np.ndarray) -> np.ndarray:
    """Euler steps (n_ms, k, 3) of k Lorenz systems from ``start`` (k, 3)."""
    now = start.astype(float)
    path = np.empty((n_ms, *start.shape))
    for step in range(n_ms):
        path[step] = now
        x, y, z = now.T
        now = now + STEP * np.stack([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z], 1)
    return path


def lorenz_trials(settings: LorenzSettings, generator: np.random.Generator) -> LorenzTrials:
    """Draw conditions, loadings and spikes."""
    n_ms = settings.bins * settings.bin_ms
    start = generator.normal(size=(settings.conditions, 3)) + np.array([0.0, 0.0, 25.0])
    path = trajectories(SETTLING_MS + n_ms, start)[SETTLING_MS:]
    path -= path.mean(0)
    path /= np.abs(path).max(0)
    signs = np.sign(generator.normal(size=(settings.neurons, 3)))
    loadings = np.sort((generator.random((settings.neurons, 3)) + 1) * signs, 0)
    log_rate = path @ loadings.T + np.log(settings.mean_hz / 1000)
    per_ms = np.exp(np.clip(log_rate, -LARGEST_LOG_RATE, LARGEST_LOG_RATE)).transpose(1, 0, 2)
    binned = (settings.conditions, settings.bins, settings.bin_ms, settings.neurons)
    rates = per_ms.reshape(binned).mean(2) * 1000
    chance = -np.expm1(-per_ms)
    counts = np.stack(
        [
            (generator.random((settings.repeats, *own.shape)) < own)
            .reshape(settings.repeats, *binned[1:]).sum(2, dtype=np.float32)
            for own in chance
        ]
    )  # fmt: skip
    condition = np.repeat(np.arange(settings.conditions), settings.repeats)
    order = generator.permutation(len(condition))
    counts = counts.reshape(-1, settings.bins, settings.neurons)[order]
    condition = condition[order]
    return LorenzTrials(
        counts, rates[condition].astype(np.float32), condition, path.transpose(1, 0, 2), loadings
    )


def observed_in_part(
    values: np.ndarray, n_observed: int, generator: np.random.Generator
) -> np.ndarray:
    """The values (..., n_cells) of ``n_observed`` cells drawn anew for each bin, NaN for the others."""
    if not 0 < n_observed < values.shape[-1]:
        return values.copy()
    rank = generator.random(values.shape).argsort(-1).argsort(-1)
    return np.where(rank < n_observed, values, np.nan).astype(np.float32)


def simulate_lorenz(settings: LorenzSettings, out: Path, seed: int = 0) -> Path:
    """Write ``lorenz.npz`` and ``meta.json``; returns the former.

    Trials of a seed are the same however many cells are observed.
    """
    trials = lorenz_trials(settings, np.random.default_rng([seed, 0]))
    seen = observed_in_part(trials.counts, settings.observed, np.random.default_rng([seed, 1]))
    out.mkdir(parents=True, exist_ok=True)
    path = out / "lorenz.npz"
    write_npz(
        path, values=seen, truth=trials.rates_hz, condition=trials.condition,
        latents=trials.latents, loadings=trials.loadings, bin_s=np.array(settings.bin_ms / 1000),
        kind=np.array("counts"),
    )  # fmt: skip
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": LORENZ, "seed": seed}
    write_json(out / "meta.json", {**about, "settings": dataclasses.asdict(settings)})
    return path
