"""What a simulated movie is made of: one record, and presets that name useful ones.

Ranges are pairs (low, high) from which each cell, or each movie, draws its own value. Lengths are in
micrometres, times in seconds and brightness in photons, so that a setting keeps its meaning when the
frame rate or the pixel size changes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from deepcinac.errors import InputError
from deepcinac.settings import checked, option
from deepcinac.simulation.presets import PRESETS

Range = tuple[float, float]


@dataclass(frozen=True)
class SimulationSettings:
    """Everything that a simulated movie depends on, besides the recorded traces themselves."""

    preset: str = option("ca1-pup", "name of the preset these settings started from")
    seed: int = option(0, "seed of every random number of the movie", minimum=0)
    n_frames: int = option(2500, "frames of the movie", minimum=20)
    height: int = option(96, "height of the field", unit="px", minimum=16)
    width: int = option(96, "width of the field", unit="px", minimum=16)
    frame_rate_hz: float = option(10.0, "frames per second", unit="Hz", minimum=0.5, maximum=1000)
    pixel_size_um: float = option(2.0, "size of a pixel", unit="um", minimum=0.1, maximum=20)

    n_cells: int = option(60, "cells that get a mask", minimum=1)
    overlapping_share: float = option(
        0.5, "share of the cells that are put onto a neighbour", minimum=0, maximum=1
    )
    missed_share: float = option(
        0.1, "cells in focus that get no mask, as a share of n_cells", minimum=0
    )
    out_of_focus_share: float = option(
        0.3, "blurred cells that get no mask, as a share of n_cells", minimum=0
    )
    radius_um: Range = option((6.0, 9.5), "radius of the cell bodies", unit="um")
    nucleus_share: float = option(
        0.8, "share of the cells with a dim nucleus", minimum=0, maximum=1
    )
    mask_fault_share: float = option(
        0.3, "share of the masks that are shifted, eroded or dilated", minimum=0, maximum=1
    )
    merged_share: float = option(
        0.0, "share of the masks that swallow a neighbour", minimum=0, maximum=1
    )
    ragged_share: float = option(
        0.0, "share of the masks with a ragged outline, as suite2p draws them", minimum=0, maximum=1
    )
    mask_shift_px: float = option(
        0.0, "all masks lie beside their cells by up to so much", unit="px", minimum=0, maximum=4
    )
    process_share: float = option(
        0.0, "dendrites and axons that cross the field, as a share of n_cells", minimum=0
    )
    puncta_share: float = option(
        0.0, "small bright spots (boutons, cut dendrites), as a share of n_cells", minimum=0
    )

    indicator: str = option("GCaMP6s", "indicator, or 'mixed' for another one in each cell")
    activity: str = option(
        "pyramidal",
        "how the cells fire",
        choices=("pyramidal", "interneuron", "mixed"),
    )
    event_rate_hz: Range = option((0.01, 0.12), "events or bursts per second of a cell", unit="Hz")
    spikes_per_event: Range = option((1.5, 8.0), "mean number of spikes in a burst")
    firing_rate_hz: Range = option((1.0, 10.0), "mean rate of an interneuron", unit="Hz")
    silent_share: float = option(0.0, "share of the sources that never fire", minimum=0, maximum=1)
    train_share: float = option(
        0.0, "share of the events that are trains of 0.3 to 2 s, not bursts", minimum=0, maximum=1
    )
    second_event_share: float = option(
        0.0, "share of the events followed by another during their decay", minimum=0, maximum=1
    )
    plateaus_per_minute: float = option(
        0.0, "firing of 2 to 10 s that holds the indicator at its ceiling", minimum=0
    )
    synchrony_rate_hz: float = option(
        0.04, "network synchronisations per second", unit="Hz", minimum=0
    )
    synchrony_share: float = option(
        0.3, "share of the cells that join a synchronisation", minimum=0, maximum=1
    )
    recorded_share: float = option(
        0.0, "share of the sources animated by recorded traces", minimum=0, maximum=1
    )
    recorded_part: str = option(
        "all",
        "which neurons of the recordings to use",
        choices=("all", "training", "validation"),
    )
    recorded_sets: str = option(
        "", "parts of names, with commas, of the recorded data sets to use (all when empty)"
    )

    photons: Range = option((8.0, 20.0), "mean photons of the background in a pixel and frame")
    visibility: Range = option(
        (3.0, 16.0), "height of a strong transient over the noise of its mask"
    )
    brightest_rest: float = option(
        8.0, "resting light of the brightest cell over the background", minimum=0.1
    )
    read_noise_photons: Range = option((0.3, 1.5), "noise of the detector", unit="photons")
    gain: Range = option((1.0, 3.0), "grey levels per photon")
    offset: float = option(100.0, "grey level of darkness", minimum=0)
    noise_correlation: Range = option(
        (0.0, 0.0), "correlation of the noise of neighbouring pixels, left by registration"
    )
    saturation: float = option(
        0.0, "top part of the brightest light that the detector cuts off", minimum=0, maximum=0.9
    )
    neuropil: Range = option((0.02, 0.10), "SD of the neuropil signal relative to the background")
    neuropil_coupling: Range = option(
        (0.0, 0.6), "part of the neuropil signal that follows the cells' mean activity"
    )
    bleaching: Range = option((0.0, 0.2), "brightness lost over the movie")
    baseline_drift: Range = option((0.0, 0.06), "slow drift of each cell's baseline, dF/F")
    jitter_px: Range = option((0.0, 0.3), "SD of the motion that correction left over", unit="px")
    sudden_shifts_per_minute: float = option(0.5, "short large shifts", minimum=0)
    z_drift: Range = option((0.0, 0.25), "largest change of a cell's brightness by drift in depth")
    depth_jumps_per_minute: float = option(
        0.0, "short moves of the focal plane: cells dim, or brighten, and return", minimum=0
    )
    depth_jump_um: Range = option((2.0, 7.0), "how far such a move goes", unit="um")
    border_px: Range = option(
        (0.0, 0.0),
        "SD of the motion that registration took out, which empties rows and columns at the border",
        unit="px",
    )
    border_fill: str = option(
        "mixed",
        "what stands in emptied rows and columns: the other side of the frame, or darkness",
        choices=("wrapped", "dark", "mixed"),
    )
    whole_field_per_minute: float = option(
        0.0, "flashes of light over the whole field, 0.1 to 3 s long", minimum=0
    )
    whole_field: Range = option((0.05, 0.3), "height of such a flash over the background")
    vessels: int = option(2, "dark blood vessels that cross the field", minimum=0)
    blur_px: float = option(0.8, "SD of the microscope's blur", unit="px", minimum=0)


def preset_settings(name: str = "ca1-pup", **changes: object) -> SimulationSettings:
    """The settings of a preset, with ``changes`` on top.

    >>> preset_settings("interneuron", seed=3).activity
    'interneuron'
    """
    if name not in PRESETS:
        raise InputError(f"one of the presets {', '.join(PRESETS)}", repr(name), "option preset")
    values = {"preset": name, **PRESETS[name], **changes}
    return checked_ranges(checked(SimulationSettings(**values)))  # type: ignore[arg-type]


def checked_ranges(settings: SimulationSettings) -> SimulationSettings:
    """The same settings when every range runs from low to high; otherwise an error that names it."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, tuple) and not (len(value) == 2 and 0 <= value[0] <= value[1]):
            raise InputError("a range low,high with 0 <= low <= high", str(value), field.name)
    return settings
