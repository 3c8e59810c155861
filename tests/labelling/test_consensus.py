"""Experts vote on a movie of 100 frames; the numbers can be followed by eye."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.labelling.consensus import (
    Decision,
    gather,
    make_consensus,
    middle,
    vote,
)
from deepcinac.labelling.consensus_settings import ConsensusSettings
from deepcinac.labelling.layer_labels import make_labels

ALL = {"labelled": [(0, 0, 99)]}


def expert(name, *transients, spans=None):
    """One expert's labels of a single cell."""
    rows = [(0, onset, peak) for onset, peak in transients]
    return make_labels(1, 100, rows, ALL if spans is None else spans, name=name, author=name)


@st.composite
def marks(draw):
    """Transients of one expert on one cell of 40 frames."""
    edges = draw(st.lists(st.integers(0, 40), unique=True, max_size=12).map(sorted))
    pairs = zip(edges[:-1], edges[1:], strict=True)
    kept = [(a, b - 1) for a, b in pairs if draw(st.booleans())]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def test_two_of_three_are_enough():
    found = make_consensus(
        [
            expert("anna", (10, 14), (30, 34), (50, 59)),
            expert("ben", (11, 14), (31, 36)),
            expert("cleo", (12, 18), (70, 74)),
        ]
    )
    assert found.labels.transients.tolist() == [[0, 11, 14], [0, 30, 35]]
    assert found.labels.info == (
        {"agreed": {"anna": [10, 14], "ben": [11, 14], "cleo": [12, 18]}, "against": []},
        {"agreed": {"anna": [30, 34], "ben": [31, 36]}, "against": ["cleo"]},
    )
    assert found.labels.kind == "consensus"
    assert found.labels.author == "anna, ben, cleo"
    assert found.labels.spans["labelled"].tolist() == [[0, 0, 99]]
    assert found.labels.spans["doubtful"].tolist() == []
    assert [d.outcome for d in found.decisions] == ["accepted"] * 2 + ["rejected"] * 2
    assert found.decisions[2] == Decision(
        0, 50, 59, "rejected", {"anna": (50, 59)}, ("ben", "cleo")
    )


def test_one_against_one_is_doubtful():
    found = make_consensus([expert("anna", (10, 14), (30, 34)), expert("ben", (30, 34))])
    assert found.labels.transients.tolist() == [[0, 30, 34]]
    assert found.labels.spans["doubtful"].tolist() == [[0, 10, 14]]
    assert found.decisions[0].outcome == "undecided"


def test_who_did_not_look_does_not_vote():
    half = {"labelled": [(0, 0, 49)]}
    found = make_consensus(
        [
            expert("anna", (10, 14), (70, 74)),
            expert("ben", (10, 14), (70, 74)),
            expert("cleo", spans=half),
            expert("dora", (80, 84), spans=half),
        ]
    )
    # 10 to 14: two for, two against. 70 to 74: two for, nobody against. 80 to 84: one of three.
    assert found.labels.transients.tolist() == [[0, 70, 74]]
    assert found.labels.spans["doubtful"].tolist() == [[0, 10, 14]]
    assert [d.outcome for d in found.decisions] == ["undecided", "accepted", "rejected"]


def test_frames_that_one_expert_alone_has_seen_are_not_labelled():
    found = make_consensus(
        [
            expert("anna", (10, 14), (70, 74)),
            expert("ben", (10, 14), spans={"labelled": [(0, 0, 49)]}),
        ]
    )
    assert found.labels.transients.tolist() == [[0, 10, 14]]
    assert found.labels.spans["labelled"].tolist() == [[0, 0, 49]]
    assert found.labels.spans["doubtful"].tolist() == []


def test_whoever_doubts_abstains():
    doubting = {**ALL, "doubtful": [(0, 8, 20)]}
    found = make_consensus(
        [expert("anna", (10, 14)), expert("ben", (10, 15)), expert("cleo", spans=doubting)]
    )
    assert found.labels.transients.tolist() == [[0, 10, 15]]
    assert found.labels.info[0]["against"] == []
    two_doubt = make_consensus(
        [expert("anna", (10, 14)), expert("ben", spans=doubting), expert("cleo", spans=doubting)]
    )
    assert two_doubt.labels.transients.tolist() == []
    assert two_doubt.labels.spans["doubtful"].tolist() == [[0, 8, 20]]


