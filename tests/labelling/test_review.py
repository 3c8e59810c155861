"""The review queue of a movie of 100 frames at 10 Hz."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.labelling.layer_labels import add_labels, make_labels
from deepcinac.labelling.review import (
    CLASSIFIER,
    CONTROL,
    EXPERTS,
    SOURCE,
    UNCERTAIN,
    ReviewItem,
    ReviewSettings,
    against_classifier,
    between_experts,
    contradicted,
    queue_of_session,
    rank,
    review_queue,
    uncertain,
    with_control,
)
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.recording.profiles import decide

WHOLE = {"labelled": [(-1, 0, 99)]}


def expert(name, rows, **spans):
    return make_labels(3, 100, rows, {**WHOLE, **spans}, name=name)


def probability(**at):
    """Quiet (0.05) apart from frames "f10_14" with the probability given."""
    values = np.full(100, 0.05, np.float32)
    for frames, value in at.items():
        first, last = map(int, frames[1:].split("_"))
        values[first : last + 1] = value
    return values


def short(items):
    return [(i.cell, i.first, i.last, i.kinds, round(i.score, 2)) for i in items]


def test_experts_against_each_other():
    one = expert("anna", [(0, 10, 14), (1, 20, 24), (1, 60, 64)])
    two = expert("ben", [(1, 20, 29), (1, 50, 64)])
    assert short(between_experts([one, two], 10)) == [
        (0, 10, 14, (EXPERTS,), 1.0),  # anna alone
        (1, 20, 29, (EXPERTS,), 0.25),  # the peaks are half a second apart
        (1, 50, 64, (EXPERTS,), 0.5),  # the onsets a whole second
    ]


def test_an_expert_against_the_classifier():
    labels = expert("anna", [(0, 10, 14), (0, 30, 34)], doubtful=[(0, 70, 79)])
    values = probability(f10_12=0.9, f32_32=0.4, f50_55=0.8, f72_74=0.9)
    found = against_classifier(labels, 0, values, 0.5)
    assert short(found) == [
        (0, 30, 34, (CLASSIFIER,), 0.6),
        (0, 50, 55, (CLASSIFIER,), 0.8),
    ]  # 72 to 74 is doubtful to anna: nothing to learn there
    assert found[0].reason == "anna marks it, the classifier does not (at most 0.40)"
    assert found[1].reason == "the classifier finds it (0.80), anna does not"


def test_what_the_expert_has_not_judged_is_no_disagreement():
    labels = make_labels(1, 100, [(0, 10, 14)], {"labelled": [(0, 0, 49)]}, name="anna")
    assert against_classifier(labels, 0, probability(f10_14=0.9, f60_64=0.9), 0.5) == []


def test_the_least_certain():
    values = probability(f10_14=0.24, f20_24=0.25, f30_34=0.5, f40_44=0.65, f50_54=0.66)
    assert short(uncertain(7, values)) == [
        (7, 20, 24, (UNCERTAIN,), 0.5),
        (7, 30, 34, (UNCERTAIN,), 1.0),
        (7, 40, 44, (UNCERTAIN,), 0.7),
    ]
    assert [i.first for i in uncertain(7, values, 0.6, 0.9)] == [40, 50]


def judge(cell, onset, peak):
    """A light that is the neighbour's in frames 10 to 14 and clearly the cell's own elsewhere."""
    own, other = (0.1, 0.9) if onset == 10 else (0.8, 0.2)
    return decide(own, np.array([4]), np.array([other]))


def test_the_source_contradicts_the_classifier():
    values = probability(f10_14=0.9, f20_24=0.9)
    putative = np.array([[10, 14], [20, 24], [40, 44]])
    found = contradicted(3, values, judge, 0.5, putative)
    assert short(found) == [(3, 10, 14, (SOURCE,), 0.8), (3, 40, 44, (SOURCE,), 0.8)]
    assert "the light is that of cell 4 (correlation 0.90, own 0.10)" in found[0].reason
    assert "not predicted, but the light has the cell's shape" in found[1].reason
    assert len(contradicted(3, values, judge, 0.5)) == 1


def test_a_source_that_is_not_known_contradicts_nothing():
    def unknown(cell, onset, peak):
        return decide(np.nan, np.array([4]), np.array([np.nan]))

    assert contradicted(0, probability(f10_14=0.9), unknown) == []


def test_several_reasons_add_up():
    items = [
        ReviewItem(0, 10, 14, (UNCERTAIN,), "u", 1.0),
        ReviewItem(0, 12, 18, (SOURCE,), "s", 1.0),
        ReviewItem(0, 10, 11, (UNCERTAIN,), "u2", 0.2),
        ReviewItem(0, 19, 20, (UNCERTAIN,), "v", 1.0),
        ReviewItem(1, 10, 14, (EXPERTS,), "e", 0.9),
    ]
    assert rank(items) == [
        ReviewItem(1, 10, 14, (EXPERTS,), "e", pytest.approx(0.9)),
        ReviewItem(0, 10, 18, (SOURCE, UNCERTAIN), "s; u2; u", pytest.approx(0.85)),
        ReviewItem(0, 19, 20, (UNCERTAIN,), "v", pytest.approx(0.5)),
    ]


@st.composite
def items(draw):
    kind = draw(st.sampled_from([EXPERTS, CLASSIFIER, SOURCE, UNCERTAIN]))
    first = draw(st.integers(0, 30))
    last = first + draw(st.integers(0, 5))
    score = draw(st.floats(0, 1))
    return ReviewItem(draw(st.integers(0, 1)), first, last, (kind,), f"{kind} {first}", score)


@given(st.lists(items(), max_size=12), st.randoms(use_true_random=False))
def test_ranking_loses_nothing_and_does_not_depend_on_the_order(given_items, random):
    ranked = rank(given_items)
    shuffled = list(given_items)
    random.shuffle(shuffled)
    assert rank(shuffled) == ranked
    assert all(0 <= item.score <= 1 for item in ranked)
    assert [i.score for i in ranked] == sorted((i.score for i in ranked), reverse=True)
    for one in given_items:
        (home,) = [r for r in ranked if r.cell == one.cell and r.first <= one.first <= r.last]
        assert home.last >= one.last
        assert one.reason in home.reason


def test_control_items_are_drawn_from_what_is_not_ranked():
    ranked = [ReviewItem(0, 10 * i, 10 * i + 4, (UNCERTAIN,), "u", 0.9) for i in range(9)]
    pool = np.array([(cell, 10 * i + 3, 10 * i + 6) for cell in (0, 1) for i in range(9)])
    queue = with_control(ranked, pool, share=0.1, seed=1)
    (control,) = [item for item in queue if item.kinds == (CONTROL,)]
    assert control.cell == 1  # those of cell 0 share frames with ranked items
    assert [item for item in queue if item.kinds != (CONTROL,)] == ranked
    assert with_control(ranked, pool, 0.1, seed=1) == queue
    places = {with_control(ranked, pool, 0.1, seed=s).index(control) for s in range(60)
              if control in with_control(ranked, pool, 0.1, seed=s)}  # fmt: skip
    assert len(places) > 1


def test_no_control_where_there_is_nothing_to_draw():
    ranked = [ReviewItem(0, 1, 4, (UNCERTAIN,), "u", 0.9)]
    assert with_control(ranked, np.empty((0, 3), int), 0.5) == ranked
    assert with_control([], np.array([[0, 1, 2]]), 0.5) == []


def test_the_whole_queue():
    one = expert("anna", [(0, 10, 14), (1, 20, 24)])
    two = expert("ben", [(1, 20, 24)])
    prediction = {0: probability(f10_14=0.9), 1: probability(f20_24=0.9, f70_72=0.6)}
    queue = review_queue([one, two], prediction, 10, ReviewSettings(control_share=0))
    assert [(i.cell, i.first, i.kinds) for i in queue] == [
        (0, 10, (EXPERTS, CLASSIFIER)),
        (1, 70, (CLASSIFIER, UNCERTAIN)),
    ]
    done = [(0, 12, 12)]
    queue = review_queue([one, two], prediction, 10, ReviewSettings(control_share=0), done=done)
    assert [i.cell for i in queue] == [1]


def test_the_queue_of_a_session(tmp_path):
    np.save(tmp_path / "movie.npy", np.zeros((100, 8, 8), np.uint8))
    cells = make_cells([([i], [i], None) for i in range(3)], 8, 8, "drawn")
    path = tmp_path / "s.deepcinac"
    with Session.create(path, tmp_path / "movie.npy", (100, 8, 8), cells, 10.0, 1.0) as session:
        assert queue_of_session(session) == []
        add_labels(session, expert("anna", [(0, 10, 14), (2, 10, 14)]))
        add_labels(session, expert("ben", [(0, 50, 54)]))
        layer = session.add_layer("classifier", "general")
        session.write_prediction(layer.id, [1], [probability(f30_34=0.45)])
        found = queue_of_session(session, settings=ReviewSettings(control_share=0))
        assert [(i.cell, i.first, i.kinds) for i in found] == [
            (0, 10, (EXPERTS,)),
            (0, 50, (EXPERTS,)),
            (2, 10, (EXPERTS,)),
            (1, 30, (UNCERTAIN,)),
        ]
        session.add_mark(0, 10, 14, "reviewed")
        session.set_valid(2, False)
        found = queue_of_session(session, settings=ReviewSettings(control_share=0))
        assert [(i.cell, i.first) for i in found] == [(0, 50), (1, 30)]
        assert queue_of_session(session, experts=["anna"], classifier="general")[0].cell == 1
