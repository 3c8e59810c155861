"""A scene: every source with its light, its activity and its truth, before a single frame is drawn."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

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
    flashes,
    neuropil_signal,
)
from deepcinac.simulation.cell_truth import (
    MIN_VISIBILITY_SD,
    CellTruth,
    label_cell,
    unsupported_rises,
    window_frames,
)
from deepcinac.simulation.footprints import (
    draw_footprint,
    place_cells,
    place_out_of_focus,
)
from deepcinac.simulation.masks import draw_masks
from deepcinac.simulation.motion import MARGIN_PX, Motion, draw_motion, focus
from deepcinac.simulation.processes import draw_process, draw_punctum
from deepcinac.simulation.recorded import SMOOTHING_S, RecordedTrial, animate, from_sets
from deepcinac.simulation.settings import SimulationSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELL, MISSED, OUT_OF_FOCUS, PROCESS, PUNCTUM = (
    "cell",
    "missed",
    "out of focus",
    "process",
    "punctum",
)
DEPTH_UM = {CELL: 3.0, MISSED: 4.0, PROCESS: 3.0, PUNCTUM: 2.0}
# Visibility over their own pixels, as a share of what a cell with a mask gets.
VISIBILITY_SHARE = {
    CELL: (1.0, 1.0),
    MISSED: (1.0, 1.0),
    OUT_OF_FOCUS: (0.2, 0.7),
    PROCESS: (0.1, 0.7),
    PUNCTUM: (0.2, 0.8),
}
SILENT_HEIGHT_DFF = 1.0  # stands in for the height of the transients of a cell that has none
OWNED_SHARE = 0.4  # of the processes belong to a cell of the field


@dataclass
class LightSource:
    """One source of light: its footprint on the padded canvas, what it does, and what is true of it.

    ``drift`` and ``focus`` (n_frames,) multiply its light: slow changes of its own, and the focal plane's
    moves. ``role`` is one of the constants of this module.
    """

    footprint: np.ndarray
    dff: np.ndarray
    spikes: np.ndarray
    truth: CellTruth
    kind: str
    indicator: str
    name: str
    role: str = CELL
    brightness: float = 0.0
    drift: np.ndarray = field(default_factory=lambda: np.zeros(0))
    focus: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass
class Scene:
    """All that the frames are drawn from. The first ``len(masks)`` sources are the cells with a mask."""

    settings: SimulationSettings
    sources: list[LightSource]
    masks: list[np.ndarray]
    background: np.ndarray
    neuropil_patterns: np.ndarray
    neuropil_courses: np.ndarray
    flash_pattern: np.ndarray
    flash_course: np.ndarray
    bleaching: np.ndarray
    motion: Motion
    gain: float
    read_noise_photons: float
    noise_correlation: float
    ceiling_photons: float
    mask_noise: np.ndarray
    leak: np.ndarray
    synchronisations_s: np.ndarray
    swallowed: list[tuple[int, int]]

    @cached_property
    def footprints(self) -> csr_array:
        """Light of all sources at rest, (n_sources, pixels of the padded canvas), mostly zeros."""
        from scipy.sparse import csr_array, vstack

        return vstack(
            [csr_array(source.footprint.reshape(1, -1)) for source in self.sources], format="csr"
        )


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
    motion = draw_motion(settings, generator)
    sources = _cell_bodies(settings, synchronisations, recordings, generator)
    sources += _processes(sources, settings, synchronisations, recordings, generator)
    for source in sources:
        _add_slow_changes(source, settings, motion, generator)
    rows, columns = sources[0].footprint.shape
    background = background_image(rows, columns, settings, generator)
    bodies = [source for source in sources if source.role == CELL]
    inner = (slice(MARGIN_PX, -MARGIN_PX), slice(MARGIN_PX, -MARGIN_PX))
    footprints = np.stack([source.footprint[inner] for source in bodies])
    masks, swallowed = draw_masks(footprints, settings, generator)
    read_noise = generator.uniform(*settings.read_noise_photons)
    _set_brightness(sources, masks, background, read_noise, settings, generator)
    mean_activity = np.mean([source.dff for source in sources], axis=0)
    patterns, courses = neuropil_signal(rows, columns, mean_activity, settings, generator)
    flash_pattern, flash_course = flashes(rows, columns, settings, generator)
    noise, leak = _noise_and_leak(sources, masks, background, read_noise)
    brightest = _brightest(sources, background)
    gain = float(generator.uniform(*settings.gain))
    return Scene(
        settings,
        sources,
        masks,
        background,
        patterns,
        courses,
        flash_pattern,
        flash_course,
        bleaching_course(settings, generator),
        motion,
        min(gain, (65535 - settings.offset) / (1.5 * brightest + 20)),
        float(read_noise),
        float(generator.uniform(*settings.noise_correlation)),
        brightest * (1 - settings.saturation) if settings.saturation else float("inf"),
        noise,
        leak,
        synchronisations,
        swallowed,
    )


def _cell_bodies(
    settings: SimulationSettings,
    synchronisations: np.ndarray,
    recordings: list[RecordedTrial] | None,
    generator: np.random.Generator,
) -> list[LightSource]:
    """Cells with a mask first, then those in focus without one, then those out of focus."""
    places = place_cells(settings, generator)
    n_cells = min(settings.n_cells, len(places))
    roles = [CELL] * n_cells + [MISSED] * (len(places) - n_cells)
    blurred = place_out_of_focus(settings, generator)
    size = (settings.height, settings.width, MARGIN_PX)
    return [
        _source(
            draw_footprint(place, *size, generator, settings.nucleus_share),
            role,
            settings,
            synchronisations,
            recordings,
            generator,
        )
        for place, role in zip(
            [*places, *blurred], roles + [OUT_OF_FOCUS] * len(blurred), strict=True
        )
    ]


def _processes(
    bodies: list[LightSource],
    settings: SimulationSettings,
    synchronisations: np.ndarray,
    recordings: list[RecordedTrial] | None,
    generator: np.random.Generator,
) -> list[LightSource]:
    """Dendrites and spots; some do what a cell of the field does, the others have a cell elsewhere."""
    made: list[LightSource] = []
    size = (settings.height, settings.width, MARGIN_PX, settings.pixel_size_um)
    for role, draw, share in (
        (PROCESS, draw_process, settings.process_share),
        (PUNCTUM, draw_punctum, settings.puncta_share),
    ):
        for _ in range(round(share * settings.n_cells)):
            footprint = draw(*size, generator)
            if not footprint.any():
                continue
            if generator.random() < OWNED_SHARE:
                owner = bodies[generator.integers(len(bodies))]
                made.append(dataclasses.replace(owner, footprint=footprint, role=role))
            else:
                made.append(
                    _source(footprint, role, settings, synchronisations, recordings, generator)
                )
    return made


def _source(
    footprint: np.ndarray,
    role: str,
    settings: SimulationSettings,
    synchronisations: np.ndarray,
    recordings: list[RecordedTrial] | None,
    generator: np.random.Generator,
) -> LightSource:
    n_frames, rate = settings.n_frames, settings.frame_rate_hz
    is_silent = generator.random() < settings.silent_share
    if recordings and not is_silent and generator.random() < settings.recorded_share:
        trace = animate(recordings, n_frames, rate, generator)
        truth = label_cell(trace.dff, trace.spikes, rate, trace.noise, trace.joints)
        indicator = _indicator_in(trace.name)
        return LightSource(
            footprint, trace.dff, trace.spikes, truth, "recorded", indicator, trace.name, role
        )
    kind, spikes_s = cell_spikes(settings, synchronisations, generator)
    if is_silent:
        spikes_s = np.empty(0)
    name, kinetics = indicator_of(settings.indicator, generator)
    dff = fluorescence(spikes_s, n_frames, rate, kinetics)
    spikes = spikes_per_frame(spikes_s, n_frames, rate)
    truth = label_cell(dff, spikes, rate)
    return LightSource(footprint, dff, spikes, truth, kind, name, "simulated", role)


def _indicator_in(name: str) -> str:
    """'GCaMP6f' from a name such as 'DS09-GCaMP6f-m-V1: …'; the whole data set where none is known."""
    data_set = name.split(":")[0]
    known = [part for part in data_set.split("-") if any(key in part for key in SMOOTHING_S)]
    return known[0] if known else data_set


def _add_slow_changes(
    source: LightSource,
    settings: SimulationSettings,
    motion: Motion,
    generator: np.random.Generator,
) -> None:
    """Drift of the baseline, slow drift in depth, and how much a short move in depth changes its light."""
    drift = generator.uniform(*settings.baseline_drift)
    course = wander(settings.n_frames, 25.0 * settings.frame_rate_hz, generator)
    sensitivity = generator.uniform(*settings.z_drift) * generator.choice([-1, 1])
    slow = (1 + drift * np.clip(course, -2, 2)) * (1 + sensitivity * motion.drift)
    source.drift = np.maximum(slow, 0.2).astype(np.float32)
    if source.role == OUT_OF_FOCUS:
        place_um = generator.uniform(8, 18) * generator.choice([-1, 1])
    else:
        place_um = generator.normal(0, DEPTH_UM[source.role])
    source.focus = focus(place_um, motion.depth_um).astype(np.float32)


def _brightest(sources: list[LightSource], background: np.ndarray) -> float:
    """Photons of the brightest pixel at its brightest moment (an upper estimate where cells overlap)."""
    highest = [source.brightness * (1 + max(float(source.dff.max()), 0)) for source in sources]
    return float(background.max()) + max(highest)


def _set_brightness(
    sources: list[LightSource],
    masks: list[np.ndarray],
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
        strong = float(np.percentile(heights, 90)) if len(heights) else SILENT_HEIGHT_DFF
        visibility = np.exp(generator.uniform(low, high))
        inside = np.pad(masks[k], MARGIN_PX) if k < len(masks) else source.footprint > 0.35
        light = max(float(source.footprint[inside].mean()), 0.05) if inside.any() else 0.5
        low_share, high_share = VISIBILITY_SHARE[source.role]
        visibility *= generator.uniform(low_share, high_share)
        pixels = max(int(inside.sum()), 1)
        brightness = level
        for _ in range(3):
            variance = level + brightness * light + read_noise**2
            brightness = visibility * np.sqrt(variance / pixels) / (light * strong)
            brightness = float(np.clip(brightness, 0.03 * level, settings.brightest_rest * level))
        source.brightness = brightness


def _noise_and_leak(
    sources: list[LightSource], masks: list[np.ndarray], background: np.ndarray, read_noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """SD of each mask's mean in one frame, and how much each source lifts it per dF/F, in photons."""
    rest = background.copy()
    for source in sources:
        rest += source.footprint * source.brightness
    noise = np.empty(len(masks))
    leak = np.empty((len(masks), len(sources)))
    for k, mask in enumerate(masks):
        inside = np.pad(mask, MARGIN_PX)
        noise[k] = np.sqrt((rest[inside] + read_noise**2).sum()) / inside.sum()
        leak[k] = [source.brightness * source.footprint[inside].mean() for source in sources]
    return noise, leak


