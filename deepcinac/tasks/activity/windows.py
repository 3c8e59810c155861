"""Training windows, drawn while training runs: chosen by kind, augmented, with the masks applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcinac.inputs.crops import cell_centre, input_masks, masked_inputs, patch_pixels
from deepcinac.inputs.demixing import MOTION
from deepcinac.inputs.network_input import PreparedInput
from deepcinac.recording.traces import putative_transients, smooth
from deepcinac.tasks.activity.augmentation import brighter, draw_pose, faulty, noisier
from deepcinac.tasks.activity.settings import AugmentationSettings, WindowSettings
from deepcinac.tasks.activity.stratification import (
    FALSE,
    REAL,
    WindowCatalogue,
    catalogue,
    draw_kinds,
    false_rises,
    row_weights,
)
from deepcinac.tasks.activity.targets import Example

FALSE_RISE_SD = 3.0
WINDOW_STEP = 10


@dataclass
class Batch:
    """Windows ready for the network.

    ``images`` (n, frames, 3, patch, patch), ``scalars`` (n, frames, k) or None, ``active`` (n, frames)
    0 or 1, ``weight`` (n, frames): 0 where doubtful, more in windows with only false rises. ``spikes``
    (n, frames): spikes per frame, -1 where they are not known.
    """

    images: np.ndarray
    scalars: np.ndarray | None
    active: np.ndarray
    weight: np.ndarray
    spikes: np.ndarray

    @property
    def inputs(self) -> Any:
        """What the network takes."""
        return self.images if self.scalars is None else [self.images, self.scalars]

    @property
    def targets(self) -> np.ndarray:
        """What the loss takes, (n, frames, 3): active, weight and spikes."""
        return np.stack([self.active, self.weight, self.spikes], axis=-1)


class WindowDrawer:
    """Draws stratified, augmented windows from prepared recordings."""

    def __init__(
        self,
        examples: Sequence[Example],
        window_frames: int,
        patch_px: int,
        augmentation: AugmentationSettings,
        settings: WindowSettings | None = None,
    ) -> None:
        self.examples = list(examples)
        self.window_frames, self.patch_px = window_frames, patch_px
        self.augmentation = augmentation
        settings = settings or WindowSettings()
        self.false_weight = settings.false_weight
        self.catalogues = [window_catalogue(example, window_frames) for example in self.examples]
        self._by_kind = [
            [np.flatnonzero(table.kind == kind) for kind in range(3)] for table in self.catalogues
        ]
        self._chances = [
            row_weights(table, kinds[REAL], settings.multiple_share, settings.cropped_share)
            for table, kinds in zip(self.catalogues, self._by_kind, strict=True)
        ]
        counts = np.array([[len(rows) for rows in kinds] for kinds in self._by_kind], float)
        self.available = counts.sum(0)
        # The square root lets large recordings give more windows without drowning the small ones.
        self._shares = np.sqrt(counts) / np.maximum(np.sqrt(counts).sum(0), 1e-9)

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """One batch of ``count`` windows."""
        windows = [
            self._window(int(kind), generator)
            for kind in draw_kinds(count, self.available, generator)
        ]
        scalars = [window[1] for window in windows if window[1] is not None]
        return Batch(
            np.stack([window[0] for window in windows]),
            np.stack(scalars) if scalars else None,
            np.stack([window[2] for window in windows]),
            np.stack([window[3] for window in windows]),
            np.stack([window[4] for window in windows]),
        )

    def _window(
        self, kind: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
        which = generator.choice(len(self.examples), p=self._shares[:, kind])
        example, table = self.examples[which], self.catalogues[which]
        targets = example.targets
        chances = self._chances[which] if kind == REAL else None
        row = generator.choice(self._by_kind[which][kind], p=chances)
        cell = int(table.cell[row])
        jitter = int(generator.integers(-WINDOW_STEP // 2, WINDOW_STEP // 2 + 1))
        latest = example.input.n_frames - self.window_frames
        start = int(np.clip(table.start[row] + jitter, 0, max(latest, 0)))
        images, scalars = self._inputs(example.input, cell, start, generator)
        frames = slice(start, start + self.window_frames)
        active = targets.active[cell, frames].astype(np.float32)
        weight = (~targets.doubtful[cell, frames]).astype(np.float32)
        if kind == FALSE:
            weight *= self.false_weight
        known = targets.spikes
        spikes = np.full(len(active), -1, np.float32) if known is None else known[cell, frames]
        end = (0, self.window_frames - len(active))
        spikes = np.pad(spikes, end, constant_values=-1)
        return images, scalars, np.pad(active, end), np.pad(weight, end), spikes

    def _inputs(
        self, prepared: PreparedInput, cell: int, start: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        settings, recording = self.augmentation, prepared.source
        size, plan = self.patch_px, recording.plan
        angle, mirror, shift = draw_pose(settings, generator)
        y, x = cell_centre(recording.cells, cell)
        index = patch_pixels(
            (y + shift[0], x + shift[1]), size, plan.height, plan.width, angle, mirror
        )
        own, others = recording.own[cell, index], recording.others[cell, index]
        if generator.random() < settings.mask_fault_share:
            own = faulty(own.reshape(size, size), generator).ravel()
        stop = start + self.window_frames
        patch = prepared.frames[start:stop].take(index, axis=1).astype(np.float32)
        scalars = None
        if prepared.scalars is not None:
            scalars = prepared.scalars[cell, start:stop].astype(np.float32)
        factor = float(np.exp(generator.normal(0, settings.brightness_sd)))
        extra = generator.uniform(0, settings.extra_noise) if settings.extra_noise else 0.0
        patch = brighter(patch, factor)
        if extra > 0.05:
            patch = noisier(patch, extra, generator)
            patch[:, index == plan.height * plan.width] = 0
        if scalars is not None:
            scalars = _changed_scalars(scalars, factor, extra, generator)
        images = masked_inputs(patch, input_masks(own, others))
        short = self.window_frames - len(images)
        if short:
            images = np.pad(images, ((0, short), (0, 0), (0, 0)), mode="edge")
            scalars = (
                None if scalars is None else np.pad(scalars, ((0, short), (0, 0)), mode="edge")
            )
        return images.reshape(self.window_frames, 3, size, size), scalars


def _changed_scalars(
    scalars: np.ndarray, factor: float, extra: float, generator: np.random.Generator
) -> np.ndarray:
    """The same brightness and noise for the scalars, which are kept as asinh; motion stays as it is."""
    changed = np.sinh(scalars) * np.float32(factor)
    if extra > 0.05:
        changed = noisier(changed, extra, generator)
    changed = np.arcsinh(changed, dtype=np.float32)
    changed[:, MOTION] = scalars[:, MOTION]
    return changed


def window_catalogue(example: Example, window_frames: int) -> WindowCatalogue:
    """All windows of the chosen cells with their kind."""
    prepared, targets, cells = example.input, example.targets, example.cells
    smoothed = smooth(prepared.trace, prepared.frame_rate_hz)
    false = np.zeros_like(targets.active)
    for cell in cells.tolist():
        rises = putative_transients(smoothed[cell])
        heights = smoothed[cell][rises[:, 1]] - smoothed[cell][rises[:, 0]]
        steps = np.diff(smoothed[cell])
        noise = 1.4826 * float(np.median(np.abs(steps - np.median(steps)))) * np.sqrt(2)
        false[cell] = false_rises(
            rises,
            heights,
            targets.active[cell],
            targets.doubtful[cell],
            FALSE_RISE_SD * max(noise, 1e-6),
        )
    for target, _, onset, peak in targets.crosstalk.tolist():
        false[target, onset : peak + 1] = True
    return catalogue(targets.active, false, targets.doubtful, cells, window_frames, WINDOW_STEP)
