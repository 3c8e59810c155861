"""Is the review queue worth an expert's time? How often the prediction is wrong in its first items.

    python benchmarks/review_queue.py FOLDER... [--classifier general] [--first 50]

Each FOLDER is a recording with truth (as ``deepcinac simulate`` makes it). A session is made of it with the
classifier's prediction alone, as before anybody has labelled; the queue is ranked with source and transient
profiles. An item counts as wrong when the prediction there says active and the truth says quiet, or the other
way round; doubtful frames do not count. The control items are the comparison.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from deepcinac.files import read_npz
from deepcinac.labelling.review import ReviewItem, queue_of_session
from deepcinac.labelling.session import Session
from deepcinac.learning.zoo import find_classifier
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.profiles import SourceProfiles
from deepcinac.tasks.activity.prediction import predict
from deepcinac.tasks.activity.sources import LabelledFolder


def queue_of(folder: Path, classifier: str) -> tuple[list[ReviewItem], np.ndarray]:
    """The ranked queue of a recording and the probabilities it was made from."""
    labelled = LabelledFolder(folder).read()
    trace = read_npz(folder / "truth.npz", ("trace",))["trace"]
    rate, size = labelled.frame_rate_hz, labelled.pixel_size_um
    with tempfile.TemporaryDirectory() as name, open_movie(labelled.movie) as movie:
        found = predict(movie, labelled.cells, rate, size, find_classifier(classifier))
        path = Path(name) / "s.deepcinac"
        with Session.create(
            path, labelled.movie, movie.shape, labelled.cells, rate, size
        ) as session:
            layer = session.add_layer("classifier", "model")
            session.write_prediction(
                layer.id, found["probability"].cells, found["probability"].array
            )
            profiles = SourceProfiles(movie, labelled.cells, trace, rate)
            return queue_of_session(session, judge=profiles.judge), found["probability"].array


def wrong(item: ReviewItem, probability: np.ndarray, labelled: object) -> bool | None:
    """Whether the prediction is wrong in an item; None where the truth is doubtful."""
    frames = slice(item.first, item.last + 1)
    active = labelled.active[item.cell, frames].any()  # type: ignore[attr-defined]
    if not active and labelled.doubtful[item.cell, frames].any():  # type: ignore[attr-defined]
        return None
    return bool((probability[item.cell, frames] >= 0.5).any() != active)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--classifier", default="general")
    parser.add_argument("--first", type=int, default=50)
    arguments = parser.parse_args()
    for folder in arguments.folders:
        items, probability = queue_of(folder, arguments.classifier)
        labelled = LabelledFolder(folder).read()
        ranked = [item for item in items if "control" not in item.kinds][: arguments.first]
        control = [item for item in items if item.kinds == ("control",)]
        shares = []
        for group in (ranked, control):
            judged = [w for w in (wrong(i, probability, labelled) for i in group) if w is not None]
            shares.append(f"{np.mean(judged):.0%} of {len(judged)}" if judged else "none")
        print(f"{folder.name}: wrong in the first items {shares[0]}, in the control {shares[1]}")


if __name__ == "__main__":
    main()
