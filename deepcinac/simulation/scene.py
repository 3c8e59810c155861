"""A scene: every source with its light, its activity and its truth, before a single frame is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deepcinac.simulation.activity import (
    cell_spikes,
    fluorescence,
    indicator_of,
    spikes_per_frame,
    synchronisation_times,
    wander,
)
from deepcinac.simulation.background import (
    background_image,
    bleaching_course,
    motion_course,
    neuropil_signal,
)
from deepcinac.simulation.footprints import (
    draw_footprint,
    faulty_mask,
    perfect_mask,
    place_cells,
    place_out_of_focus,
)
from deepcinac.simulation.labels import MIN_VISIBILITY_SD, CellTruth, label_cell
from deepcinac.simulation.recorded import RecordedTrial, animate, from_sets
from deepcinac.simulation.settings import SimulationSettings

MARGIN_PX = 8


@dataclass
class Source:
    """One source of light: its footprint on the padded canvas, what it does, and what is true of it."""

    footprint: np.ndarray
    dff: np.ndarray
    spikes: np.ndarray
    truth: CellTruth
    kind: str
    indicator: str
    name: str
    brightness: float = 0.0
    slow: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass
class Scene:
    """All that the frames are drawn from. The first ``len(masks)`` sources are the cells with a mask."""

    settings: SimulationSettings
    sources: list[Source]
    masks: list[np.ndarray]
    background: np.ndarray
    neuropil_patterns: np.ndarray
    neuropil_courses: np.ndarray
    bleaching: np.ndarray
    shifts: np.ndarray
    sudden_shifts: np.ndarray
    gain: float
    read_noise_photons: float
    mask_noise: np.ndarray
    leak: np.ndarray
    synchronisations_s: np.ndarray
    swallowed: list[tuple[int, int]]


def build_scene(
    settings: SimulationSettings,
    generator: np.random.Generator,
    recordings: list[RecordedTrial] | None = None,
) -> Scene:
    """Draw every random choice of a movie except the photons."""
    if recordings and settings.recorded_sets:
        recordings = from_sets(recordings, settings.recorded_sets)
    duration_s = settings.n_frames / settings.frame_rate_hz
    synchronisations = synchronisation_times(duration_s, settings.synchrony_rate_hz, generator)
    places = place_cells(settings, generator)
    n_cells = min(settings.n_cells, len(places))
    in_focus = len(places)
    places = places + place_out_of_focus(settings, generator)
    shifts, sudden, depth = motion_course(settings, generator)
    sources = [
        _source(place, settings, synchronisations, recordings, generator) for place in places
    ]
    for source in sources:
        _add_slow_changes(source, settings, depth, generator)
    rows, columns = sources[0].footprint.shape
    background = background_image(rows, columns, settings, generator)
    masks, swallowed = _masks(sources, n_cells, settings, generator)
    read_noise = generator.uniform(*settings.read_noise_photons)
    _set_brightness(sources, masks, in_focus, background, read_noise, settings, generator)
    mean_activity = np.mean([source.dff for source in sources], axis=0)
    patterns, courses = neuropil_signal(rows, columns, mean_activity, settings, generator)
    noise, leak = _noise_and_leak(sources, masks, background, read_noise)
    return Scene(
        settings,
        sources,
        masks,
        background,
        patterns,
        courses,
        bleaching_course(settings, generator),
        shifts,
        sudden,
        float(generator.uniform(*settings.gain)),
        float(read_noise),
        noise,
        leak,
        synchronisations,
        swallowed,
    )


def _source(
    place: object,
    settings: SimulationSettings,
    synchronisations: np.ndarray,
    recordings: list[RecordedTrial] | None,
    generator: np.random.Generator,
) -> Source:
    footprint = draw_footprint(place, settings.height, settings.width, MARGIN_PX, generator)  # type: ignore[arg-type]
    n_frames, rate = settings.n_frames, settings.frame_rate_hz
    if recordings and generator.random() < settings.recorded_share:
        trace = animate(recordings, n_frames, rate, generator)
        truth = label_cell(trace.dff, trace.spikes, rate, trace.noise, trace.joints)
        name = trace.name
        return Source(
            footprint, trace.dff, trace.spikes, truth, "recorded", _indicator_in(name), name
        )
    kind, spikes_s = cell_spikes(settings, synchronisations, generator)
    name, indicator = indicator_of(settings.indicator, generator)
    dff = fluorescence(spikes_s, n_frames, rate, indicator)
    spikes = spikes_per_frame(spikes_s, n_frames, rate)
    return Source(footprint, dff, spikes, label_cell(dff, spikes, rate), kind, name, "simulated")


def _indicator_in(data_set: str) -> str:
    """'GCaMP6f' from a name such as 'DS09-GCaMP6f-m-V1: …'; the whole name where there are no dashes."""
    parts = data_set.split("-")
    return parts[1] if len(parts) > 1 else data_set


def _add_slow_changes(
    source: Source,
    settings: SimulationSettings,
    depth: np.ndarray,
    generator: np.random.Generator,
) -> None:
    """Slow factor of the whole cell: drift of its baseline and its place relative to the focal plane."""
    drift = generator.uniform(*settings.baseline_drift)
    course = wander(settings.n_frames, 25.0 * settings.frame_rate_hz, generator)
    sensitivity = generator.uniform(*settings.z_drift) * generator.choice([-1, 1])
    slow = (1 + drift * np.clip(course, -2, 2)) * (1 + sensitivity * depth)
    source.slow = np.maximum(slow, 0.2).astype(np.float32)


def _masks(
    sources: list[Source],
    n_cells: int,
    settings: SimulationSettings,
    generator: np.random.Generator,
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Masks of the cells within the field, and which mask swallowed which neighbouring cell."""
    inner = (slice(MARGIN_PX, -MARGIN_PX), slice(MARGIN_PX, -MARGIN_PX))
    masks = [perfect_mask(source.footprint, generator)[inner] for source in sources[:n_cells]]
    swallowed: list[tuple[int, int]] = []
    whole = np.stack(masks)
    for k in range(n_cells):
        if generator.random() < settings.mask_fault_share:
            masks[k] = faulty_mask(whole[k], generator)
        shared = (whole & whole[k]).sum((1, 2))
        shared[k] = 0
        if generator.random() < settings.merged_share and shared.any():
            other = int(shared.argmax())
            masks[k] = masks[k] | whole[other]
            swallowed.append((k, other))
        if not masks[k].any():
            masks[k][_nearest_pixel(sources[k].footprint[inner])] = True
    return masks, swallowed


