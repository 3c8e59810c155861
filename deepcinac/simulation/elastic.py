"""A movie of tissue that stretches and contracts, in which cells flash and vanish; every place is known.

The field of displacements is smooth in space and swings with two periods that are no multiples of each
other. Cells are bright for some frames and dark for others, which says nothing about where they are. With
ensembles, cells of one group are bright together; the first group follows the contraction, which is
written as a signal.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import write_json, write_npz
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.simulation.elastic_settings import ELASTIC, ElasticSettings
from deepcinac.version import __version__

RATE_HZ = 10.0
PIXEL_UM = 2.0
RADIUS_PX = 1.8
"""Width of a cell, as the SD of a bell: with 2 um a pixel, a cell of about 10 um."""
PERIODS_FRAMES = (80.0, 53.0)
BORDER_PX = 20.0
NOISE = 100.0
OFFSET = 1000.0
JITTER_FRAMES = 2
WANDER = 0.12
"""By how much the phase of the contraction wanders from frame to frame, in radians."""


@dataclass(frozen=True, eq=False)
class ElasticScene:
    """What is true: ``positions`` (n_cells, n_frames, 2) y, x in px; ``shown`` (n_cells, n_frames) bool.

    ``light`` (n_cells, n_frames): how bright, about 1 where shown. ``contraction`` (n_frames,) from -1 to
    1. ``ensemble`` (n_cells,): the group of each cell, -1 for none.
    """

    positions: np.ndarray
    shown: np.ndarray
    light: np.ndarray
    contraction: np.ndarray
    ensemble: np.ndarray


def draw_scene(settings: ElasticSettings, generator: np.random.Generator) -> ElasticScene:
    """Cells, their ways and their light at random."""
    n, n_frames, side = settings.moving_cells, settings.moving_frames, settings.moving_field_px
    rest = generator.uniform(BORDER_PX, side - BORDER_PX, (n, 2))
    phases = generator.uniform(0, 2 * np.pi, 2)
    frames = np.arange(n_frames)
    angles = [2 * np.pi * frames / p + f for p, f in zip(PERIODS_FRAMES, phases, strict=True)]
    if (
        settings.ensembles
    ):  # a rhythm without a period, so that it can be told from its shifted self
        angles[0] = angles[0] + np.cumsum(generator.normal(0, WANDER, n_frames))
    swings = [np.sin(angle) for angle in angles]
    moved = _displacements(rest, swings, side)
    reach = np.linalg.norm(moved.max(1) - moved.min(1), axis=1).max()
    positions = rest[:, None] + moved * (settings.moving_px / reach if reach > 0 else 0.0)
    ensemble = np.full(n, -1)
    shown = np.stack([_bouts(n_frames, settings, generator) for _ in range(n)])
    for group in range(settings.ensembles):
        own = np.arange(group * (n // 5), (group + 1) * (n // 5))
        ensemble[own] = group
        together = swings[0] > 0.2 if group == 0 else _bouts(n_frames, settings, generator)
        for cell in own.tolist():
            late = int(generator.integers(-JITTER_FRAMES, JITTER_FRAMES + 1))
            shown[cell] = np.roll(together, late)
    return ElasticScene(positions, shown, _light(shown, generator), swings[0], ensemble)


def _displacements(rest: np.ndarray, swings: list[np.ndarray], side: int) -> np.ndarray:
    """(n, n_frames, 2): two smooth fields of space, each with its swing in time."""
    y, x = (2 * np.pi * rest / side).T[:, :, None]
    a, b = 1.4 * swings[0], swings[1]
    return np.stack([a * np.sin(1.28 * x) + b * np.cos(0.98 * y),
                     b * np.sin(1.16 * y) - a * np.cos(1.07 * x)], -1)  # fmt: skip


def _bouts(n_frames: int, settings: ElasticSettings, generator: np.random.Generator) -> np.ndarray:
    """Bright (n_frames,) bool in turns; the first bout may have begun before the movie."""
    (short, long), (low, high) = settings.shown_frames, settings.silent_frames
    shown = np.zeros(n_frames, bool)
    frame = int(generator.integers(-high, max(low, 1)))
    while frame < n_frames:
        length = int(generator.integers(short, long + 1))
        shown[max(frame, 0) : max(frame + length, 0)] = True
        frame += length + int(generator.integers(low, high + 1))
    return shown


def _light(shown: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Brightness (n_cells, n_frames): steady within a bout, slightly different each time, no tails."""
    from scipy.ndimage import gaussian_filter1d

    slow = gaussian_filter1d(generator.normal(size=shown.shape), 4.0, axis=1)
    slow /= np.maximum(slow.std(1, keepdims=True), 1e-9)
    own = generator.lognormal(0, 0.15, (len(shown), 1))
    return shown * np.clip(own * (1 + 0.15 * slow), 0.4, 2.0)


