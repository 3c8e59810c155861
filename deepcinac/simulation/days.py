"""Sessions of one field on several days: shifted, turned, stretched, with a known turnover of activity.

Every cell glows a little, so that the mean picture shows the field; on a day a cell fires or is silent.
Cells that fire are found, of the silent ones some are; each session knows only those that were found.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.files import SESSION_ENDING, write_json, write_npz
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.simulation.days_settings import DAYS, DaysSettings
from deepcinac.version import __version__

RATE_HZ = 10.0
PIXEL_UM = 2.0
RADIUS_PX = 3.0
SMALLEST_APART_PX = 5.0
TURN_DEG = 3.0
STRETCH_PX = 2.0
PLACE_ERROR_PX = 0.5
FOUND_ACTIVE = 0.95
OFFSET, GLOW, HEIGHT, NOISE = 1000.0, 250.0, 500.0, 60.0
EVENTS_HZ = 0.08
DECAY_S = 0.7


@dataclass(frozen=True, eq=False)
class Days:
    """``places`` (n_days, n_cells, 2) y, x in px; ``active``, ``found`` (n_cells, n_days) bool."""

    places: np.ndarray
    active: np.ndarray
    found: np.ndarray


def draw_days(settings: DaysSettings, generator: np.random.Generator) -> Days:
    """Where the cells lie, fire and are found, at random."""
    rest = _apart(settings, generator)
    n, n_days = len(rest), settings.days
    places = [rest]
    for _ in range(n_days - 1):
        places.append(_moved(rest, settings, generator))
    active = np.empty((n, n_days), bool)
    active[:, 0] = generator.random(n) < settings.active_share
    for day in range(1, n_days):
        anew = generator.random(n) < settings.active_share
        kept = generator.random(n) < settings.persistence
        active[:, day] = np.where(kept, active[:, day - 1], anew)
    chance = np.where(active, FOUND_ACTIVE, settings.found_silent)
    found = generator.random(active.shape) < chance
    inside = [
        ((p >= RADIUS_PX) & (p <= settings.day_field_px - 1 - RADIUS_PX)).all(1) for p in places
    ]
    return Days(np.stack(places), active, found & np.stack(inside, 1))


def _apart(settings: DaysSettings, generator: np.random.Generator) -> np.ndarray:
    """Cells at random, none closer to another than 5 px; some lie just outside of the field."""
    low, high = -settings.day_shift_px, settings.day_field_px + settings.day_shift_px
    kept = np.empty((0, 2))
    for _ in range(100 * settings.day_cells):
        place = generator.uniform(low, high, 2)
        if len(kept) == 0 or np.linalg.norm(kept - place, axis=1).min() >= SMALLEST_APART_PX:
            kept = np.vstack([kept, place])
        if len(kept) == settings.day_cells:
            break
    return kept


def _moved(rest: np.ndarray, settings: DaysSettings, generator: np.random.Generator) -> np.ndarray:
    side = settings.day_field_px
    angle = np.deg2rad(generator.uniform(-TURN_DEG, TURN_DEG))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = generator.uniform(-1, 1, 2) * settings.day_shift_px
    phase = generator.uniform(0, 2 * np.pi, 2)
    stretch = STRETCH_PX * np.sin(2 * np.pi * rest[:, ::-1] / side + phase)
    return (rest - side / 2) @ turn.T + side / 2 + shift + stretch


def _bell(shape: tuple[int, int], place: np.ndarray) -> np.ndarray:
    y = np.exp(-((np.arange(shape[0]) - place[0]) ** 2) / (2 * (RADIUS_PX / 1.5) ** 2))
    x = np.exp(-((np.arange(shape[1]) - place[1]) ** 2) / (2 * (RADIUS_PX / 1.5) ** 2))
    return y[:, None] * x


def _movie(
    places: np.ndarray, active: np.ndarray, settings: DaysSettings, generator: np.random.Generator
) -> np.ndarray:
    """The movie of a day, (n_frames, height, width) uint16."""
    n_frames, side = settings.day_frames, settings.day_field_px
    kernel = np.exp(-np.arange(round(5 * DECAY_S * RATE_HZ)) / (DECAY_S * RATE_HZ))
    events = generator.random((len(places), n_frames)) < EVENTS_HZ / RATE_HZ * active[:, None]
    for cell in np.flatnonzero(active & (events.sum(1) < 2)).tolist():  # active means that it fires
        events[cell, generator.choice(n_frames - 20, 2, replace=False)] = True
    light = np.stack([np.convolve(row, kernel)[:n_frames] for row in events.astype(float)])
    bells = np.stack([_bell((side, side), place).ravel() for place in places])
    glow = GLOW * generator.lognormal(0, 0.3, len(places))
    mean = OFFSET + (glow[:, None] * bells).sum(0)
    movie = mean + (HEIGHT * light).T @ bells
    movie += generator.normal(0, NOISE, movie.shape)
    return np.clip(movie, 0, 65535).astype(np.uint16).reshape(n_frames, side, side)


def _outlines(places: np.ndarray, settings: DaysSettings, generator: np.random.Generator) -> Cells:
    """Discs where the cells were found, each a little off."""
    side = settings.day_field_px
    y, x = np.mgrid[:side, :side]
    discs = []
    for place in places + generator.normal(0, PLACE_ERROR_PX, places.shape):
        rows, columns = np.nonzero(np.hypot(y - place[0], x - place[1]) <= RADIUS_PX)
        discs.append((rows, columns, None))
    return make_cells(discs, side, side, "simulated")


def simulate_days(
    settings: DaysSettings, out: Path, seed: int = 0, progress: Progress = silent
) -> list[Path]:
    """Write a session and a movie for each day, and ``truth.npz``; the paths of the sessions.

    ``truth.npz``: places, active, found (see :class:`Days`), and ``identity-1``, ``identity-2``, ...: which
    cell of the field each cell of a session is.
    """
    import tifffile

    out.mkdir(parents=True, exist_ok=True)
    days = draw_days(settings, np.random.default_rng([seed, 0]))
    identities: dict[str, np.ndarray] = {}
    made = []
    for day in range(settings.days):
        generator = np.random.default_rng([seed, 1, day])
        movie = _movie(days.places[day], days.active[:, day], settings, generator)
        path = out / f"day{day + 1}.tif"
        tifffile.imwrite(path, movie, photometric="minisblack", metadata={"axes": "TYX"})
        own = generator.permutation(np.flatnonzero(days.found[:, day]))
        cells = _outlines(days.places[day][own], settings, generator)
        session_path = path.with_suffix(SESSION_ENDING)
        with Session.create(session_path, path, movie.shape, cells, RATE_HZ, PIXEL_UM) as session:
            session.set_provenance(Provenance("mouse1", f"2026-11-{day + 1:02d}"))
        identities[f"identity-{day + 1}"] = own
        made.append(session_path)
        progress(ProgressEvent("simulating", day + 1, settings.days, path.name))
    write_npz(out / "truth.npz", **dataclasses.asdict(days), **identities)
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": DAYS, "seed": seed}
    write_json(out / "meta.json", {**about, "settings": dataclasses.asdict(settings)})
    return made
