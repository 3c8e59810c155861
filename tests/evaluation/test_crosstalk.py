"""Three cells, a handful of leaks: which were refused, and which count."""

from __future__ import annotations

import numpy as np

from deepcinac.evaluation.crosstalk import (
    CrosstalkEvents,
    rejected,
    score_crosstalk,
    score_profile_events,
)
from deepcinac.evaluation.metrics import Share

# target, source, onset, peak
EVENTS = CrosstalkEvents.from_table(
    np.array([[0, 1, 2, 4], [0, -1, 8, 9], [2, 1, 2, 4], [2, 0, 6, 6]]),
    strength=np.array([6.0, 2.0, 5.0, 1.0]),
    overlap=np.array([0.3, 0.0, 0.15, 0.1]),
)


def test_one_predicted_frame_takes_it_for_real(frames) -> None:
    #                   2-4 taken,  8-9 refused
    predicted = frames("....#.....", "..........", "#....#....")
    assert rejected(EVENTS, predicted).tolist() == [False, True, True, True]


def test_shares_by_group(frames) -> None:
    score = score_crosstalk(EVENTS, frames("....#.....", "..........", "#....#...."))
    assert score.all == Share(3, 4)
    assert score.n_targets == 2
    assert score.from_cells == Share(2, 3)
    assert score.from_elsewhere == Share(1, 1)
    assert score.overlapping == Share(1, 2)  # 15 % and more
    assert score.strong == Share(1, 2)  # 5 SD and more


def test_groups_that_cannot_be_told(frames) -> None:
    bare = CrosstalkEvents.from_table(np.array([[0, 1, 2, 4]]))
    score = score_crosstalk(bare, frames("..........", ".........."))
    assert (score.strong, score.overlapping) == (None, None)
    assert score.from_elsewhere.value is None


def test_events_of_some_cells_are_renumbered() -> None:
    part = EVENTS.of_cells(np.array([2, 1]))
    assert part.target.tolist() == [0, 0]
    assert part.source.tolist() == [1, 0]  # sources keep the number of the recording
    assert part.onset.tolist() == [2, 6]
    assert part.strength.tolist() == [5.0, 1.0]


def test_found_events_with_activity_of_the_target_are_left_out(frames) -> None:
    predicted = frames("..........", "..........", "..#.......")
    not_quiet = frames(".........#", "..........", "..........")
    share, n_left_out = score_profile_events(EVENTS, predicted, not_quiet)
    assert n_left_out == 1  # the event of cell 0 in frames 8-9
    assert share == Share(2, 3)
