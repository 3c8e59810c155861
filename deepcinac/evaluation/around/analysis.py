"""One recording around its events: somata and ring, maps, connectivity, the measures of each condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.evaluation.around.events import Event, events_of, name_of
from deepcinac.evaluation.around.responses import (
    Responses,
    Windows,
    around,
    duration_s,
    latency_s,
    onset_frames,
    quiet_onsets,
    respond,
    windows_of,
    within_movie,
)
from deepcinac.evaluation.around.settings import AroundSettings
from deepcinac.evaluation.around.wave import Wave, fit_wave
from deepcinac.labelling.provenance import Provenance
from deepcinac.opening import OpenRecording, open_recording
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie, iterate_blocks
from deepcinac.recording.rises import rise_frames
from deepcinac.recording.traces import without_neuropil

SOMATA, RING, OVER = "somata", "ring", "somata over ring"
BLOCK_FRAMES = 128
ACTIVE_PER_MIN = 1.0
EVENT_SD = 5.0
FEWEST_EVENTS_FOR_CONNECTIVITY = 2


@dataclass(frozen=True, eq=False)
class Maps:
    """Squares of the field: ``places_um`` (n, 2) of their middles y, x, ``shape`` of the table of squares.

    ``during_sd``, ``during``, ``latency_s`` (n,) of each; ``square_um2``: the area of one.
    """

    places_um: np.ndarray
    shape: tuple[int, int]
    during_sd: np.ndarray
    during: np.ndarray
    latency_s: np.ndarray
    square_um2: float


@dataclass(frozen=True, eq=False)
class Condition:
    """One condition of one recording; ``measures`` are its numbers by name, None where there is none."""

    recording: str
    unit: str
    name: str
    windows: Windows
    seconds: np.ndarray
    somata: Responses
    ring: Responses
    over: Responses
    distance_um: np.ndarray | None
    latency_s: np.ndarray
    maps: Maps | None
    wave: Wave | None
    measures: dict[str, float | None]


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a recording gives: all its conditions, and whose it is."""

    name: str
    whose: Provenance
    conditions: tuple[Condition, ...]
    left_out: int


def analyse(
    path: str | Path,
    words: str,
    settings: AroundSettings,
    point_px: tuple[float, float] | None = None,
    rest: str | None = None,
    side_by_side: str = "signal",
    progress: Progress = silent,
) -> Recorded:
    """The recording of a session around the events of a signal.

    ``point_px``: an electrode or an injury, y and x. ``side_by_side``: what conditions are: the words of the
    ``signal``, the ``condition`` or the ``session-date`` of the session.
    """
    path = Path(path)
    with open_recording(path, working_copy=False, progress=progress) as recording:
        session = recording.require_session()
        signal = session.signal(name_of(words))
        events = events_of(signal, words, settings.merge_s, path, rest)
        whose = session.provenance()
        label = {"signal": "", "condition": whose.condition, "session-date": whose.session_date}
        if side_by_side != "signal":
            if not label[side_by_side]:
                hint = f"say it with 'deepcinac describe --{side_by_side}'"
                raise InputError(f"the {side_by_side} of the session", "none", path, hint)
            events = [Event(one.onset_s, one.end_s, label[side_by_side]) for one in events]
        cells = np.flatnonzero(recording.cells.valid)
        if not len(cells):
            raise InputError("valid cells", "none", path)
        traces = recording.traces
        light = {
            SOMATA: np.asarray(traces.raw)[cells].astype(float),
            RING: np.asarray(traces.neuropil)[cells].astype(float),
        }
        light[OVER] = without_neuropil(light[SOMATA], light[RING])
        squares = (
            _squares(recording.movie, settings.squares, progress) if settings.squares else None
        )
        places = recording.cells.centres()[cells]
        unit = whose.animal or path.stem
        found, n_used = [], 0
        for name in sorted({one.condition for one in events}):
            own = [one for one in events if one.condition == name]
            made = _condition(recording, own, events, light, squares, places, point_px, settings,
                              (path.stem, unit, name))  # fmt: skip
            if made is not None:
                found.append(made)
                n_used += made.somata.n_events
    if not found:
        needed = f"{settings.before_s:g} s before and {settings.after_s:g} s after"
        raise InputError(f"an event with {needed} within the movie", "none", path,
                         "Lower --before-s or --after-s")  # fmt: skip
    return Recorded(path.stem, whose, tuple(found), len(events) - n_used)


def _condition(
    recording: OpenRecording,
    own: Sequence[Event],
    events: Sequence[Event],
    light: dict[str, np.ndarray],
    squares: tuple[np.ndarray, np.ndarray, tuple[int, int]] | None,
    places_px: np.ndarray,
    point_px: tuple[float, float] | None,
    settings: AroundSettings,
    names: tuple[str, str, str],
) -> Condition | None:
    rate, size = recording.frame_rate_hz, recording.pixel_size_um
    n_frames = recording.shape[0]
    windows = windows_of(float(np.median([one.end_s - one.onset_s for one in own])), settings, rate)
    onsets = within_movie(onset_frames(own, rate), windows, n_frames)
    if not len(onsets):
        return None
    every = onset_frames(events, rate)
    quiet = quiet_onsets(every, windows, n_frames)
    generator = np.random.default_rng(0)
    of = {
        kind: respond(values, onsets, quiet, windows, names[2], generator)
        for kind, values in light.items()
    }
    point = None if point_px is None else np.array(point_px) * size
    distance = None if point is None else np.linalg.norm(places_px * size - point, axis=1)
    late = latency_s(of[SOMATA].mean, windows, rate)
    maps, wave = None, None
    if squares is not None:
        values, middles, shape = squares
        one = respond(values, onsets, quiet, windows, names[2], generator)
        late_there = latency_s(one.mean, windows, rate)
        late_there[one.during_sd < settings.response_sd] = np.nan
        area = (recording.shape[1] * recording.shape[2] / len(values)) * size**2
        maps = Maps(middles * size, shape, one.during_sd, one.during, late_there, area)
        wave = fit_wave(maps.places_um, late_there, point, generator)
    else:
        answering = np.where(of[SOMATA].during_sd >= settings.response_sd, late, np.nan)
        wave = fit_wave(places_px * size, answering, point, generator)
    measures = measures_of(of, windows, settings, rate, maps, wave)
    n_masked = round(settings.artefact_s * rate)
    rises = rise_frames(bridged(light[SOMATA], every, n_masked), rate, EVENT_SD)
    measures |= _together(light[SOMATA], rises, onsets, windows, rate)
    seconds = windows.seconds(rate)
    return Condition(
        *names,
        windows,
        seconds,
        of[SOMATA],
        of[RING],
        of[OVER],
        distance,
        late,
        maps,
        wave,
        measures,
    )


