"""The whole of ``deepcinac track --days``: fields aligned, cells matched, and what each does on each day.

A cell that was not found on a day is looked for where it should be: the light at its place tells a silent
cell from one that fired and was missed, and the field from a place outside of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.opening import OpenRecording, open_recording
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.rises import event_rate
from deepcinac.recording.traces import extract_traces
from deepcinac.tracking.alignment import Alignment, align_pictures, stretched
from deepcinac.tracking.days import Registry, register
from deepcinac.tracking.settings import DaysMatchingSettings
from deepcinac.tracking.turnover import ACTIVE, OUTSIDE, SILENT, Turnover, turnover

LEAST_AGREEMENT = 0.1
"""A lower correlation of the aligned pictures says nothing: it is told."""


@dataclass(frozen=True, eq=False)
class Day:
    """What one session gives: ``mean`` (height, width), its valid cells and their numbers in the session."""

    name: str
    path: Path
    mean: np.ndarray
    cells: Cells
    numbers: np.ndarray
    frame_rate_hz: float
    pixel_size_um: float


@dataclass(frozen=True, eq=False)
class AcrossDays:
    """Cells of one field over days; ``state`` (n_cells, n_days) is what each does, see ``turnover``."""

    days: tuple[Day, ...]
    alignments: tuple[Alignment, ...]
    places: tuple[np.ndarray, ...]
    registry: Registry
    state: np.ndarray
    turnovers: tuple[tuple[int, int, Turnover], ...]


def follow_days(
    paths: Sequence[Path], settings: DaysMatchingSettings, progress: Progress = silent
) -> AcrossDays:
    """Align, match, look at every cell on every day, and count."""
    if len(paths) < 2:
        raise InputError("sessions of at least two days", f"{len(paths)}", "--days")
    days = [_read(path, progress) for path in paths]
    size = days[0].pixel_size_um
    for day in days[1:]:
        if abs(day.pixel_size_um - size) > 0.02 * size:
            found = f"{size:g} and {day.pixel_size_um:g} um"
            raise InputError("sessions with pixels of one size", found, day.path)
    reach = settings.reach_um / size
    centre = np.zeros(2)
    aligned = [Alignment(0.0, np.zeros(2), centre, 1.0)]
    for day in days[1:]:
        progress(ProgressEvent("aligning", len(aligned), len(days), day.name))
        rough = align_pictures(days[0].mean, day.mean)
        aligned.append(stretched(rough, days[0].cells.centres(), day.cells.centres(), 0.8 * reach))
    places = [one(day.cells.centres()) for one, day in zip(aligned, days, strict=True)]
    registry = register(places, reach)
    state = np.stack(
        [
            _states(path, number, days, aligned, registry, settings, progress)
            for number, path in enumerate(paths)
        ],
        axis=1,
    )
    return AcrossDays(
        tuple(days), tuple(aligned), tuple(places), registry, state, _turnovers(registry, state)
    )


def _read(path: Path, progress: Progress) -> Day:
    with open_recording(path, working_copy=False, progress=progress) as recording:
        recording.require_session()
        numbers = np.flatnonzero(recording.cells.valid)
        if not len(numbers):
            raise InputError("valid cells", "none", path)
        mean = np.array(recording.traces_with_images.images["mean"])
        return Day(
            path.stem, path, mean, recording.cells.subset(numbers), numbers,
            recording.frame_rate_hz, recording.pixel_size_um,
        )  # fmt: skip


def _states(
    path: Path,
    day: int,
    days: Sequence[Day],
    aligned: Sequence[Alignment],
    registry: Registry,
    settings: DaysMatchingSettings,
    progress: Progress,
) -> np.ndarray:
    """What every cell of the field does on a day, (n_cells,)."""
    inside, cells = _footprints_on(day, days, aligned, registry)
    with open_recording(path, working_copy=False, progress=progress) as recording:
        rate = _event_rate(recording, cells, settings, progress)
    state = np.full(len(inside), OUTSIDE)
    state[inside] = np.where(rate >= settings.events_per_min, ACTIVE, SILENT)
    return state


def _footprints_on(
    day: int, days: Sequence[Day], aligned: Sequence[Alignment], registry: Registry
) -> tuple[np.ndarray, Cells]:
    """Which cells (n_cells,) lie in the field of a day, and their footprints there, found or moved there."""
    own = days[day].cells
    height, width = own.height, own.width
    expected = aligned[day].inverse(registry.places)
    footprints, inside = [], np.zeros(len(registry.places), bool)
    for cell, numbers in enumerate(registry.number):
        if numbers[day] >= 0:
            one = own[int(numbers[day])]
            y, x = one.ypix, one.xpix
        else:
            home = int(np.flatnonzero(numbers >= 0)[-1])
            one = days[home].cells[int(numbers[home])]
            moved = np.rint(expected[cell] - (one.ypix.mean(), one.xpix.mean())).astype(int)
            y, x = one.ypix + moved[0], one.xpix + moved[1]
        if (y >= 0).all() and (y < height).all() and (x >= 0).all() and (x < width).all():
            inside[cell] = True
            footprints.append((y, x, None))
    return inside, make_cells(footprints, height, width, "days")


def _event_rate(
    recording: OpenRecording, cells: Cells, settings: DaysMatchingSettings, progress: Progress
) -> np.ndarray:
    """Events a minute of each cell, from the pixels that no other cell has."""
    traces = extract_traces(recording.movie, cells, progress=progress)
    light = traces.without_overlap - traces.neuropil
    return event_rate(light, recording.frame_rate_hz, settings.event_sd)


def _turnovers(registry: Registry, state: np.ndarray) -> tuple[tuple[int, int, Turnover], ...]:
    generator = np.random.default_rng(0)
    found = []
    for a, b in itertools.combinations(range(state.shape[1]), 2):
        p = np.where(registry.number[:, a] >= 0, registry.probability[:, b], np.nan)
        one = turnover(state[:, a], state[:, b], registry.number[:, b] >= 0, p, generator)
        found.append((a, b, one))
    return tuple(found)
