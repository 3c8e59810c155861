"""A movie that is scanned row after row, of cells that share a rhythm which is faster than its frames.

Each cell follows the same drive, a slow change and a rhythm, with a strength of its own, through an indicator
with one decay. A cell is sampled once a frame, when the laser passes its rows, so that its trace shows the
rhythm at a wrong, lower frequency (7 Hz at 10 frames a second look like 3 Hz). The times of the rows tell
the true one, where the slow change tells how strongly and in which direction each cell follows. The phase of
the rhythm wanders, so that no clock outside of the cells can tell it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import write_json, write_npz
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.simulation.rhythm_settings import RHYTHM, RhythmSettings
from deepcinac.version import __version__

RADIUS_PX = 2.5
PIXEL_UM = 4.0
STRENGTH = 0.8
"""Mean size of the rhythm in a cell's fluorescence, as a share of its light at rest, before the decay."""
GREY = 20.0
"""Grey levels of a photon."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """The rhythm and each cell's fluorescence at every row of every frame.

    ``drive`` (n,): the rhythm and the slow change; ``dff`` (n, n_cells): change of light over rest, no noise.
    """

    drive: np.ndarray
    dff: np.ndarray


def draw_rhythm(
    n: int, rate_hz: float, settings: RhythmSettings, generator: np.random.Generator
) -> Rhythm:
    """``n`` moments at ``rate_hz``."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import lfilter

    steps = generator.normal(0, settings.phase_drift / np.sqrt(rate_hz), n)
    phase = 2 * np.pi * settings.rhythm_hz * np.arange(n) / rate_hz + np.cumsum(steps)
    drive = 1 + np.cos(phase + generator.uniform(0, 2 * np.pi))
    shared = gaussian_filter1d(generator.normal(size=n), 0.5 * rate_hz)
    drive += settings.shared_slow * shared / max(float(shared.std()), 1e-12)
    strengths = STRENGTH * generator.uniform(0.5, 1.5, settings.scanned_cells)
    slow = gaussian_filter1d(
        generator.normal(size=(n, settings.scanned_cells)), 0.5 * rate_hz, axis=0
    )
    slow *= settings.own_activity / max(float(slow.std()), 1e-12)
    source = strengths * (drive[:, None] + slow)
    keep = np.exp(-1 / (rate_hz * settings.decay_s)) if settings.decay_s else 0.0
    return Rhythm(drive, np.asarray(lfilter([1 - keep], [1, -keep], source, axis=0)))


def scattered_cells(settings: RhythmSettings, generator: np.random.Generator) -> Cells:
    """Discs that do not touch, at random."""
    side, centres = settings.scan_px, np.empty((0, 2))
    for _ in range(200 * settings.scanned_cells):
        place = generator.uniform(RADIUS_PX + 1, side - RADIUS_PX - 2, 2)
        if len(centres) == settings.scanned_cells:
            break
        if (np.hypot(*(centres - place).T) > 2 * RADIUS_PX + 2).all():
            centres = np.vstack([centres, place])
    if len(centres) < settings.scanned_cells:
        found = f"{settings.scanned_cells} cells in {side} x {side} px"
        raise InputError("a field with room for all cells", found, hint="take a larger field")
    y, x = np.mgrid[:side, :side]
    discs = []
    for cy, cx in centres:
        rows, columns = np.nonzero(np.hypot(y - cy, x - cx) <= RADIUS_PX)
        discs.append((rows, columns, None))
    return make_cells(discs, side, side, "simulated")


def simulate_rhythm(settings: RhythmSettings, out: Path, seed: int = 0) -> Path:
    """Write a session, its movie and ``truth.npz``; returns the session."""
    import tifffile

    out.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng([seed, 0])
    cells = scattered_cells(settings, generator)
    side, n_frames = settings.scan_px, round(settings.scan_s * settings.scan_rate_hz)
    rhythm = draw_rhythm(n_frames * side, settings.scan_rate_hz * side, settings, generator)
    light = np.ones((n_frames, side, side))
    by_row = rhythm.dff.reshape(n_frames, side, -1)
    for number in range(len(cells)):
        cell = cells[number]
        light[:, cell.ypix, cell.xpix] += by_row[:, cell.ypix, number]
    photons = generator.poisson(np.clip(light, 0, None) * settings.pixel_photons)
    movie, path = out / "rhythm.tif", out / "rhythm.deepcinac"
    grey = np.clip(photons * GREY, 0, 65535).astype(np.uint16)
    tifffile.imwrite(movie, grey, photometric="minisblack")
    write_npz(out / "truth.npz", drive=rhythm.drive, dff=rhythm.dff.astype(np.float32),
              rate_hz=np.array(settings.scan_rate_hz * side))  # fmt: skip
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": RHYTHM, "seed": seed}
    write_json(out / "meta.json", {**about, "settings": dataclasses.asdict(settings)})
    with Session.create(path, movie, grey.shape, cells, settings.scan_rate_hz, PIXEL_UM):
        return path