def visibility_of(scene: Scene, cell: int) -> np.ndarray:
    """Height of each transient of a cell over the noise of its mask in 0.1 s, (k,)."""
    heights = scene.sources[cell].truth.seen_heights(scene.settings.frame_rate_hz)
    return heights * scene.leak[cell, cell] / scene.mask_noise[cell]


def truth_rasters(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Active and doubtful frames of every cell, both (n_cells, n_frames) bool, never both at once.

    Doubtful are transients too weak to be seen, those of a cell that the mask swallowed, and visible rises
    of the cell's own light without a recorded spike.
    """
    shape = (len(scene.masks), scene.settings.n_frames)
    rate = scene.settings.frame_rate_hz
    active, doubtful = np.zeros(shape, bool), np.zeros(shape, bool)
    window_noise = scene.mask_noise / np.sqrt(window_frames(rate))
    for cell in range(len(scene.masks)):
        source = scene.sources[cell]
        truth, light = source.truth, scene.leak[cell, cell]
        doubtful[cell] = truth.doubtful
        seen = visibility_of(scene, cell) >= MIN_VISIBILITY_SD
        for (onset, peak, _), visible in zip(truth.transients.tolist(), seen, strict=True):
            (active if visible else doubtful)[cell, onset : peak + 1] = True
        swing = MIN_VISIBILITY_SD * window_noise[cell] / max(light, 1e-9)
        for trough, peak in unsupported_rises(source.dff, source.spikes, rate, swing).tolist():
            doubtful[cell, trough : peak + 1] = True
    for cell, other in scene.swallowed:
        for onset, peak, _ in scene.sources[other].truth.transients.tolist():
            doubtful[cell, onset : peak + 1] = True
    return active, doubtful & ~active
