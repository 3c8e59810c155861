"""Decoding on recordings of a few hundred frames in which one input knows and the others do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.evaluation.units import UnitScores
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.recording.signals import Signal, regular_signal
from deepcinac.tasks.behaviour.decoding import (
    Decoding,
    decode,
    importances,
    make_plan,
    train_decoder,
)
from deepcinac.tasks.behaviour.importance import partners_of
from deepcinac.tasks.behaviour.recordings import matched, prepared, read_recording
from deepcinac.tasks.behaviour.report import artefact_suspected, notes_on, write_report
from deepcinac.tasks.behaviour.targets import Behaviour, behaviour_of, parsed_target
from deepcinac.tasks.behaviour.windows import offsets, pooled_windows, windows
from helpers.decoding import QUICK, RUN, SETTINGS, bouts, recording, running_session


def test_targets_from_words():
    speed = regular_signal("speed", np.repeat([0.0, 2.0], 30), "cm/s", 10.0)
    mode = Signal(
        "mode", np.repeat([0.0, 1.0, 2.0], 20), "1", np.arange(60) / 10, "previous", ("a", "b", "c")
    )
    signals = {"speed": speed, "mode": mode}

    def of(text):
        return behaviour_of(parsed_target(text), signals, 60, 10.0, "m.deepcinac")

    assert of("speed>0.5").values.tolist() == [0] * 30 + [1] * 30
    assert (of("speed").kind, of("speed").units) == ("real", "cm/s")
    assert of("mode == b").values[19:22].tolist() == [0, 1, 1]
    assert (of("mode").kind, of("mode").classes) == ("classes", ("a", "b", "c"))
    for text, complaint in (
        ("speed > 9", "60 of no, 0 of yes in speed > 9 of m.deepcinac"),
        ("licks", "a signal 'licks', found speed, mode"),
        ("speed > fast", "a number to compare with"),
        ("mode > a", "'mode ==' one of a, b, c"),
        ("> 3", "a signal such as"),
    ):
        with pytest.raises(InputError, match=complaint):
            of(text)


def test_windows_by_hand():
    inputs = np.arange(5.0)[:, None]
    assert windows(inputs, np.array([0, 3]), offsets(3, False))[..., 0].tolist() == [
        [0, 0, 1],
        [2, 3, 4],
    ]
    assert windows(inputs, np.array([3]), offsets(3, True))[..., 0].tolist() == [[1, 2, 3]]
    pooled = pooled_windows(inputs, np.array([2]), offsets(4, False), 2)
    assert pooled.tolist() == [[0.5, 2.5]]


def test_a_causal_decoder_sees_no_future():
    """Changing everything after frame 30 changes nothing up to it."""
    values = np.random.default_rng(0).normal(size=(60, 2))
    later = values.copy()
    later[31:] += 5
    around = offsets(7, True)
    frames = np.arange(31)
    for one, other in (
        (windows(values, frames, around), windows(later, frames, around)),
        (pooled_windows(values, frames, around, 3), pooled_windows(later, frames, around, 3)),
    ):
        np.testing.assert_allclose(one, other)


def test_regions_correspond_by_name_and_cells_by_pixels():
    a, b = (
        recording("a", names=("x", "y"), drive=(0, 1)),
        recording("b", names=("y", "x"), drive=(1, 0)),
    )
    how, (one, other) = matched([replace(a), b])
    assert (how, one.names, other.names) == ("name", ("x", "y"), ("x", "y"))
    np.testing.assert_array_equal(other.inputs[:, 0], b.inputs[:, 1])
    same = replace(b, keys=("p", "q"), names=("cell 0", "cell 1"))
    moved = replace(same, keys=("q", "p"), name="c")
    how, (one, other) = matched([same, moved])
    assert (how, other.keys) == ("footprint", ("p", "q"))
    numbers = [recording(name, names=("cell 0", "cell 1"), drive=(1, 0)) for name in "ab"]
    assert matched(numbers)[0] == ""


def test_what_is_held_out_where_nobody_says():
    def plan(*recordings, by=None):
        return make_plan(recordings, RUN, SETTINGS, QUICK, (), by)

    regions = [recording(name, name.upper()) for name in "abc"]
    assert (plan(*regions).by, plan(*regions).words) == (
        "animal",
        "3 animals, each left out whole in turn",
    )
    one = [recording(name, "A") for name in "abc"]
    assert plan(*one).by == "recording"
    assert plan(*one).words.startswith("within this animal (A): 3 recordings")
    cells = [recording(name, name, names=("cell 0", "cell 1"), drive=(1, 0)) for name in "ab"]
    found = plan(*cells)
    assert (found.by, found.unit, len(found.parts)) == ("time", "animal", 2)
    assert plan(cells[0]).unit == "block"
    with pytest.raises(InputError, match="Cells differ between animals"):
        plan(*cells, by="animal")
    with pytest.raises(InputError, match="the animal of each recording, found none in a"):
        plan(*[replace(r, whose=Provenance()) for r in regions], by="animal")


def test_the_gap_covers_all_that_looks_across_it():
    """A window of 5, a baseline of 30 frames and DeepCINAC's window of 100."""
    [part] = make_plan(
        [replace(recording("a", n=3000), reach_frames=130)], RUN, SETTINGS, QUICK
    ).parts
    fold = part.folds[1]
    judged = (fold.test[0].start, fold.test[0].stop)
    for piece in fold.train:
        assert piece.stop + 135 <= judged[0] or piece.start >= judged[1] + 135


