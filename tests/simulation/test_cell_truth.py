"""The labelling rule on traces short enough to check by eye (10 frames per second)."""

import numpy as np

from deepcinac.simulation.cell_truth import (
    CellTruth,
    contexts,
    crosstalk_events,
    label_cell,
    rises,
    unsupported_rises,
)

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
    return CellTruth(
        np.array([[onset, peak, 1]]), np.array([height]), np.zeros(20, bool), np.array([1])
    )


def test_a_neighbours_transient_in_a_quiet_cell_is_a_false_rise_with_its_cause():
    sources = [_truth(12, 14, 1.0), _truth(3, 5, 1.0), _truth(8, 9, 2.0)]  # the third has no mask
    leak = np.array([[1.0, 0.5, 0.2], [0.1, 1.0, 0.2]])
    noise = np.array([0.1, 0.1])
    active = np.zeros((2, 20), bool)
    active[0, 12:15] = active[1, 3:6] = True
    events, heights = crosstalk_events(sources, leak, noise, active, np.zeros_like(active), RATE)
    # cell 0 is lifted by 5 SD through cell 1 and by 4 SD through the source without mask (-1);
    # cell 1 by 4 SD through that source, while cell 0 lifts it by 1 SD only, which does not count
    assert events.tolist() == [[0, -1, 8, 9], [0, 1, 3, 5], [1, -1, 8, 9]]
    assert np.allclose(heights, [4, 5, 4])


def test_no_false_rise_while_the_cell_itself_is_active():
    sources = [_truth(3, 6, 1.0), _truth(5, 7, 1.0)]
    active = np.zeros((2, 20), bool)
    active[0, 3:7] = active[1, 5:8] = True
    events, _ = crosstalk_events(
        sources, np.full((2, 2), 1.0), np.full(2, 0.1), active, np.zeros_like(active), RATE
    )
    assert len(events) == 0


def test_a_visible_rise_of_the_cells_own_light_without_a_spike_is_found():
    #                 0  1  2    3    4  5  6  7    8    9
    trace = np.array([0, 0, 0.5, 1.0, 0, 0, 0, 0.5, 1.0, 0])
    spikes = np.array([0, 0, 0, 0, 0, 0, 0, 2, 0, 0])
    # the second rise holds its spikes; the first holds none, and shows where 0.3 dF/F can be seen
    assert unsupported_rises(trace, spikes, RATE, swing=0.3).tolist() == [[1, 3]]
    assert unsupported_rises(trace, spikes, RATE, swing=1.5).tolist() == []


def test_a_rise_without_spikes_over_more_than_four_seconds_is_drift():
    slow = np.linspace(0, 1, 60)  # 6 s
    assert unsupported_rises(slow, np.zeros(60, int), RATE, swing=0.3).tolist() == []
    assert unsupported_rises(slow[::2], np.zeros(30, int), RATE, swing=0.3).tolist() == [[0, 29]]


def test_visibility_counts_the_frames_that_a_transient_stays_up():
    """At 30 Hz three frames show what one frame shows at 10 Hz, if the light stays for three."""
    brief = np.zeros(30)
    brief[10] = 1.0
    lasting = np.zeros(30)
    lasting[10:16] = 1.0
    spikes = np.eye(30, dtype=int)[9]
    seen = [label_cell(t, spikes, 30.0).seen_heights(30.0) for t in (brief, lasting)]
    assert np.allclose(seen, [[1.0], [np.sqrt(3)]])
    assert np.allclose(label_cell(lasting, spikes, 10.0).seen_heights(10.0), [1.0])


def test_a_transient_knows_whether_it_stands_alone_on_a_decay_or_on_the_one_before():
    trace = np.zeros(60)
    trace[[5, 8, 20, 40]] = [1.0, 1.5, 0.8, 1.0]
    trace[18] = 0.5  # still a third of the peak before it
    transients = np.array([[4, 5, 1], [7, 8, 1], [18, 20, 1], [39, 40, 1]])
    # 0.2 s after a peak; while the trace is up; and after everything is over
    assert contexts(trace, transients, RATE).tolist() == ["alone", "summation", "decay", "alone"]
