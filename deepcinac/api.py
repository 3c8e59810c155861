"""Python in one import: ``import deepcinac as dc``. The functions here are what ``deepcinac`` offers by name.

Each is a thin layer over the room that does the work, and takes files as well as what was made of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from deepcinac.evaluation.predictions import load_predictions, predictions_from
from deepcinac.evaluation.score import Scores, score
from deepcinac.evaluation.session_truth import read_truth_session
from deepcinac.evaluation.truth import Truth, load_truth
from deepcinac.files import SESSION_ENDING
from deepcinac.labelling.session import Session
from deepcinac.learning.card import Card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.zoo import DEFAULT_CLASSIFIER, ClassifierFolder, find_classifier
from deepcinac.opening import OpenRecording, open_recording
from deepcinac.progress import Progress, silent
from deepcinac.results import Results
from deepcinac.results.footprint_matching import matched_to
from deepcinac.results.kinds import DEFAULT_THRESHOLD

__all__ = ["evaluate", "find_classifier", "open_recording", "predict", "train"]


def predict(
    recording: OpenRecording | Session | str | Path,
    classifier: ClassifierFolder | str | Path = DEFAULT_CLASSIFIER,
    *,
    select: Sequence[int] | np.ndarray | None = None,
    threshold: float | None = None,
    accepted: Collection[str] = (),
    progress: Progress = silent,
) -> Results:
    """Predict the activity of the cells of a recording.

    Parameters
    ----------
    recording
        What :func:`open_recording` gives, or a session.
    classifier
        A classifier that ships, by name, or the folder of another.
    select
        The numbers of the cells to predict; None: all.
    threshold
        Where the probability is cut into transients; None: the classifier's.
    accepted
        The questions answered with yes, by the names that they give; those about the movie are answered
        in :func:`open_recording`.
    progress
        Receives the steps.

    Raises
    ------
    NeedsAnswer
        Something that is possible but unlikely, and was not accepted.

    Returns
    -------
    Results
        "probability" (n_cells, n_frames) and, from a classifier that knows spikes, "spike_rate_hz".
        Into a session they go with ``session.write_results(results)``, into a file with
        ``deepcinac.results.files.write_results(path, results)``.

    Examples
    --------
    >>> import deepcinac as dc
    >>> with dc.open_recording(movie, cells, frame_rate_hz=10.0, pixel_size_um=2.0) as recording:
    ...     results = dc.predict(recording, "general", select=[0, 2])
    >>> results["probability"].array.shape
    (2, 120)
    >>> results.maker.name, results.threshold
    ('general', 0.5)
    """
    from deepcinac.tasks.activity.prediction import predict as predict_movie
    from deepcinac.tasks.activity.published import classifier_to_predict

    classifier = classifier_to_predict(classifier, frozenset(accepted))
    if not isinstance(recording, OpenRecording):
        said = frozenset(accepted)
        with open_recording(recording, accepted=said, progress=progress) as opened:
            return predict(
                opened,
                classifier,
                select=select,
                threshold=threshold,
                accepted=accepted,
                progress=progress,
            )
    results = predict_movie(
        recording.movie,
        recording.cells,
        recording.frame_rate_hz,
        recording.pixel_size_um,
        classifier,
        select=None if select is None else np.asarray(select),
        progress=progress,
    )
    return results if threshold is None else dataclasses.replace(results, threshold=threshold)


def evaluate(
    truth: Truth | str | Path,
    predictions: Results | str | Path,
    *,
    layer: str | None = None,
    threshold: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Scores:
    """Score predictions against the truth of a recording.

    Parameters
    ----------
    truth
        A session (its expert's layer), or the ``truth.npz`` of a simulated recording.
    predictions
        Results, a file of them, or a layer of a session (``"mouse.deepcinac#general"``).
    layer
        The expert's layer of the session that is the truth; None: the consensus, or the only one.
    threshold
        Probability at or above which a cell counts as active; None: that of the predictions, or 0.5.
    seed
        Of the cells that are drawn for the confidence intervals.
    progress
        Receives the steps of reading the movie of a session whose traces are not known yet.

    Examples
    --------
    >>> import deepcinac as dc
    >>> scores = dc.evaluate(truth, predictions)
    >>> len(scores.cells)
    3
    >>> round(scores.rules["strict"].pooled.f1, 2)
    1.0
    """
    if not isinstance(truth, Truth):
        is_session = Path(truth).suffix == SESSION_ENDING
        truth = read_truth_session(truth, layer, progress) if is_session else load_truth(truth)
    if isinstance(predictions, Results):
        known = predictions
        if truth.cells is not None:
            known, _ = matched_to(predictions, truth.cells)
        said = predictions_from(known, truth.shape[1])
    else:
        said = load_predictions(predictions, truth.shape, truth.cells)
    if truth.frame_rate_hz is None and said.meta.get("frame_rate_hz"):
        truth = dataclasses.replace(truth, frame_rate_hz=float(said.meta["frame_rate_hz"]))
    own = said.meta.get("threshold") if threshold is None else threshold
    return score(
        truth,
        said.probability,
        said.cells,
        DEFAULT_THRESHOLD if own is None else float(own),
        np.random.default_rng(seed),
    )


def train(
    sources: Sequence[str | Path] | str | Path,
    out: str | Path,
    *,
    start_from: ClassifierFolder | str | Path | None = None,
    validation: Sequence[str | Path] = (),
    layer: str | None = None,
    settings: TrainingSettings | None = None,
    progress: Progress = silent,
) -> Card:
    """Train a classifier of activity into the folder ``out`` and return its card.

    The same call goes on with a training that was stopped.

    Parameters
    ----------
    sources
        Sessions, or folders made by ``deepcinac simulate``, to learn from.
    out
        The folder of the classifier.
    start_from
        A classifier to start from (fine-tuning); None: from nothing.
    validation
        Recordings to be judged by; without any, cells (or, of a few cells, time) are held out.
    layer
        The layer of the sessions to learn from; None: the consensus, or the only expert.
    settings
        How to train; None: the defaults, which are gentler when starting from a classifier.
    progress
        Receives the steps, with losses and scores.

    Examples
    --------
    >>> import deepcinac as dc
    >>> card = dc.train([folder], out, settings=short)
    >>> card.training["epochs_run"]
    1
    """
    from deepcinac.learning.trainer import train as train_task
    from deepcinac.tasks.activity.settings import FINE_TUNING
    from deepcinac.tasks.activity.sources import find_sources
    from deepcinac.tasks.activity.task import ActivityTask

    if start_from is not None and not isinstance(start_from, ClassifierFolder):
        start_from = find_classifier(start_from)
    given = [sources] if isinstance(sources, (str, Path)) else sources
    task = ActivityTask(
        find_sources([Path(path) for path in given], layer),
        find_sources([Path(path) for path in validation], layer) if validation else (),
        start_from,
    )
    settings = settings or (FINE_TUNING if start_from else TrainingSettings())
    return train_task(task, out, settings, progress=progress)
