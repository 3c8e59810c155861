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
from deepcinac.simulation.background import shift_frames
from deepcinac.simulation.labels import crosstalk_events
from deepcinac.simulation.recorded import RecordedTrial
from deepcinac.simulation.scene import (
    MARGIN_PX,
    Scene,
    build_scene,
    truth_rasters,
    visibility_of,
)
from deepcinac.simulation.settings import SimulationSettings
from deepcinac.version import __version__

_BLOCK_FRAMES = 128


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
    traces = _write_movie(scene, out / "movie.tif", generator, progress)
    save_cells(out / "cells.npz", cells)
    write_npz(out / "truth.npz", **truth_arrays(scene, traces))
    write_json(out / "meta.json", _meta(scene))
    return out


def draw_frames(scene: Scene, first: int, last: int, generator: np.random.Generator) -> np.ndarray:
    """Frames first..last-1 in grey levels, uint16: light adds up, moves, arrives as photons, is read.

    Overlapping footprints are summed, the background changes with the neuropil and everything bleaches.
    """
    settings = scene.settings
    span = slice(first, last)
    footprints = np.stack([source.footprint.ravel() for source in scene.sources])
    courses = np.stack(
        [
            source.brightness * source.slow[span] * (1 + source.dff[span])
            for source in scene.sources
        ],
        axis=1,
    ).astype(np.float32)
    n_patterns = len(scene.neuropil_patterns)
    change = scene.neuropil_courses[:, span].T @ scene.neuropil_patterns.reshape(n_patterns, -1)
    light = courses @ footprints + scene.background.ravel() * np.maximum(1 + change, 0)
    light *= scene.bleaching[span, None]
    light = light.reshape(-1, *scene.background.shape).astype(np.float32)
    light = shift_frames(light, scene.shifts[span])
    light = light[:, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    photons = generator.poisson(np.maximum(light, 0)).astype(np.float32)
    photons += generator.standard_normal(photons.shape, dtype=np.float32) * np.float32(
        scene.read_noise_photons
    )
    levels = np.rint(photons * scene.gain + settings.offset)
    return np.clip(levels, 0, 65535).astype(np.uint16)


def _write_movie(
    scene: Scene, path: Path, generator: np.random.Generator, progress: Progress
) -> np.ndarray:
    """Write the movie block by block; return each mask's mean, (n_cells, n_frames) float32."""
    import tifffile

    settings = scene.settings
    shape = (settings.n_frames, settings.height, settings.width)
    temporary = path.with_name(f".{path.name}.part")
    masks = np.stack([mask.ravel() for mask in scene.masks]).astype(np.float32)
    masks /= masks.sum(1, keepdims=True)
    traces = np.empty((len(masks), settings.n_frames), np.float32)
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
    for first in range(0, settings.n_frames, _BLOCK_FRAMES):
        last = min(first + _BLOCK_FRAMES, settings.n_frames)
        frames = draw_frames(scene, first, last, generator)
        target[first:last] = frames
        traces[:, first:last] = masks @ frames.reshape(last - first, -1).T.astype(np.float32)
        progress(ProgressEvent("simulating", last, settings.n_frames))
    target.flush()
    del target
    os.replace(temporary, path)
    return traces


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


def truth_arrays(scene: Scene, traces: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of ``truth.npz``.

    ``active``, ``doubtful`` (n_cells, n_frames) bool; ``spikes``, ``dff``, ``trace`` of the same shape;
    ``transients`` (k, 3) cell, onset, peak with ``transient_z`` (visibility), ``transient_height`` (dF/F)
    and ``transient_spikes``; ``crosstalk`` (k, 4) target, source or -1, onset, peak with ``crosstalk_z``
    and ``crosstalk_overlap``; ``paper_overlap`` (0, 4), left to the evaluation; ``overlap`` shared area
    over the larger one; ``shifts``, ``big_motion``; ``fr`` in Hz; ``kind``, ``indicator``, ``snr`` per cell.
    """
    active, doubtful = truth_rasters(scene)
    n_cells = len(active)
    rows, heights, visibilities, counts = [], [], [], []
    snr = np.full(n_cells, np.nan, np.float32)
    for cell in range(n_cells):
        truth, visibility = scene.sources[cell].truth, visibility_of(scene, cell)
        if len(visibility):
            snr[cell] = np.median(visibility)
        for (onset, peak, count), height, z in zip(
            truth.transients.tolist(), truth.heights, visibility, strict=True
        ):
            if active[cell, onset : peak + 1].all():
                rows.append((cell, onset, peak))
                heights.append(height)
                visibilities.append(z)
                counts.append(count)
    overlap = mask_overlap(np.stack(scene.masks))
    events, strengths = crosstalk_events(
        [source.truth for source in scene.sources],
        scene.leak,
        scene.mask_noise,
        active,
        doubtful,
    )
    shared = [overlap[target, source] if source >= 0 else 0.0 for target, source, _, _ in events]
    cells = scene.sources[:n_cells]
    return {
        "active": active,
        "doubtful": doubtful,
        "spikes": np.stack([source.spikes for source in cells]).astype(np.int16),
        "dff": np.stack([source.dff for source in cells]).astype(np.float16),
        "trace": traces,
        "fr": np.array(scene.settings.frame_rate_hz),
        "transients": np.array(rows, int).reshape(-1, 3),
        "transient_height": np.array(heights, np.float32),
        "transient_z": np.array(visibilities, np.float32),
        "transient_spikes": np.array(counts, int),
        "crosstalk": events,
        "crosstalk_z": strengths,
        "crosstalk_overlap": np.array(shared, np.float32),
        "paper_overlap": np.zeros((0, 4), int),
        "overlap": overlap,
        "shifts": scene.shifts.astype(np.float32),
        "big_motion": scene.sudden_shifts,
        "kind": np.array([source.kind for source in cells]),
        "indicator": np.array([source.indicator for source in cells]),
        "snr": snr,
    }


def mask_overlap(masks: np.ndarray) -> np.ndarray:
    """Shared area over the area of the larger mask for each pair, (n, n) float32, diagonal 0."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    shared = flat @ flat.T
    area = flat.sum(1)
    overlap = shared / np.maximum(np.maximum(area[:, None], area[None, :]), 1)
    np.fill_diagonal(overlap, 0)
    return overlap.astype(np.float32)


def _meta(scene: Scene) -> dict[str, object]:
    settings = json.loads(json.dumps(dataclasses.asdict(scene.settings)))
    return {
        "made_by": f"deepcinac {__version__} simulate",
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
