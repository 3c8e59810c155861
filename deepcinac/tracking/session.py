"""What tracking leaves behind: a stabilised movie, and a session of it that knows where the cells were."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.traces import extract_traces
from deepcinac.results import Maker, Result, Results
from deepcinac.results.kinds import CURVE, FOLLOWED, KINDS, POSITION
from deepcinac.results.result import TimeBase, footprint_keys
from deepcinac.settings import to_mapping
from deepcinac.tracking.footprints import tracked_footprints
from deepcinac.tracking.positions import REST_FRAME, TRACKED_MOVIE, reference_of
from deepcinac.tracking.settings import TRACK_TASK, TrackingSettings
from deepcinac.tracking.stabilising import write_stabilised
from deepcinac.tracking.tracking import Tracked
from deepcinac.version import __version__

NAME = "tracking"
SEEN, CARRIED, FROM_NEIGHBOURS = 2, 1, 0


def write_session(
    path: Path,
    movie: Movie,
    tracked: Tracked,
    settings: TrackingSettings,
    frame_rate_hz: float,
    pixel_size_um: float,
    progress: Progress = silent,
) -> Cells:
    """Write ``NAME-stabilised.tif`` and the session ``path`` of it; the cells of the session.

    The layer "tracking" holds the traces of the cells at their places (NaN where they are not followed),
    their positions in the movie that was tracked, and how these are known.
    """
    if path.exists():
        raise InputError("a name that is not used yet", "a file", path, "choose another name")
    still = path.with_name(f"{path.stem}-stabilised.tif")
    write_stabilised(still, movie, tracked.rest, tracked.positions, progress)
    with open_movie(str(still), working_copy=False) as stabilised:
        diameter = settings.diameter_um / pixel_size_um
        cells = tracked_footprints(stabilised, tracked.rest, tracked.tracks.seen, diameter)
        traces = extract_traces(stabilised, cells, progress=progress)
        light = (traces.raw - traces.neuropil).astype(np.float32)
        results = results_of(
            cells, light, tracked, settings, frame_rate_hz, reference_of(movie.address, path)
        )
        with Session.create(
            path, still, stabilised.shape, cells, frame_rate_hz, pixel_size_um
        ) as session:
            session.write_results(results)
    return cells


def results_of(
    cells: Cells,
    light: np.ndarray,
    tracked: Tracked,
    settings: TrackingSettings,
    frame_rate_hz: float,
    movie: Mapping[str, Any],
) -> Results:
    """Traces ``light`` (n_cells, n_frames), positions and how they are known, as one maker's results.

    ``movie``: see :func:`~deepcinac.tracking.positions.reference_of`.
    """
    made = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    maker = Maker(
        TRACK_TASK, NAME, settings=to_mapping(settings), input_fingerprint=movie["fingerprint"],
        program_version=__version__, made_at=made,
    )  # fmt: skip
    numbers = np.arange(len(cells))
    keys, time = footprint_keys(cells, numbers), TimeBase(frame_rate_hz)
    tracks = tracked.tracks
    known = np.where(tracks.seen, SEEN, np.where(tracks.followed, CARRIED, FROM_NEIGHBOURS))
    items: tuple[tuple[str, np.ndarray, dict[str, tuple[str, ...]]], ...] = (
        (CURVE, np.where(tracks.followed, light, np.nan).astype(np.float32), {}),
        (POSITION, tracked.positions.astype(np.float32), {"field": ("y", "x")}),
        (FOLLOWED, known.astype(np.float32), {}),
    )
    return Results(
        tuple(
            Result(
                kind,
                values,
                KINDS[kind].dims,
                KINDS[kind].units,
                maker,
                numbers,
                keys,
                time,
                labels,
            )
            for kind, values, labels in items
        ),
        info={TRACKED_MOVIE: dict(movie), REST_FRAME: tracked.rest_frame},
    )
