"""The options of latent dynamics, declared once; importing them loads nothing heavy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from deepcinac.learning.settings import TrainingSettings
from deepcinac.settings import option

COUNTS, EVENTS, FLUORESCENCE, ACTIVITY = "counts", "events", "fluorescence", "activity"
KINDS_OF_VALUES = (COUNTS, EVENTS, FLUORESCENCE, ACTIVITY)
"""What goes in: spike counts, deconvolved events, fluorescence, or the probability of activity."""


@dataclass(frozen=True)
class LatentsSettings:
    """How the dynamics of a population are learnt."""

    hidden: int = option(64, "units of the encoder, each way, and of the generator",
                         minimum=2, maximum=2048)  # fmt: skip
    factors: int = option(16, "factors that all cells share", minimum=1, maximum=1024)
    inputs: int = option(
        4,
        "numbers that reach the generator in each bin, for what its own state cannot foretell",
        minimum=0,
        maximum=100,
    )
    bins_per_frame: int = option(
        1,
        "bins that a frame is cut into; a cell is observed in the one in which the laser passes it",
        minimum=1,
        maximum=1000,
    )
    window_bins: int = option(
        100, "bins of a window of a long recording; a trial is taken whole", minimum=4, maximum=5000
    )
    dropout: float = option(0.1, "share of hidden values left out in training",
                            minimum=0.0, maximum=0.9)  # fmt: skip
    coordinated_dropout: float = option(
        0.3,
        "share of the samples that training hides from the input; then only hidden ones are learnt from",
        minimum=0.0,
        maximum=0.9,
    )
    variational: bool = option(
        False, "draw the initial state from a distribution, kept near a normal one"
    )
    mask_input: bool = option(True, "tell the network which samples were observed")
    rescale: bool = option(
        False, "divide the input of a bin by the share of cells that was observed in it"
    )
    penalty: float = option(1e-4, "of the squared weights", minimum=0.0, maximum=1.0)
    held_out_cells: float = option(
        0.0,
        "share of the cells that the input never shows and that must be told from the others (co-smoothing)",
        minimum=0.0,
        maximum=0.9,
    )
    hidden_samples: float = option(
        0.2, "share of the samples of the test that is hidden and scored", minimum=0.01, maximum=0.9
    )
    blocks: int = option(
        5, "blocks of time of a long recording: one is judged, one chooses the epoch",
        minimum=3, maximum=100,
    )  # fmt: skip


STANDARD = TrainingSettings(
    epochs=60,
    windows_per_epoch=1280,
    batch_windows=32,
    learning_rate=5e-3,
    average=0.99,
    patience=20,
    name="dynamics",
)
SMALL = dataclasses.replace(STANDARD, epochs=20)
"""A third of the time, to see whether everything is in order."""
PRESETS = {"small": SMALL, "standard": STANDARD}
