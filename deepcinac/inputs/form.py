"""The form that a movie is brought to before a network sees it."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.errors import InputError
from deepcinac.settings import checked, option

Range = tuple[float, float]


@dataclass(frozen=True)
class InputForm:
    """Frame rate and pixel size that a movie is resampled to, and the ranges that are trusted.

    ``reach_range_sd``: how far the median cell rose above its noise in the training recordings
    (``NetworkInput.reach_sd``); None where that was not noted. ``reach_limit_sd``: the inputs of a
    recording whose reach is larger are divided by reach / limit, so that a bright movie looks like those
    of training; None: nothing is divided.
    """

    frame_rate_hz: float = option(10.0, "frame rate", unit="Hz", minimum=1e-3, maximum=1e5)
    pixel_size_um: float = option(2.0, "pixel size", unit="um", minimum=1e-3, maximum=1e4)
    frame_rate_range_hz: Range = option(
        (6.5, 15.0), "frame rates that need no warning", unit="Hz", minimum=0, maximum=1e6
    )
    pixel_size_range_um: Range = option(
        (1.5, 2.7), "pixel sizes that need no resampling", unit="um", minimum=0, maximum=1e6
    )
    normalisation: str = option("pixel-noise", "how pixels are scaled", choices=("pixel-noise",))
    reach_range_sd: Range | None = option(
        None, "signal-to-noise of the training recordings", unit="SD", minimum=-1e6, maximum=1e6
    )

    reach_limit_sd: float | None = option(
        None, "reach beyond which inputs are divided", unit="SD", minimum=0.5, maximum=1e6
    )

    def __post_init__(self) -> None:
        checked(self, "input form")
        for name in ("frame_rate_range_hz", "pixel_size_range_um", "reach_range_sd"):
            limits = getattr(self, name)
            if limits is not None and not limits[0] <= limits[1]:
                raise InputError("a range from low to high", repr(limits), f"input form, {name}")