def render(
    scene: ElasticScene, settings: ElasticSettings, generator: np.random.Generator
) -> np.ndarray:
    """The movie (n_frames, height, width) uint16: bells over a steady background, and noise."""
    from scipy.ndimage import gaussian_filter

    side, n_frames = settings.moving_field_px, settings.moving_frames
    ground = gaussian_filter(generator.normal(size=(side, side)), 12.0)
    ground = OFFSET + 0.5 * NOISE * ground / max(float(ground.std()), 1e-9)
    movie = np.empty((n_frames, side, side), np.uint16)
    height = settings.brightness * NOISE
    for frame in range(n_frames):
        picture = ground + generator.normal(0, NOISE, ground.shape)
        for cell in np.flatnonzero(scene.light[:, frame] > 0).tolist():
            _add_bell(picture, scene.positions[cell, frame], height * scene.light[cell, frame])
        movie[frame] = np.clip(picture, 0, 65535)
    return movie


def _add_bell(picture: np.ndarray, centre: np.ndarray, height: float) -> None:
    reach = int(np.ceil(4 * RADIUS_PX))
    y0, x0 = np.rint(centre).astype(int)
    top, left = max(y0 - reach, 0), max(x0 - reach, 0)
    bottom, right = min(y0 + reach + 1, picture.shape[0]), min(x0 + reach + 1, picture.shape[1])
    if top >= bottom or left >= right:
        return
    y = np.exp(-((np.arange(top, bottom) - centre[0]) ** 2) / (2 * RADIUS_PX**2))
    x = np.exp(-((np.arange(left, right) - centre[1]) ** 2) / (2 * RADIUS_PX**2))
    picture[top:bottom, left:right] += height * y[:, None] * x


def simulate_elastic(
    settings: ElasticSettings, out: Path, seed: int = 0, progress: Progress = silent
) -> Path:
    """Write ``movie.tif``, ``truth.npz``, ``contraction.csv`` and ``meta.json`` into a folder; its path."""
    import tifffile

    for name in ("shown_frames", "silent_frames"):
        low, high = getattr(settings, name)
        if low > high:
            raise InputError("the shorter stretch first", f"{low},{high}", f"option {name}")
    out.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng([seed, 0])
    scene = draw_scene(settings, generator)
    progress(ProgressEvent("simulating", 0, 2))
    movie = render(scene, settings, np.random.default_rng([seed, 1]))
    progress(ProgressEvent("simulating", 1, 2))
    tifffile.imwrite(out / "movie.tif", movie, photometric="minisblack", metadata={"axes": "TYX"})
    write_npz(out / "truth.npz", **dataclasses.asdict(scene))
    times = (np.arange(len(movie)) + 0.5) / RATE_HZ
    lines = [f"{t:.3f},{v:.5f}" for t, v in zip(times, scene.contraction, strict=True)]
    (out / "contraction.csv").write_text("\n".join(["time_s,contraction", *lines]) + "\n")
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": ELASTIC, "seed": seed}
    facts = {"frame_rate_hz": RATE_HZ, "pixel_size_um": PIXEL_UM}
    write_json(out / "meta.json", {**about, **facts, "settings": dataclasses.asdict(settings)})
    progress(ProgressEvent("simulating", 2, 2))
    return out
