"""The review queue of a movie of 100 frames at 10 Hz."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.labelling.layer_labels import add_labels, make_labels
from deepcinac.labelling.review import (
    ReviewItem,
    ReviewSettings,
    grouped,
    queue_of_session,
    rank,
    review_queue,
    with_control,
)
from deepcinac.labelling.review_reasons import (
    CLASSIFIER,
    CONTROL,
    EXPERTS,
    SOURCE,
    UNCERTAIN,
    against_classifier,
    between_experts,
    chance_real,
    contradicted,
    proposals,
    uncertain,
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
        (0, 30, 34, (CLASSIFIER,), 0.5),
        (0, 50, 55, (CLASSIFIER,), 0.82),
    ]  # 72 to 74 is doubtful to anna: nothing to learn there
    assert found[0].reason == "anna marks it, the classifier does not (at most 0.40)"
    assert found[1].reason == "the classifier finds it (0.80), anna does not"


def test_what_the_expert_has_not_judged_is_no_disagreement():
    labels = make_labels(1, 100, [(0, 10, 14)], {"labelled": [(0, 0, 49)]}, name="anna")
    assert against_classifier(labels, 0, probability(f10_14=0.9, f60_64=0.9), 0.5) == []


def test_the_least_certain():
    values = probability(f10_14=0.19, f20_24=0.2, f30_34=0.5, f40_44=0.9, f50_54=0.91)
    found = uncertain(7, values)
    assert short(found) == [
        (7, 20, 24, (UNCERTAIN,), 0.08),  # refused: the chance that it is real all the same
        (7, 30, 34, (UNCERTAIN,), 0.61),  # found: the chance that it is not
        (7, 40, 44, (UNCERTAIN,), 0.07),
    ]
    assert (
        found[0].reason == "the classifier refuses it but is not sure (0.20; wrong in 8% of such)"
    )
    assert found[1].reason == "the classifier finds it but is not sure (0.50; wrong in 61% of such)"
    assert [i.first for i in uncertain(7, values, 0.6, 0.95)] == [40, 50]


def test_the_chance_grows_with_the_probability():
    assert [round(chance_real(p), 2) for p in (0.1, 0.5, 0.58, 0.9, 0.99)] == [
        0.03,
        0.39,
        0.5,
        0.93,
        1.0,
    ]


def test_what_is_proposed_are_the_transients_as_they_would_be_accepted():
    values = probability(f10_19=0.3, f12_14=0.9, f40_44=0.3)
    assert proposals(values, 0.5, 0.25).tolist() == [[12, 14], [40, 44]]  # not frames 10 to 19


def judge(cell, onset, peak):
    """A light that is the neighbour's in frames 10 to 14 and clearly the cell's own elsewhere."""
    own, other = (0.1, 0.9) if onset == 10 else (0.8, 0.2)
    return decide(own, np.array([4]), np.array([other]))


def test_the_source_contradicts_the_classifier():
    values = probability(f10_14=0.9, f20_24=0.9)
    putative = np.array([[10, 14], [20, 24], [40, 44]])
    found = contradicted(3, values, judge, 0.5, putative)
    assert short(found) == [(3, 10, 14, (SOURCE,), 0.14), (3, 40, 44, (SOURCE,), 0.01)]
    assert "the light is that of cell 4 (correlation 0.90, own 0.10)" in found[0].reason
    assert "not predicted, but the light has the cell's shape" in found[1].reason
    assert len(contradicted(3, values, judge, 0.5)) == 1


def test_a_source_that_is_not_known_contradicts_nothing():
    def unknown(cell, onset, peak):
        return decide(np.nan, np.array([4]), np.array([np.nan]))

    assert contradicted(0, probability(f10_14=0.9), unknown) == []


def test_of_several_reasons_the_strongest_counts():
    items = [
        ReviewItem(0, 10, 14, (UNCERTAIN,), "u", 1.0),
        ReviewItem(0, 12, 18, (SOURCE,), "s", 1.0),
        ReviewItem(0, 10, 11, (UNCERTAIN,), "u2", 0.2),
        ReviewItem(0, 19, 20, (UNCERTAIN,), "v", 1.0),
        ReviewItem(1, 10, 14, (EXPERTS,), "e", 0.9),
    ]
    assert rank(items) == [
        ReviewItem(1, 10, 14, (EXPERTS,), "e", pytest.approx(0.9)),
        ReviewItem(0, 10, 18, (SOURCE, UNCERTAIN), "s; u2; u", pytest.approx(0.8)),
        ReviewItem(0, 19, 20, (UNCERTAIN,), "v", pytest.approx(0.8)),
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


def item(cell, first, last, score=0.5):
    return ReviewItem(cell, first, last, (UNCERTAIN,), "unsure", score)


def test_one_event_in_several_cells_and_a_split_transient_stand_together():
    ranked = [
        item(0, 10, 19, 0.9),
        item(5, 50, 54, 0.8),
        item(1, 15, 22, 0.7),  # five of its eight frames are those of cell 0
        item(2, 10, 19, 0.6),  # at the same time, elsewhere in the field
        item(5, 57, 60, 0.5),  # two frames after the other of cell 5
        item(5, 70, 72, 0.4),
    ]
    near = {0: [1], 1: [0], 5: [], 2: []}
    queue = grouped(ranked, near.get, frame_rate_hz=10)
    assert [(i.cell, i.first, i.group) for i in queue] == [
        (0, 10, 1),
        (1, 15, 1),
        (5, 50, 2),
        (5, 57, 2),
        (2, 10, 0),
        (5, 70, 0),
    ]
    assert queue[0].reason == "unsure; at the same time as in cell 1"
    assert queue[2].reason == "unsure; one transient or two? The other: frames 57 to 60"
    assert queue[4] == ranked[3]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 6)), max_size=12))
def test_grouping_keeps_every_item_once_and_never_puts_a_lesser_group_first(rows):
    ranked = rank(item(cell, first, first + more, first / 50) for cell, first, more in rows)
    queue = grouped(ranked, lambda cell: [cell ^ 1], frame_rate_hz=10)
    assert sorted(i[:3] for i in short(queue)) == sorted(i[:3] for i in short(ranked))
    heads = [i.score for k, i in enumerate(queue) if not i.group or i.group != queue[k - 1].group]
    assert heads == sorted(heads, reverse=True)


def test_control_items_never_part_a_group():
    queue = grouped([item(0, 10, 19), item(1, 10, 19), item(2, 10, 19)], lambda _: range(3), 10)
    pool = np.array([(7, 50, 54)])
    for seed in range(20):
        places = [i.group for i in with_control(queue, pool, 0.25, seed)]
        assert places in ([0, 1, 1, 1], [1, 1, 1, 0])


def test_the_list_is_no_longer_than_a_person_can_do():
    values = probability(f10_14=0.45, f20_24=0.55, f30_34=0.3, f40_44=0.6, f50_54=0.7)
    best = review_queue([], {0: values}, 10, ReviewSettings(at_most=2, control_share=0))
    assert [i.first for i in best] == [20, 40]
    every = review_queue([], {0: values}, 10, ReviewSettings(at_most=0, control_share=0))
    assert len(every) == 5


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
    prediction = {0: probability(f10_14=0.95), 1: probability(f20_24=0.95, f70_72=0.6)}
    queue = review_queue([one, two], prediction, 10, ReviewSettings(control_share=0))
    assert [(i.cell, i.first, i.kinds) for i in queue] == [
        (0, 10, (EXPERTS, CLASSIFIER)),
        (1, 70, (CLASSIFIER, UNCERTAIN)),
    ]
    done = [(0, 12, 12)]
    queue = review_queue([one, two], prediction, 10, ReviewSettings(control_share=0), done=done)
    assert [i.cell for i in queue] == [1]


def test_a_doubt_counts_less_where_an_expert_has_looked_and_agrees():
    doubtful_one = {0: probability(f50_54=0.45), 1: probability(f50_54=0.45)}
    labels = make_labels(2, 100, [], {"labelled": [(0, 0, 99)]}, name="anna")
    queue = review_queue([labels], doubtful_one, 10, ReviewSettings(control_share=0))
    assert short(queue) == [(1, 50, 54, (UNCERTAIN,), 0.26), (0, 50, 54, (UNCERTAIN,), 0.05)]


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
