"""The options of tracking, declared once; importing them loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option

TRACK_TASK = "tracking"


@dataclass(frozen=True)
class TrackingSettings:
    """How moving cells are found and followed."""

    diameter_um: float = option(10.0, "diameter of a cell", unit="um", minimum=0.5, maximum=500.0)
    threshold_sd: float = option(
        4.0, "height of a spot over the noise of its frame", unit="SD", minimum=1.0, maximum=100.0
    )
    step_um: float = option(
        6.0, "how far a cell may move between two frames; beyond what its neighbours do, half of it",
        unit="um", minimum=0.1, maximum=1000.0,
    )  # fmt: skip
    shortest_frames: int = option(
        4,
        "stretches in which a cell is seen for fewer frames are left out",
        minimum=1,
        maximum=1000,
    )
    gap_frames: int = option(
        60,
        "longest stretch over which a cell that vanished is carried on",
        minimum=1,
        maximum=10000,
    )
    join_um: float = option(
        12.0, "how far what is carried on may pass from what appears, to be the same cell",
        unit="um", minimum=0.1, maximum=1000.0,
    )  # fmt: skip


@dataclass(frozen=True)
class DaysMatchingSettings:
    """How cells of one field are matched between days, and when a cell counts as active."""

    reach_um: float = option(
        20.0, "with --days: pairs of cells farther apart than this are not looked at",
        unit="um", minimum=0.5, maximum=500.0,
    )  # fmt: skip
    event_sd: float = option(
        5.0, "with --days: height of an event over the noise of the smoothed trace",
        unit="SD", minimum=1.0, maximum=100.0,
    )  # fmt: skip
    events_per_min: float = option(
        1.0, "with --days: events in a minute from which a cell counts as active",
        minimum=0.0, maximum=600.0,
    )  # fmt: skip


@dataclass(frozen=True)
class EnsembleSettings:
    """How cells are grouped by their activity."""

    smallest: int = option(
        4, "with --ensembles: cells of the smallest group", minimum=2, maximum=1000
    )
    shuffles: int = option(
        50, "with --ensembles: times that all cells are shuffled in time to see what chance gives",
        minimum=20, maximum=1000,
    )  # fmt: skip
