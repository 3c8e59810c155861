"""From a movie and cells to the probability, in every frame, that a cell is in the rise of a transient.

The movie is read once, block by block, for all cells together. The frame encoder runs once per frame and
input, more rarely for a cell's surroundings; its features wait in a small buffer until the windows over
them are complete. Where windows overlap, their probabilities are averaged with weights that fade at the
edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

import numpy as np

from deepcinac.inputs.fingerprint import input_fingerprint
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import blocks_of, cell_pixels, open_input
from deepcinac.inputs.resampling import Resampling, to_movie_frames
from deepcinac.learning.backend import one_blas_thread
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.checkpoint import Checkpoint, fingerprint_of
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.results.kinds import KINDS, PROBABILITY, SPIKE_RATE
from deepcinac.results.result import footprint_keys
from deepcinac.settings import to_mapping
from deepcinac.tasks.activity.model import TASK, Network, load_network, n_outputs, parts_of
from deepcinac.tasks.activity.probing import level_of, probed_cells
from deepcinac.tasks.activity.running import (
    FeatureBuffer,
    run_windows,
)
from deepcinac.tasks.activity.settings import PredictionSettings
from deepcinac.version import __version__

Arrived = Callable[[int, np.ndarray], None]
"""Called with a first frame, and the probability (n_cells, n) from there on that will not change."""

EDGE_FRAMES = 25


class ImagedCells(Protocol):
    """A recording to predict: its movie, its cells, its frame rate and pixel size."""

    @property
    def movie(self) -> Movie:
        """The movie."""

    @property
    def cells(self) -> Cells:
        """Its cells."""

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second."""

    @property
    def pixel_size_um(self) -> float:
        """Size of a pixel in um."""


