"""Running decoded from regions and from movies of simulated mice, each mouse left out whole in turn.

    python benchmarks/decoding.py OUT                       everything, hours on two cores
    python benchmarks/decoding.py OUT --parts traces        regression and GRU on regions, beside 20 shifts
    python benchmarks/decoding.py OUT --parts cnn cnn-gru cnn-lstm      networks of the movie
    python benchmarks/decoding.py OUT --parts artefact      that CNN where all pixels brighten with running
    python benchmarks/decoding.py OUT --cebra PYTHON        CEBRA on regions, in an environment of its own
    python benchmarks/decoding.py OUT --table               what is there, as tables

Five mice of ``simulate --preset cortex-wide``, seed 0. Each fold of each part is a file in OUT and is not
done again, so that several of these may run side by side (``--folds 0 3``). Everything is trained anew for
each shift of the traces; of movies the test labels alone are shifted. ``--maps``: cut-out and keep-only maps
of the movie networks as well. Keras takes the backend that KERAS_BACKEND names.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.evaluation.units import UnitScores, over_units
from deepcinac.files import read_json, write_json, write_npz
from deepcinac.learning.settings import TrainingSettings
from deepcinac.simulation.cortex_settings import CortexSettings
from deepcinac.simulation.cortex_wide import area_names, draw_mouse, simulate_mice
from deepcinac.tasks.behaviour.decoding import (
    Decoding,
    Part,
    Plan,
    decode,
    importances,
    make_plan,
    maps_of,
)
from deepcinac.tasks.behaviour.maps import squares
from deepcinac.tasks.behaviour.movies import read_movie
from deepcinac.tasks.behaviour.recordings import read_recording
from deepcinac.tasks.behaviour.report import artefact_suspected
from deepcinac.tasks.behaviour.score import SCORES
from deepcinac.tasks.behaviour.settings import MOVIE_STANDARD, STANDARD, STEPS, DecodingSettings
from deepcinac.tasks.behaviour.targets import parsed_target

TARGET = parsed_target("speed > 0.5")
TRACES, ARTEFACT = "traces", "artefact"
PARTS = (TRACES, "cnn", "cnn-gru", "cnn-lstm", ARTEFACT)
BRIGHTENING = 0.05
"""Of all pixels while the mouse runs, in the part with an artefact."""
SIDE_PX = 32
MICE = CortexSettings()
LARGE_BATCHES = dataclasses.replace(MOVIE_STANDARD, batch_windows=128, learning_rate=1e-3)
"""The standard training with fewer, larger steps: an accelerator takes one in the same time."""


def mice(out: Path, settings: CortexSettings) -> list[Path]:
    """The sessions, simulated where they are not there yet."""
    if not (out / "meta.json").is_file():
        simulate_mice(settings, out, 0)
    return sorted(out.glob("*.deepcinac"))


def plan_of(out: Path, part: str, training: TrainingSettings | None) -> Plan:
    """All folds of a part."""
    if part == TRACES:
        settings = DecodingSettings()
        sessions = mice(out / "mice", MICE)
        regions = [read_recording(path, TARGET, None, settings.baseline_s) for path in sessions]
        return make_plan(regions, TARGET, settings, training or STANDARD, ("gru",))
    settings = dataclasses.replace(DecodingSettings(), window_frames=STEPS + 2, baseline_s=0.0)
    own = dataclasses.replace(MICE, artefact=BRIGHTENING) if part == ARTEFACT else MICE
    sessions = mice(out / (ARTEFACT if part == ARTEFACT else "mice"), own)
    pictures = out / f"pictures-{part}"
    movies = [read_movie(path, TARGET, SIDE_PX, pictures) for path in sessions]
    network = "cnn" if part == ARTEFACT else part
    return make_plan(
        [one.pictures for one in movies], TARGET, settings, training or LARGE_BATCHES, (network,),
        None, {one.pictures.name: one for one in movies},
    )  # fmt: skip


def one_fold(plan: Plan, fold: int, work: Path, with_maps: bool) -> dict[str, Any]:
    """Scores of one mouse by every method, its null, and what the decoder looks at."""
    [part] = plan.parts
    own = dataclasses.replace(plan, parts=(Part(part.recordings, part.folds[fold : fold + 1]),))
    began = time.monotonic()
    found = decode(own, work)
    facts: dict[str, Any] = {
        "unit": part.folds[fold].unit,
        "training": dataclasses.asdict(plan.training),
        "methods": {
            name: {"score": one.mean, "null": one.null.tolist()}
            for name, one in found.scores.items()
        },
        "seconds": round(time.monotonic() - began, 1),
    }
    if not plan.movies:
        facts["importance"] = [
            dataclasses.asdict(one) for part in importances(own, work) for one in part
        ]
    elif with_maps:
        facts["maps"] = [
            {key: np.asarray(value).tolist() for key, value in dataclasses.asdict(one).items()}
            for part in maps_of(own, work)
            for one in part
        ]
    return facts


def cebra_fold(out: Path, plan: Plan, fold: int, python: Path) -> dict[str, Any]:
    """CEBRA on the same regions and the same fold; what it says and its score."""
    own = plan.parts[0].folds[fold]
    arrays: dict[str, np.ndarray] = {}
    for name, pieces in (("train", own.train), ("chosen", own.validation), ("judged", own.test)):
        parts = [
            (plan.recordings[p.recording].inputs[p.start : p.stop], p.recording, p.start, p.stop)
            for p in pieces
        ]
        arrays[f"{name}-inputs"] = np.concatenate([values for values, *_ in parts])
        arrays[f"{name}-values"] = np.concatenate(
            [plan.recordings[n].behaviour.values[start:stop] for _, n, start, stop in parts]
        )
    path = out / f"cebra-{fold}.npz"
    write_npz(path, **arrays)
    script = Path(__file__).with_name("decoding_cebra.py")
    subprocess.run([str(python), str(script), str(path)], check=True)
    said = np.load(path.with_name(f"{path.stem}-by-cebra.npz"))["said"][:, None]
    score = SCORES[plan.kind](arrays["judged-values"], said)
    return {"unit": own.unit, "methods": {"CEBRA": {"score": score, "null": []}}, "seconds": 0}


def table(out: Path) -> None:
    """Means over mice beside chance, and what was found where."""
    for part in (*PARTS, "cebra"):
        kept = [read_json(path) for path in sorted(out.glob(f"{part}-[0-9].json"))]
        if not kept:
            continue
        print(f"\n{part}, {len(kept)} mice, {sum(one['seconds'] for one in kept):.0f} s")
        print("| method | AUC, mean | 95 % over mice | each | chance, mean | chance, 95th |")
        print("|---|---|---|---|---|---|")
        scores = {name: _over_mice(kept, name) for name in kept[0]["methods"]}
        for name, one in scores.items():
            low_high = "-" if one.interval is None else "{:.3f} to {:.3f}".format(*one.interval)
            each = ", ".join(f"{value:.3f}" for value in one.by_unit.values())
            chance = " | ".join(
                "-" if value is None else f"{value:.3f}" for value in (one.null_mean, one.null_95)
            )
            print(f"| {name} | {one.mean:.3f} | {low_high} | {each} | {chance} |")
        _importance(kept)
        _maps(part, kept)
        if part in ("cnn", ARTEFACT):
            plan = plan_of(out, part, None)
            print("flagged as an artefact:", artefact_suspected(Decoding(plan, scores, (), {})))


def _over_mice(kept: list[dict[str, Any]], name: str) -> UnitScores:
    own = [one["methods"][name] for one in kept]
    null = np.array([one["null"] for one in own]).T
    units = [one["unit"] for one in kept]
    return over_units(units, [one["score"] for one in own], null, np.random.default_rng(5))


def _importance(kept: list[dict[str, Any]]) -> None:
    rows = [row for one in kept for row in one.get("importance", [])]
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row for row in rows if row["name"] == name]
        parts = ("needed", "needed_with_partner", "alone", "gradients")
        means = ", ".join(f"{part} {np.mean([row[part] for row in own]):.3f}" for part in parts)
        print(f"{name} (with {own[0]['partner']}): {means}")


def _maps(part: str, kept: list[dict[str, Any]]) -> None:
    """The mean over mice of the square nearest to each area, and where the highest square lies."""
    found: dict[str, list[list[float]]] = {}
    top: dict[str, list[str]] = {}
    middles = np.array(
        [
            ((rows.start + rows.stop - 1) / 2, (columns.start + columns.stop - 1) / 2)
            for rows, columns in squares(SIDE_PX)
        ]
    )
    for one in kept:
        for own in one.get("maps", []):
            number = int(own["unit"].removeprefix("mouse")) - 1
            mouse = draw_mouse(number, MICE, np.random.default_rng([0, number]))
            maps = {key: np.ravel(own[key]) for key in ("needed", "needed_with_mirror", "alone")}
            peaks = [np.unravel_index(np.argmax(area), area.shape) for area in mouse.maps]
            for name, peak in zip(area_names(), peaks, strict=True):
                near = int(np.linalg.norm(middles - np.array(peak), axis=1).argmin())
                found.setdefault(name, []).append([float(one[near]) for one in maps.values()])
            medians = [float(np.median(one)) for one in maps.values()]
            found.setdefault("median square", []).append(medians)
            for key, values in maps.items():
                apart = np.linalg.norm(np.array(peaks) - middles[values.argmax()], axis=1)
                top.setdefault(key, []).append(area_names()[int(apart.argmin())])
    for name, rows in found.items():
        words = "needed {:.3f}, with mirror {:.3f}, alone {:.3f}".format(*np.mean(rows, 0))
        print(f"{part}, square nearest to {name}: {words}")
    for key, names in top.items():
        print(f"{part}, {key}, area nearest to the highest square: {', '.join(names)}")


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--folds", type=int, nargs="+", default=range(5))
    parser.add_argument("--epochs", type=int, help="fewer, for a trial")
    parser.add_argument("--windows", type=int, help="in an epoch: fewer, for a trial")
    parser.add_argument("--cebra", type=Path, metavar="PYTHON")
    parser.add_argument("--maps", action="store_true")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.cebra is not None:
        plan = plan_of(args.out, TRACES, STANDARD)
        for fold in args.folds:
            write_json(
                args.out / f"cebra-{fold}.json", cebra_fold(args.out, plan, fold, args.cebra)
            )
    for part in () if args.table or args.cebra else args.parts:
        training = STANDARD if part == TRACES else LARGE_BATCHES
        changes = {"epochs": args.epochs, "windows_per_epoch": args.windows}
        training = dataclasses.replace(training, **{k: v for k, v in changes.items() if v})
        plan = plan_of(args.out, part, training)
        for fold in args.folds:
            path = args.out / f"{part}-{fold}.json"
            if not path.is_file():
                write_json(path, one_fold(plan, fold, args.out / f"work-{part}-{fold}", args.maps))
                print(path, flush=True)
    table(args.out)


if __name__ == "__main__":
    main()
