"""Two experts on a movie of 100 frames at 10 Hz."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.labelling.agreement import (
    Agreement,
    Disagreement,
    FrameCounts,
    compare_cell,
    compare_layers,
    compare_two,
    disagreements,
    jitter,
    match_transients,
    overlap,
)
from deepcinac.labelling.layer_labels import make_labels

WHOLE = np.array([[0, 99]])


def intervals(*pairs):
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def layer(name, transients, spans=None, n_cells=3):
    return make_labels(n_cells, 100, transients, spans, name=name)


@st.composite
def transients(draw, n_frames=40):
    """Transients of one cell: sorted, apart or touching, never overlapping."""
    edges = draw(st.lists(st.integers(0, n_frames), unique=True, max_size=14).map(sorted))
    pairs = zip(edges[:-1], edges[1:], strict=True)
    return intervals(*[(a, b - 1) for a, b in pairs if draw(st.booleans())])


def test_overlap_of_intervals():
    first, second = intervals((0, 9)), intervals((0, 9), (5, 14), (10, 12), (2, 3))
    assert overlap(first, second).tolist() == [[1.0, 5 / 15, 0.0, 0.2]]


@pytest.mark.parametrize(
    ("first", "second", "pairs"),
    [
        ([], [], []),
        ([(3, 5)], [], []),
        ([(3, 5)], [(5, 9)], [(0, 0)]),  # one frame in common is enough
        ([(3, 5)], [(6, 9)], []),  # touching is not
        ([(0, 20)], [(0, 3), (4, 20)], [(0, 1)]),  # the larger part of what was split
        ([(0, 9), (10, 19)], [(8, 19)], [(1, 0)]),
        ([(0, 3), (4, 20)], [(0, 2), (3, 20)], [(0, 0), (1, 1)]),  # touching ones stay two
        ([(0, 20), (21, 22)], [(0, 1), (2, 22)], [(0, 1)]),  # the one large event, not the scraps
        ([(0, 9)], [(0, 4), (5, 9)], [(0, 0)]),  # equal overlaps: the nearer onset
        ([(5, 5)], [(0, 4), (5, 5), (6, 9)], [(0, 1)]),
    ],
)
def test_matching(first, second, pairs):
    assert match_transients(intervals(*first), intervals(*second)).tolist() == [
        list(pair) for pair in pairs
    ]


@given(transients(), transients())
def test_matching_is_one_to_one_and_does_not_depend_on_the_order(first, second):
    pairs = match_transients(first, second)
    swapped = match_transients(second, first)
    assert sorted(map(tuple, pairs.tolist())) == sorted(map(tuple, swapped[:, ::-1].tolist()))
    assert all(len(set(side.tolist())) == len(side) for side in pairs.T)
    for i, j in pairs.tolist():
        assert overlap(first[[i]], second[[j]])[0, 0] > 0


@given(transients())
def test_everybody_agrees_with_themselves(own):
    assert match_transients(own, own).tolist() == [[i, i] for i in range(len(own))]


def test_one_cell():
    first = intervals((10, 14), (30, 34), (50, 54))
    second = intervals((11, 16), (50, 53), (70, 79))
    found = compare_cell(first, second, WHOLE, 100)
    assert found.pairs.tolist() == [[10, 14, 11, 16], [50, 54, 50, 53]]
    assert found.only_first.tolist() == [[30, 34]]
    assert found.only_second.tolist() == [[70, 79]]
    assert found.f1 == pytest.approx(2 * 2 / 6)
    # active: 15 and 20 frames; in common 11 to 14 and 50 to 53, which is 8
    assert found.frames == FrameCounts(both=8, only_first=7, only_second=12, neither=73)
    assert found.kappa == pytest.approx((0.81 - 0.71) / (1 - 0.71))
    assert (found.onset_jitter.median, found.onset_jitter.shift) == (0.5, 0.5)
    assert (found.peak_jitter.median, found.peak_jitter.shift) == (1.5, 0.5)


def test_only_what_both_have_judged_counts():
    first = layer(
        "anna",
        [(0, 5, 9), (0, 45, 55), (0, 80, 84)],
        {"labelled": [(0, 0, 49)], "doubtful": [(0, 0, 19)]},
    )
    second = layer(
        "ben",
        [(0, 30, 34), (0, 48, 54), (0, 90, 94)],
        {"labelled": [(0, 0, 99)], "doubtful": [(-1, 25, 27)]},
    )
    (cell,) = compare_two(first, second).cells.values()
    assert cell.pairs.tolist() == [[45, 55, 48, 54]]  # crosses the end of what anna judged
    assert cell.only_first.tolist() == []  # 5 to 9 lies in frames that anna doubts
    assert cell.only_second.tolist() == [[30, 34]]  # 90 to 94 anna has not looked at
    assert cell.frames.n == 50 - 20 - 3


def test_a_cell_that_one_expert_has_not_judged_is_left_out():
    spans = {"labelled": [(0, 0, 99), (1, 0, 99)]}
    one = layer("anna", [(0, 1, 2), (1, 5, 6)], spans)
    two = layer("ben", [(1, 5, 6)], {"labelled": [(1, 0, 99), (2, 0, 99)]})
    found = compare_two(one, two)
    assert list(found.cells) == [1]
    assert found.total.f1 == 1


def test_a_layer_without_spans_has_judged_the_cells_that_it_marks():
    one = layer("anna", [(0, 1, 2), (1, 5, 6)])
    two = layer("ben", [(1, 5, 6), (2, 5, 6)])
    assert list(compare_two(one, two).cells) == [1]


def test_all_frames_quiet_for_both():
    found = compare_cell(intervals(), intervals(), WHOLE, 100)
    assert found.f1 is None
    assert found.kappa is None
    assert found.onset_jitter is None


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [
        (FrameCounts(20, 5, 10, 15), 0.4),  # the example of every textbook
        (FrameCounts(10, 0, 0, 90), 1.0),
        (FrameCounts(25, 25, 25, 25), 0.0),
        (FrameCounts(0, 50, 50, 0), -1.0),
        (FrameCounts(0, 0, 0, 0), None),
        (FrameCounts(9, 0, 0, 0), None),
    ],
)
def test_kappa(counts, kappa):
    assert counts.kappa == (None if kappa is None else pytest.approx(kappa))


def test_jitter():
    found = jitter(np.array([-2, 0, 1, 1, 4]))
    assert (found.q1, found.median, found.q3, found.shift, found.n) == (1, 1, 2, 1, 5)
    assert jitter(np.array([])) is None


def test_cells_are_pooled():
    one = layer("anna", [(0, 0, 4), (0, 10, 14), (1, 0, 4)])
    two = layer("ben", [(0, 0, 4), (1, 2, 6), (1, 50, 59)])
    total = compare_two(one, two).total
    assert (total.n_cells, total.n_matched, total.n_first, total.n_second) == (2, 2, 3, 3)
    assert total.f1 == pytest.approx(2 / 3)
    assert total.frames == FrameCounts(both=8, only_first=7, only_second=12, neither=173)


def test_every_pair_of_three_experts():
    layers = [layer(name, [(0, 0, 4)]) for name in ("anna", "ben", "cleo")]
    pairs = compare_layers(layers)
    assert [(p.first, p.second) for p in pairs] == [
        ("anna", "ben"),
        ("anna", "cleo"),
        ("ben", "cleo"),
    ]


@given(transients(100), transients(100))
def test_agreement_is_the_same_from_both_sides(first, second):
    one: Agreement = compare_cell(first, second, WHOLE, 100)
    two = compare_cell(second, first, WHOLE, 100)
    assert one.f1 == two.f1
    assert one.kappa == pytest.approx(two.kappa)
    assert (one.n_matched, one.n_first) == (two.n_matched, two.n_second)


def test_what_is_seen_differently():
    one = layer("anna", [(0, 10, 14), (0, 30, 39), (1, 60, 64), (1, 80, 84)])
    two = layer("ben", [(0, 30, 34), (0, 35, 39), (1, 55, 70), (1, 80, 85)])
    found = disagreements(compare_two(one, two), frame_rate_hz=10)
    assert found == [
        Disagreement(0, 10, 14, "missed", "anna", "ben"),
        Disagreement(0, 30, 39, "peak", "ben", "anna", 5),
        Disagreement(0, 35, 39, "split", "ben", "anna"),
        Disagreement(1, 55, 70, "onset", "ben", "anna", 5),
        Disagreement(1, 55, 70, "peak", "anna", "ben", 6),
    ]  # the peak one frame later in cell 1 is nothing to discuss
    assert [d.text for d in found[:3]] == [
        "anna marks it, ben does not",
        "peak 5 frames later for anna than ben",
        "ben marks one more here than anna",
    ]


def test_many_transients_are_matched_fast():
    first = np.arange(0, 100_000, 20)[:, None] + [0, 12]
    pairs = match_transients(first, first + 3)
    assert len(pairs) == 5000
    assert (pairs[:, 0] == pairs[:, 1]).all()
