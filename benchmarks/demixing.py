"""Demixing beside suite2p, and FISSA on suite2p's cells: cells found, their traces, and time.

    python benchmarks/demixing.py OUT --suite2p-python PATH --fissa-python PATH [--classifier DIR]
        [--exam FOLDER ...]

Sets of simulated movies, all of seeds that trained nothing. "validation" chooses suite2p's threshold_scaling
and whether its own verdict (iscell) is followed; "held-out" are kinds of movies that the network learnt from;
"bright-tissue" is a kind that it never saw, "blobs" another generator: Gaussian cells, Gaussian noise, no
motion, written for this table. Exam folders hold ``movie.tif``, ``truth.npz``, ``rois.npz``.
What was worked out lies in OUT and is used again.

A cell is to be found where its tallest transient is 3 SD of the noise of its mask's mean or more; those that
do less are silent: they are neither missed nor false. Traces are judged on cells to be found that share a
tenth of their mask with another cell: correlation with the cell's clean light, frame by frame, unsmoothed.
Intervals are over cells (and claims) of these movies. CPU seconds are those of whole
commands, starting up included.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile
from demixing_movies import exam_truth, make_movies

from deepcinac.files import read_npz, write_json, write_npz
from deepcinac.labelling.session import Session
from deepcinac.recording.overlaps import iou, matched
from deepcinac.tasks.demixing.score import FOUND_IOU, count_found
from deepcinac.tasks.demixing.separating import make_separator

SCALINGS = (0.6, 0.8, 1.0)
OVERLAP = 0.1
RESAMPLES = 2000
COUNTS = ("found", "false", "missed")


def cpu_seconds(command: list[str], log: Path) -> float:
    """Run a program to its end; its CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(log, "wb") as stream:
        subprocess.run(command, check=True, stdout=stream, stderr=subprocess.STDOUT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def with_demix(folder: Path, classifier: str) -> dict[str, np.ndarray]:
    """Masks and traces by ``deepcinac demix``."""
    out = folder / "by-demix"
    seconds = out / "seconds.json"
    if not seconds.exists():
        clock = json.loads((folder / "rate.json").read_text())
        command = [sys.executable, "-m", "deepcinac", "demix", str(folder / "movie.tif"), "--out", str(out),
                   "--frame-rate", str(clock["frame_rate_hz"]), "--pixel-size", str(clock["pixel_size_um"]),
                   "--classifier", classifier]  # fmt: skip
        spent = cpu_seconds(command, folder / "demix.log")
        write_json(seconds, {"seconds": spent})
    with Session.open(out / "demixed.deepcinac") as session:
        traces = session.results("demix")["curve"].array
        masks = session.cells().masks()
    return {
        "masks": masks,
        "traces": traces,
        "seconds": np.array(json.loads(seconds.read_text())["seconds"]),
    }


def with_suite2p(folder: Path, python: str, scaling: float) -> dict[str, np.ndarray]:
    """All ROIs, their verdicts, F - 0.7 Fneu, and weights, by ``deepcinac detect`` without registration."""
    out = folder / f"by-suite2p-{scaling:g}"
    seconds = out / "seconds.json"
    if not seconds.exists():
        out.mkdir(parents=True, exist_ok=True)
        clock = json.loads((folder / "rate.json").read_text())
        toml = out / "settings.toml"
        toml.write_text(f"[run]\ndo_registration = 0\n[detection]\nthreshold_scaling = {scaling}\n")
        command = [sys.executable, "-m", "deepcinac", "detect", str(folder / "movie.tif"), "--out",
                   str(out / "s.deepcinac"), "--settings", str(toml), "--suite2p-python", python,
                   "--frame-rate", str(clock["frame_rate_hz"]),
                   "--pixel-size", str(clock["pixel_size_um"])]  # fmt: skip
        try:
            spent = cpu_seconds(command, out / "log")
        except subprocess.CalledProcessError:  # no ROI at all ends suite2p with an error
            spent = -1.0
        write_json(seconds, {"seconds": spent})
    spent = json.loads(seconds.read_text())["seconds"]
    shape = read_npz(folder / "cells_truth.npz", required=("masks",))["masks"].shape[1:]
    plane = out / "s-suite2p" / "suite2p" / "plane0"
    if spent < 0 or not (plane / "stat.npy").exists():
        nothing = np.zeros((0, *shape), bool)
        return {"masks": nothing, "traces": np.zeros((0, 0)), "accepted": np.zeros(0, bool),
                "footprints": nothing.astype(np.float32), "seconds": np.array(abs(spent))}  # fmt: skip
    stat = np.load(plane / "stat.npy", allow_pickle=True)
    footprints = np.zeros((len(stat), *shape), np.float32)
    for image, one in zip(footprints, stat, strict=True):
        image[one["ypix"], one["xpix"]] = one["lam"]
    traces = np.load(plane / "F.npy") - 0.7 * np.load(plane / "Fneu.npy")
    accepted = np.load(plane / "iscell.npy")[:, 0] > 0
    return {"masks": footprints > 0, "footprints": footprints, "traces": traces, "accepted": accepted,
            "seconds": np.array(spent)}  # fmt: skip


def with_fissa(folder: Path, python: str, name: str, masks: np.ndarray) -> tuple[np.ndarray, float]:
    """Traces of masks by FISSA, and its CPU time."""
    out = folder / f"by-fissa-{name}.npz"
    if not out.exists():
        given = folder / "for-fissa.npz"
        write_npz(given, masks=masks, movie=np.array(str(folder / "movie.tif")))
        script = str(Path(__file__).with_name("demixing_fissa.py"))
        spent = cpu_seconds(
            [python, script, str(given), str(folder / "fissa-part.npz")], folder / "fissa.log"
        )
        traces = read_npz(folder / "fissa-part.npz", required=("traces",))["traces"]
        write_npz(out, traces=traces, seconds=np.array(spent))
    held = read_npz(out, required=("traces", "seconds"))
    return held["traces"], float(held["seconds"])


def least_squares(folder: Path, footprints: np.ndarray) -> np.ndarray:
    """Traces of suite2p's footprints by the fit of ``deepcinac demix``."""
    movie = tifffile.imread(folder / "movie.tif").astype(np.float32)
    noise = np.sqrt((np.diff(movie, axis=0) ** 2).mean(0) / 2)
    shapes = footprints / np.maximum(footprints.max((1, 2), keepdims=True), 1e-9)
    return make_separator(shapes, movie.mean(0), noise).amplitudes(movie)[: len(shapes)]


def correlations(traces: np.ndarray, courses: np.ndarray) -> np.ndarray:
    """Pearson's r of each pair of rows, (k,)."""
    a, b = (v - v.mean(1, keepdims=True) for v in (traces.astype(float), courses.astype(float)))
    return (a * b).sum(1) / np.maximum(np.sqrt((a**2).sum(1) * (b**2).sum(1)), 1e-12)


def judge(folder: Path, said: dict[str, dict[str, np.ndarray]]) -> dict[str, object]:
    """Counts and correlations of a movie: of each method, and of each true cell (NaN where not found)."""
    truth = read_npz(folder / "cells_truth.npz", required=("masks", "courses", "seen"))
    masks, seen = truth["masks"], truth["seen"].astype(bool)
    shared = masks.reshape(len(masks), -1).astype(np.float32) @ masks.reshape(
        len(masks), -1
    ).T.astype(np.float32)
    np.fill_diagonal(shared, 0)
    crossed = seen & (shared.max(1, initial=0) >= OVERLAP * np.maximum(masks.sum((1, 2)), 1))
    found: dict[str, object] = {"movie": folder.name, "crossed": crossed.tolist()}
    for name, one in said.items():
        overlap = iou(one["masks"], masks)
        counts = count_found(overlap, seen)
        r = np.full(len(masks), np.nan)
        claims, cells = matched(overlap, FOUND_IOU)
        if len(claims):
            r[cells] = correlations(one["traces"][claims], truth["courses"][cells])
        found[name] = {**dataclasses.asdict(counts), "r": [None if np.isnan(v) else float(v) for v in r],
                       "claims": len(one["masks"]), "seconds": float(one["seconds"])}  # fmt: skip
    return found


def f1_text(rows: list[dict], name: str) -> str:
    """F1 over all cells of some movies, with its 95 % interval over cells and claims."""
    found, false, missed = (sum(row[name][what] for row in rows) for what in COUNTS)
    total = max(1, found + false + missed)
    shares = np.array([found, false, missed]) / total
    drawn = np.random.default_rng(0).multinomial(total, shares, RESAMPLES)
    low, high = np.percentile(_f1(*drawn.T), [2.5, 97.5])
    return f"{float(_f1(found, false, missed)):.3f} ({low:.3f} to {high:.3f})"


def _f1(found: np.ndarray, false: np.ndarray, missed: np.ndarray) -> np.ndarray:
    return 2 * found / np.maximum(1, 2 * found + false + missed)


def overlapping(rows: list[dict], name: str, among: list[str] | None) -> np.ndarray:
    """r of overlapping cells: of those that all of ``among`` found, or of all (not found: 0)."""
    values: list[float] = []
    for row in rows:
        crossed = np.array(row["crossed"], bool)
        if among is not None:
            known = [[v is not None for v in row[other]["r"]] for other in among]
            crossed = crossed & np.all(known, axis=0)
        r = np.array([0.0 if v is None else v for v in row[name]["r"]])
        values += r[crossed].tolist()
    return np.array(values)


def mean_text(values: np.ndarray) -> str:
    """A mean with its 95 % bootstrap interval over cells."""
    if len(values) < 2:
        return "–"
    drawn = np.random.default_rng(0).choice(values, (RESAMPLES, len(values))).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"


def all_said(
    folder: Path, args: argparse.Namespace, scaling: float, follow: bool
) -> dict[str, dict[str, np.ndarray]]:
    """What every method says of a movie."""
    said = {"demix": with_demix(folder, args.classifier)}
    found = with_suite2p(folder, args.suite2p_python, scaling)
    if follow:
        kept = found["accepted"]
        found = {k: v[kept] if v.ndim else v for k, v in found.items() if k != "accepted"}
    said["suite2p"] = found
    if len(found["masks"]) and args.fissa_python:
        name = f"{scaling:g}-{'accepted' if follow else 'all'}"
        traces, spent = with_fissa(folder, args.fissa_python, name, found["masks"])
    else:
        traces, spent = found["traces"], 0.0
    said["suite2p + FISSA"] = {**found, "traces": traces, "seconds": found["seconds"] + spent}
    fitted = least_squares(folder, found["footprints"]) if len(found["masks"]) else found["traces"]
    said["suite2p + least squares"] = {**found, "traces": fitted}
    return said


def choose_suite2p(folders: list[Path], args: argparse.Namespace) -> tuple[float, bool]:
    """The threshold_scaling, and whether to follow iscell, with the best F1 on the validation movies."""
    best, chosen = -1.0, (1.0, True)
    for scaling in SCALINGS:
        for follow in (True, False):
            rows = []
            for folder in folders:
                one = with_suite2p(folder, args.suite2p_python, scaling)
                kept = one["accepted"] if follow else np.ones(len(one["masks"]), bool)
                truth = read_npz(folder / "cells_truth.npz", required=("masks", "seen"))
                counts = count_found(
                    iou(one["masks"][kept], truth["masks"]), truth["seen"].astype(bool)
                )
                rows.append({"suite2p": dataclasses.asdict(counts)})
            totals = [sum(row["suite2p"][what] for row in rows) for what in COUNTS]
            value = float(_f1(*totals))
            print(
                f"  threshold_scaling {scaling:g} {'accepted' if follow else 'all'}: F1 {value:.3f}",
                flush=True,
            )
            if value > best:
                best, chosen = value, (scaling, follow)
    return chosen


def main() -> None:
    """Everything, a table for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--suite2p-python", default=sys.executable)
    parser.add_argument("--fissa-python", default="")
    parser.add_argument("--classifier", default="demix")
    parser.add_argument("--sets", nargs="*", default=["held-out", "bright-tissue", "blobs"])
    parser.add_argument("--only", nargs="*", help="of the sets, these movies alone")
    parser.add_argument("--exam", nargs="*", type=Path, default=[])
    args = parser.parse_args()
    scaling, follow = choose_suite2p(make_movies(args.out, "validation"), args)
    print(f"suite2p: threshold_scaling {scaling:g}, {'accepted ROIs' if follow else 'all ROIs'}\n")
    sets = {part: make_movies(args.out, part) for part in args.sets}
    if args.exam:
        sets["exam"] = [exam_truth(folder, args.out) for folder in args.exam]
    for part, folders in sets.items():
        folders = [one for one in folders if args.only is None or one.name in args.only]
        if not folders:
            continue
        rows = [judge(folder, all_said(folder, args, scaling, follow)) for folder in folders]
        write_json(args.out / f"{part}.json", rows)
        table(part, rows)


def table(part: str, rows: list[dict]) -> None:
    """Lines of markdown."""
    methods = ["demix", "suite2p", "suite2p + FISSA", "suite2p + least squares"]
    names = ", ".join(str(row["movie"]) for row in rows)
    print(f"{part} ({names})\n")
    print("| method | F1 at IoU .5 | r, found by all | r, not found = 0 | cells a CPU second |")
    print("|---|---|---|---|---|")
    for name in methods:
        found = sum(row[name]["found"] for row in rows)
        speed = found / max(1e-9, sum(row[name]["seconds"] for row in rows))
        values = [f1_text(rows, name)]
        values += [mean_text(overlapping(rows, name, among)) for among in (methods, None)]
        print(f"| {name} | {' | '.join(values)} | {speed:.2f} |")
    ours = overlapping(rows, "demix", methods)
    print(
        f"\n{len(ours)} overlapping cells found by all of {len(overlapping(rows, 'demix', None))}; "
    )
    for other in methods[1:]:
        apart = ours - overlapping(rows, other, methods)
        print(f"demix - {other}, the same cells: {mean_text(apart)}")
    print(flush=True)


if __name__ == "__main__":
    main()
