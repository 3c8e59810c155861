"""The options of ``deepcinac evaluate --around``, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option


@dataclass(frozen=True)
class AroundSettings:
    """What counts as before, during and after an event."""

    before_s: float = option(
        3.0, "time before an event that gives its baseline", unit="s", minimum=0.1, maximum=3600.0
    )
    after_s: float = option(
        6.0,
        "time after the end of an event that is looked at",
        unit="s",
        minimum=0.1,
        maximum=36000.0,
    )
    settle_s: float = option(
        2.0, "time after the end of an event that still counts as during it, as the indicator decays",
        unit="s", minimum=0.0, maximum=3600.0,
    )  # fmt: skip
    merge_s: float = option(
        1.0, "pulses closer together than this are one event", unit="s", minimum=0.0, maximum=600.0
    )
    artefact_s: float = option(
        0.0, "time from the onset of an event whose frames are masked, for the artefact of a stimulus",
        unit="s", minimum=0.0, maximum=60.0,
    )  # fmt: skip
    response_sd: float = option(
        3.0, "change of a cell, over what it does without an event, from which it counts",
        unit="SD", minimum=1.0, maximum=20.0,
    )  # fmt: skip
    squares: int = option(
        28,
        "squares along each side of the maps of the field; 0 for no maps",
        minimum=0,
        maximum=256,
    )
    bins: int = option(5, "rings of distance from the point", minimum=2, maximum=50)
