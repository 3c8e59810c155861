"""Learning from the answers of a review without forgetting everything else.

A few answers in a cell say nothing of its other frames, and a network that sees these answers alone loses
what it knew within minutes (``benchmarks/README.md``, Review queue). So the frames of the same cell about
which the corrected classifier is sure count as it says them; they hold it where it was, while the answers
move it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.formats.corrections_bundle import Crop
from deepcinac.labelling.judgement import LayerJudgement, judgement, truth_layer
from deepcinac.labelling.session import Session
from deepcinac.labelling.transients import raster
from deepcinac.tasks.activity.targets import CORRECTIONS, LabelledRecording

SURE = 0.1
"""A frame counts as the classifier says it up to this probability, and from one minus it on."""
STRETCH_S = 10.0
"""A cell of which no stretch of this length is half judged has only been reviewed."""


def with_what_is_sure(
    active: np.ndarray, judged: np.ndarray, probability: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What is active, and what is known, once the classifier's sure frames stand beside the judged ones.

    All arrays have one shape, frames last; what people say goes before.

    >>> active, known = with_what_is_sure(
    ...     np.array([0, 1, 0, 0], bool), np.array([0, 1, 0, 0], bool), np.array([0.95, 0.02, 0.5, 0.05])
    ... )
    >>> active.tolist(), known.tolist()
    ([True, True, False, False], [True, True, False, True])
    """
    sure = ((probability <= SURE) | (probability >= 1 - SURE)) & ~judged
    return (active & judged) | (sure & (probability > 0.5)), judged | sure


def only_reviewed(judged: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """Which cells were judged in short pieces alone, (n_cells,) bool; ``judged`` (n_cells, n_frames)."""
    length = min(max(1, round(STRETCH_S * frame_rate_hz)), judged.shape[1])
    counts = np.cumsum(np.pad(judged, ((0, 0), (1, 0))), axis=1)
    most = (counts[:, length:] - counts[:, :-length]).max(axis=1)
    return judged.any(axis=1) & (most < length / 2)


@dataclass(frozen=True)
class ReviewedSession:
    """Cells of a session of which only answers of a review are known.

    ``weights_sha256``: the classifier that is corrected; its prediction is in the session.
    """

    path: Path
    layer: str | None
    cells: tuple[int, ...]
    weights_sha256: str

    def read(self) -> LabelledRecording:
        """The answers, and around them what the corrected classifier is sure of."""
        with Session.open(self.path, read_only=True) as session:
            said = judgement(session, truth_layer(session, self.layer))
            probability = _prediction_of(session, self.weights_sha256, self.cells)
            recording = session.recording
            chosen = list(self.cells)
            active, known = np.zeros((2, *said.active.shape), bool)
            active[chosen], known[chosen] = with_what_is_sure(
                said.active[chosen], ~said.doubtful[chosen], probability
            )
            return LabelledRecording(
                session.movie_address(),
                session.cells(),
                recording.frame_rate_hz,
                recording.pixel_size_um,
                active,
                ~known,
                np.array(chosen, int),
                np.zeros((0, 4), int),
                kind=CORRECTIONS,
            )


def _prediction_of(session: Session, weights_sha256: str, cells: Sequence[int]) -> np.ndarray:
    """What the classifier with these weights predicted for these cells, (n, n_frames)."""
    for layer in reversed(session.layers("classifier")):
        if layer.maker is None or layer.maker.weights_sha256 != weights_sha256:
            continue
        found, probability = session.predictions(layer.id)
        rows = dict(zip(found.tolist(), probability, strict=True))
        if set(cells) <= set(rows):
            return np.stack([rows[cell] for cell in cells])
    raise InputError(
        "a prediction of all reviewed cells by the classifier to start from",
        "none",
        session.path,
        "predict the session with it first, or start from the classifier that was corrected",
    )


def reviewed_cells(session: Session, layer: str | None) -> tuple[LayerJudgement, np.ndarray]:
    """What a layer says, and the valid cells of it that were only reviewed, (n,)."""
    said = judgement(session, truth_layer(session, layer))
    thin = only_reviewed(~said.doubtful, session.recording.frame_rate_hz)
    return said, said.judged[thin[said.judged]]


@dataclass(frozen=True)
class LabelledCrop:
    """One crop of a bundle of corrections: what was judged of one cell.

    With ``weights_sha256`` (of the classifier to start from) the frames around count where the crop holds
    what that classifier said of them.
    """

    path: Path
    crop: Crop
    weights_sha256: str = ""

    def read(self) -> LabelledRecording:
        """The labels; the movie is only named."""
        crop = self.crop
        active, known = np.zeros((2, len(crop.cells), crop.n_frames), bool)
        known[crop.cell] = raster(crop.judged, crop.n_frames)
        active[crop.cell] = raster(crop.transients, crop.n_frames)
        if self.weights_sha256:
            if crop.probability is None or crop.weights_sha256 != self.weights_sha256:
                raise InputError(
                    "corrections of the classifier to start from",
                    f"those of {crop.classifier or 'none'}",
                    self.path,
                    "start from the classifier that was corrected",
                )
            active[crop.cell], known[crop.cell] = with_what_is_sure(
                active[crop.cell], known[crop.cell], crop.probability
            )
        return LabelledRecording(
            crop.movie,
            crop.cells,
            crop.frame_rate_hz,
            crop.pixel_size_um,
            active & known,
            ~known,
            np.array([crop.cell]),
            np.zeros((0, 4), int),
            kind=CORRECTIONS,
        )
