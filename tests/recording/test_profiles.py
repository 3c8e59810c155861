"""Whose light a transient is, on two squares that overlap by two columns."""

import math

import numpy as np
import pytest

from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.profiles import (
    NEIGHBOUR,
    OWN,
    PAPER_THRESHOLDS,
    THRESHOLDS,
    UNDETERMINED,
    SourceProfiles,
    decide,
    grown_area,
    highest,
    pearson,
    transient_profile,
    weighted_mean,
)
from deepcinac.recording.traces import extract_traces

HEIGHT, WIDTH, RATE = 14, 20, 10.0
RISE = (0.5, 1.0)  # onset and peak; then a fall of four frames
FALL = (0.7, 0.4, 0.2, 0.1)


def square(top, left, side=6):
    y, x = np.mgrid[top : top + side, left : left + side]
    return y.ravel(), x.ravel(), None


LEFT, RIGHT, ALONE = square(4, 2), square(4, 6), square(4, 13)
EVENTS = {0: range(20, 300, 40), 1: range(35, 300, 40), 2: (30,)}
CELLS = make_cells([LEFT, RIGHT, ALONE], HEIGHT, WIDTH, "drawn")


def pixels_of(events, height=100.0, resting=200.0):
    """A movie whose cells have a bright resting image and add light where they are active."""
    frames = np.full((320, HEIGHT, WIDTH), 50.0)
    for cell, starts in events.items():
        footprint = CELLS.mask(cell)
        frames[:, footprint] += resting
        for start in starts:
            for i, share in enumerate((*RISE, *FALL)):
                frames[start + i, footprint] += height * share
    return frames + np.random.default_rng(0).normal(0, 3, frames.shape)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path = tmp_path_factory.mktemp("scene") / "movie.npy"
    np.save(path, pixels_of(EVENTS).astype(np.float32))
    with open_movie(path) as movie:
        yield movie, extract_traces(movie, CELLS).raw


def labels_of(cell):
    return np.array([(start, start + 1) for start in EVENTS[cell]])


def test_a_weighted_mean_image():
    frames = np.array([[[0.0, 4.0]], [[8.0, 4.0]]])
    assert weighted_mean(frames, np.array([3.0, 1.0])).tolist() == [[2.0, 4.0]]


def test_what_was_there_before_is_subtracted():
    frames = np.array([[[5, 9]], [[5, 9]], [[7, 9]], [[9, 9]]], np.uint16)  # two before, two after
    trace = np.array([10, 10, 11, 13])  # the last frame weighs three times as much
    assert transient_profile(frames, trace, 2).tolist() == [[3.5, 0.0]]


def test_a_movie_that_begins_with_a_transient():
    frames = np.array([[[5, 9]], [[7, 9]]])
    assert transient_profile(frames, np.array([1, 2]), 0).tolist() == [[2.0, 0.0]]


def test_a_trace_that_does_not_rise_gives_the_plain_mean():
    frames = np.array([[[6.0, 0.0]], [[4.0, 0.0]], [[2.0, 0.0]]])
    assert transient_profile(frames, np.array([3, 2, 1]), 1).tolist() == [[-3.0, 0.0]]


def test_pearson_inside_a_mask():
    mask = np.array([[True, True, True, False]])
    first = np.array([[1.0, 2.0, 3.0, 99.0]])
    assert pearson(first, np.array([[2.0, 4.0, 6.0, -99.0]]), mask) == pytest.approx(1)
    assert pearson(first, np.array([[6.0, 4.0, 2.0, 0.0]]), mask) == pytest.approx(-1)
    assert math.isnan(pearson(first, np.ones((1, 4)), mask))


@pytest.mark.parametrize(("n", "chosen"), [(0, 0), (3, 3), (40, 5), (140, 7), (400, 10)])
def test_how_many_make_a_source_profile(n, chosen):
    heights = np.arange(n, dtype=float)
    assert highest(heights).tolist() == list(range(n - 1, n - 1 - chosen, -1))


def test_the_footprint_grows_by_one_pixel_and_stops_at_the_border():
    area = grown_area(make_cells([([0, 1], [3, 3], None)], 5, 9, "drawn")[0], 5, 9)
    assert (area.top, area.bottom, area.left, area.right) == (0, 3, 2, 5)
    assert area.mask.all()
    assert area.footprint.tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_the_grown_footprint_is_no_box():
    area = grown_area(make_cells([([2, 6], [2, 6], None)], 9, 9, "drawn")[0], 9, 9)
    assert area.mask.sum() == 18
    assert not area.mask[0, 6]


@pytest.mark.parametrize(
    ("own", "others", "origin", "neighbour"),
    [
        (0.8, [0.1], OWN, None),
        (0.8, [], OWN, None),
        (0.1, [0.2, 0.9], NEIGHBOUR, 7),
        (0.1, [0.9, 0.2], NEIGHBOUR, 4),
        (0.6, [0.1], OWN, None),
        (0.59, [0.1], UNDETERMINED, None),
        (0.7, [0.95], OWN, None),  # both fit: the other is not better by the margin
        (0.5, [0.95], UNDETERMINED, None),  # the other fits, but not better by 0.5
        (0.4, [0.95], NEIGHBOUR, 4),
        (0.0, [0.59], UNDETERMINED, None),
        (0.1, [], UNDETERMINED, None),
        (math.nan, [0.9], NEIGHBOUR, 4),
        (math.nan, [math.nan], UNDETERMINED, None),
        (0.8, [math.nan, 0.1], OWN, None),
    ],
)
def test_the_verdict(own, others, origin, neighbour):
    verdict = decide(own, np.array([4, 7][: len(others)]), np.array(others))
    assert (verdict.origin, verdict.neighbour) == (origin, neighbour)


