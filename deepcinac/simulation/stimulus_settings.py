"""The options of simulated stimulation; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

STIMULUS = "stimulus"


@dataclass(frozen=True)
class StimulusSettings:
    """What recordings of stimulation are made of: a wave that starts at an electrode, then a depression."""

    stimulated: int = option(3, "animals, a recording each", minimum=1, maximum=50)
    stimulated_cells: int = option(60, "cells of a recording", minimum=10, maximum=1000)
    stimuli: int = option(6, "stimuli of each of the two conditions", minimum=1, maximum=100)
    stimulus_field_px: int = option(
        112, "height and width of the field, 8 um a pixel", unit="px", minimum=48, maximum=512
    )
    wave_um_s: float = option(
        400.0, "how fast the wave travels", unit="um/s", minimum=20.0, maximum=100000.0
    )
    activated_share: float = option(
        0.7, "share of cells that the wave activates at 10 Hz; at 100 Hz half of it",
        minimum=0.0, maximum=1.0,
    )  # fmt: skip
    depressed_share: float = option(
        0.5, "share of cells that are depressed after it", minimum=0.0, maximum=1.0
    )
