"""The whole of ``deepcinac track``: spots, fragments, joins, tracks of a movie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from deepcinac.errors import InputError
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie, iterate_blocks
from deepcinac.tracking.elastic import FEWEST
from deepcinac.tracking.fragments import Fragment, link
from deepcinac.tracking.joining import Join, join, paths_of
from deepcinac.tracking.settings import TrackingSettings
from deepcinac.tracking.spots import find_spots
from deepcinac.tracking.tracks import Tracks, at_rest, filled, make_tracks, one_at_a_place

BLOCK_FRAMES = 64
FEWEST_FRAMES = 2
SAME_PLACE = 0.25
"""Tracks that lie closer than this part of a diameter at rest are one cell, unless both are seen at once."""


@dataclass(frozen=True, eq=False)
class Tracked:
    """Cells followed through a movie.

    ``spots``: (n, d) of each frame. ``rest`` (n_cells, d): where each lies in frame ``rest_frame``.
    ``positions`` (n_cells, n_frames, d): also where a cell is not followed, from its neighbours.
    """

    spots: tuple[np.ndarray, ...]
    fragments: tuple[Fragment, ...]
    joins: tuple[Join, ...]
    tracks: Tracks
    rest: np.ndarray
    rest_frame: int
    positions: np.ndarray


def spots_of(
    movie: Movie, settings: TrackingSettings, pixel_size_um: float, progress: Progress = silent
) -> list[np.ndarray]:
    """The spots of every frame of a movie."""
    found: list[np.ndarray] = []
    diameter = settings.diameter_um / pixel_size_um
    for start, block in iterate_blocks(movie, BLOCK_FRAMES):
        found += [find_spots(frame, diameter, settings.threshold_sd) for frame in block]
        progress(ProgressEvent("finding spots", start + len(block), movie.n_frames))
    return found


def volume_spots(
    volumes: Iterable[np.ndarray], settings: TrackingSettings, pixel_size_um: float
) -> list[np.ndarray]:
    """The spots of volumes (depth, height, width) whose pixels have one size in all directions."""
    diameter = settings.diameter_um / pixel_size_um
    return [find_spots(volume, diameter, settings.threshold_sd) for volume in volumes]


def track_spots(
    spots: Sequence[np.ndarray],
    settings: TrackingSettings,
    pixel_size_um: float,
    elastic: bool = True,
    progress: Progress = silent,
) -> Tracked:
    """Cells from the spots of each frame, (n, 2) or (n, 3) in pixels.

    Without ``elastic``, spots and vanished cells are expected where they were last seen: the method to
    compare with. Nothing is then said of places at rest, which are NaN.
    """
    n_frames = len(spots)
    if n_frames < FEWEST_FRAMES:
        raise InputError(f"at least {FEWEST_FRAMES} frames", f"{n_frames}", "the movie")
    progress(ProgressEvent("linking spots"))
    step = settings.step_um / pixel_size_um
    fragments = link(spots, step, settings.shortest_frames, elastic)
    if not fragments:
        raise InputError(
            f"spots that are seen in {settings.shortest_frames} frames after each other",
            f"{sum(map(len, spots))} spots and none of them",
            "the movie",
            "Lower --threshold-sd or --shortest-frames, or give another --diameter-um",
        )
    progress(ProgressEvent("joining fragments"))
    gap, cap = settings.gap_frames, settings.join_um / pixel_size_um
    paths = paths_of(fragments, n_frames, gap, elastic)
    joins = join(fragments, paths, n_frames, gap, cap)
    tracks = make_tracks(fragments, joins, paths, n_frames)
    if not elastic:
        nowhere = np.full(tracks.positions[:, 0].shape, np.nan)
        return Tracked(
            tuple(spots), tuple(fragments), tuple(joins), tracks, nowhere, 0, tracks.positions
        )
    if (most := int(tracks.followed.sum(0).max())) < FEWEST:
        raise InputError(
            f"at least {FEWEST} cells in one frame, to see how the tissue deforms",
            f"at most {most}",
            "the movie",
            "Lower --threshold-sd, or give another --diameter-um",
        )
    progress(ProgressEvent("placing cells"))
    rest, frame = at_rest(tracks)
    kept = np.flatnonzero(~np.isnan(rest[:, 0]))
    reach = SAME_PLACE * settings.diameter_um / pixel_size_um
    tracks, rest = one_at_a_place(tracks.subset(kept), rest[kept], reach)
    return Tracked(
        tuple(spots), tuple(fragments), tuple(joins), tracks, rest, frame, filled(tracks, rest)
    )
