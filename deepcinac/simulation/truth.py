"""What is known of a simulated movie: the arrays of ``truth.npz``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.simulation import causes
from deepcinac.simulation.cell_truth import contexts, crosstalk_events
from deepcinac.simulation.motion import MARGIN_PX
from deepcinac.simulation.scene import (
    CELL,
    MISSED,
    OUT_OF_FOCUS,
    PROCESS,
    PUNCTUM,
    Scene,
    truth_rasters,
    visibility_of,
)


@dataclass(frozen=True)
class MaskLight:
    """Means of each mask, (n_cells, n_frames) float32.

    In photons without noise: at rest in the plane, moved, and as registered; and in the movie's grey levels.
    """

    still: np.ndarray
    moved: np.ndarray
    registered: np.ndarray
    trace: np.ndarray

    @classmethod
    def empty(cls, n_cells: int, n_frames: int) -> MaskLight:
        """Nothing seen yet."""
        return cls(*(np.empty((n_cells, n_frames), np.float32) for _ in range(4)))


def truth_arrays(scene: Scene, light: MaskLight) -> dict[str, np.ndarray]:
    """The arrays of ``truth.npz``.

    Per cell and frame: ``active``, ``doubtful`` (n_cells, n_frames) bool; ``spikes``, ``dff``, ``trace``.

    Tables: ``transients`` (k, 3) cell, onset, peak, with ``transient_z`` (visibility),
    ``transient_height`` (dF/F), ``transient_spikes`` and ``transient_context`` (alone, decay or
    summation); ``false_rises`` (k, 3) cell, onset, peak: every visible rise of a quiet cell, with
    ``false_rise_cause`` and ``false_rise_z``; ``crosstalk`` (k, 4) target, source or -1, onset, peak, with
    ``crosstalk_z`` and ``crosstalk_overlap``; ``paper_overlap`` (0, 4), left to the evaluation.

    Per cell: ``kind``, ``indicator``, ``snr``; ``overlap`` shared area over the larger one. Per frame:
    ``shifts``, ``depth_um``, ``whole_field``, ``bleaching``. Also ``big_motion`` and ``fr`` in Hz.
    """
    active, doubtful = truth_rasters(scene)
    n_cells = len(active)
    rows, heights, visibilities, counts, standing = [], [], [], [], []
    snr = np.full(n_cells, np.nan, np.float32)
    for cell in range(n_cells):
        truth, visibility = scene.sources[cell].truth, visibility_of(scene, cell)
        if len(visibility):
            snr[cell] = np.median(visibility)
        around = contexts(scene.sources[cell].dff, truth.transients, scene.settings.frame_rate_hz)
        for (onset, peak, count), height, z, context in zip(
            truth.transients.tolist(), truth.heights, visibility, around, strict=True
        ):
            if active[cell, onset : peak + 1].all():
                rows.append((cell, onset, peak))
                heights.append(height)
                visibilities.append(z)
                counts.append(count)
                standing.append(context)
    overlap = mask_overlap(np.stack(scene.masks))
    events, strengths = crosstalk_events(
        [source.truth for source in scene.sources],
        scene.leak,
        scene.mask_noise,
        active,
        doubtful,
        scene.settings.frame_rate_hz,
    )
    false = _false_rises(scene, light, active | doubtful)
    shared = [overlap[target, source] if source >= 0 else 0.0 for target, source, _, _ in events]
    cells = scene.sources[:n_cells]
    return {
        "active": active,
        "doubtful": doubtful,
        "spikes": np.stack([source.spikes for source in cells]).astype(np.int16),
        "dff": np.stack([source.dff for source in cells]).astype(np.float16),
        "trace": light.trace,
        "fr": np.array(scene.settings.frame_rate_hz),
        "transients": np.array(rows, int).reshape(-1, 3),
        "transient_height": np.array(heights, np.float32),
        "transient_z": np.array(visibilities, np.float32),
        "transient_spikes": np.array(counts, int),
        "transient_context": np.array(standing, dtype="<U9").reshape(-1),
        "false_rises": false.rows,
        "false_rise_cause": false.cause,
        "false_rise_z": false.z,
        "crosstalk": events,
        "crosstalk_z": strengths,
        "crosstalk_overlap": np.array(shared, np.float32),
        "paper_overlap": np.zeros((0, 4), int),
        "overlap": overlap,
        "shifts": scene.motion.shifts.astype(np.float32),
        "big_motion": scene.motion.sudden,
        "depth_um": scene.motion.depth_um.astype(np.float32),
        "whole_field": scene.flash_course,
        "bleaching": scene.bleaching.astype(np.float32),
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


def _false_rises(scene: Scene, light: MaskLight, busy: np.ndarray) -> causes.FalseRises:
    settings = scene.settings
    own = scene.leak[np.arange(len(busy)), np.arange(len(busy))][:, None] * np.stack(
        [source.dff for source in scene.sources[: len(busy)]]
    )
    return causes.false_rises(
        (light.trace - settings.offset) / scene.gain,
        busy,
        light_by_cause(scene, light),
        own,
        light.still * (1 - 1 / scene.bleaching),
        scene.mask_noise,
        settings.frame_rate_hz,
    )


def light_by_cause(scene: Scene, light: MaskLight) -> dict[str, np.ndarray]:
    """What lifts each mask besides its cell's activity, by cause, each (n_cells, n_frames) in photons."""
    n_cells = len(scene.masks)
    roles = np.array([source.role for source in scene.sources])
    dff = np.stack([source.dff for source in scene.sources]).astype(np.float32)
    drift = np.stack([source.drift for source in scene.sources])
    shown = drift * np.stack([source.focus for source in scene.sources])
    leak = scene.leak.astype(np.float32)
    others = leak.copy()
    others[np.arange(n_cells), np.arange(n_cells)] = 0
    active = drift * dff

    def of_roles(*names: str) -> np.ndarray:
        chosen = np.isin(roles, names)
        return others[:, chosen] @ active[chosen]

    parts = {
        causes.NEIGHBOUR: of_roles(CELL),
        causes.UNMASKED: of_roles(MISSED, OUT_OF_FOCUS),
        causes.DENDRITE: of_roles(PROCESS, PUNCTUM),
        causes.NEUROPIL: _background_means(scene, scene.neuropil_patterns) @ scene.neuropil_courses,
        causes.WHOLE_FIELD: _background_means(scene, scene.flash_pattern[None])
        @ scene.flash_course[None],
        causes.DEPTH: leak @ ((shown - drift) * (1 + dff)),
        causes.DRIFT: leak @ (drift - 1),
    }
    parts = {name: part * scene.bleaching[None] for name, part in parts.items()}
    parts[causes.PLANE] = light.moved - light.still
    parts[causes.BORDER] = light.registered - light.moved
    return parts


def _background_means(scene: Scene, patterns: np.ndarray) -> np.ndarray:
    """Mean of background times each pattern (k, rows, columns) over each mask, (n_cells, k)."""
    inner = (slice(None), slice(MARGIN_PX, -MARGIN_PX), slice(MARGIN_PX, -MARGIN_PX))
    pictures = (patterns * scene.background)[inner].reshape(len(patterns), -1)
    masks = np.stack([mask.ravel() for mask in scene.masks]).astype(np.float32)
    return (masks / masks.sum(1, keepdims=True)) @ pictures.T
