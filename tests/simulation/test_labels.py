"""The labelling rule on traces short enough to check by eye (10 frames per second)."""

import numpy as np

from deepcinac.simulation.labels import CellTruth, crosstalk_events, label_cell, rises

RATE = 10.0


def test_two_clear_rises_with_their_spikes_are_two_transients():
    #                 0  1  2    3    4    5    6    7    8    9
    trace = np.array([0, 0, 0.5, 1.0, 0.6, 0.3, 0.9, 1.2, 0.8, 0.4])
    spikes = np.array([0, 0, 2, 0, 0, 0, 2, 0, 0, 0])
    truth = label_cell(trace, spikes, RATE)
    # onset = frame of the first spike of the rise, peak = frame of the maximum, spikes counted
    assert truth.transients.tolist() == [[2, 3, 2], [6, 7, 2]]
    assert np.allclose(truth.heights, [1.0, 0.9])
    assert not truth.doubtful.any()


def test_a_rise_without_spikes_is_no_transient_and_doubtful_when_large():
    trace = np.array([0, 0, 0.5, 1.0, 0.6, 0.3, 0.2, 0.1, 0, 0])
    truth = label_cell(trace, np.zeros(10, int), RATE)
    assert len(truth.transients) == 0
    assert truth.doubtful.tolist() == [False, True, True, True] + [False] * 6


def test_a_small_supported_rise_is_doubtful():
    trace = np.array([0, 0.045, 0, 0, 0, 0, 0, 0.0, 0, 0])
    truth = label_cell(trace, np.eye(10, dtype=int)[1], RATE)
    assert len(truth.transients) == 0
    assert truth.doubtful.tolist() == [False, True] + [False] * 8


def test_a_spike_without_a_rise_makes_the_next_frames_doubtful():
    truth = label_cell(np.zeros(10), np.eye(10, dtype=int)[4], RATE)
    assert np.flatnonzero(truth.doubtful).tolist() == [4, 5, 6, 7]  # 0.3 s


def test_around_a_joint_of_two_recordings_everything_is_doubtful():
    truth = label_cell(np.zeros(30), np.zeros(30, int), RATE, joints=np.array([15]))
    assert np.flatnonzero(truth.doubtful).tolist() == list(range(9, 22))  # 0.6 s each way


def test_first_and_last_frame_belong_to_a_transient():
    trace = np.array([0, 1.0, 0.2, 0.1, 0.1, 0.1, 0.5, 1.0])
    truth = label_cell(trace, np.array([1, 0, 0, 0, 0, 0, 1, 0]), RATE)
    assert truth.transients[:, :2].tolist() == [[0, 1], [6, 7]]


def test_rises_smaller_than_the_swing_do_not_count():
    assert rises(np.array([0, 0.02, 0, 0.03, 0]), 0.04).tolist() == []
    assert rises(np.array([0, 0.5, 0.47, 1.0, 0]), 0.04).tolist() == [[0, 3]]


def _truth(onset, peak, height):
    return CellTruth(np.array([[onset, peak, 1]]), np.array([height]), np.zeros(20, bool))


def test_a_neighbours_transient_in_a_quiet_cell_is_a_false_rise_with_its_cause():
    sources = [_truth(12, 14, 1.0), _truth(3, 5, 1.0), _truth(8, 9, 2.0)]  # the third has no mask
    leak = np.array([[1.0, 0.5, 0.2], [0.1, 1.0, 0.2]])
    noise = np.array([0.1, 0.1])
    active = np.zeros((2, 20), bool)
    active[0, 12:15] = active[1, 3:6] = True
    events, heights = crosstalk_events(sources, leak, noise, active, np.zeros_like(active))
    # cell 0 is lifted by 5 SD through cell 1 and by 4 SD through the source without mask (-1);
    # cell 1 by 4 SD through that source, while cell 0 lifts it by 1 SD only, which does not count
    assert events.tolist() == [[0, -1, 8, 9], [0, 1, 3, 5], [1, -1, 8, 9]]
    assert np.allclose(heights, [4, 5, 4])


def test_no_false_rise_while_the_cell_itself_is_active():
    sources = [_truth(3, 6, 1.0), _truth(5, 7, 1.0)]
    active = np.zeros((2, 20), bool)
    active[0, 3:7] = active[1, 5:8] = True
    events, _ = crosstalk_events(
        sources, np.full((2, 2), 1.0), np.full(2, 0.1), active, np.zeros_like(active)
    )
    assert len(events) == 0
