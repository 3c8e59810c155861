"""The options of simulated mice that run; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

CORTEX_WIDE = "cortex-wide"


@dataclass(frozen=True)
class CortexSettings:
    """What a set of mice is made of."""

    mice: int = option(5, "mice, each with gains and positions of its own", minimum=1, maximum=100)
    sessions: int = option(2, "sessions of each mouse", minimum=1, maximum=100)
    seconds: float = option(100.0, "length of a session", unit="s", minimum=10, maximum=3600)
    field_px: int = option(32, "height and width of the field", unit="px", minimum=16, maximum=512)
    rate_hz: float = option(30.0, "frames per second", unit="Hz", minimum=5, maximum=200)
    noise: float = option(0.02, "noise of a pixel, as a share of its light", minimum=0, maximum=1)
    arousal: float = option(0.01, "brightening with arousal, as a share", minimum=0, maximum=1)
    artefact: float = option(
        0.0, "brightening of all pixels while running, as a share", minimum=0, maximum=1
    )