def _nearest_pixel(footprint: np.ndarray) -> tuple[int, int]:
    row, column = np.unravel_index(int(footprint.argmax()), footprint.shape)
    return int(row), int(column)


def _set_brightness(
    sources: list[Source],
    masks: list[np.ndarray],
    in_focus: int,
    background: np.ndarray,
    read_noise: float,
    settings: SimulationSettings,
    generator: np.random.Generator,
) -> None:
    """Resting photons of each source so that its strong transients reach the wanted visibility.

    Visibility of a transient: its noise-free height in the mean over the mask, over the SD of that mean
    in one frame. A cell that would have to be absurdly dim or bright at rest stays within limits.
    """
    level = float(np.median(background))
    low, high = np.log(settings.visibility[0]), np.log(settings.visibility[1])
    for k, source in enumerate(sources):
        heights = source.truth.heights
        strong = float(np.percentile(heights, 90)) if len(heights) else 0.5
        visibility = np.exp(generator.uniform(low, high))
        inside = np.pad(masks[k], MARGIN_PX) if k < len(masks) else source.footprint > 0.35
        light = max(float(source.footprint[inside].mean()), 0.05) if inside.any() else 0.5
        if k >= in_focus:
            visibility *= generator.uniform(0.2, 0.7)
        pixels = max(int(inside.sum()), 1)
        brightness = level
        for _ in range(3):
            variance = level + brightness * light + read_noise**2
            brightness = visibility * np.sqrt(variance / pixels) / (light * strong)
            brightness = float(np.clip(brightness, 0.03 * level, 8 * level))
        source.brightness = brightness


def _noise_and_leak(
    sources: list[Source], masks: list[np.ndarray], background: np.ndarray, read_noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """SD of each mask's mean in one frame, and how much each source lifts it per dF/F, in photons."""
    light = np.stack([source.footprint * source.brightness for source in sources])
    rest = background + light.sum(0)
    noise = np.empty(len(masks))
    leak = np.empty((len(masks), len(sources)))
    for k, mask in enumerate(masks):
        inside = np.pad(mask, MARGIN_PX)
        noise[k] = np.sqrt((rest[inside] + read_noise**2).sum()) / inside.sum()
        leak[k] = light[:, inside].mean(1)
    return noise, leak


def visibility_of(scene: Scene, cell: int) -> np.ndarray:
    """Height of each transient of a cell over the noise of its mask, (k,)."""
    return scene.sources[cell].truth.heights * scene.leak[cell, cell] / scene.mask_noise[cell]


def truth_rasters(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Active and doubtful frames of every cell, both (n_cells, n_frames) bool, never both at once.

    Transients too weak to be seen are doubtful, and so are those of a cell that the mask swallowed.
    """
    shape = (len(scene.masks), scene.settings.n_frames)
    active, doubtful = np.zeros(shape, bool), np.zeros(shape, bool)
    for cell in range(len(scene.masks)):
        truth = scene.sources[cell].truth
        doubtful[cell] = truth.doubtful
        seen = visibility_of(scene, cell) >= MIN_VISIBILITY_SD
        for (onset, peak, _), visible in zip(truth.transients.tolist(), seen, strict=True):
            (active if visible else doubtful)[cell, onset : peak + 1] = True
    for cell, other in scene.swallowed:
        for onset, peak, _ in scene.sources[other].truth.transients.tolist():
            doubtful[cell, onset : peak + 1] = True
    return active, doubtful & ~active
