"""Recordings of stimulation with a known answer: a wave from an electrode, activated and depressed cells.

Each stimulus lasts a second and comes in two conditions, ``10 Hz`` and ``100 Hz``. A wave of light starts at
the electrode and travels at a known speed: in the neuropil everywhere, in the somata of activated cells. Then
the somata of depressed cells fall below their baseline for some seconds, the neuropil does not. The
stimulus itself brightens every pixel of the frames in which it begins: an artefact.
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
from deepcinac.recording.signals import Signal
from deepcinac.simulation.stimulus_settings import STIMULUS, StimulusSettings
from deepcinac.version import __version__

RATE_HZ = 20.0
PIXEL_UM = 8.0
RADIUS_PX = 2.5
SMALLEST_APART_PX = 8.0
CONDITIONS = ("none", "10 Hz", "100 Hz")
HEIGHTS = (0.0, 1.0, 0.6)
"""How strong the wave is in each condition."""
SHARES = (0.0, 1.0, 0.5)
LENGTH_S, EVERY_S, FIRST_S = 1.0, 16.0, 40.0
ARTEFACT_FRAMES = 2
RISE_S, DECAY_S = 0.15, 0.8
DEPRESSION_S, DEPRESSION_LATE_S = 2.5, 3.0
SOMA, NEUROPIL, DEPRESSION, ARTEFACT, NOISE = 0.5, 0.12, 0.15, 0.5, 0.05
"""Shares of the resting light."""
REST = 1000.0


@dataclass(frozen=True, eq=False)
class Stimulated:
    """What is true of a recording.

    ``electrode`` (2,) y, x in px; ``activated`` (3, n_cells) bool, by condition; ``depressed`` (n_cells,)
    bool; ``onsets_s`` (n_stimuli,), ``condition`` (n_stimuli,): their numbers in ``CONDITIONS``.
    """

    centres: np.ndarray
    electrode: np.ndarray
    activated: np.ndarray
    depressed: np.ndarray
    onsets_s: np.ndarray
    condition: np.ndarray


def draw_stimulated(settings: StimulusSettings, generator: np.random.Generator) -> Stimulated:
    """Cells, electrode and the order of stimuli at random."""
    side = settings.stimulus_field_px
    centres = np.empty((0, 2))
    for _ in range(200 * settings.stimulated_cells):
        place = generator.uniform(5, side - 6, 2)
        if len(centres) == 0 or np.linalg.norm(centres - place, axis=1).min() >= SMALLEST_APART_PX:
            centres = np.vstack([centres, place])
        if len(centres) == settings.stimulated_cells:
            break
    n = len(centres)
    lot = generator.random(n)
    activated = np.stack([lot < settings.activated_share * share for share in SHARES])
    depressed = generator.random(n) < settings.depressed_share
    order = generator.permutation(np.repeat([1, 2], settings.stimuli))
    onsets = FIRST_S + EVERY_S * np.arange(len(order))
    return Stimulated(centres, np.array([0.2, 0.2]) * side, activated, depressed, onsets, order)


def response(since_s: np.ndarray) -> np.ndarray:
    """A rise and a decay of height about 1, from the time since the wave arrived.

    >>> response(np.array([-1.0, 0.0])).tolist()
    [0.0, 0.0]
    """
    t = np.maximum(since_s, 0)
    return np.where(
        t > 0, (1 - np.exp(-t / RISE_S)) * np.exp(-np.maximum(t - 0.5, 0) / DECAY_S), 0.0
    )


def movie_of(
    truth: Stimulated, settings: StimulusSettings, generator: np.random.Generator
) -> np.ndarray:
    """The movie (n_frames, height, width) uint16."""
    side = settings.stimulus_field_px
    times = (np.arange(n_frames_of(settings)) + 0.5) / RATE_HZ
    y, x = np.mgrid[:side, :side]
    pixel_delay = (
        np.hypot(y - truth.electrode[0], x - truth.electrode[1]) * PIXEL_UM / settings.wave_um_s
    )
    cells = cells_of(truth.centres, side)
    delay = np.linalg.norm(truth.centres - truth.electrode, axis=1) * PIXEL_UM / settings.wave_um_s
    rest = REST * (1 + 0.1 * generator.normal(size=(side, side)))
    movie = np.empty((len(times), side, side), np.uint16)
    for frame, time in enumerate(times):
        light = np.ones((side, side))
        for onset, condition in zip(truth.onsets_s, truth.condition, strict=True):
            since = time - onset
            if not -1 < since < EVERY_S:
                continue
            height = HEIGHTS[condition]
            light += NEUROPIL * height * response(since - pixel_delay)
            soma = SOMA * height * response(since - delay) * truth.activated[condition]
            late = since - LENGTH_S - DEPRESSION_LATE_S
            dip = np.exp(-0.5 * (late / (DEPRESSION_S / 2)) ** 2) * (since > LENGTH_S)
            soma = soma - DEPRESSION * dip * truth.depressed
            for cell, value in zip(cells.cells, soma, strict=True):
                light[cell.ypix, cell.xpix] += value
            light += ARTEFACT * (0 <= since < ARTEFACT_FRAMES / RATE_HZ)
        noisy = rest * (light + generator.normal(0, NOISE, light.shape))
        movie[frame] = np.clip(noisy, 0, 65535)
    return movie


def n_frames_of(settings: StimulusSettings) -> int:
    """Length of a recording in frames."""
    return round((FIRST_S + 2 * settings.stimuli * EVERY_S) * RATE_HZ)


def cells_of(centres: np.ndarray, side: int) -> Cells:
    """Discs around the centres."""
    y, x = np.mgrid[:side, :side]
    discs = []
    for place in centres:
        rows, columns = np.nonzero(np.hypot(y - place[0], x - place[1]) <= RADIUS_PX)
        discs.append((rows, columns, None))
    return make_cells(discs, side, side, "simulated")


def simulate_stimulus(
    settings: StimulusSettings, out: Path, seed: int = 0, progress: Progress = silent
) -> list[Path]:
    """A session, a movie and the truth for each animal; the paths of the sessions."""
    import tifffile

    out.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(settings.stimulated):
        truth = draw_stimulated(settings, np.random.default_rng([seed, number, 0]))
        movie = movie_of(truth, settings, np.random.default_rng([seed, number, 1]))
        path = out / f"mouse{number + 1}.tif"
        tifffile.imwrite(path, movie, photometric="minisblack", metadata={"axes": "TYX"})
        cells = cells_of(truth.centres, settings.stimulus_field_px)
        target = path.with_suffix(SESSION_ENDING)
        with Session.create(target, path, movie.shape, cells, RATE_HZ, PIXEL_UM) as session:
            session.set_provenance(Provenance(f"mouse{number + 1}", f"2026-11-{number + 1:02d}"))
            session.write_signal(stimulus_signal(truth, len(movie) / RATE_HZ))
        write_npz(path.with_name(f"{path.stem}-truth.npz"), **dataclasses.asdict(truth),
                  wave_um_s=np.float64(settings.wave_um_s))  # fmt: skip
        made.append(target)
        progress(ProgressEvent("simulating", number + 1, settings.stimulated, path.name))
    about = {"made_by": f"deepcinac {__version__} simulate", "kind": STIMULUS, "seed": seed}
    write_json(out / "meta.json", {**about, "settings": dataclasses.asdict(settings)})
    return made


def stimulus_signal(truth: Stimulated, end_s: float) -> Signal:
    """Which condition is on, as states that hold until the next."""
    times, values = [0.0], [0.0]
    for onset, condition in zip(truth.onsets_s.tolist(), truth.condition.tolist(), strict=True):
        times += [onset, onset + LENGTH_S]
        values += [float(condition), 0.0]
    times.append(end_s)
    values.append(0.0)
    return Signal(
        "stimulus", np.array(values), "1", np.array(times), "previous", CONDITIONS,
        {"made_by": "deepcinac simulate"},
    )  # fmt: skip
