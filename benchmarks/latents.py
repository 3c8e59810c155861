"""Latent dynamics on the Lorenz benchmark: R2 against the true rates with more and more samples dropped.

    python benchmarks/latents.py OUT [--seeds 0 1 2] [--observed 29 15 5] [--epochs 60]
    python benchmarks/latents.py OUT --pretrained       adapt from complete samples to sparse ones
    python benchmarks/latents.py OUT --reference        the published recipe on the same data: hours
    python benchmarks/latents.py OUT --gpfa PYTHON      GPFA of elephant, in an environment of its own
    python benchmarks/latents.py OUT --small [...]      fewer and shorter trials, a smaller network: minutes
    python benchmarks/latents.py OUT --table            what is there, as a table

What is done is kept in OUT and not done again; several may run side by side. ``--pretrained`` writes its file
after each of its four networks: one that was stopped is to be removed. ``--reference`` trains the published
network with Adam at a constant rate of 1e-3 for 1000 epochs and keeps the epoch that the choosing trials like
best, as the demo of selective backpropagation through time does.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.evaluation.units import bootstrap_mean
from deepcinac.files import read_json, write_json, write_npz
from deepcinac.learning.backend import compiles, load_keras
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import adam, train
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.simulation.lorenz import lorenz_trials, observed_in_part
from deepcinac.simulation.lorenz_settings import LorenzSettings
from deepcinac.tasks.latents.inferring import hide, judged_samples, network_of
from deepcinac.tasks.latents.plain import fit_plain, interpolated
from deepcinac.tasks.latents.samples import Samples, checked_samples
from deepcinac.tasks.latents.score import r2_by_cell
from deepcinac.tasks.latents.settings import STANDARD, LatentsSettings
from deepcinac.tasks.latents.task import LatentsTask, LoadedNetwork
from deepcinac.tasks.latents.windows import Division, divided, window_starts

REFERENCE_EPOCHS = 1000
SPARSE = 5
PUBLISHED = LatentsSettings(hidden=50, inputs=0, coordinated_dropout=0.0, mask_input=False)
"""The network of the published recipe: nothing reaches its generator, and nothing is hidden from it."""


@dataclass(frozen=True)
class Size:
    """What is simulated, and with how large a network it is learnt."""

    trials: LorenzSettings
    network: LatentsSettings


FULL = Size(LorenzSettings(), LatentsSettings(hidden=50))
SMALL = Size(
    LorenzSettings(conditions=20, repeats=30, bins=25), LatentsSettings(hidden=32, factors=8)
)


def lorenz(seed: int, observed: int, size: Size) -> Samples:
    """All trials of a seed."""
    found = lorenz_trials(size.trials, np.random.default_rng([seed, 0]))
    values = observed_in_part(found.counts, observed, np.random.default_rng([seed, 1]))
    names = tuple(f"cell {n}" for n in range(values.shape[2]))
    one = Samples("lorenz", Path("lorenz.npz"), values, "counts", 0.02, names, names,
                  np.arange(len(names)), "lorenz.npz", 1, found.rates_hz)  # fmt: skip
    return checked_samples(one)


def training(seed: int, epochs: int) -> TrainingSettings:
    """As the command trains, with fewer epochs."""
    return dataclasses.replace(STANDARD, epochs=epochs, patience=epochs, name="lorenz", seed=seed)


def division_of(one: Samples, seed: int) -> Division:
    """Trials that learn, choose and are judged."""
    return divided(one, one.n_bins, 5, np.random.default_rng([seed, 7]))


def judged_r2(one: Samples, division: Division, values: np.ndarray) -> float:
    """Mean R2 over cells of answers to the judged trials."""
    truth = judged_samples(one, division).truth
    assert truth is not None
    return float(r2_by_cell(truth, values / one.bin_s).mean())


def own_fit(out: Path, seed: int, observed: int, epochs: int, size: Size) -> dict[str, float]:
    """The autoencoder and the plain methods."""
    one = lorenz(seed, observed, size)
    division = division_of(one, seed)
    folder = out / f"network-{seed}-{observed}-{epochs}"
    train(LatentsTask(one, division, size.network), folder, training(seed, epochs), optimizer=adam)
    judged = judged_samples(one, division)
    found = {
        "autoencoder": judged_r2(
            one, division, LoadedNetwork(network_of(folder)).infer(judged).values
        )
    }
    return found | plain_fit(seed, observed, size)


def plain_fit(seed: int, observed: int, size: Size) -> dict[str, float]:
    """Smoothing and factor analysis alone."""
    one = lorenz(seed, observed, size)
    division = division_of(one, seed)
    judged, found = judged_samples(one, division), {}
    rng = np.random.default_rng([seed, 9])
    choosing = one.values[[piece.recording for piece in division.choose]]
    hidden = hide(choosing, 0.2, rng)
    parts = [one.values[piece.recording] for piece in division.train]
    shown, told = np.where(hidden, np.nan, choosing), np.where(hidden, choosing, np.nan)
    for name, method in fit_plain(parts, shown, told, one.kind, seed).items():
        found[name] = judged_r2(one, division, method.tell(judged.values))
    return found


def pretrained_fit(out: Path, seed: int, epochs: int, size: Size) -> Iterator[dict[str, float]]:
    """Half of the trials complete, the other half sparse: adapted, not adapted, and from nothing.

    What is adapted and what starts from nothing take equally many steps on the sparse trials, at the same
    rate; pretraining takes as many on the others. The input is divided by the share of cells observed, so
    that sparse samples look to the network as complete ones do; what starts from nothing is tried without
    that as well. Each of the answers adds to those before.
    """
    whole, sparse = lorenz(seed, 0, size), lorenz(seed, SPARSE, size)
    half = len(whole.values) // 2
    first = whole.chosen(np.arange(half))
    second = sparse.chosen(np.arange(half, len(whole.values)))
    division, settings = division_of(second, seed), training(seed, epochs)
    judged = judged_samples(second, division)
    scaled = dataclasses.replace(size.network, rescale=True)
    found: dict[str, float] = {}

    def learnt(name: str, task: LatentsTask) -> ClassifierFolder:
        folder = out / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}-{epochs}"
        train(task, folder, settings, optimizer=adam)
        network = network_of(folder)
        found[name] = judged_r2(second, division, LoadedNetwork(network).infer(judged).values)
        return network

    start = learnt("pretrained, not adapted", LatentsTask(first, division_of(first, seed), scaled))
    yield found
    learnt("pretrained and adapted", LatentsTask(second, division, scaled, start=start))
    yield found
    learnt("from nothing, input not rescaled", LatentsTask(second, division, size.network))
    yield found
    learnt("from nothing", LatentsTask(second, division, scaled))
    yield found


def reference_fit(seed: int, observed: int, epochs: int, size: Size) -> dict[str, float]:
    """Adam at a constant rate, all windows once an epoch in random order, the best epoch kept."""
    keras = load_keras()
    one = lorenz(seed, observed, size)
    division = division_of(one, seed)
    task = LatentsTask(one, division, PUBLISHED)
    model = task.build(seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=task.loss, jit_compile=compiles())
    values = one.values[window_starts(division.train, one.n_bins, one.n_bins)[:, 0]]
    choosing = one.values[[piece.recording for piece in division.choose]]
    judged, best, score = judged_samples(one, division), np.inf, float("nan")
    for _ in range(epochs):
        model.fit(values, values, batch_size=64, epochs=1, verbose=0)
        loss = float(task.loss(choosing, model.predict_on_batch(choosing)))
        if loss < best:
            best = loss
            rates = np.exp(np.asarray(model.predict_on_batch(judged.values)))
            score = judged_r2(one, division, rates)
    return {"reference": score}


def gpfa_fit(out: Path, seed: int, observed: int, python: Path, size: Size) -> dict[str, float]:
    """GPFA on every fourth trial; it knows no missing samples, so that these are interpolated."""
    one = lorenz(seed, observed, size)
    division = division_of(one, seed)
    mean = np.nanmean(one.values, (0, 1))
    path = out / f"gpfa-{observed}-{seed}.npz"
    parts = {
        "train": [piece.recording for piece in division.train][::4],
        "chosen": [piece.recording for piece in division.choose][::4],
        "judged": [piece.recording for piece in division.judge],
    }
    write_npz(path, **{name: interpolated(one.values[own], mean) for name, own in parts.items()})
    script = Path(__file__).with_name("latents_gpfa.py")
    subprocess.run([str(python), str(script), str(path)], check=True)
    said = np.load(path.with_name(f"{path.stem}-by-gpfa.npz"))
    print(path.stem, "latents:", said["latents"])
    return {"interpolated GPFA": judged_r2(one, division, said["said"])}


def dropped(observed: int) -> str:
    """What is not there, for people."""
    return f"{1 - observed / 29:.0%} dropped"


def table(out: Path) -> None:
    """Means over seeds with their intervals."""
    groups: dict[tuple[str, str], list[float]] = {}
    for path in sorted(out.glob("*.json")):
        kept = read_json(path)
        for name, value in kept["r2"].items():
            groups.setdefault((kept["what"], name), []).append(value)
    print("| samples | method | R2, mean | 95 % over seeds | seeds |\n|---|---|---|---|---|")
    for (what, name), values in groups.items():
        interval = bootstrap_mean(np.array(values), np.random.default_rng(0))
        ends = "-" if interval is None else "{:.3f} to {:.3f}".format(*interval)
        each = ", ".join(f"{value:.3f}" for value in values)
        print(f"| {what} | {name} | {np.mean(values):.3f} | {ends} | {len(values)}: {each} |")


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--observed", type=int, nargs="+", default=[29, 15, SPARSE])
    parser.add_argument("--epochs", type=int, default=STANDARD.epochs)
    parser.add_argument("--pretrained", action="store_true")
    parser.add_argument("--reference", action="store_true")
    parser.add_argument("--plain", action="store_true", help="smoothing and factor analysis alone")
    parser.add_argument("--gpfa", type=Path, metavar="PYTHON")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    size = SMALL if args.small else FULL
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in [] if args.table else args.seeds:
        for observed in [SPARSE] if args.pretrained else args.observed:
            kinds = {
                "pretrained": args.pretrained,
                "reference": args.reference,
                "gpfa": args.gpfa,
                "plain": args.plain,
            }
            kind = next((name for name, asked in kinds.items() if asked), "own")
            path = args.out / f"{kind}-{observed}-{seed}.json"
            if path.exists():
                continue
            what = dropped(observed)
            if args.pretrained:
                what += ", half of the trials"
                steps = pretrained_fit(args.out, seed, args.epochs, size)
            elif args.plain:
                steps = iter([plain_fit(seed, observed, size)])
            elif args.gpfa:
                steps = iter([gpfa_fit(args.out, seed, observed, args.gpfa, size)])
            elif args.reference:
                steps = iter([reference_fit(seed, observed, REFERENCE_EPOCHS, size)])
            else:
                steps = iter([own_fit(args.out, seed, observed, args.epochs, size)])
            for found in steps:
                write_json(path, {"what": what, "seed": seed, "r2": found})
                print(path, found, flush=True)
    table(args.out)


if __name__ == "__main__":
    main()
