"""Events from a signal: when each begins and ends, and of which condition it is."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.signals import Signal

_SIGNS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_WORDS = re.compile(r"\s*(?P<name>.+?)\s*(?:(?P<sign>>=|<=|>|<)\s*(?P<value>\S+))?\s*")


@dataclass(frozen=True)
class Event:
    """From ``onset_s`` to ``end_s`` of the movie; ``condition`` is "" where there is one alone."""

    onset_s: float
    end_s: float
    condition: str = ""


def name_of(words: str) -> str:
    """The signal that is meant: "stimulus" of "stimulus > 0.5"."""
    found = _WORDS.fullmatch(words)
    if found is None or re.search(r"[<>=]", found["name"]):
        raise InputError("a signal such as 'stimulus', or 'stimulus > 0.5'", repr(words))
    return found["name"]


def events_of(
    signal: Signal, words: str, merge_s: float, where: str | Path, rest: str | None = None
) -> list[Event]:
    """The events that a signal marks.

    A signal of words: every state but ``rest`` (by default the first of its words) is an event, and the word
    is its condition. A signal of numbers: where it is above 0, or where the comparison in ``words`` holds.
    Events of one condition that are less than ``merge_s`` apart are one.
    """
    if signal.values.ndim > 1:
        raise InputError("a signal of one column", f"{signal.values.shape[1]}", where)
    found = _WORDS.fullmatch(words)
    assert found is not None
    values = signal.values.astype(float)
    if signal.classes:
        if found["sign"]:
            raise InputError("a signal of numbers to compare", f"words in {signal.name}", where)
        if rest is not None and rest not in signal.classes:
            raise InputError(f"one of {', '.join(signal.classes)} as rest", repr(rest), where)
        quiet = signal.classes.index(rest) if rest else 0
        states = np.where(np.isfinite(values) & (values != quiet), values, -1.0)
    else:
        holds = (
            values > 0 if not found["sign"] else _compared(values, found["sign"], found["value"])
        )
        states = np.where(holds & np.isfinite(values), 0.0, -1.0)
    events = _runs(signal, states, merge_s)
    if not events:
        raise InputError(f"events in {words}", "none", where)
    return events


def _compared(values: np.ndarray, sign: str, value: str) -> np.ndarray:
    try:
        return _SIGNS[sign](values, float(value))
    except ValueError:
        raise InputError("a number to compare with", repr(value)) from None


def _runs(signal: Signal, states: np.ndarray, merge_s: float) -> list[Event]:
    """A run of samples with one state that is not -1 is an event; it ends where the next sample begins."""
    times = signal.times_s
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    ends = np.append(times[1:], times[-1] + step)
    if signal.way != "previous":  # what is sampled ends after its own step, not at the next sample
        ends = np.minimum(ends, times + max(step, 1e-9))
    events: list[Event] = []
    for state, begin, end in zip(states.tolist(), times.tolist(), ends.tolist(), strict=True):
        if state < 0:
            continue
        condition = signal.classes[int(state)] if signal.classes else ""
        last = events[-1] if events else None
        if last is not None and last.condition == condition and begin - last.end_s < merge_s:
            events[-1] = Event(last.onset_s, end, condition)
        else:
            events.append(Event(begin, end, condition))
    return events
