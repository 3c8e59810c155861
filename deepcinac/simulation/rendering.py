"""From a scene to files: photons, detector, movie, cells and truth in one folder."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import write_json, write_npz
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells, make_cells, save_cells
from deepcinac.simulation.motion import MARGIN_PX, empty_borders, moved_into_field
from deepcinac.simulation.recorded import RecordedTrial
from deepcinac.simulation.scene import Scene, build_scene
from deepcinac.simulation.settings import SimulationSettings
from deepcinac.simulation.truth import MaskLight, truth_arrays
from deepcinac.version import __version__

_BLOCK_FRAMES = 128
_BLOCK_VALUES = (
    4_000_000  # pixels times frames held at once: some 100 MB with all that is made of them
)


def simulate(
    settings: SimulationSettings,
    out: str | Path,
    recordings: list[RecordedTrial] | None = None,
    progress: Progress = silent,
) -> Path:
    """Make a movie whose activity is known: ``movie.tif``, ``cells.npz``, ``truth.npz``, ``meta.json``.

    The same settings (seed included) and recordings give the same files. The folder must be new or empty,
    so that nothing is overwritten.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("a new or empty folder", "something there already", out)
    out.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(settings.seed)
    scene = build_scene(settings, generator, recordings)
    cells = _cells(scene, generator)
    light = _write_movie(scene, out / "movie.tif", generator, progress)
    save_cells(out / "cells.npz", cells)
    write_npz(out / "truth.npz", **truth_arrays(scene, light))
    write_json(out / "meta.json", _meta(scene))
    return out