class InputBlocks(Protocol):
    """Where normalised frames and scalars come from (``NetworkInput`` or ``PreparedInput``)."""

    @property
    def n_frames(self) -> int:
        """Number of frames, after resampling."""

    def block(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Frames ``first`` to ``last`` (excluded), and the scalars of each cell where there are any."""


@one_blas_thread()
def predict(
    movie: Movie,
    cells: Cells,
    frame_rate_hz: float,
    pixel_size_um: float,
    classifier: ClassifierFolder,
    settings: PredictionSettings | None = None,
    select: np.ndarray | None = None,
    progress: Progress = silent,
    checkpoint_file: Path | None = None,
    network: Network | None = None,
    arrived: Arrived | None = None,
) -> Results:
    """Predict the selected cells (default all) of a movie.

    The results hold "probability" (n_cells, n_frames) float32 in the movie's own frames, whatever the
    classifier's frame rate, and "spike_rate_hz" of the same shape from a classifier that knows spikes.
    ``settings``: those of the card where none are given. The cells that are not selected still count as
    neighbours and in the demixing. With ``checkpoint_file`` a prediction that was stopped resumes where it
    was; the file is removed at the end. ``network`` is that of the classifier where it is loaded already
    (several recordings, one after another). ``arrived`` hears of every block of the movie's frames as soon as
    its probabilities are known.
    """
    card = classifier.card
    parts = parts_of(card)
    settings = settings or parts.prediction
    if network is None:
        progress(ProgressEvent("loading the classifier", message=card.name))
        network = load_network(classifier)
    select = np.arange(len(cells)) if select is None else np.asarray(select, int)
    follows = card.calibration.follows_recording
    probed = probed_cells(cells) if follows else select
    source = open_input(
        movie,
        cells,
        frame_rate_hz,
        pixel_size_um,
        parts.input_form,
        parts.architecture.n_scalars,
        progress,
        np.union1d(select, probed),
    )
    pixels, masks = cell_pixels(source, parts.architecture.patch_px)
    calibration = card.calibration
    if follows:
        progress(ProgressEvent("looking at how active the cells are"))
        level = level_of(network, source, pixels, masks, probed)
        calibration = calibration.for_recording(level)
    maker = Maker(
        task=TASK,
        name=card.name,
        version=card.version,
        weights_sha256=card.weights_sha256,
        settings={
            "window_overlap": settings.window_overlap,
            "surroundings_every": settings.surroundings_every,
            "calibration": to_mapping(card.calibration),
            "input_form": to_mapping(parts.input_form),
        },
        input_fingerprint=input_fingerprint(movie, cells, frame_rate_hz, pixel_size_um),
        program_version=__version__,
        made_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    checkpoint = None
    if checkpoint_file:
        checkpoint = Checkpoint(checkpoint_file, fingerprint_of(maker, select, movie))
    plan = source.plan
    answers = predict_blocks(
        network,
        source,
        pixels[select],
        masks[select],
        calibration,
        settings,
        select,
        progress,
        checkpoint,
        in_movie_frames(arrived, plan.time_bin, movie.n_frames) if arrived else None,
    )
    warnings = (
        *plan.warnings,
        *short_movie_warning(source.n_frames, parts.architecture.window_frames),
        *noise_warning(source.scaled_reach_sd, parts.input_form),
    )
    info = {
        "movie": Path(movie.path).name,
        "frame_rate_hz": frame_rate_hz,
        "pixel_size_um": pixel_size_um,
        "resampling": to_mapping(plan),
        "block_frames": settings.block_frames,
    }
    if follows:
        info["calibration_offset"] = calibration.offset
    items = _results(answers, plan, movie.n_frames, maker, cells, select, frame_rate_hz)
    return Results(items, card.threshold, warnings, info)


def in_movie_frames(arrived: Arrived, time_bin: int, n_frames: int) -> Arrived:
    """The same, for blocks at the classifier's frame rate (``time_bin`` frames of the movie in one)."""

    def translated(first: int, block: np.ndarray) -> None:
        start = first * time_bin
        stop = min(start + block.shape[1] * time_bin, n_frames)
        arrived(start, to_movie_frames(block, stop - start, time_bin))

    return translated


def _results(
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


def predict_blocks(
    network: Network,
    source: InputBlocks,
    pixels: np.ndarray,
    masks: np.ndarray,
    calibration: Calibration,
    settings: PredictionSettings,
    scalar_rows: np.ndarray,
    progress: Progress = silent,
    checkpoint: Checkpoint | None = None,
    arrived: Arrived | None = None,
) -> np.ndarray:
    """Answers (n_cells, n_frames, 1 or 2) at the source's own frame rate; see the module's head.

    The first is the calibrated probability, the second, where there is one, the expected spikes per frame.
    """
    frames = network.architecture.window_frames
    n_frames, n_cells = source.n_frames, len(pixels)
    step = max(1, round(frames * (1 - settings.window_overlap)))
    starts = window_starts(n_frames, frames, step)
    weight = edge_weights(frames)
    total = np.zeros((n_cells, max(n_frames, frames), n_outputs(network.architecture)), np.float32)
    sums = np.zeros(total.shape[1], np.float32)
    pending = list(starts)
    reached = checkpoint.load() if checkpoint else None
    start = 0
    if reached is not None:
        total, sums, start = reached
        pending = [one for one in starts if one >= start]
    buffer = FeatureBuffer(network, pixels, masks, n_frames, settings.surroundings_every, start)
    told = 0
    for last, block, values in _read_ahead(source, settings.block_frames, buffer.base):
        buffer.add(block, None if values is None else values[scalar_rows])
        if last == n_frames and n_frames < frames:
            buffer.pad_to_window()
            last = frames
        ready = [one for one in pending if one + frames <= buffer.known]
        if ready:
            pending = pending[len(ready) :]
            features, scalars = buffer.joined()
            windows = [slice(one - buffer.base, one - buffer.base + frames) for one in ready]
            outputs = run_windows(network, features, scalars, windows)
            for one, output in zip(ready, outputs, strict=True):
                total[:, one : one + frames] += weight[:, None] * _answers(output, calibration)
                sums[one : one + frames] += weight
            buffer.drop(pending[0] if pending else last)
            if checkpoint and pending:
                checkpoint.save(total, sums, pending[0])
            known = min(pending[0] if pending else n_frames, n_frames)
            if arrived and known > told:  # no window that is still to come reaches back
                arrived(told, total[:, told:known, 0] / sums[told:known])
                told = known
        progress(ProgressEvent("predicting", min(last, n_frames), n_frames))
    if checkpoint:
        checkpoint.remove()
    return (total / sums[:, None])[:, :n_frames]


def _answers(outputs: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Network outputs (n, frames, 1 or 2) as calibrated probability and expected spikes per frame."""
    logit = np.clip(calibration.slope * outputs[..., 0] + calibration.offset, -60, 60)
    answers = np.empty_like(outputs)
    answers[..., 0] = 1 / (1 + np.exp(-logit))
    answers[..., 1:] = np.logaddexp(0, outputs[..., 1:])
    return answers


def window_starts(n_frames: int, window_frames: int, step: int) -> list[int]:
    """First frames of the windows: every ``step``, and one that ends with the movie.

    >>> window_starts(230, 100, 50)
    [0, 50, 100, 130]
    """
    last = max(n_frames - window_frames, 0)
    starts = list(range(0, last + 1, step))
    return starts if starts[-1] == last else [*starts, last]


def edge_weights(window_frames: int) -> np.ndarray:
    """Weight of each frame of a window, 1 in the middle and fading over the outer 25 frames."""
    position = np.arange(window_frames)
    distance = np.minimum(position, window_frames - 1 - position) + 1
    return np.minimum(distance / EDGE_FRAMES, 1.0).astype(np.float32)


def _read_ahead(
    source: InputBlocks, block_frames: int, start: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
    """Blocks from frame ``start`` on; the next one is read and normalised while the network computes."""
    spans = list(blocks_of(source.n_frames, block_frames, start))
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        coming = [reader.submit(source.block, *span) for span in spans[:1]]
        for number, (_first, last) in enumerate(spans):
            block, values = coming.pop().result()
            coming = [reader.submit(source.block, *span) for span in spans[number + 1 : number + 2]]
            yield last, block, values
