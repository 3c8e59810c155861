"""Wide-field movies of the dorsal cortex of several mice that run and rest, with a known drive.

Running drives the limb areas on both sides (the right one with 70 % of the left) and, weaker, motor and
retrosplenial cortex; visual, barrel and auditory areas have activity of their own. Arousal brightens the
whole cortex without any relation to running and must not help a decoder. The heart beats in all pixels, most
in the vessels. Mice differ in gains, in where their areas lie and in how much they run. With an
``artefact`` the whole field brightens while the mouse runs, as a light leak or a movement would make it:
then any pixel decodes running, and a decoder's map means nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.files import write_json, write_npz
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.signals import regular_signal
from deepcinac.simulation.cortex_settings import CORTEX_WIDE, CortexSettings
from deepcinac.version import __version__

PIXEL_UM = 8000.0
"""Width of the field, divided by its pixels: a dorsal cortex is about 8 mm wide."""
MOST_SPEED_CM_S = 8.0
DECAY_S = 0.35


@dataclass(frozen=True)
class Area:
    """An area of the left hemisphere: centre and radius as shares of the field, drive by running."""

    name: str
    y: float
    x: float
    radius: float
    drive: float


AREAS = (
    Area("limb", 0.42, 0.30, 0.060, 1.0),
    Area("motor", 0.20, 0.42, 0.070, 0.3),
    Area("retrosplenial", 0.75, 0.45, 0.050, 0.35),
    Area("visual", 0.78, 0.28, 0.080, 0.0),
    Area("barrel", 0.55, 0.20, 0.060, 0.0),
    Area("auditory", 0.68, 0.14, 0.050, 0.0),
)
RIGHT_SHARE = 0.7
"""How much of the left limb area's drive the right one has; other areas are alike on both sides."""


@dataclass(frozen=True, eq=False)
class Mouse:
    """What all sessions of a mouse share: maps (n_areas, height, width), still image, vessels, drives."""

    name: str
    maps: np.ndarray
    still: np.ndarray
    vessels: np.ndarray
    drives: np.ndarray
    run_share: float


def area_names() -> tuple[str, ...]:
    """The names of all areas, left before right."""
    return tuple(f"{area.name} {side}" for area in AREAS for side in ("left", "right"))


def draw_mouse(number: int, settings: CortexSettings, generator: np.random.Generator) -> Mouse:
    """A mouse at random."""
    from scipy.ndimage import gaussian_filter

    n = settings.field_px
    y, x = np.mgrid[:n, :n] / n
    maps, drives = [], []
    for area in AREAS:
        for side in (0, 1):
            dy, dx = generator.normal(0, 0.015, 2)
            centre = area.x if side == 0 else 1 - area.x
            distance = (y - area.y - dy) ** 2 + (x - centre - dx) ** 2
            maps.append(np.exp(-distance / (2 * area.radius**2)))
            share = RIGHT_SHARE if area.name == "limb" and side else 1.0
            drives.append(area.drive * share * generator.lognormal(0, 0.25))
    cortex = gaussian_filter(
        (((y - 0.5) ** 2 / 0.23 + (x - 0.5) ** 2 / 0.2) < 1).astype(float), n / 64
    )
    vessels = gaussian_filter(generator.normal(size=(n, n)), n / 27)
    vessels /= np.abs(vessels).max()
    still = (0.08 + cortex * (1 - 0.3 * np.clip(vessels, 0, 1))) * generator.uniform(0.8, 1.2)
    return Mouse(
        f"mouse{number + 1}", np.stack(maps) * cortex, still, vessels, np.array(drives),
        float(generator.uniform(0.3, 0.7)),
    )  # fmt: skip


def draw_speed(
    n_frames: int, rate_hz: float, run_share: float, generator: np.random.Generator
) -> np.ndarray:
    """Running speed (n_frames,) in cm/s: bouts of some seconds, and rests in which the wheel is still."""
    from scipy.ndimage import gaussian_filter1d

    running = np.zeros(n_frames, bool)
    frame, is_run = 0, bool(generator.random() < run_share)
    while frame < n_frames:
        mean_s = 4.0 if is_run else 4.0 * (1 - run_share) / run_share
        length = int((generator.gamma(2, mean_s / 2) + 0.4) * rate_hz)
        running[frame : frame + length] = is_run
        frame, is_run = frame + length, not is_run
    slow = gaussian_filter1d(generator.normal(size=n_frames), 0.8 * rate_hz)
    level = 0.55 + 0.2 * slow / max(float(slow.std()), 1e-9)
    speed = gaussian_filter1d(running * np.clip(level, 0.2, 1) * MOST_SPEED_CM_S, 0.1 * rate_hz)
    return np.where(speed < 0.1, 0.0, speed)


