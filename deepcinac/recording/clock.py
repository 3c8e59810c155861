"""What is believed of clocks and sizes: stamps before nominal rates, the user before the file, in words."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.questions import ask

if TYPE_CHECKING:
    from deepcinac.recording.movie import Movie

RATES_HZ = (0.5, 1000.0)
PIXEL_SIZES_UM = (0.1, 20.0)
_DIFFERENT = 0.01
_IRREGULAR = 0.1  # of a step
_MOST_IRREGULAR = 0.25  # of all steps
_OTHER_UNITS = {
    "frame rate": (
        (lambda v: 1 / v, "the seconds of a frame"),
        (lambda v: 1000 / v, "the milliseconds of a frame"),
    ),
    "pixel size": (
        (lambda v: v * 1e6, "metres"),
        (lambda v: v * 1e3, "millimetres"),
        (lambda v: v / 1e3, "nanometres"),
        (lambda v: v / 1e6, "a spacing in um that was noted as metres"),
        (lambda v: 1 / v, "pixels per um"),
    ),
}


def believed_rate(seconds: np.ndarray, nominal_hz: float | None, where: str | Path) -> float | None:
    """The frame rate by time stamps in s (NaN: none), else the nominal one; contradictions are told."""
    steps = np.diff(seconds) if len(seconds) > 2 else np.empty(0)
    if not len(steps) or not np.isfinite(steps).all() or float(np.median(steps)) <= 0:
        return nominal_hz
    step = float(np.median(steps))
    if irregular := int(np.count_nonzero(np.abs(steps - step) > _IRREGULAR * step)):
        first = int(np.argmax(np.abs(steps - step) > _IRREGULAR * step))
        warnings.warn(
            f"{where}: {irregular} of {len(steps)} steps between time stamps differ from the usual "
            f"{step:.6g} s, the first after frame {first} (counted from 0): {steps[first]:.6g} s.",
            stacklevel=3,
        )
    if irregular > _MOST_IRREGULAR * len(steps):
        return nominal_hz  # no clock at all
    # The mean of the regular steps: single stamps are rounded to a millisecond.
    rate = 1 / float(np.mean(steps[np.abs(steps - step) <= _IRREGULAR * step]))
    if nominal_hz is None:
        return rate
    if abs(rate - nominal_hz) <= _DIFFERENT * nominal_hz:
        return nominal_hz
    warnings.warn(
        f"{where}: its time stamps are those of {rate:.6g} Hz, its header says {nominal_hz:.6g} Hz; "
        "the time stamps are believed.",
        stacklevel=3,
    )
    return rate


def ask_about(
    value: float, what: str, where: str | Path, accepted: frozenset[str] = frozenset()
) -> None:
    """Ask about a frame rate (Hz) or a pixel size (um) that no such recording has.

    ``what`` is "frame rate" or "pixel size"; the names that accept are ``frame-rate`` and
    ``pixel-size``.
    """
    (low, high), unit = (RATES_HZ, "Hz") if what == "frame rate" else (PIXEL_SIZES_UM, "um")
    if low <= value <= high:
        return
    guess = next(
        (
            f"did you mean {meant:.4g} {unit} ({value:g} being {unit_meant})?"
            for convert, unit_meant in _OTHER_UNITS[what]
            if low <= (meant := convert(value)) <= high
        ),
        f"check the unit: it is {unit}",
    )
    expected = f"a {what} of {low:g} to {high:g} {unit}"
    ask(what.replace(" ", "-"), expected, f"{value:g} {unit}", where, guess.rstrip("?"), accepted)


def mean_pixel_size(movie: Movie) -> float | None:
    """The pixel size by the movie's file; of pixels that are not square, the geometric mean."""
    if movie.pixel_size_um is not None or movie.pixel_sizes_um is None:
        return movie.pixel_size_um
    height, width = movie.pixel_sizes_um
    return float((height * width) ** 0.5)


def contradiction(given: float | None, in_file: float | None, what: str, unit: str) -> str | None:
    """A sentence with both values where the user and the file say different things."""
    if given is None or in_file is None or abs(given - in_file) <= _DIFFERENT * in_file:
        return None
    return f"the {what} in the movie's file is {in_file:g} {unit}, you say {given:g} {unit}; yours is used"
