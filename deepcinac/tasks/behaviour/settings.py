"""The options of decoding, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.learning.settings import TrainingSettings
from deepcinac.settings import option

NETWORKS = ("gru", "lstm", "rnn", "bigru", "bilstm")
MOVIE_NETWORKS = ("cnn", "cnn-gru", "cnn-lstm")
STEPS = 11
"""Frame triplets that the recurrent part of a movie network sees; alone, the CNN sees one."""
MOVIE_HIDDEN = 128
"""Units of each of its two recurrent layers."""

LOST, ALONE = "loss without it", "score of it alone"
LOST_WITH_PARTNER = "loss without it and its partner"
LOST_WITH_MIRROR = "loss without it and its mirror image"
"""What is measured of an input or of a place of the picture."""
CHANCE_FACT = "chance"
"""What the score is by chance, among the facts of the results."""


@dataclass(frozen=True)
class DecodingSettings:
    """How behaviour is decoded from inputs."""

    window_frames: int = option(
        31, "frames that the decoder sees for each answer", minimum=1, maximum=2001
    )
    causal: bool = option(False, "use the frame itself and past ones only")
    baseline_s: float = option(
        30.0, "running mean that is taken off traces; 0 leaves them as they are",
        unit="s", minimum=0.0, maximum=3600.0,
    )  # fmt: skip
    hidden: int = option(32, "units of the recurrent network", minimum=1, maximum=1024)
    pooled: int = option(
        7, "stretches of the window whose means the linear methods take", minimum=1, maximum=100
    )
    blocks: int = option(
        5, "blocks of time of a recording, each judged in turn", minimum=3, maximum=100
    )
    validation_choices: int = option(
        1, "groups that choose the epoch in turn, for each group that is judged",
        minimum=1, maximum=100,
    )  # fmt: skip
    shifts: int = option(
        20, "times that behaviour is shifted to see what chance gives", minimum=20, maximum=1000
    )


STANDARD = TrainingSettings(
    epochs=8,
    windows_per_epoch=16384,
    batch_windows=256,
    learning_rate=2e-3,
    average=0.98,
    patience=3,
    name="decoder",
)
SMALL = TrainingSettings(
    epochs=2,
    windows_per_epoch=4096,
    batch_windows=128,
    learning_rate=1e-2,
    average=0.9,
    patience=2,
    name="decoder",
)
"""Minutes instead of hours, to see whether everything is in order."""
MOVIE_SMALL = TrainingSettings(
    epochs=2,
    windows_per_epoch=2048,
    batch_windows=32,
    learning_rate=1e-3,
    average=0.9,
    patience=2,
    name="decoder",
)
MOVIE_STANDARD = TrainingSettings(
    epochs=4,
    windows_per_epoch=32768,
    batch_windows=32,
    learning_rate=5e-4,
    average=0.99,
    patience=2,
    name="decoder",
)
MOVIE_PRESETS = {"small": MOVIE_SMALL, "standard": MOVIE_STANDARD}
PRESETS = {"small": SMALL, "standard": STANDARD}