def test_movement_is_believed():
    found = make_consensus([expert("anna", spans={**ALL, "movement": [(-1, 3, 5)]}), expert("ben")])
    assert found.labels.spans["movement"].tolist() == [[0, 3, 5]]


@pytest.mark.parametrize(
    ("n_for", "n_against", "minimum", "outcome"),
    [
        (2, 1, None, "accepted"),
        (2, 2, None, "undecided"),
        (1, 3, None, "rejected"),
        (1, 0, None, "undecided"),  # one judge is not two
        (1, 3, 1, "accepted"),
        (2, 1, 3, "rejected"),
        (3, 0, 3, "accepted"),
    ],
)
def test_the_vote(n_for, n_against, minimum, outcome):
    assert vote(n_for, n_against, ConsensusSettings(minimum_votes=minimum)) == outcome


def test_the_middle_of_an_odd_and_an_even_number():
    assert middle([(10, 14), (11, 15), (19, 25)]) == (11, 15)
    assert middle([(10, 14), (11, 15)]) == (10, 15)


def test_touching_transients_stay_two():
    both = [(10, 15), (16, 20)]
    found = make_consensus([expert("anna", *both), expert("ben", *both)])
    assert found.labels.transients[:, 1:].tolist() == [[10, 15], [16, 20]]


def test_medians_that_run_into_each_other_are_set_apart():
    found = make_consensus([expert("anna", (5, 10), (11, 20)), expert("ben", (5, 11), (12, 20))])
    # peaks 10 and 11 would give 11, onsets 11 and 12 give 11
    assert found.labels.transients[:, 1:].tolist() == [[5, 10], [11, 20]]


def test_one_transient_is_not_two_events():
    (event, other) = gather([np.array([[0, 20]]), np.array([[0, 8], [9, 20]])])
    assert event == {1: (0, 8)}
    assert other == {0: (0, 20), 1: (9, 20)}


def test_a_chain_is_not_one_event():
    """Each touches the next by one frame, the first and the last have nothing in common."""
    events = gather([np.array([[0, 5]]), np.array([[5, 10]]), np.array([[10, 15]])])
    assert events == [{0: (0, 5), 1: (5, 10)}, {2: (10, 15)}]


@given(marks(), marks(), marks())
def test_events_do_not_depend_on_the_order_of_the_experts(a, b, c):
    experts = (a, b, c)

    def named(order):
        events = gather([experts[number] for number in order])
        return sorted(sorted((order[i], frames) for i, frames in e.items()) for e in events)

    found = [named(order) for order in itertools.permutations(range(3))]
    assert all(other == found[0] for other in found)
    members = [entry for event in found[0] for entry in event]
    assert len(members) == sum(map(len, experts))  # nobody's transient is lost or used twice


@given(marks(), marks(), marks(), st.sampled_from([None, 1, 2, 3]))
def test_the_consensus_does_not_depend_on_the_order_of_the_experts(a, b, c, minimum):
    experts = [expert(n, *m.tolist()) for n, m in zip("abc", (a, b, c), strict=True)]
    found = [
        make_consensus(order, ConsensusSettings(minimum_votes=minimum)).labels
        for order in itertools.permutations(experts)
    ]
    assert all(other.same_content(found[0]) for other in found)
    assert all(other.info == found[0].info for other in found)


@given(marks())
def test_experts_who_agree_get_what_they_said(own):
    found = make_consensus([expert(name, *own.tolist()) for name in ("anna", "ben", "cleo")])
    assert found.labels.transients[:, 1:].tolist() == own.tolist()


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([expert("anna")], "at least two layers"),
        ([expert("anna"), expert("anna")], "different names"),
        ([expert("anna"), make_labels(2, 100, name="ben")], "1 cells x 100 frames and 2 cells"),
    ],
)
def test_what_cannot_be_compared(layers, sentence):
    with pytest.raises(InputError, match=sentence):
        make_consensus(layers)
