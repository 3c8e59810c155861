"""Methods on recordings: the scores of each on each, under the names they are shown by."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

from deepcinac.evaluation.comparison import (
    CELL,
    RECORDING,
    Difference,
    compare_units,
    f1_by_cell,
)
from deepcinac.evaluation.metrics import Counts, total
from deepcinac.evaluation.score import RULES, Scores
from deepcinac.labelling.agreement import Agreement, PairAgreement, pooled

PROBABILITY, CURVE, TRANSIENTS = "probability", "curve", "transients"
"""What a method says of each frame: a probability, a value in units of its own, or yes and no."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One method on one recording.

    ``says``: "probability", "curve" or "transients". ``against``: whose word was taken for the truth.
    ``note``: what a reader has to know of this score.
    """

    method: str
    recording: str
    scores: Scores
    says: str
    against: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class RecordingFacts:
    """What a report says of a recording; ``pairs``: everybody against everybody, the truth included.

    ``related``: names of two that share labels (an expert and the consensus made of those labels).
    ``masks``: where the footprints come from, "" where nobody says.
    """

    name: str
    truth: str
    n_cells: int
    n_frames: int
    frame_rate_hz: float | None
    masks: str = ""
    pairs: tuple[PairAgreement, ...] = ()
    related: frozenset[frozenset[str]] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that is compared; ``methods`` in the order in which they are shown."""

    recordings: tuple[RecordingFacts, ...]
    entries: tuple[Entry, ...]
    seed: int = 0

    @property
    def methods(self) -> tuple[str, ...]:
        """Each method once, in the order in which they came."""
        return tuple(dict.fromkeys(entry.method for entry in self.entries))

    def of(self, method: str) -> list[Entry]:
        """A method on each recording that it says something about."""
        return [entry for entry in self.entries if entry.method == method]

    def says(self, method: str) -> str:
        """What a method says of each frame."""
        return self.of(method)[0].says

    @property
    def rules(self) -> tuple[str, ...]:
        """The scores that exist for every entry, those of the paper first."""
        return tuple(
            rule for rule in RULES if all(rule in entry.scores.rules for entry in self.entries)
        )

    @property
    def main_rule(self) -> str:
        """The score to compare by: as in the paper where there are traces."""
        return self.rules[0]

    def counts(self, method: str, rule: str) -> list[list[Counts]]:
        """The counts of each cell, a list for each recording."""
        return [
            [count for match in entry.scores.per_cell if (count := getattr(match, rule))]
            for entry in self.of(method)
        ]

    @cached_property
    def differences(self) -> list[Difference]:
        """All pairs of methods: over cells, and over recordings where there are several."""
        methods, found = self.methods, []
        by_cell: list[dict[Hashable, float]] = [self.f1_of_cells(method) for method in methods]
        found += compare_units(methods, by_cell, CELL)
        if len(self.recordings) > 1:
            whole = [self.f1_of_recordings(method) for method in methods]
            found += compare_units(methods, whole, RECORDING)
        return found

    def f1_of_cells(self, method: str) -> dict[Hashable, float]:
        """F1 of each cell (recording, number) in which it is defined."""
        return {
            (entry.recording, cell): f1
            for entry in self.of(method)
            for cell, f1 in f1_by_cell(entry.scores).items()
        }

    def f1_of_recordings(self, method: str) -> dict[Hashable, float]:
        """F1 of all transients of each recording in which it is defined."""
        found: dict[Hashable, float] = {}
        for entry in self.of(method):
            f1 = total(getattr(match, self.main_rule) for match in entry.scores.per_cell).f1
            if f1 is not None:
                found[entry.recording] = f1
        return found

    @cached_property
    def agreements(self) -> dict[tuple[str, str], Agreement]:
        """Two names -> their agreement, all recordings pooled."""
        parts: dict[tuple[str, str], list[Agreement]] = {}
        for recording in self.recordings:
            for pair in recording.pairs:
                parts.setdefault((pair.first, pair.second), []).append(pair.total)
        return {names: _summed(found) for names, found in parts.items()}

    @property
    def related(self) -> frozenset[frozenset[str]]:
        """Pairs of names that share labels in any recording."""
        return frozenset().union(*(recording.related for recording in self.recordings))


def _summed(parts: list[Agreement]) -> Agreement:
    together = pooled(parts)
    return replace(together, n_cells=sum(part.n_cells for part in parts))