@pytest.mark.parametrize(
    ("own", "other", "origin"),
    [(0.19, 0.71, NEIGHBOUR), (0.21, 0.71, OWN), (0.19, 0.69, UNDETERMINED)],
)
def test_the_rule_of_the_paper(own, other, origin):
    assert decide(own, np.array([1]), np.array([other]), PAPER_THRESHOLDS).origin == origin


@pytest.mark.parametrize("labelled", [labels_of, None])
def test_each_transient_is_given_to_the_cell_that_made_it(scene, labelled):
    movie, trace = scene
    profiles = SourceProfiles(movie, CELLS, trace, RATE, labelled)
    for start in EVENTS[0]:
        assert profiles.judge(0, start, start + 1).origin == OWN
        shown_in_right = profiles.judge(1, start, start + 1)
        assert (shown_in_right.origin, shown_in_right.neighbour) == (NEIGHBOUR, 0)
        assert shown_in_right.neighbours.tolist() == [0]
    for start in EVENTS[1]:
        assert profiles.judge(1, start, start + 1).origin == OWN
        assert profiles.judge(0, start, start + 1).neighbour == 1
    assert profiles.judge(2, 30, 31).origin == OWN
    assert len(profiles.judge(2, 30, 31).neighbours) == 0


def test_nothing_happens_nothing_is_decided(scene):
    movie, trace = scene
    profiles = SourceProfiles(movie, CELLS, trace, RATE, labels_of)
    verdicts = [profiles.judge(0, start + 12, start + 13) for start in EVENTS[0]]
    assert [verdict.origin for verdict in verdicts].count(UNDETERMINED) >= 6


def test_both_at_once_is_the_cells_own(tmp_path):
    events = {0: [20, 60, 100, 140, 180, 220, 260], 1: [40, 80, 120, 160, 200, 240, 260], 2: []}
    np.save(tmp_path / "movie.npy", pixels_of(events).astype(np.float32))
    with open_movie(tmp_path / "movie.npy") as movie:
        trace = extract_traces(movie, CELLS).raw
        profiles = SourceProfiles(movie, CELLS, trace, RATE)
        assert [profiles.judge(cell, 260, 261).origin for cell in (0, 1)] == [OWN, OWN]


def test_a_cell_that_never_fires_keeps_its_footprint(tmp_path):
    """All it shows is its neighbour's light, which must not become its source profile."""
    events = {0: [], 1: EVENTS[1], 2: []}
    np.save(tmp_path / "movie.npy", pixels_of(events).astype(np.float32))
    with open_movie(tmp_path / "movie.npy") as movie:
        trace = extract_traces(movie, CELLS).raw
        profiles = SourceProfiles(movie, CELLS, trace, RATE)
        assert profiles.judge(0, 35, 36).neighbour == 1


def test_the_first_and_the_last_frame(scene):
    movie, trace = scene
    profiles = SourceProfiles(movie, CELLS, trace, RATE, labels_of)
    assert profiles.judge(0, 0, 0).origin == UNDETERMINED  # one frame, nothing to compare it with
    assert math.isfinite(profiles.judge(0, 0, 3).own)
    assert math.isfinite(profiles.judge(0, 318, 319).own)


def test_profiles_to_be_shown(scene):
    movie, trace = scene
    profiles = SourceProfiles(movie, CELLS, trace, RATE, labels_of)
    shown = profiles.profiles(1, 35, 36)
    assert list(shown) == [1, 0]
    assert (shown[1].top, shown[1].left, shown[1].image.shape) == (3, 5, (8, 8))
    # 50 and 100 weigh 1 : 2 or so, which makes about 83 above what was there before
    assert shown[1].image[2:6, 2:6].mean() == pytest.approx(83, abs=3)
    assert abs(shown[1].image[0].mean()) < 5
    source = profiles.source(1)
    assert source.n_transients == 5
    assert pearson(source.image, shown[1].image, source.mask) > 0.98


def test_labels_that_change(scene):
    movie, trace = scene
    labels = {0: labels_of(0), 1: labels_of(1), 2: labels_of(2)}
    profiles = SourceProfiles(movie, CELLS, trace, RATE, labels.__getitem__)
    before = profiles.source(0)
    assert profiles.source(0) is before
    labels[0] = labels[0][:6]
    profiles.forget(0)
    assert profiles.source(0) is not before


def test_the_correlation_alone(scene):
    movie, trace = scene
    profiles = SourceProfiles(movie, CELLS, trace, RATE, labels_of)
    assert profiles.correlation(0, 20, 21) == profiles.judge(0, 20, 21).own
    assert profiles.correlation(0, 20, 21) > THRESHOLDS.own_from


def test_a_source_in_steps_is_the_same_and_a_step_is_short(scene):
    movie, trace = scene
    at_once = SourceProfiles(movie, CELLS, trace, RATE, labels_of)
    in_steps = SourceProfiles(movie, CELLS, trace, RATE, labels_of)
    reads = []
    read = movie.patch
    movie.patch = lambda *box: reads.append(box) or read(*box)
    try:
        steps = in_steps.steps(1)
        for _ in range(3):
            next(steps)
        assert len(reads) == 3
        steps.close()  # the mouse is elsewhere; later it comes back
        n_steps = 3 + sum(1 for _ in in_steps.steps(1))
        assert n_steps >= len(reads) > 3
        n_read = len(reads)
        assert np.array_equal(in_steps.source(1).image, at_once_source(at_once, reads))
        assert len(reads) == n_read  # nothing was read twice
    finally:
        del movie.patch
    assert list(in_steps.steps(1)) == []


def at_once_source(profiles, reads):
    """The image of cell 1, without counting its readings."""
    before = len(reads)
    image = profiles.source(1).image
    del reads[before:]
    return image
