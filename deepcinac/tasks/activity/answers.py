"""What a prediction says, as results: the values in the movie's frames, their maker, facts and warnings."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import NetworkInput
from deepcinac.inputs.resampling import Resampling, to_movie_frames
from deepcinac.learning.card import Card
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.results import Maker, Result, TimeBase
from deepcinac.results.kinds import KINDS, PROBABILITY, SPIKE_RATE
from deepcinac.results.result import footprint_keys
from deepcinac.settings import to_mapping
from deepcinac.tasks.activity.model import TASK, ActivityParts
from deepcinac.tasks.activity.settings import PredictionSettings
from deepcinac.version import __version__


def maker_of(card: Card, form: InputForm, settings: PredictionSettings, fingerprint: str) -> Maker:
    """Who answers: the classifier, and everything chosen that changes its answers."""
    return Maker(
        task=TASK,
        name=card.name,
        version=card.version,
        weights_sha256=card.weights_sha256,
        settings={
            "window_overlap": settings.window_overlap,
            "surroundings_every": settings.surroundings_every,
            "calibration": to_mapping(card.calibration),
            "input_form": to_mapping(form),
        },
        input_fingerprint=fingerprint,
        program_version=__version__,
        made_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def warnings_about(source: NetworkInput, parts: ActivityParts) -> tuple[str, ...]:
    """What to say of a movie unlike those that the classifier learned from."""
    return (
        *source.plan.warnings,
        *short_movie_warning(source.n_frames, parts.architecture.window_frames),
        *noise_warning(source.scaled_reach_sd, parts.input_form),
    )


def facts_of(
    movie: Movie,
    frame_rate_hz: float,
    pixel_size_um: float,
    plan: Resampling,
    settings: PredictionSettings,
) -> dict[str, Any]:
    """Facts about the run that decide nothing."""
    return {
        "movie": Path(movie.path).name,
        "frame_rate_hz": frame_rate_hz,
        "pixel_size_um": pixel_size_um,
        "resampling": to_mapping(plan),
        "block_frames": settings.block_frames,
    }


def results_of(
    answers: np.ndarray,
    plan: Resampling,
    n_frames: int,
    maker: Maker,
    cells: Cells,
    select: np.ndarray,
    frame_rate_hz: float,
) -> tuple[Result, ...]:
    """Answers at the classifier's frame rate as results in the movie's frames."""
    values = {PROBABILITY: to_movie_frames(answers[..., 0], n_frames, plan.time_bin)}
    if answers.shape[-1] == 2:
        rate = answers[..., 1] * plan.frame_rate_hz
        values[SPIKE_RATE] = to_movie_frames(rate, n_frames, plan.time_bin)
    footprints = footprint_keys(cells, select)
    return tuple(
        Result(
            kind,
            array.astype(np.float32),
            KINDS[kind].dims,
            KINDS[kind].units,
            maker,
            cells=select,
            footprints=footprints,
            time=TimeBase(frame_rate_hz),
        )
        for kind, array in values.items()
    )


def short_movie_warning(n_frames: int, window: int) -> list[str]:
    """What to say of a movie that is shorter than the classifier's window."""
    if n_frames >= window:
        return []
    return [
        f"the movie has {n_frames} frames at the classifier's frame rate, fewer than its window of "
        f"{window}; its last frame was repeated, and predictions near the end are unsure"
    ]


def noise_warning(reach_sd: float | None, form: InputForm) -> list[str]:
    """What to say of a movie whose cells rise less, or more, above their noise than those of training.

    ``reach_sd``: as the network sees it, after bright inputs were divided.

    >>> noise_warning(5.0, InputForm()), noise_warning(None, InputForm())
    ([], [])
    >>> dim, = noise_warning(1.0, InputForm(reach_range_sd=(2.5, 10.0)))
    >>> "1.0 SD against 2.5 to 10.0" in dim, "lower the threshold" in dim
    (True, True)
    """
    limits = form.reach_range_sd
    if reach_sd is None or limits is None or limits[0] <= reach_sd <= limits[1]:
        return []
    compared = f"({reach_sd:.1f} SD against {limits[0]:.1f} to {limits[1]:.1f})"
    if reach_sd < limits[0]:
        return [
            f"the cells rise less above their noise than in the recordings that taught the classifier "
            f"{compared}: expect more misses, lower the threshold, and check some cells by eye"
        ]
    return [
        f"the cells rise further above their noise than in the recordings that taught the classifier "
        f"{compared}: expect more false transients, raise the threshold, and check some cells by eye"
    ]
