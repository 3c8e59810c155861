"""What is to be decoded: a signal as it is, its classes, or whether it passes a threshold."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.signals import Signal, alignment, frame_edges, per_frame

YES_NO, REAL, CLASSES = "yes or no", "real", "classes"
FEWEST_FRAMES = 20
"""Of each answer that a recording needs before anything is learnt about it."""
_COMPARISONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_PATTERN = re.compile(r"\s*(?P<name>.+?)\s*(?:(?P<sign>>=|<=|==|!=|>|<)\s*(?P<value>\S.*?))?\s*")


@dataclass(frozen=True)
class Target:
    """A behaviour in words: ``signal`` alone, or compared with a ``value`` ("speed > 0.5")."""

    signal: str
    sign: str = ""
    value: str = ""

    @property
    def text(self) -> str:
        """The words, as the user gives them."""
        return f"{self.signal} {self.sign} {self.value}".strip()


@dataclass(frozen=True, eq=False)
class Behaviour:
    """A target (n_frames,) float64 of one recording, NaN where nobody knows.

    ``kind``: "yes or no" (1 and 0), "real" (in ``units``), or "classes" (numbers of ``classes``).
    """

    values: np.ndarray
    kind: str
    units: str = "1"
    classes: tuple[str, ...] = ()


def parsed_target(text: str) -> Target:
    """What the words mean.

    >>> parsed_target("running speed>0.5")
    Target(signal='running speed', sign='>', value='0.5')
    >>> parsed_target("position").text
    'position'
    """
    found = _PATTERN.fullmatch(text)
    if found is None or re.search(r"[<>=!]", found["name"]):
        raise InputError(
            "a signal such as 'speed', or a comparison such as 'speed > 0.5'", repr(text)
        )
    return Target(found["name"], found["sign"] or "", found["value"] or "")


def behaviour_of(
    target: Target,
    signals: Mapping[str, Signal],
    n_frames: int,
    frame_rate_hz: float,
    where: str | Path,
) -> Behaviour:
    """The target at each frame of a recording; one that cannot be decoded is an InputError."""
    if target.signal not in signals:
        held = ", ".join(signals) or "no signal"
        hint = "bring it in with 'deepcinac import SESSION FILE --kind signal'"
        raise InputError(f"a signal '{target.signal}'", held, where, hint)
    signal = signals[target.signal]
    if signal.values.ndim > 1:
        found = f"{signal.values.shape[1]} columns"
        raise InputError("a signal of one column", found, f"{target.signal} of {where}")
    alignment(signal, n_frames, frame_rate_hz)  # clocks that do not meet are told
    values = per_frame(signal, frame_edges(n_frames, frame_rate_hz))
    behaviour = _compared(target, signal, values) if target.sign else _plain(signal, values)
    _require_variety(behaviour, target, where)
    return behaviour


def _compared(target: Target, signal: Signal, values: np.ndarray) -> Behaviour:
    if signal.classes:
        if target.sign not in ("==", "!=") or target.value not in signal.classes:
            expected = f"'{target.signal} ==' one of {', '.join(signal.classes)}"
            raise InputError(expected, repr(target.text))
        number = float(signal.classes.index(target.value))
    else:
        try:
            number = float(target.value)
        except ValueError:
            raise InputError("a number to compare with", repr(target.value)) from None
    holds = _COMPARISONS[target.sign](values, number).astype(float)
    return Behaviour(np.where(np.isfinite(values), holds, np.nan), YES_NO)


def _plain(signal: Signal, values: np.ndarray) -> Behaviour:
    if len(signal.classes) > 2:
        return Behaviour(values, CLASSES, classes=signal.classes)
    held = np.unique(values[np.isfinite(values)])
    if len(signal.classes) == 2 or np.isin(held, (0.0, 1.0)).all():
        return Behaviour(values, YES_NO)
    return Behaviour(values, REAL, signal.units)


def _require_variety(behaviour: Behaviour, target: Target, where: str | Path) -> None:
    known = behaviour.values[np.isfinite(behaviour.values)]
    place = f"{target.text} of {where}"
    if not len(known):
        raise InputError("frames in which the behaviour is known", "none", place)
    if behaviour.kind == REAL:
        if not np.ptp(known) > 0:
            raise InputError("a signal that changes", f"{known[0]:g} throughout", place)
        return
    names = behaviour.classes or ("no", "yes")
    counts = np.bincount(known.astype(int), minlength=len(names))
    if (counts >= FEWEST_FRAMES).sum() < 2:
        found = ", ".join(f"{count} of {name}" for name, count in zip(names, counts, strict=True))
        hint = "choose another threshold or another recording" if target.sign else None
        raise InputError(f"at least {FEWEST_FRAMES} frames of two kinds", found, place, hint)
