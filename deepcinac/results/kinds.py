"""The kinds of results that the program knows, and what their values must look like.

A method may make a result of any kind; those listed here are checked, stored and drawn by rules of
their own. ``minimum`` and ``maximum`` bound every value that is not NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

PROBABILITY = "probability"
SPIKE_RATE = "spike_rate_hz"
TRANSIENTS = "transients"
CELL_TYPE = "cell_type"
CURVE = "curve"
BEHAVIOUR = "behaviour"
BEHAVIOUR_CLASSES = "behaviour_classes"
POSITION = "cell_position"
FOLLOWED = "followed"
RATES = "rate_between_samples_hz"
SMOOTH_FLUORESCENCE = "fluorescence_between_samples"
SMOOTH_ACTIVITY = "activity_between_samples"
FACTORS = "factors"
IMPORTANCE = "importance"
IMPORTANCE_MAP = "importance_map"
RECORDING_CLASS = "recording_class"
DENOISED = "denoised_movie"

DEFAULT_THRESHOLD = 0.5
"""Where a probability is cut into transients when nobody says."""

DIMENSIONS = ("cell", "frame", "bin", "y", "x", "class", "event", "field", "signal", "factor")
"""The names that a dimension may have."""


@dataclass(frozen=True)
class Kind:
    """One kind of result: its dimensions, its units and the range of its values."""

    name: str
    dims: tuple[str, ...]
    units: str
    description: str
    minimum: float | None = None
    maximum: float | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind(PROBABILITY, ("cell", "frame"), "1",
             "probability that the cell is active in the frame", 0.0, 1.0),
        Kind(SPIKE_RATE, ("cell", "frame"), "Hz", "expected spikes per second", 0.0),
        Kind(TRANSIENTS, ("event", "field"), "1", "rows of cell, onset frame and peak frame", 0.0),
        Kind(CELL_TYPE, ("cell", "class"), "1", "probability of each type; NaN: not asked about", 0.0, 1.0),
        Kind(CURVE, ("cell", "frame"), "1", "a curve of another method, in its own units"),
        Kind(BEHAVIOUR, ("frame",), "1",
             "what the animal does in the frame: a probability, or a value in units of its own"),
        Kind(POSITION, ("cell", "frame", "field"), "px",
             "where the cell is in the movie that it was tracked in: y and x; NaN: not known"),
        Kind(FOLLOWED, ("cell", "frame"), "1",
             "how the place is known: 2 seen, 1 carried through a gap, 0 from neighbours alone", 0.0, 2.0),
        Kind(BEHAVIOUR_CLASSES, ("frame", "class"), "1", "probability of each class of behaviour", 0.0, 1.0),
        Kind(RATES, ("cell", "bin"), "Hz",
             "events per second in each bin, also where none was sampled", 0.0),
        Kind(SMOOTH_FLUORESCENCE, ("cell", "bin"), "1",
             "fluorescence in each bin, also where none was sampled; not a rate"),
        Kind(SMOOTH_ACTIVITY, ("cell", "bin"), "1",
             "activity in each bin, also where none was sampled", 0.0, 1.0),
        Kind(IMPORTANCE, ("cell", "field"), "1",
             "how much a decoder needs the cell or region, in the units of its score"),
        Kind(IMPORTANCE_MAP, ("field", "y", "x"), "1",
             "the same of places of the picture, which is stretched over the field"),
        Kind(RECORDING_CLASS, ("class",), "1", "share given to each class of the recording", 0.0, 1.0),
        Kind(FACTORS, ("factor", "bin"), "1", "what the cells of a population share, in each bin"),
        Kind(DENOISED, ("frame", "y", "x"), "1", "the movie as cells and a smooth background explain it"),
    )
}  # fmt: skip
