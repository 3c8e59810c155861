"""Are rises that come from another cell rejected?

Two sources of such events: those a simulation knows, and those found on a recording by the rule of
the DeepCINAC paper (section 2.5, "Detection of overlap activity"). An event is rejected when none of
its frames reaches the threshold in the target cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcinac.evaluation.metrics import Share

# DeepCINAC paper, section 2.5: shared area over that of the larger cell.
MINIMUM_OVERLAP = 0.15

STRONG = 5.0  # leak in units of the target's noise SD, from which a rise misleads any eye


@dataclass(frozen=True)
class CrosstalkEvents:
    """Rises seen in one cell that belong to another; arrays of equal length (n,).

    ``target`` shows the rise from frame ``onset`` to ``peak`` (both included), ``source`` made it
    (-1: a source that is not among the cells). ``strength``: height in the target's noise SD;
    ``overlap``: shared area over that of the larger of the two cells; both may be unknown (None).
    """

    target: np.ndarray
    source: np.ndarray
    onset: np.ndarray
    peak: np.ndarray
    strength: np.ndarray | None = None
    overlap: np.ndarray | None = None

    @classmethod
    def from_table(
        cls,
        table: np.ndarray,
        strength: np.ndarray | None = None,
        overlap: np.ndarray | None = None,
    ) -> CrosstalkEvents:
        """From rows (target, source, onset, peak), (n, 4)."""
        target, source, onset, peak = np.asarray(table, dtype=np.int64).reshape(-1, 4).T
        return cls(target, source, onset, peak, strength, overlap)

    def __len__(self) -> int:
        return len(self.target)

    def of_cells(self, cells: np.ndarray) -> CrosstalkEvents:
        """The events whose target is among ``cells`` (n,), targets renumbered to positions in it.

        Sources keep their number: a source need not be among the scored cells.
        """
        position = {int(cell): row for row, cell in enumerate(cells)}
        kept = np.array([int(target) in position for target in self.target], dtype=bool)
        return CrosstalkEvents(
            target=np.array([position[int(t)] for t in self.target[kept]], dtype=np.int64),
            source=self.source[kept],
            onset=self.onset[kept],
            peak=self.peak[kept],
            strength=None if self.strength is None else self.strength[kept],
            overlap=None if self.overlap is None else self.overlap[kept],
        )


@dataclass(frozen=True)
class CrosstalkScore:
    """Share of cross-talk events that were rejected: of all, and by group.

    A group that cannot be told is None. ``rejected`` (n,) bool and ``strength`` (n,) are kept for
    figures.
    """

    all: Share
    n_targets: int
    from_cells: Share
    from_elsewhere: Share
    overlapping: Share | None
    strong: Share | None
    rejected: np.ndarray
    strength: np.ndarray | None


def rejected(events: CrosstalkEvents, predicted: np.ndarray) -> np.ndarray:
    """Events with no predicted frame, (n,) bool; ``predicted`` (n_cells, n_frames) bool."""
    spans = zip(events.target, events.onset, events.peak, strict=True)
    return np.array([not predicted[cell, a : b + 1].any() for cell, a, b in spans], dtype=bool)


def score_crosstalk(events: CrosstalkEvents, predicted: np.ndarray) -> CrosstalkScore:
    """Share of cross-talk events rejected; ``predicted`` (n_cells, n_frames) bool."""
    is_rejected = rejected(events, predicted)

    def group(members: np.ndarray) -> Share:
        return Share(int((members & is_rejected).sum()), int(members.sum()))

    overlap, strength = events.overlap, events.strength
    return CrosstalkScore(
        all=group(np.ones(len(events), dtype=bool)),
        n_targets=len(np.unique(events.target)),
        from_cells=group(events.source >= 0),
        from_elsewhere=group(events.source < 0),
        overlapping=None if overlap is None else group(overlap >= MINIMUM_OVERLAP),
        strong=None if strength is None else group(strength >= STRONG),
        rejected=is_rejected,
        strength=strength,
    )


def score_profile_events(
    events: CrosstalkEvents, predicted: np.ndarray, not_quiet: np.ndarray
) -> tuple[Share, int]:
    """Share rejected of events that were found by correlation, and how many were left out.

    Such an event may coincide with a transient of the target's own, and rejecting that would be
    wrong: events that touch ``not_quiet`` (the target is active, or it is doubtful whether) are
    left out. Both rasters (n_cells, n_frames) bool.
    """
    kept = rejected(events, not_quiet)
    is_rejected = rejected(events, predicted)
    return Share(int((kept & is_rejected).sum()), int(kept.sum())), int((~kept).sum())