def session_activity(
    mouse: Mouse, speed: np.ndarray, rate_hz: float, generator: np.random.Generator
) -> np.ndarray:
    """Light of each area (n_areas, n_frames) over its rest, in units of the drive of one."""
    from scipy.ndimage import gaussian_filter1d

    kernel = np.exp(-np.arange(round(2 * rate_hz)) / (rate_hz * DECAY_S))
    kernel /= kernel.sum()
    starts = np.clip(np.gradient(speed / MOST_SPEED_CM_S), 0, None) * 6 * rate_hz / 30
    drive = 0.8 * (speed / MOST_SPEED_CM_S) + 0.8 * starts
    own = gaussian_filter1d(
        generator.normal(size=(len(mouse.drives), len(speed))), 0.2 * rate_hz, 1
    )
    own = np.clip(own / own.std(1, keepdims=True), 0, None) * 0.35
    summed = mouse.drives[:, None] * drive + own
    return np.stack([np.convolve(one, kernel)[: len(speed)] for one in summed])


def movie_blocks(
    mouse: Mouse,
    speed: np.ndarray,
    activity: np.ndarray,
    settings: CortexSettings,
    generator: np.random.Generator,
    block: int = 500,
) -> Iterator[np.ndarray]:
    """The movie (n, height, width) uint16, block after block."""
    from scipy.ndimage import gaussian_filter1d

    n, rate = len(speed), settings.rate_hz
    arousal = gaussian_filter1d(generator.normal(size=n), 0.8 * rate)
    arousal *= settings.arousal / max(float(arousal.std()), 1e-9)
    beat = 2 * np.pi * generator.uniform(8, 11) / rate * np.arange(n) + generator.uniform(0, 6)
    cortex = mouse.still / mouse.still.max()
    for first in range(0, n, block):
        part = slice(first, min(first + block, n))
        relative = 0.03 * np.einsum("kt,kyx->tyx", activity[:, part], mouse.maps)
        relative += arousal[part, None, None] * cortex
        relative += 0.003 * np.sin(beat[part])[:, None, None] * (1 + np.abs(mouse.vessels))
        relative += settings.artefact * (speed[part] > 0.5)[:, None, None]
        light = mouse.still * (1 + relative)
        light += mouse.still.mean() * settings.noise * generator.normal(size=light.shape)
        yield np.clip(light * 20000, 0, 65535).astype(np.uint16)


def drawn_regions(n: int) -> Cells:
    """The areas as somebody would draw them: discs at the same place in every mouse, with names."""
    y, x = np.mgrid[:n, :n] / n
    discs = []
    for area in AREAS:
        for centre in (area.x, 1 - area.x):
            inside = (y - area.y) ** 2 + (x - centre) ** 2 < max(area.radius, 1.2 / n) ** 2
            rows, columns = np.nonzero(inside)
            discs.append((rows, columns, None))
    return make_cells(discs, n, n, "drawn", names=area_names())


def simulate_mice(
    settings: CortexSettings, out: Path, seed: int = 0, progress: Progress = silent
) -> list[Path]:
    """A session file, a movie and the truth for each session of each mouse; the paths of the sessions."""
    out.mkdir(parents=True, exist_ok=True)
    found: list[Path] = []
    total = settings.mice * settings.sessions
    for number in range(settings.mice):
        mouse = draw_mouse(number, settings, np.random.default_rng([seed, number]))
        for place in range(settings.sessions):
            generator = np.random.default_rng([seed, number, 1 + place])
            path = out / f"{mouse.name}-{place + 1}.deepcinac"
            _write_session(path, mouse, place, settings, generator)
            found.append(path)
            progress(ProgressEvent("simulating", len(found), total, path.name))
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": CORTEX_WIDE, "seed": seed}
    write_json(out / "meta.json", {**about, "settings": dataclasses.asdict(settings)})
    return found


def _write_session(
    path: Path, mouse: Mouse, place: int, settings: CortexSettings, generator: np.random.Generator
) -> None:
    import tifffile

    rate, n = settings.rate_hz, settings.field_px
    n_frames = round(settings.seconds * rate)
    speed = draw_speed(n_frames, rate, mouse.run_share, generator)
    activity = session_activity(mouse, speed, rate, generator)
    movie, shape = path.with_suffix(".tif"), (n_frames, n, n)
    target = tifffile.memmap(
        movie,
        shape=shape,
        dtype=np.uint16,
        photometric="minisblack",
        bigtiff=True,
        metadata={"axes": "TYX"},
    )
    first = 0
    for block in movie_blocks(mouse, speed, activity, settings, generator):
        target[first : first + len(block)] = block
        first += len(block)
    target.flush()
    del target
    truth = {"maps": mouse.maps, "drives": mouse.drives, "activity": activity, "speed_cm_s": speed}
    write_npz(path.with_name(f"{path.stem}-truth.npz"), **truth)
    with Session.create(path, movie, shape, drawn_regions(n), rate, PIXEL_UM / n) as session:
        session.set_provenance(Provenance(mouse.name, f"2026-11-{place + 1:02d}"))
        session.write_signal(regular_signal("speed", speed, "cm/s", rate, 0.5 / rate))