def measures_of(
    of: dict[str, Responses],
    windows: Windows,
    settings: AroundSettings,
    frame_rate_hz: float,
    maps: Maps | None,
    wave: Wave | None,
) -> dict[str, float | None]:
    """The numbers of a condition, by name."""
    found: dict[str, float | None] = {"events": float(of[SOMATA].n_events)}
    for kind, one in of.items():
        up, down = one.during_sd >= settings.response_sd, one.after_sd <= -settings.response_sd
        found[f"activated, {kind}"] = float(up.mean())
        found[f"depressed, {kind}"] = float(down.mean())
        found[f"amplitude, {kind}"] = float(one.during[up].mean()) if up.any() else None
        found[f"depth, {kind}"] = float(one.after[down].mean()) if down.any() else None
        rises = duration_s(one.mean[up], windows, frame_rate_hz)
        falls = duration_s(one.mean[down], windows, frame_rate_hz, -1)
        found[f"duration, {kind}"] = float(np.median(rises)) if len(rises) else None
        found[f"depression lasts, {kind}"] = float(np.median(falls)) if len(falls) else None
    if maps is not None:
        evoked = maps.during_sd >= settings.response_sd
        found["evoked area"] = float(evoked.sum() * maps.square_um2 / 1e6)
    found["wave speed"] = None if wave is None else wave.speed_um_s
    return found


def bridged(light: np.ndarray, onsets: np.ndarray, n_masked: int) -> np.ndarray:
    """Traces (n_cells, n_frames) with a straight line over the masked frames after each onset.

    >>> bridged(np.array([[1.0, 1.0, 9.0, 9.0, 4.0]]), np.array([2]), 2).tolist()
    [[1.0, 1.0, 2.0, 3.0, 4.0]]
    """
    masked = np.zeros(light.shape[1], bool)
    for onset in onsets.tolist():
        masked[onset : onset + n_masked] = True
    if not masked.any() or masked.all():
        return light
    frames = np.arange(light.shape[1])
    found = light.copy()
    for row in found:
        row[masked] = np.interp(frames[masked], frames[~masked], row[~masked])
    return found


def _together(
    light: np.ndarray, rises: np.ndarray, onsets: np.ndarray, windows: Windows, frame_rate_hz: float
) -> dict[str, float | None]:
    """Connectivity and active cells before, during and after.

    Connectivity: the mean correlation of every two cells, over the frames of all events, the mean response
    taken off. Active: at least one rise a minute in these frames, and one at all.
    """
    pieces = around(light, onsets, windows)
    places = onsets[:, None] + windows.first + np.arange(windows.n)
    own = pieces - pieces.mean(0) if len(onsets) >= FEWEST_EVENTS_FOR_CONNECTIVITY else None
    found: dict[str, float | None] = {}
    for name in ("before", "during", "after"):
        part = getattr(windows, name)
        found[f"connectivity {name}"] = None
        if own is not None and part.sum() > 2 and len(light) > 1:
            flat = np.moveaxis(own[..., part], 1, 0).reshape(len(light), -1)
            flat = flat[flat.std(1) > 0]
            if len(flat) > 1:
                table = np.corrcoef(flat)
                found[f"connectivity {name}"] = float(table[np.triu_indices(len(table), 1)].mean())
        minutes = part.sum() * len(onsets) / frame_rate_hz / 60
        counts = rises[:, places[:, part].ravel()].sum(1)
        found[f"active cells {name}"] = float((counts >= max(1.0, ACTIVE_PER_MIN * minutes)).mean())
    return found


def _squares(
    movie: Movie, n: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Mean light of squares (n_squares, n_frames), their middles (n_squares, 2) in px, and their table."""
    rows = np.linspace(0, movie.height, min(n, movie.height) + 1).astype(int)
    columns = np.linspace(0, movie.width, min(n, movie.width) + 1).astype(int)
    areas = np.diff(rows)[:, None] * np.diff(columns)[None]
    values = np.empty((areas.size, movie.n_frames))
    for start, block in iterate_blocks(movie, BLOCK_FRAMES):
        sums = np.add.reduceat(block.astype(float), rows[:-1], axis=1)
        sums = np.add.reduceat(sums, columns[:-1], axis=2)
        values[:, start : start + len(block)] = (sums / areas).reshape(len(block), -1).T
        progress(ProgressEvent("squares", start + len(block), movie.n_frames))
    y, x = (rows[:-1] + rows[1:] - 1) / 2, (columns[:-1] + columns[1:] - 1) / 2
    middles = np.stack(np.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)
    return values, middles, areas.shape
