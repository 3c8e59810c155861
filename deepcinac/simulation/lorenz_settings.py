"""The options of cells that a Lorenz system drives; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

LORENZ = "lorenz"


@dataclass(frozen=True)
class LorenzSettings:
    """What a set of trials is made of."""

    neurons: int = option(29, "cells", minimum=2, maximum=1000)
    conditions: int = option(65, "initial states of the system", minimum=1, maximum=1000)
    repeats: int = option(28, "trials of each initial state", minimum=1, maximum=1000)
    bins: int = option(50, "bins of a trial", minimum=4, maximum=1000)
    bin_ms: int = option(20, "length of a bin", unit="ms", minimum=1, maximum=1000)
    mean_hz: float = option(5.0, "rate of each cell at the middle of its range", unit="Hz",
                            minimum=0.01, maximum=500)  # fmt: skip
    observed: int = option(
        0, "cells observed in each bin, drawn anew for each bin of each trial; 0: all",
        minimum=0, maximum=1000,
    )  # fmt: skip
