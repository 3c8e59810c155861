"""The options of this task, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.learning.settings import TrainingSettings
from deepcinac.settings import option


@dataclass(frozen=True)
class PredictionSettings:
    """How a movie is worked through; little of it changes the answer."""

    block_frames: int = option(100, "frames read and encoded at a time", minimum=1, maximum=10000)
    window_overlap: float = option(
        0.34, "share of a window that the next one covers again", minimum=0.0, maximum=0.9
    )
    surroundings_every: int = option(
        2,
        "neighbours and neuropil are looked at in every so many frames, the cell in all",
        minimum=1,
        maximum=10,
    )


@dataclass(frozen=True)
class WindowSettings:
    """The size of the network, and which windows it learns from."""

    size: str = option("compact", "size of the network", choices=("compact", "paper"))
    scalars: bool = option(True, "give the network the demixed scalars beside the three inputs")
    false_weight: float = option(
        1.5, "weight of windows with only false rises", minimum=0.1, maximum=100
    )
    multiple_share: float | None = option(
        None, "share of the real windows with two or more transients", minimum=0.0, maximum=1.0
    )
    cropped_share: float | None = option(
        None, "share of the real windows that cut a transient", minimum=0.0, maximum=1.0
    )


@dataclass(frozen=True)
class AugmentationSettings:
    """How far a training window may be changed without a change to its labels."""

    rotate: bool = option(True, "turn windows by any angle")
    mirror: bool = option(True, "mirror half of the windows")
    shift_px: float = option(2.0, "largest shift", unit="px", minimum=0.0, maximum=50.0)
    brightness_sd: float = option(
        0.15, "SD of the logarithm of a factor on the signal", minimum=0.0, maximum=2.0
    )
    extra_noise: float = option(
        0.5, "largest noise added, in noise SD of the movie", minimum=0.0, maximum=10.0
    )
    mask_fault_share: float = option(
        0.2,
        "share of windows whose cell mask is one pixel larger, smaller or off",
        minimum=0.0,
        maximum=1.0,
    )


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
