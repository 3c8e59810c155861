"""From a movie and cells to the probability, in every frame, that a cell is in the rise of a transient.

The movie is read once, block by block, for all cells together. The frame encoder runs once per frame and
input, more rarely for a cell's surroundings; its features wait in a small buffer until the windows over
them are complete. Where windows overlap, their probabilities are averaged with weights that fade at the
edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np

from deepcinac.inputs.fingerprint import input_fingerprint
from deepcinac.inputs.network_input import blocks_of, cell_pixels, open_input
from deepcinac.inputs.resampling import to_movie_frames
from deepcinac.learning.backend import one_blas_thread
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.checkpoint import Checkpoint, fingerprint_of
from deepcinac.learning.zoo import ClassifierFolder
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.results import Results
from deepcinac.tasks.activity.answers import facts_of, maker_of, results_of, warnings_about
from deepcinac.tasks.activity.model import Network, load_network, n_outputs, parts_of
from deepcinac.tasks.activity.probing import level_of, probed_cells
from deepcinac.tasks.activity.running import (
    FeatureBuffer,
    run_windows,
)
from deepcinac.tasks.activity.settings import PredictionSettings

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
    card, parts = classifier.card, parts_of(classifier.card)
    settings = settings or parts.prediction
    if network is None:
        progress(ProgressEvent("loading the classifier", message=card.name))
        network = load_network(classifier)
    select = np.arange(len(cells)) if select is None else np.asarray(select, int)
    follows = card.calibration.follows_recording
    probed = probed_cells(cells) if follows else select
    needed = np.union1d(select, probed)
    n_scalars = parts.architecture.n_scalars
    source = open_input(
        movie, cells, frame_rate_hz, pixel_size_um, parts.input_form, n_scalars, progress, needed
    )
    pixels, masks = cell_pixels(source, parts.architecture.patch_px)
    calibration = card.calibration
    if follows:
        progress(ProgressEvent("looking at how active the cells are"))
        calibration = calibration.for_recording(level_of(network, source, pixels, masks, probed))
    fingerprint = input_fingerprint(movie, cells, frame_rate_hz, pixel_size_um)
    maker = maker_of(card, parts.input_form, settings, fingerprint)
    checkpoint = None
    if checkpoint_file:
        checkpoint = Checkpoint(checkpoint_file, fingerprint_of(maker, select, movie))
    translated = None
    if arrived:
        translated = in_movie_frames(arrived, source.plan.time_bin, movie.n_frames)
    answers = predict_blocks(
        network, source, pixels[select], masks[select], calibration, settings, select, progress,
        checkpoint, translated,
    )  # fmt: skip
    items = results_of(answers, source.plan, movie.n_frames, maker, cells, select, frame_rate_hz)
    info = facts_of(movie, frame_rate_hz, pixel_size_um, source.plan, settings)
    if follows:
        info["calibration_offset"] = calibration.offset
    return Results(items, card.threshold, warnings_about(source, parts), info)


def in_movie_frames(arrived: Arrived, time_bin: int, n_frames: int) -> Arrived:
    """The same, for blocks at the classifier's frame rate (``time_bin`` frames of the movie in one)."""

    def translated(first: int, block: np.ndarray) -> None:
        start = first * time_bin
        stop = min(start + block.shape[1] * time_bin, n_frames)
        arrived(start, to_movie_frames(block, stop - start, time_bin))

    return translated


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
