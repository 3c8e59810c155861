"""The options of training that every task shares, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained. A *window* is one training example."""

    epochs: int = option(20, "passes, each of so many windows", minimum=1, maximum=10000)
    windows_per_epoch: int = option(
        12000, "windows drawn in an epoch", minimum=1, maximum=100_000_000
    )
    batch_windows: int = option(32, "windows in a batch", minimum=1, maximum=1024)
    learning_rate: float = option(1e-3, "at its highest", minimum=1e-7, maximum=1.0)
    average: float = option(
        0.998, "memory of the moving average of the weights", minimum=0.0, maximum=0.99999
    )
    keep_of_start: float = option(
        0.0,
        "share of the weights at the start that stays in the result (for fine-tuning)",
        minimum=0.0,
        maximum=1.0,
    )
    patience: int = option(
        8, "epochs without a better score before stopping", minimum=1, maximum=10000
    )
    held_out: float = option(
        0.2,
        "share of the cells, or of the time, held out where no recording is",
        minimum=0.05,
        maximum=0.9,
    )
    seed: int = option(0, "seed of weights, windows and augmentation", minimum=0, maximum=2**32 - 1)
    jobs: int = option(
        1,
        "processes that prepare recordings, then threads that draw windows; a GPU waits for one alone",
        minimum=1,
        maximum=256,
    )
    name: str = option("my-classifier", "name in the card")

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return max(1, self.windows_per_epoch // self.batch_windows)


OF_A_METHOD = (
    "epochs", "windows_per_epoch", "batch_windows", "learning_rate", "average", "patience", "seed",
)  # fmt: skip
"""What a user chooses where networks of one method are trained, and not classifiers to keep."""
MAY_CHANGE = ("epochs", "patience", "jobs")
"""What may differ when a run is taken up again."""
