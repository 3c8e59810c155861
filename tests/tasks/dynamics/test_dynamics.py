"""Recordings of ten channels and a few seconds whose class anybody could tell: bursts, or even activity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.session import Session
from deepcinac.learning.backbones import Describer, backbone_of
from deepcinac.learning.folds import Fold, Piece, leave_groups_out
from deepcinac.recording.cells import make_cells
from deepcinac.recording.spikes import make_spikes
from deepcinac.tasks.dynamics.classifying import classify, make_plan
from deepcinac.tasks.dynamics.methods import OnImages, class_targets, plain_methods
from deepcinac.tasks.dynamics.rasters import (
    Row,
    merged,
    parsed_merge,
    read_raster,
    rows_of,
)
from deepcinac.tasks.dynamics.report import notes_on, summary, write_report
from deepcinac.tasks.dynamics.settings import head_training
from deepcinac.tasks.dynamics.statistics import NAMES, statistics_of
from deepcinac.tasks.dynamics.windows import common_scale, draw, window_starts, windows_of
from helpers.rasters import FEW, SETTINGS, cultures


def test_windows_by_hand():
    """Three seconds in bins of 1 s, two channels; windows of 2 s, one after each second."""
    spikes = make_spikes(np.array([0.5, 1.5, 1.6, 2.5]), np.array([0, 1, 1, 0]), 2, 3.0)
    settings = replace(SETTINGS, window_s=2.0, stride_s=1.0, bin_ms=1000.0)
    first, second = windows_of(spikes, settings)
    assert first.tolist() == [[1, 0], [0, 2]]
    assert second.tolist() == [[0, 1], [2, 0]]
    assert window_starts(9000, 1200, 50).tolist()[-1] == 7800  # of 15 minutes: 157 windows of 120 s
    assert len(window_starts(9000, 1200, 50)) == 157
    with pytest.raises(InputError, match="a recording of at least 9 s, found one of 3 s"):
        windows_of(spikes, replace(settings, window_s=9.0))


def test_a_common_scale_keeps_the_rate_and_an_own_one_does_not():
    low, high = np.array([[1, 0, 0, 1]]), np.array([[4, 0, 0, 4]])
    settings = replace(SETTINGS, side_px=4)
    own = draw([low, high], settings, None)
    common = draw([low, high], settings, 4.0)
    assert (own[0] == own[1]).all()
    assert (common[0] > 0).sum(0).tolist() == [1, 0, 0, 1]
    assert (common[1] > 0).sum(0).tolist() == [4, 0, 0, 4]
    assert (draw([low, high], replace(settings, image="raster"), None)[0, 0] > 0).tolist() == [
        True, False, False, True,
    ]  # fmt: skip


def test_the_scale_comes_from_recordings_that_are_not_judged():
    """Nine recordings with at most 10 events in a bin and one with 1000: it does not set its own scale."""
    windows = [[np.full((1, 4), 10)]] * 4 + [[np.full((1, 4), 1000)]] * 2
    method = OnImages(
        Describer(backbone_of("mobilenet-v2")),
        windows,
        ("x", "y"),
        SETTINGS,
        head_training(6),
        Path("w"),
    )
    folds = leave_groups_out([1] * 6, list("abcdef"), 0, labels=list("xyxyxy"))
    assert [method.scale_of(fold) for fold in folds] == [1000.0] * 4 + [10.0] * 2
    assert common_scale([3.0]) == 3.0
    assert common_scale([61.0]) == 80.0


def test_statistics_by_hand():
    """Ten bins in which all four channels fire in the first, and nothing else happens."""
    counts = np.zeros((4, 10), int)
    counts[:, 0] = 1
    found = dict(zip(NAMES, statistics_of([counts])[0].tolist(), strict=True))
    assert len(NAMES) == 20
    assert found["rate"] == pytest.approx(np.log1p(0.4))
    assert found["Fano factor of 1 bins"] == pytest.approx(np.log(1.44 / 0.4 + 1e-3))
    assert found["largest count of 10 bins"] == pytest.approx(np.log1p(4))
    assert found["SD of channel counts"] == 0
    assert found["median of channel counts"] == pytest.approx(np.log1p(1))


def test_several_sets_of_targets_learn_what_each_would_alone(tmp_path):
    """Layers side by side share windows and nothing else."""
    recordings = cultures(3)
    windows = [windows_of(one.spikes, SETTINGS) for one in recordings]
    classes = ("burst", "even")
    labels = [one.label for one in recordings]
    true, false = (class_targets(own, classes, windows) for own in (labels, labels[::-1]))
    lengths, groups = [len(own) for own in windows], [one.group for one in recordings]
    fold = leave_groups_out(lengths, groups, 0, labels=labels)[0]
    piece = fold.test[0]

    class Known(Describer):
        def features(self, images, progress=None):
            return (images / 255).mean(1).astype(np.float32)

    def method():
        describer = Known(backbone_of("mobilenet-v2"), tmp_path)
        training = replace(head_training(12, 2, passes=300), learning_rate=0.02)
        return OnImages(describer, windows, classes, SETTINGS, training, tmp_path / "w")

    together = [answer(piece, 1) for answer in method().fit_many(fold, [true, false], 0)]
    for targets, found in zip((true, false), together, strict=True):
        alone = method().fit(fold, targets, 0)(piece, 1)
        np.testing.assert_allclose(alone, found, atol=1e-3)
    assert together[0][:, 0].mean() > 0.8 > 0.2 > together[1][:, 0].mean()


def test_where_one_class_is_left_to_learn_from_it_is_the_answer():
    """Exchanged classes of six recordings may leave one class in training: no method breaks off."""
    rng = np.random.default_rng(0)
    statistics = [rng.normal(size=(6, 3)) for _ in range(3)]
    train, held, test = (Piece(number, 0, 6) for number in range(3))
    targets = [np.full(6, number) for number in (1.0, 0.0, 0.0)]
    for method in plain_methods(statistics, 2, SETTINGS):
        answer = method.fit(Fold("a", "a", (train,), (held,), (test,)), targets, 0)
        assert answer(test, 2).tolist() == [[0.0, 1.0]] * 3


def test_bursts_are_told_from_even_activity(tmp_path, monkeypatch):
    plan = make_plan(cultures(), FEW, (), looks=1)
    assert plan.words == "8 groups, each left out whole in turn"
    found = classify(plan, tmp_path)
    forest = found.scores["random forest on statistics"]
    assert (forest.n_right, forest.balanced, forest.interval) == (8, 1.0, None)
    assert forest.exceeds_null
    assert forest.wilson == pytest.approx((0.676, 1.0), abs=1e-3)
    assert found.scores["most frequent class"].balanced == 0.5
    assert found.window_confusions["random forest on statistics"].tolist() == [[20, 0], [0, 20]]
    assert summary(found)[2][3] == "8 of 8"
    assert "share 50% of their time" in notes_on(found)[0]

    def save(figure, path):  # drawing takes seconds
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG" + bytes(20))

    monkeypatch.setattr("deepcinac.evaluation.html_page.save_figure", save)
    page = write_report(tmp_path / "report", found)
    assert "8 groups, each left out whole in turn" in page.read_text(encoding="utf-8")
    rows = (tmp_path / "report" / "recordings.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 2 * 8


def test_an_animal_before_and_after_is_one_unit():
    """Three animals, each in both classes: both of its recordings are left out, and judged one by one."""
    recordings = [
        replace(one, group=f"animal {number % 3}") for number, one in enumerate(cultures(3))
    ]
    plan = make_plan(recordings, FEW, ())
    assert [(fold.unit, fold.name) for fold in plan.folds[:2]] == [
        ("animal 0", "burst0"),
        ("animal 0", "even0"),
    ]
    for fold in plan.folds:
        trained = {recordings[p.recording].group for p in (*fold.train, *fold.validation)}
        assert fold.unit not in trained
    for row in plan.null_labels:
        assert all(row[n] != row[n + 3] for n in range(3))


def test_what_cannot_be_classified():
    two = cultures(2)
    for recordings, complaint in (
        (two[:2], "recordings of at least two classes, found all of burst"),
        (two[:3], "at least two animals, devices or recordings of each class, found 1 of even"),
        ([*two, two[0]], "a name of its own for each recording"),
        (
            [*two[:3], replace(two[3], group="")],
            "the animal or device of each recording, or of none",
        ),
    ):
        with pytest.raises(InputError, match=complaint):
            make_plan(recordings, FEW, ())


def test_classes_are_put_together():
    recordings = merged(cultures(2), dict([parsed_merge("any=burst,even")]))
    assert {one.label for one in recordings} == {"any"}
    with pytest.raises(InputError, match="classes among burst, even, found quiet"):
        merged(cultures(2), {"any": ("quiet",)})
    with pytest.raises(InputError, match="'NEW=OLD,OLD', found 'burst'"):
        parsed_merge("burst")


def test_activity_of_a_session(tmp_path):
    """Two cells: the first is active in frames 2 to 4, the second is not valid."""
    np.save(tmp_path / "movie.npy", np.zeros((50, 8, 8), np.uint16))
    cells = make_cells([([1, 1], [1, 2], None), ([4, 4], [4, 5], None)], 8, 8, "drawn")
    path = tmp_path / "m.deepcinac"
    with Session.create(path, tmp_path / "movie.npy", (50, 8, 8), cells, 10.0, 1.0) as session:
        layer = session.add_layer("expert", "me")
        session.add_transient(layer.id, 0, 2, 4)
        session.add_transient(layer.id, 1, 7, 9)
        session.set_valid(1, False)
        session.set_provenance(Provenance("M1", condition="P5", about={"age": 5}))
    one = read_raster(Row(path))
    assert (one.label, one.group, one.spikes.n_channels) == ("P5", "M1", 1)
    assert one.spikes.times_s.tolist() == pytest.approx([0.25, 0.35, 0.45])
    assert read_raster(Row(path), classes="age", by="recording").label == "5"
    with pytest.raises(InputError, match="the class \\(genotype\\) of each recording, found none"):
        read_raster(Row(path), classes="genotype")


def test_the_command_from_a_table_of_simulated_cultures(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "c"
    command = (
        "simulate --preset culture --devices 10 --length-s 10 --cells 20 --electrodes 10 --out"
    )
    assert main([*command.split(), str(out)]) == 0
    rows = rows_of([out / "devices.csv"])
    assert len(rows) == 10
    one = read_raster(rows[0])
    assert (one.label, one.group, one.spikes.n_channels, one.spikes.duration_s) == (
        "100E0I", "device01", 10, 10.0,
    )  # fmt: skip
    command = ["dynamics", str(out / "devices.csv"), "--window-s", "5", "--backbone", "none"]
    assert main([*command, "--plan"]) == 0
    said = capsys.readouterr().out
    assert "10 recordings: 10 devices, each left out whole in turn" in said
    assert "20 windows, 630 fits" in said
    assert main(["dynamics", str(out / "devices.csv"), "--window-s", "99", "--plan"]) == 2
    assert "a recording of at least 99 s, found one of 10 s" in capsys.readouterr().err
