"""The options of training and prediction, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option


@dataclass(frozen=True)
class PredictionSettings:
    """How a movie is worked through; none of it changes the answer beyond rounding."""

    block_frames: int = option(100, "frames read and encoded at a time", minimum=1, maximum=10000)
    window_overlap: float = option(
        0.5, "share of a window that the next one covers again", minimum=0.0, maximum=0.9
    )


@dataclass(frozen=True)
class TrainingSettings:
    """How a classifier is trained."""

    size: str = option("compact", "size of the network", choices=("compact", "paper"))
    scalars: bool = option(True, "give the network the demixed scalars beside the three inputs")
    epochs: int = option(20, "passes, each of so many windows", minimum=1, maximum=10000)
    windows_per_epoch: int = option(12000, "windows drawn in an epoch", minimum=1)
    batch_windows: int = option(32, "windows in a batch", minimum=1, maximum=1024)
    learning_rate: float = option(1e-3, "of RMSprop at its highest", minimum=1e-7, maximum=1.0)
    average: float = option(
        0.998, "memory of the moving average of the weights", minimum=0.0, maximum=0.99999
    )
    keep_of_start: float = option(
        0.0,
        "share of the weights at the start that stays in the result (for fine-tuning)",
        minimum=0.0,
        maximum=1.0,
    )
    patience: int = option(8, "epochs without a better score before stopping", minimum=1)
    held_out: float = option(
        0.2, "share of the cells held out where no recording is", minimum=0.05, maximum=0.9
    )
    false_weight: float = option(
        1.5, "weight of windows with only false rises", minimum=0.1, maximum=100
    )
    multiple_share: float | None = option(
        None, "share of the real windows with two or more transients", minimum=0.0, maximum=1.0
    )
    cropped_share: float | None = option(
        None, "share of the real windows that cut a transient", minimum=0.0, maximum=1.0
    )
    seed: int = option(0, "seed of weights, windows and augmentation", minimum=0)
    name: str = option("my-classifier", "name in the card")


# A few labelled cells teach small steps only, and the result stays half-way to what the classifier was: that
# ranks the frames of other cells better than the whole way (benchmarks/README.md, Fine-tuning).
FINE_TUNING = TrainingSettings(
    epochs=4,
    windows_per_epoch=640,
    patience=4,
    learning_rate=3e-4,
    average=0.95,
    keep_of_start=0.5,
)