def test_regression_beside_chance_and_importance_with_its_trap(tmp_path, monkeypatch):
    """Both limbs know: neither is needed much, both are; the eye decodes nothing."""
    recordings = [recording(name, name, seed, n=300) for seed, name in enumerate("abcd")]
    plan = make_plan(recordings, RUN, SETTINGS, QUICK, ())
    found = decode(plan, tmp_path)
    scores = found.scores["logistic regression"]
    assert scores.mean > 0.9 > scores.null_95
    assert scores.exceeds_null
    assert len(scores.by_unit) == 4
    rows = {(one.unit, one.name): one for one in importances(plan, tmp_path)[0]}
    limb, eye = rows["a", "limb left"], rows["a", "eye"]
    assert limb.needed_with_partner > 3 * limb.needed
    assert limb.alone > 0.8 > eye.alone
    assert eye.needed < 0.03

    def save(figure, path):  # drawing takes seconds
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG" + bytes(20))

    monkeypatch.setattr("deepcinac.evaluation.html_page.save_figure", save)
    page = write_report(tmp_path / "report", found, list(rows.values()))
    text = page.read_text(encoding="utf-8")
    assert "4 animals, each left out whole in turn" in text
    assert "rough guess" in text
    assert "cannot be tested" in text
    assert (tmp_path / "report" / "figures" / "importance.csv").is_file()


def decoded(alone, regression, null=0.55, animal="A"):
    """A decoding with these mean scores, each in four units."""
    recordings = [recording(name, animal) for name in "abcd"]
    plan = make_plan(recordings, RUN, SETTINGS, QUICK, (), "recording")
    scores = {
        name: UnitScores(dict.fromkeys("abcd", value), None, np.full(20, null))
        for name, value in (("mean of all alone", alone), ("logistic regression", regression))
    }
    return Decoding(plan, scores, (), {})


def test_notes_flag_a_change_of_the_whole_field_and_chance():
    assert artefact_suspected(decoded(0.9, 0.95))
    assert not artefact_suspected(decoded(0.6, 0.95))
    assert any("movement or light" in note for note in notes_on(decoded(0.9, 0.95)))
    chance = " ".join(notes_on(decoded(0.5, 0.54)))
    assert "within one animal" in chance
    assert "No method is better than chance" in chance


@pytest.mark.parametrize("kind", ["real", "classes"])
def test_real_values_and_classes_by_regression(tmp_path, kind):
    recordings = []
    for seed, name in enumerate("abc"):
        one = recording(name, name, seed, n=300)
        run = one.behaviour.values
        behaviour = Behaviour(3 * run + 1, "real", "cm/s")
        if kind == "classes":
            behaviour = Behaviour(run + bouts(300, seed + 9), "classes", classes=("a", "b", "c"))
        recordings.append(replace(one, behaviour=behaviour))
    found = decode(make_plan(recordings, parsed_target("speed"), SETTINGS, QUICK, ()), tmp_path)
    scores = list(found.scores.values())[1]
    assert scores.mean > 0.55
    assert scores.exceeds_null
    assert found.answers[list(found.scores)[1]]["a"].shape == (300, 3 if kind == "classes" else 1)


def test_a_network_learns_is_kept_and_decodes_a_session(tmp_path, monkeypatch):
    """From a prediction in a session to the decoded behaviour in a layer of it."""
    path = running_session(tmp_path, monkeypatch)
    one = read_recording(path, RUN, "spikes")
    assert (one.reach_frames, one.names) == (100, ("cell 0", "cell 1"))
    plan = make_plan([replace(one, reach_frames=5)], RUN, SETTINGS, replace(QUICK, epochs=3))
    card = train_decoder(plan, plan.parts[0], tmp_path / "decoder")
    assert (card.task, card.training["animals"]) == ("behaviour", ["M1"])
    assert card.scores["score"] > 0.8
    from deepcinac.cli.main import main

    assert main(["decode", str(path), "--apply", str(tmp_path / "decoder")]) == 0
    with Session.open(path, read_only=True) as session:
        layer = next(one for one in session.layers() if one.name == "speed > 0.5 (gru)")
        said = session.results(layer.id)["behaviour"]
        assert (said.dims, said.maker.weights_sha256) == (("frame",), card.weights_sha256)
    run = one.behaviour.values
    assert said.array[run == 1].mean() > said.array[run == 0].mean() + 0.2


def test_partners_are_mirror_images_or_alike():
    assert partners_of([recording("a")])[:2] == [1, 0]
    plain = recording("a", names=("cell 0", "cell 1", "cell 2"), drive=(3, 0, 3))
    assert partners_of([plain])[0] == 2


def test_expected_gradients_add_up():
    """Over all inputs they are the answer minus the mean answer of the references."""
    from deepcinac.tasks.behaviour.model import Architecture, build_network, expected_gradients

    model = build_network(Architecture("gru", 3, 4, 2), 1)
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(60, 4, 2)).astype(np.float32)
    others = generator.normal(size=(60, 4, 2)).astype(np.float32)
    found = expected_gradients(model, inputs, others, generator).sum((1, 2))
    wanted = np.asarray(model(inputs))[:, 0] - np.asarray(model(others)).mean()
    assert np.corrcoef(found, wanted)[0, 1] > 0.8
    assert found.mean() == pytest.approx(wanted.mean(), abs=0.05)


def test_inputs_that_are_no_numbers_are_told():
    with pytest.raises(InputError, match="NaN in 1 inputs"):
        prepared(np.array([[1.0, np.nan], [2.0, 3.0]]), 0, False, "mouse")
