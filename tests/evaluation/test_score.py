"""Whole recordings of two cells: all numbers of the report, written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.evaluation.comparison import compare, holm, paired_gaps, signed_rank_p
from deepcinac.evaluation.metrics import Counts, Share
from deepcinac.evaluation.score import score, score_recording
from deepcinac.evaluation.truth import Truth

RATE = 1.0  # Hz: the shortest window, 3 frames, smooths the traces


def hills(*peaks: int, n_frames: int = 60) -> np.ndarray:
    """A trace that rises for 4 frames up to each peak and falls over the next 6."""
    frame = np.arange(n_frames)
    rises = [np.interp(frame, [p - 4, p, p + 6], [0, 1, 0], left=0, right=0) for p in peaks]
    return np.sum(rises, axis=0)


def mask(*spans: tuple[int, int], n_frames: int = 60) -> np.ndarray:
    raster = np.zeros(n_frames, dtype=bool)
    for first, last in spans:
        raster[first : last + 1] = True
    return raster


# Cell 0 rises to peaks at 10, 30 and 50: the first two are its own, the third is cell 1's light.
# Cell 1 rises to a peak at 50, its own.
TRACE = np.array([hills(10, 30, 50), hills(50)])
ACTIVE = np.array([mask((6, 10), (26, 30)), mask((46, 50))])
CROSSTALK = np.array([[0, 1, 46, 50]])
# Predicted: the first transient in full, two frames of cell 1's, and activity where nothing rises.
PREDICTED = np.array([mask((6, 10), (20, 21)), mask((49, 50))])


@pytest.fixture
def scores():
    return score_recording(ACTIVE, None, 0.8 * PREDICTED, TRACE, RATE, 0.5, CROSSTALK)


def test_transients_of_all_cells_together(scores) -> None:
    assert scores.rules["paper"].pooled == Counts(n_real=3, n_detected=2, n_predicted=2, n_true=2)
    assert scores.rules["strict"].pooled == Counts(n_real=3, n_detected=2, n_predicted=3, n_true=2)
    assert scores.rules["runs"].pooled == Counts(n_real=3, n_detected=2, n_predicted=3, n_true=2)
    assert scores.rules["paper"].pooled.f1 == pytest.approx(0.8)
    assert scores.rules["strict"].pooled.f1 == pytest.approx(2 / 3)


def test_cell_by_cell(scores) -> None:
    recall = scores.rules["paper"].recall
    assert (recall.median, recall.q1, recall.q3, recall.n) == (0.75, 0.625, 0.875, 2)
    assert [match.strict.precision for match in scores.per_cell] == [0.5, 1.0]
    low, high = scores.rules["paper"].interval
    assert (low, high) == pytest.approx((2 / 3, 1.0))  # one cell alone, or the other


def test_frames(scores) -> None:
    assert scores.frames.active_share == 15 / 120
    assert scores.frames.recall == 7 / 15
    assert scores.frames.precision == 7 / 9
    # 7 of 9 predicted frames are active, and so is each of 15 in 120 when all are taken.
    assert scores.frames.average_precision == pytest.approx(7 / 15 * 7 / 9 + 8 / 15 * 15 / 120)
    assert scores.calibration.n_frames[[0, 8]].tolist() == [111, 9]
    assert scores.calibration.observed[8] == pytest.approx(7 / 9)


def test_share_of_frames_and_crosstalk(scores) -> None:
    assert scores.proportion.detected.median == pytest.approx((1 + 0.4) / 2)
    assert scores.proportion.all_real.median == pytest.approx(0.4)
    assert scores.crosstalk.all == Share(1, 1)


def test_taking_the_crosstalk_for_real_is_a_false_transient() -> None:
    taken = PREDICTED | np.array([mask((48, 48)), mask()])
    scores = score_recording(ACTIVE, None, taken, TRACE, RATE, 0.5, CROSSTALK)
    assert scores.crosstalk.all == Share(0, 1)
    assert scores.rules["paper"].pooled.n_predicted == 3
    assert scores.per_cell[0].false.shape == (1, 2)


def test_doubtful_frames_count_nowhere(scores) -> None:
    doubtful = np.array([mask((20, 21), (46, 50)), mask()])
    taken = PREDICTED | np.array([mask((48, 48)), mask()])
    left_out = score_recording(ACTIVE, doubtful, taken, TRACE, RATE)
    assert left_out.rules["strict"].pooled == Counts(3, 2, 2, 2)
    assert left_out.frames.n_frames == 120 - 7
    assert left_out.frames.precision == 1


def test_the_threshold_is_reached_by_an_equal_probability() -> None:
    at = score_recording(ACTIVE, None, 0.7 * PREDICTED, TRACE, RATE, 0.7)
    above = score_recording(ACTIVE, None, 0.7 * PREDICTED, TRACE, RATE, 0.71)
    assert at.rules["paper"].pooled.n_detected == 2
    assert above.rules["paper"].pooled == Counts(3, 0, 0, 0)
    assert above.rules["paper"].pooled.precision is None
    assert above.rules["paper"].pooled.f1 == 0


def test_touching_transients_of_a_truth_with_intervals_stay_two() -> None:
    truth = Truth(
        transients=(np.array([[6, 10], [11, 14]]),),
        doubtful=np.zeros((1, 60), dtype=bool),
        trace=hills(10)[None],
        frame_rate_hz=RATE,
    )
    result = score(truth, mask((12, 13))[None])
    assert result.rules["paper"].pooled.n_real == 2
    assert result.rules["paper"].pooled.n_detected == 1


def test_some_of_the_cells() -> None:
    full = score_recording(ACTIVE, None, PREDICTED, TRACE, RATE, 0.5, CROSSTALK)
    truth = Truth(
        transients=tuple(match.real for match in full.per_cell),
        doubtful=np.zeros_like(ACTIVE),
        trace=TRACE,
        frame_rate_hz=RATE,
        kinds=np.array(["a", "b"]),
        visibility=(np.array([2.0, 4.0]), np.array([6.0])),
    )
    part = score(truth, PREDICTED[[1]], np.array([1]))
    assert part.rules["paper"].pooled == Counts(1, 1, 1, 1)
    assert part.rules["paper"].interval is None  # one cell has no spread
    assert part.recall_by_kind == {"b": Share(1, 1)}
    swapped = score(truth, PREDICTED[[1, 0]], np.array([1, 0]))
    assert swapped.rules["paper"].pooled == full.rules["paper"].pooled
    assert swapped.recall_by_kind == {"a": Share(1, 2), "b": Share(1, 1)}
    assert list(swapped.recall_by_visibility.values()) == [Share(1, 1), Share(0, 1), Share(1, 1)]


def test_without_a_trace_runs_are_scored_and_nothing_is_made_up() -> None:
    bare = score_recording(ACTIVE, None, PREDICTED, None, None)
    assert list(bare.rules) == ["runs"]
    assert bare.crosstalk is None


@pytest.mark.parametrize(
    ("probability", "sentence"),
    [
        (PREDICTED[:1], "2 cells x 60 frames"),
        (PREDICTED[:, :-1], "2 cells x 60 frames"),
        (np.full(PREDICTED.shape, np.nan), "NaN"),
        (PREDICTED * 100.0, "0 to 1"),
        (PREDICTED - 1.0, "0 to 1"),
    ],
)
def test_predictions_that_cannot_be_scored(probability: np.ndarray, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        score_recording(ACTIVE, None, probability, TRACE, RATE)


@pytest.mark.parametrize("cells", [[0, 0], [0, 2], [-1, 0], [0.0, 1.0]])
def test_cell_numbers_that_cannot_be(cells: list) -> None:
    truth = Truth(transients=(np.empty((0, 2), int),) * 2, doubtful=np.zeros((2, 60), bool))
    with pytest.raises(InputError, match="cell numbers from 0 to 1"):
        score(truth, PREDICTED, np.array(cells))


def test_traces_need_a_frame_rate_and_the_right_shape() -> None:
    with pytest.raises(InputError, match="frame-rate"):
        score_recording(ACTIVE, None, PREDICTED, TRACE, None)
    with pytest.raises(InputError, match="traces of shape"):
        score_recording(ACTIVE, None, PREDICTED, TRACE[:, :-1], RATE)
    with pytest.raises(InputError, match="threshold"):
        score_recording(ACTIVE, None, PREDICTED, TRACE, RATE, threshold=0)


def test_methods_are_compared_cell_by_cell() -> None:
    better = score_recording(ACTIVE, None, ACTIVE, TRACE, RATE)
    worse = score_recording(ACTIVE, None, PREDICTED, TRACE, RATE)
    (gap,) = compare(["better", "worse"], [better, worse])
    # Cell 0: F1 1 against 2/3; cell 1: 1 against 1.
    assert (gap.n_units, gap.median) == (2, pytest.approx((1 / 3 + 0) / 2))
    (same,) = compare(["a", "b"], [better, better])
    assert (same.median, same.p) == (0, None)


def test_gaps_and_corrections_by_hand() -> None:
    assert paired_gaps({0: 0.5, 1: 0.75, 3: 1.0}, {1: 0.25, 3: 1.0, 4: 0.0}).tolist() == [0.5, 0.0]
    # Six cells, all better: 2 of the 64 combinations of signs are as extreme.
    assert signed_rank_p(np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])) == pytest.approx(2 / 64)
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])


def test_frames_without_a_value_are_not_judged() -> None:
    """Two transients; the first lies where nothing is said, the second is found: recall 1 of 1."""
    active = np.zeros((1, 10), bool)
    active[0, 1:3] = active[0, 6:8] = True
    probability = np.array([[np.nan] * 4 + [0, 0, 0.9, 0, 0, np.nan]])
    scores = score_recording(active, None, probability, None, 10.0)
    assert (scores.rules["runs"].pooled.n_real, scores.rules["runs"].pooled.n_detected) == (1, 1)
    assert scores.share_without_value == 0.5
    missed = score_recording(active, None, np.zeros((1, 10)), None, 10.0)
    assert missed.rules["runs"].pooled.n_real == 2
