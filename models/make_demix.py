"""Train the network of ``deepcinac demix`` on simulated movies.

    python models/make_demix.py OUT [options]

Everything it learns from is drawn from the seed. It runs on whatever Keras runs on (``KERAS_BACKEND=jax``).
The weights that ship are those of epoch 9 of 20, where the time on a GPU (an H200) ended. Their card was
written from the state of that run; its confidences are as the network says them (calibration 1, 0).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from deepcinac.cli.common import add_settings_arguments, settings_from_args
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import train
from deepcinac.progress import ProgressEvent
from deepcinac.tasks.demixing.settings import DemixingTraining
from deepcinac.tasks.demixing.task import DemixingTask


def tell(event: ProgressEvent) -> None:
    """A line for each report."""
    print(event.stage, event.done, event.total, dict(event.values), file=sys.stderr, flush=True)


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    usual = TrainingSettings(
        epochs=20, windows_per_epoch=800, batch_windows=8, learning_rate=2e-3, patience=30,
        average=0.99, name="demix",
    )  # fmt: skip
    add_settings_arguments(parser, TrainingSettings)
    add_settings_arguments(parser, DemixingTraining)
    args = parser.parse_args()
    training = settings_from_args(args, TrainingSettings, usual)
    own = settings_from_args(args, DemixingTraining)
    card = train(DemixingTask(own, training.seed), args.out, training, progress=tell)
    print(dataclasses.asdict(card)["scores"])


if __name__ == "__main__":
    main()