def draw_light(scene: Scene, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean photons of frames first..last-1, each (n, height, width) float32, in three stages.

    At rest; moved in the plane; and as registration left it at the borders. Overlapping footprints are
    summed, the background changes with neuropil and flashes, and everything bleaches.
    """
    span = slice(first, last)
    courses = np.stack(
        [
            source.brightness * source.drift[span] * source.focus[span] * (1 + source.dff[span])
            for source in scene.sources
        ],
        axis=1,
    ).astype(np.float32)
    # Without the threads of a matrix product: so small a one only makes them wait for each other.
    patterns = scene.neuropil_patterns.reshape(len(scene.neuropil_patterns), -1)
    change = np.einsum("kf,kp->fp", scene.neuropil_courses[:, span], patterns)
    change += scene.flash_course[span, None] * scene.flash_pattern.ravel()
    change += 1
    np.maximum(change, 0, out=change)
    change *= scene.background.ravel().astype(np.float32)
    change += (scene.footprints.T @ courses.T).T
    change *= scene.bleaching[span, None].astype(np.float32)
    light = change.reshape(-1, *scene.background.shape)
    still = light[:, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    moved = moved_into_field(light, scene.motion.shifts[span])
    emptied = scene.motion.emptied[span]
    if not emptied.any():
        return still, moved, moved
    return still, moved, empty_borders(moved.copy(), emptied, scene.motion.wrapped)


def detect(light: np.ndarray, scene: Scene, generator: np.random.Generator) -> np.ndarray:
    """Grey levels, uint16, of mean photons (n, height, width): counted, read out, cut off, rounded.

    The noise of neighbouring pixels is correlated where registration has interpolated between them.
    """
    photons = generator.poisson(np.maximum(light, 0)).astype(np.float32)
    photons += generator.standard_normal(photons.shape, dtype=np.float32) * np.float32(
        scene.read_noise_photons
    )
    if scene.noise_correlation > 0:
        photons = _interpolated(photons, scene.noise_correlation)
    np.minimum(photons, scene.ceiling_photons, out=photons)
    levels = np.rint(photons * np.float32(scene.gain) + np.float32(scene.settings.offset))
    return np.clip(levels, 0, 65535).astype(np.uint16)


def _interpolated(frames: np.ndarray, correlation: float) -> np.ndarray:
    """Each pixel mixed with its neighbours so that white noise is correlated by so much."""
    # weights (a, 1 - 2a, a): correlation 2a(1 - 2a) / ((1 - 2a)^2 + 2a^2), nearly 2a for small a
    shares = np.linspace(0, 0.25, 251)
    reached = 2 * shares * (1 - 2 * shares) / ((1 - 2 * shares) ** 2 + 2 * shares**2)
    a = np.float32(np.interp(correlation, reached, shares))
    for axis in (1, 2):
        swapped = np.swapaxes(frames, 1, axis)
        mixed = (1 - 2 * a) * swapped
        mixed[:, 1:] += a * swapped[:, :-1]
        mixed[:, :-1] += a * swapped[:, 1:]
        mixed[:, 0] += a * swapped[:, 0]
        mixed[:, -1] += a * swapped[:, -1]
        frames = np.swapaxes(mixed, 1, axis)
    return frames


def _write_movie(
    scene: Scene, path: Path, generator: np.random.Generator, progress: Progress
) -> MaskLight:
    """Write the movie block by block; give back what each mask saw of it."""
    import tifffile
    from scipy.sparse import csr_array

    settings = scene.settings
    shape = (settings.n_frames, settings.height, settings.width)
    temporary = path.with_name(f".{path.name}.part")
    flat_masks = np.stack([mask.ravel() for mask in scene.masks]).astype(np.float32)
    masks = csr_array(flat_masks / flat_masks.sum(1, keepdims=True))
    seen = MaskLight.empty(len(scene.masks), settings.n_frames)
    # ImageJ's form carries frame rate and pixel size, but ends at 4 GB.
    large = int(np.prod(shape)) * 2 > 2**31
    per_pixel = 1.0 / settings.pixel_size_um
    target = tifffile.memmap(
        temporary,
        shape=shape,
        dtype=np.uint16,
        photometric="minisblack",
        bigtiff=large,
        imagej=not large,
        resolution=(per_pixel, per_pixel),
        metadata={"axes": "TYX", "finterval": 1.0 / settings.frame_rate_hz, "unit": "um"},
    )
    block = max(8, min(_BLOCK_FRAMES, _BLOCK_VALUES // (settings.height * settings.width)))
    for first in range(0, settings.n_frames, block):
        last = min(first + block, settings.n_frames)
        still, moved, registered = draw_light(scene, first, last)
        frames = detect(registered, scene, generator)
        target[first:last] = frames
        for trace, pictures in zip(
            (seen.still, seen.moved, seen.registered, seen.trace),
            (still, moved, registered, frames),
            strict=True,
        ):
            flat = pictures.reshape(last - first, -1).astype(np.float32, copy=False)
            trace[:, first:last] = masks @ flat.T
        progress(ProgressEvent("simulating", last, settings.n_frames))
    target.flush()
    del target
    os.replace(temporary, path)
    return seen


def _cells(scene: Scene, generator: np.random.Generator) -> Cells:
    """Masks with the weights that a segmentation would estimate: the footprint, off by about a fifth."""
    inner = (slice(MARGIN_PX, -MARGIN_PX), slice(MARGIN_PX, -MARGIN_PX))
    pixels = []
    for mask, source in zip(scene.masks, scene.sources, strict=False):
        rows, columns = np.nonzero(mask)
        light = source.footprint[inner][rows, columns]
        weight = np.maximum(light, 0.05) * np.exp(generator.normal(0, 0.2, len(rows)))
        pixels.append((rows, columns, weight))
    return make_cells(pixels, scene.settings.height, scene.settings.width, source="simulated")


def _meta(scene: Scene) -> dict[str, object]:
    settings = json.loads(json.dumps(dataclasses.asdict(scene.settings)))
    return {
        "made_by": f"deepcinac {__version__} simulate",
        "kind": scene.settings.preset,
        "frame_rate_hz": scene.settings.frame_rate_hz,
        "pixel_size_um": scene.settings.pixel_size_um,
        "settings": settings,
        "synchronisations_s": [round(float(time), 3) for time in scene.synchronisations_s],
        "gain": scene.gain,
        "read_noise_photons": scene.read_noise_photons,
        "merged_masks": scene.swallowed,
        "cells": [
            {"kind": source.kind, "indicator": source.indicator, "trace": source.name}
            for source in scene.sources[: len(scene.masks)]
        ],
        "n_sources_without_mask": len(scene.sources) - len(scene.masks),
    }
