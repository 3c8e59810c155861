"""The movies of ``benchmarks/demixing.py``, each a folder with its truth."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import tifffile

from deepcinac.files import write_json, write_npz
from deepcinac.simulation.corpus import corpus_settings
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.scene import build_scene
from deepcinac.simulation.settings import SimulationSettings, preset_settings
from deepcinac.tasks.demixing.targets import MASK_SHARE, SEEN_SD, cells_of

SEED = 77
N_FRAMES, SIDE = 2500, 72
KINDS = ("ca1-pup", "cortex", "dense", "dim", "hybrid", "crowded")
TUNED_ON = ("ca1-pup", "cortex")


def settings_of(part: str) -> dict[str, SimulationSettings]:
    """The simulated movies of a set, by name."""
    if part == "bright-tissue":
        drawn = corpus_settings(2, SEED, "validation", False, part)
        return {f"{part}-{n}": _sized(one) for n, one in enumerate(drawn)}
    first = {"validation": 0, "held-out": 1000}[part]
    kinds = KINDS if part == "held-out" else TUNED_ON
    return {
        f"{part}-{kind}": _sized(preset_settings(kind, seed=SEED + first + n, recorded_share=0.0))
        for n, kind in enumerate(kinds)
    }


def _sized(one: SimulationSettings) -> SimulationSettings:
    frames = round(N_FRAMES * max(1.0, one.frame_rate_hz / 10))
    cells = max(1, round(one.n_cells * SIDE * SIDE / (one.height * one.width)))
    return dataclasses.replace(one, n_frames=frames, height=SIDE, width=SIDE, n_cells=cells)


def make_movies(out: Path, part: str) -> list[Path]:
    """Folders with ``movie.tif`` and ``cells_truth.npz`` (masks, courses, seen)."""
    folders = []
    if part == "blobs":
        for number in range(2):
            folders.append(out / f"blobs-{number}")
            if not (folders[-1] / "cells_truth.npz").exists():
                _blobs(folders[-1], np.random.default_rng([SEED, 5, number]))
        return folders
    for name, one in settings_of(part).items():
        folder = out / name
        folders.append(folder)
        if (folder / "cells_truth.npz").exists():
            continue
        simulate(one, folder)
        truth = cells_of(build_scene(one, np.random.default_rng(one.seed)))
        _write_truth(folder, truth.footprints, truth.courses, truth.seen,
                     one.frame_rate_hz, one.pixel_size_um)  # fmt: skip
    return folders


def _write_truth(
    folder: Path,
    footprints: np.ndarray,
    courses: np.ndarray,
    seen: np.ndarray,
    rate: float,
    size: float,
) -> None:
    masks = footprints > MASK_SHARE * footprints.max((1, 2), keepdims=True)
    write_json(folder / "rate.json", {"frame_rate_hz": rate, "pixel_size_um": size})
    write_npz(
        folder / "cells_truth.npz", masks=masks, courses=courses.astype(np.float32), seen=seen
    )


def _blobs(folder: Path, generator: np.random.Generator) -> None:
    """A movie by another generator: elliptic Gaussian cells, first-order decay, low-rank background."""
    n_cells, rate = 40, 10.0
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    spikes = generator.poisson(generator.uniform(0.01, 0.08, (n_cells, 1)), (n_cells, N_FRAMES))
    courses = np.zeros((n_cells, N_FRAMES), np.float32)
    keep = np.exp(-1 / (generator.uniform(0.3, 1.5, n_cells) * rate))
    for frame in range(1, N_FRAMES):
        courses[:, frame] = keep * courses[:, frame - 1] + spikes[:, frame]
    footprints = []
    for _ in range(n_cells):
        centre, size, turn = (
            generator.uniform(3, SIDE - 3, 2),
            generator.uniform(1.8, 3.2, 2),
            generator.uniform(0, np.pi),
        )
        dy, dx = y - centre[0], x - centre[1]
        along, across = dy * np.sin(turn) + dx * np.cos(turn), dy * np.cos(turn) - dx * np.sin(turn)
        footprints.append(np.exp(-0.5 * ((along / size[0]) ** 2 + (across / size[1]) ** 2)))
    shapes = np.stack(footprints).astype(np.float32)
    shapes[shapes < 0.05] = 0
    courses *= generator.lognormal(2.6, 0.5, (n_cells, 1))
    noise = 20.0
    movie = 400 + np.tensordot(courses.T, shapes, 1)
    for _ in range(3):
        middle, reach = generator.uniform(0, SIDE, 2), generator.uniform(15, 40)
        pattern = np.exp(-0.5 * ((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / reach**2)
        course = np.cumsum(generator.normal(0, 1, N_FRAMES))
        course = 8 * (course - course.mean()) / course.std()
        movie += course[:, None, None].astype(np.float32) * pattern
    movie += generator.normal(0, noise, movie.shape)
    folder.mkdir(parents=True)
    tifffile.imwrite(folder / "movie.tif", np.clip(np.rint(movie), 0, 65535).astype(np.uint16))
    masks = shapes > MASK_SHARE
    area = masks.sum((1, 2))
    height = courses.max(1) * (shapes * masks).sum((1, 2)) / area / (noise / np.sqrt(area))
    _write_truth(folder, shapes, courses, height >= SEEN_SD, rate, 2.0)


def exam_truth(folder: Path, out: Path) -> Path:
    """An exam movie in the form of the others; cells whose tallest transient is under 3 SD are silent."""
    place = out / f"exam-{folder.name}"
    if not (place / "cells_truth.npz").exists():
        place.mkdir(parents=True, exist_ok=True)
        truth = np.load(folder / "truth.npz", allow_pickle=False)
        masks = np.load(folder / "rois.npz")["masks"]
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        highest = np.zeros(len(masks))
        np.maximum.at(highest, truth["transients"][:, 0], truth["transient_z"])
        settings = meta.get("settings", meta)
        rate = float(truth["fr"]) if "fr" in truth else float(settings["frame_rate_hz"])
        write_json(place / "rate.json", {"frame_rate_hz": rate, "pixel_size_um": 2.0})
        write_npz(place / "cells_truth.npz", masks=masks, seen=highest >= SEEN_SD,
                  courses=truth["dff"].astype(np.float32))  # fmt: skip
        tifffile.imwrite(place / "movie.tif", tifffile.imread(folder / "movie.tif"))
    return place
