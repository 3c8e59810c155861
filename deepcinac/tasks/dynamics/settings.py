"""The options of classifying dynamics, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.learning.settings import TrainingSettings
from deepcinac.settings import option

HISTOGRAM, RASTER = "histogram", "raster"
COMMON, OWN = "common", "own"
RANDOM = "random"
RECORDINGS = "recordings"
"""Among the facts of the results: name, class, class told and share of every recording of the run."""


@dataclass(frozen=True)
class DynamicsSettings:
    """How recordings are cut into windows, drawn as images, and judged."""

    image: str = option(
        HISTOGRAM, "what is drawn: events of all channels together, or of each by itself",
        choices=(HISTOGRAM, RASTER),
    )  # fmt: skip
    window_s: float = option(120.0, "length of a window", unit="s", minimum=1.0, maximum=3600.0)
    stride_s: float = option(
        5.0, "from the start of a window to that of the next", unit="s", minimum=0.1, maximum=3600.0
    )
    bin_ms: float = option(
        10.0, "bins of a histogram of spikes; calcium has one a frame", unit="ms", minimum=0.1,
        maximum=10_000.0,
    )  # fmt: skip
    scale: str = option(
        COMMON, "height of a histogram: common to all (keeps the rate; from training recordings), or "
        "each window's own",
        choices=(COMMON, OWN),
    )  # fmt: skip
    side_px: int = option(
        224, "height and width of the images", unit="px", minimum=32, maximum=1024
    )
    hidden: int = option(64, "units of the layer over the backbone", minimum=1, maximum=4096)
    trees: int = option(100, "trees of the random forest", minimum=1, maximum=10_000)
    exchanges: int = option(
        20, "times that classes are exchanged to see what chance gives", minimum=20, maximum=1000
    )
    seed: int = option(0, "seed of weights, trees and exchanges", minimum=0, maximum=2**32 - 1)


PASSES = 25
"""How often a network sees the training windows, as in Pastore et al. (2023)."""
LOOKS = 5
"""After so many equal parts of them the validation recordings say how good it is; the best is kept."""


def head_training(n_windows: int, looks: int = LOOKS, passes: int = PASSES) -> TrainingSettings:
    """The training of the layers over the backbone for so many windows: Adam 5e-4, batches of 75."""
    return TrainingSettings(
        epochs=looks,
        windows_per_epoch=max(1, round(passes * n_windows / looks)),
        batch_windows=75,
        learning_rate=5e-4,
        average=0.0,
        patience=looks,
        name="dynamics",
    )


STANDARD = DynamicsSettings()
SMALL = DynamicsSettings(stride_s=20.0, side_px=96, trees=50)
"""Minutes instead of an hour, to see whether everything is in order."""
PRESETS = {"small": (SMALL, 1), "standard": (STANDARD, LOOKS)}
"""Settings, and the looks of the validation recordings."""
