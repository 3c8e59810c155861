"""Latent dynamics on a few cells: what is learnt from, what is not, and what comes out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.files import read_json, write_npz
from deepcinac.labelling.session import Session
from deepcinac.learning.backend import load_keras
from deepcinac.learning.folds import Piece
from deepcinac.learning.settings import TrainingSettings
from deepcinac.recording.cells import make_cells
from deepcinac.recording.line_times import bins_within_frame, line_times, spread_over_bins
from deepcinac.results.files import read_results
from deepcinac.tasks.latents.inferring import find_latents, make_plan
from deepcinac.tasks.latents.model import (
    Architecture,
    build_network,
    expected_values,
    log_gamma,
    loss_of,
    start_bias,
)
from deepcinac.tasks.latents.plain import Factors, Smoothing, fit_plain, interpolated
from deepcinac.tasks.latents.samples import Samples, checked_samples, read_file
from deepcinac.tasks.latents.score import deviance, explained_by_cell, r2_by_cell
from deepcinac.tasks.latents.settings import KINDS_OF_VALUES, LatentsSettings
from deepcinac.tasks.latents.task import LatentsTask
from deepcinac.tasks.latents.windows import (
    WindowMaterial,
    cut_windows,
    divided,
    joined,
    split_of,
    window_starts,
)

NAN = np.nan


def samples(values, kind="counts", bin_s=0.1, **more):
    values = np.asarray(values, float)
    names = tuple(f"cell {n}" for n in range(values.shape[2]))
    return Samples("s", Path("s.npz"), values, kind, bin_s, names, names,
                   np.arange(values.shape[2]), **more)  # fmt: skip


def counts(n_trials=20, n_bins=8, n_cells=3, seed=0):
    return np.random.default_rng(seed).poisson(1.0, (n_trials, n_bins, n_cells)).astype(float)


# Line times


def test_a_cell_is_passed_when_the_laser_reaches_its_rows():
    """In 10 rows and a frame of 0.1 s, rows 0 and 1 are passed after 10 ms on average, row 8 after 85 ms."""
    cells = make_cells([([0, 1], [3, 3], None), ([8], [0], None)], 10, 10)
    np.testing.assert_allclose(line_times(cells, [0, 1], 10.0), [0.010, 0.085])
    assert bins_within_frame(np.array([0.010, 0.085]), 10.0, 5).tolist() == [0, 4]
    with pytest.raises(InputError, match="within a frame"):
        bins_within_frame(np.array([0.1]), 10.0, 5)


def test_frames_in_finer_bins_keep_every_sample():
    values = np.arange(6.0).reshape(3, 2)
    finer = spread_over_bins(values, np.array([1, 0]), 2)
    assert finer.shape == (6, 2)
    assert finer[1::2, 0].tolist() == [0, 2, 4]
    assert finer[::2, 1].tolist() == [1, 3, 5]
    assert np.isnan(finer).sum() == 6


# Windows


def test_windows_cover_a_recording_and_join_again():
    values = np.arange(23.0).reshape(1, 23, 1)
    starts = window_starts((Piece(0, 0, 23),), 6, 3)
    assert starts[-1].tolist() == [0, 17]
    again = joined(cut_windows(values, starts, 6), starts, (1, 23))
    np.testing.assert_allclose(again, values)
    half = joined(cut_windows(values, starts[:1], 6), starts[:1], (1, 23))
    assert np.isnan(half).sum() == 17


def test_what_is_judged_chose_nothing_and_taught_nothing():
    rng = np.random.default_rng(0)
    one = divided(samples(counts(40)), 8, 5, rng)
    parts = [{piece.recording for piece in own} for own in (one.train, one.choose, one.judge)]
    assert [len(part) for part in parts] == [28, 6, 6]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    long = divided(samples(counts(1, 400)), 10, 5, rng)
    [judged] = long.judge
    for piece in (*long.train, *long.choose):
        assert piece.start >= judged.stop + 10 or piece.stop <= judged.start - 10


def test_a_recording_too_short_for_its_blocks_is_a_sentence():
    with pytest.raises(InputError, match="at least 150 bins for 5 blocks of 3 windows, found 140"):
        divided(samples(counts(1, 140)), 10, 5, np.random.default_rng(0))


def test_coordinated_dropout_teaches_only_what_it_hid():
    one = samples(counts())
    division = divided(one, 8, 5, np.random.default_rng(0))
    held = np.array([False, False, True])
    material = WindowMaterial(one.values, division, 8, held, 0.4, split_of(one, division))
    inputs, targets = material.draw(50, np.random.default_rng(1))
    assert np.isnan(inputs[..., 2]).all()
    assert np.isfinite(targets[..., 2]).all()
    hidden = np.isnan(inputs[..., :2])
    np.testing.assert_array_equal(hidden, np.isfinite(targets[..., :2]))
    assert 0.35 < hidden.mean() < 0.45
    again = material.draw(50, np.random.default_rng(1))
    np.testing.assert_array_equal(again[1], targets)


def test_what_chooses_is_told_from_what_training_would_show():
    """A network that copies each sample to its place must not be chosen for it."""
    one = samples(counts(60))
    division = divided(one, 8, 5, np.random.default_rng(1))
    held = np.array([False, False, True])
    material = WindowMaterial(one.values, division, 8, held, 0.4, split_of(one, division))
    inputs, targets = material.choosing()
    assert (np.isnan(inputs) | np.isnan(targets)).all()  # nothing is both shown and told
    assert np.isfinite(targets[..., 2]).all()  # a cell that is held out is always told
    assert 0.2 < np.isfinite(targets[..., :2]).mean() < 0.6
    again = material.choosing()
    np.testing.assert_array_equal(inputs, again[0])
    np.testing.assert_array_equal(targets, again[1])


# Losses


@pytest.mark.parametrize("kind", KINDS_OF_VALUES)
def test_no_gradient_where_nothing_was_observed(kind):
    import tensorflow as tf

    load_keras()
    rng = np.random.default_rng(0)
    targets = rng.uniform(0, 1, (2, 3, 2)).round(0 if kind == "counts" else 3).astype(np.float32)
    targets[0, 1, 0] = targets[1, :, 1] = NAN
    n_numbers = 3 if kind == "events" else 1
    outputs = tf.constant(rng.normal(size=(2, 3, 2 * n_numbers)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = loss_of(kind, targets, outputs)
    gradient = tape.gradient(loss, outputs).numpy().reshape(2, 3, 2, n_numbers)
    unseen = np.isnan(targets)
    assert np.isfinite(float(loss))
    assert (gradient[unseen] == 0).all()
    assert (np.abs(gradient[~unseen]).sum(-1) > 0).all()


def test_losses_by_hand():
    load_keras()
    seen = np.array([[[2.0, NAN]]], np.float32)
    one = float(loss_of("counts", seen, np.array([[[np.log(3.0), 9.0]]], np.float32)))
    assert one == pytest.approx(3 - 2 * np.log(3), abs=1e-5)
    assert float(loss_of("fluorescence", seen, np.full((1, 1, 2), 5, np.float32))) == 4.5
    half = float(loss_of("activity", 0 * seen, np.zeros((1, 1, 2), np.float32)))
    assert half == pytest.approx(np.log(2), abs=1e-5)
    none = float(
        loss_of("counts", np.full((1, 1, 2), NAN, np.float32), np.zeros((1, 1, 2), np.float32))
    )
    assert none == 0


def test_events_follow_a_gamma_distribution_with_zeros():
    """Against SciPy: an event of 2 where the chance is 0.5, the shape 3 and the mean 4; and no event."""
    from scipy.stats import gamma

    load_keras()
    outputs = np.array([[[0.0, np.log(3.0), np.log(4.0)]]], np.float32)
    event = float(loss_of("events", np.array([[[2.0]]], np.float32), outputs))
    assert event == pytest.approx(-np.log(0.5 * gamma.pdf(2, 3, scale=4 / 3)), abs=1e-4)
    silent = float(loss_of("events", np.array([[[0.0]]], np.float32), outputs))
    assert silent == pytest.approx(np.log(2), abs=1e-5)
    assert expected_values("events", outputs)[0, 0, 0] == pytest.approx(2.0)


def test_log_gamma():
    from scipy.special import gammaln

    x = np.array([0.05, 0.5, 1.0, 2.5, 20.0])
    np.testing.assert_allclose(log_gamma(np, x), gammaln(x), atol=2e-6)


@pytest.mark.parametrize("kind", KINDS_OF_VALUES)
def test_a_fresh_network_says_the_mean_of_each_cell(kind):
    mean, shares = np.array([0.2, 0.6]), np.array([0.5, 0.9])
    bias = start_bias(kind, mean, shares)
    np.testing.assert_allclose(expected_values(kind, bias[None, None])[0, 0], mean, rtol=1e-5)


def test_an_unobserved_sample_changes_no_answer():
    """What stands under NaN cannot be known: two inputs alike but for what was not observed."""
    network = build_network(Architecture(2, 4, hidden=4, factors=2), 0)
    inputs = np.ones((1, 4, 2), np.float32)
    inputs[0, 2, 1] = NAN
    zero = np.nan_to_num(inputs)
    np.testing.assert_allclose(network(inputs), network(zero), rtol=1e-5)
    told = build_network(Architecture(2, 4, hidden=4, factors=2, mask_input=True), 0)
    assert np.abs(np.asarray(told(inputs)) - np.asarray(told(zero))).max() > 1e-4


# Scores and plain methods


def test_scores_by_hand():
    values = np.array([[0.0, 1.0], [2.0, NAN]])
    perfect = explained_by_cell("counts", values, np.nan_to_num(values), np.array([1.0, 2.0]))
    np.testing.assert_allclose(perfect, 1)
    mean = explained_by_cell("counts", values, np.ones((2, 2)), np.array([1.0, 1.0]))
    assert mean[0] == 0
    assert np.isnan(mean[1])  # a cell that is at its mean throughout
    assert deviance("activity", np.array([1.0]), np.array([0.5])) == pytest.approx(2 * np.log(2))
    assert r2_by_cell(np.array([[1.0], [3.0]]), np.array([[2.0], [2.0]])).tolist() == [0]


def test_smoothing_and_interpolation_leave_gaps_out():
    values = np.array([[[1.0], [NAN], [3.0]]])
    assert interpolated(values, np.zeros(1)).ravel().tolist() == [1, 2, 3]
    assert interpolated(np.full((1, 3, 1), NAN), np.array([7.0])).ravel().tolist() == [7, 7, 7]
    smooth = Smoothing(100.0, np.array([2.0]), "fluorescence").tell(values)
    np.testing.assert_allclose(smooth, 2.0, atol=0.05)


def test_factor_analysis_tells_a_cell_that_is_not_shown():
    """Two cells follow one wave; the second is told from the first."""
    wave = np.sin(np.arange(400) / 5)[:, None] * np.array([1.0, 2.0, -1.0])
    noisy = wave + np.random.default_rng(0).normal(0, 0.1, wave.shape)
    shown = noisy[None, :100].copy()
    shown[..., 1] = NAN
    hidden = np.full_like(shown, NAN)
    hidden[..., 1] = noisy[None, :100, 1]
    found = fit_plain([noisy[100:]], shown, hidden, "fluorescence", 0)
    assert [type(one) for one in found.values()] == [Smoothing, Factors]
    scores = [r2_by_cell(wave[None, :100], one.tell(shown))[1] for one in found.values()]
    assert scores[0] < 0.05 < 0.9 < scores[1]


# Input


@pytest.mark.parametrize(
    ("values", "kind", "complaint"),
    [
        (-counts(), "counts", "counts of at least 0, found -"),
        (counts() / 2, "counts", "whole numbers as counts, found fractions"),
        (counts(), "activity", "activity from 0 to 1"),
        (counts(3), "counts", "at least 10 trials, found 3"),
        (counts()[..., :1], "counts", "at least 2 cells"),
        (counts() * NAN, "counts", "samples of every cell, found none in 3, the first is cell 0"),
        (counts() * 0, "counts", "cells whose values change"),
        (np.full((20, 8, 3), np.inf), "fluorescence", "found infinity"),
        (counts(), "spikes", "values among counts, events, fluorescence, activity, found 'spikes'"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_samples_are_a_sentence(values, kind, complaint):
    with pytest.raises(InputError, match=complaint):
        checked_samples(samples(values, kind))


def test_a_cell_that_was_seen_once_cannot_be_learnt():
    values = counts()
    values[:, :, 2] = NAN
    values[0, 0, 2] = 1  # in one trial, which may be one that is judged
    one = checked_samples(samples(values))
    told = 0
    for seed in range(12):
        training = TrainingSettings(seed=seed)
        division = divided(one, 8, 5, np.random.default_rng([seed, 7]))
        if 0 in {piece.recording for piece in division.train}:
            make_plan(one, LatentsSettings(), training)
        else:
            told += 1
            with pytest.raises(InputError, match="none of 1, the first is cell 2"):
                make_plan(one, LatentsSettings(), training)
    assert told


def test_files_say_what_they_hold(tmp_path):
    path = tmp_path / "a.npz"
    write_npz(path, values=counts())
    with pytest.raises(InputError, match="what the values are"):
        read_file(path)
    with pytest.raises(InputError, match="the length of a bin"):
        read_file(path, "counts")
    one = read_file(path, "counts", 0.1)
    assert (one.kind, one.bin_s, one.is_trials, one.missing) == ("counts", 0.1, True, 0)
    with pytest.raises(InputError, match="line_times_s"):
        read_file(path, "counts", 0.1, 4)
    write_npz(path, values=counts(), line_times_s=np.array([0, 0.05, 0.09]), bin_s=np.array(0.1))
    finer = read_file(path, "counts", None, 4)
    assert (finer.n_bins, finer.bin_s, finer.missing) == (32, 0.025, 0.75)
    write_npz(path, values=counts(), truth=counts()[:2])
    with pytest.raises(InputError, match="truth of shape"):
        read_file(path, "counts", 0.1)


# The whole


QUICK = ["--hidden", "4", "--factors", "2", "--epochs", "1", "--windows-per-epoch", "64",
         "--batch-windows", "32", "--progress", "none"]  # fmt: skip


@pytest.fixture
def without_drawing(monkeypatch):
    """Drawing takes seconds; the tables of the figures are written all the same."""

    def save(figure, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG" + bytes(20))

    monkeypatch.setattr("deepcinac.evaluation.html_page.save_figure", save)


def test_from_a_file_to_a_report_and_on_to_sparse_data(tmp_path, without_drawing, capsys):
    """Learn on complete trials, adapt to others with gaps; the pretrained network is a row of its own."""
    full = counts(40, 6, 4)
    write_npz(tmp_path / "a.npz", values=full, bin_s=np.array(0.1), kind=np.array("counts"),
              truth=full * 10)  # fmt: skip
    out = tmp_path / "full"
    command = ["latents", str(tmp_path / "a.npz"), "--trials", "0-19", "--variational",
               "--held-out-cells", "0.25", *QUICK]  # fmt: skip
    assert main([*command, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Counts of 4 cells (a.npz) in 20 trials of 0.6 s, bins of 100 ms; 0% of" in said
    scores = read_json(out / "scores.json")["measures"]
    assert set(scores) == {"hidden samples", "held-out cells", "truth"}
    assert [len(one["cells"]) for one in scores["held-out cells"]] == [1, 1, 1]
    answers = read_results(out / "latents.npz")
    assert answers["rate_between_samples_hz"].array.shape == (4, 20 * 6)
    assert answers["factors"].array.shape == (2, 20 * 6)
    assert "interval is over cells" in (out / "report.html").read_text(encoding="utf-8")
    assert main([*command, "--out", str(out)]) == 2
    assert "overwrite it with --force" in capsys.readouterr().err

    sparse = np.where(np.random.default_rng(0).random(full.shape) < 0.5, NAN, full)
    write_npz(tmp_path / "b.npz", values=sparse, bin_s=np.array(0.1), kind=np.array("counts"))
    adapted = ["latents", str(tmp_path / "b.npz"), "--trials", "20-39", *QUICK]
    assert main([*adapted, "--start-from", str(out / "network"), "--out", str(tmp_path / "b")]) == 0
    methods = [
        one["method"]
        for one in read_json(tmp_path / "b" / "scores.json")["measures"]["hidden samples"]
    ]
    assert methods[-2:] == ["autoencoder", "pretrained, not adapted"]
    card = read_json(tmp_path / "b" / "network" / "card.json")
    assert card["training"]["started_from"] == "network"
    assert main(["classifiers", str(out / "network")]) == 0
    capsys.readouterr()
    assert main(["latents", str(tmp_path / "a.npz"), "--trials", "30-50", "--plan"]) == 2
    assert "Expected trials from 0 to 39, such as 0-499, found '30-50'" in capsys.readouterr().err
    other = counts(12, 6, 5)
    write_npz(tmp_path / "c.npz", values=other, bin_s=np.array(0.1), kind=np.array("counts"))
    capsys.readouterr()
    assert main(["latents", str(tmp_path / "c.npz"), "--apply", str(out / "network"),
                 "--out", str(tmp_path / "c")]) == 2  # fmt: skip
    assert "4 cells, as the network learnt from, found 5" in capsys.readouterr().err


def test_a_session_gets_its_answers_between_the_frames(
    tmp_path, monkeypatch, without_drawing, capsys
):
    """Frames at 10 Hz in bins of a quarter: the answers are a layer, with times of their own."""
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "scan"
    assert main(["simulate", "--preset", "line-scan-rhythm", "--out", str(folder), "--scan-s", "12",
                 "--scanned-cells", "4", "--scan-px", "24"]) == 0  # fmt: skip
    session = str(folder / "rhythm.deepcinac")
    command = [
        "latents",
        session,
        "--bins-per-frame",
        "4",
        "--window-bins",
        "16",
        "--write",
        *QUICK,
    ]
    assert main([*command, "--out", str(tmp_path / "report")]) == 0
    assert "it is no rate" in capsys.readouterr().out
    with Session.open(session, read_only=True) as opened:
        [layer] = opened.layers()
        found = opened.results(layer.name)
        fine = found["fluorescence_between_samples"]
        assert fine.array.shape == (4, 480)
        np.testing.assert_allclose(fine.time.seconds(2), [0.0125, 0.0375])
        assert found["curve"].array.shape == (4, 120)
        assert np.isfinite(fine.array).all()
    assert main([*command, "--out", str(tmp_path / "b"), "--trials", "0-3"]) == 2
    assert "--trials and --bin-s with a file" in capsys.readouterr().err


@pytest.mark.soak
def test_a_network_learns_what_two_cells_share(tmp_path):
    """A slow wave of a random phase in each trial: the hidden half of the samples is told from the rest."""
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, (160, 1, 1))
    truth = np.sin(2 * np.pi * np.arange(12)[:, None] / 12 + phase) * np.array(
        [1.0, -1.0, 1.0, 1.0]
    )
    values = truth + rng.normal(0, 0.2, truth.shape)
    values[rng.random(values.shape) < 0.6] = NAN
    one = checked_samples(samples(values, "fluorescence", truth=truth))
    training = TrainingSettings(epochs=8, windows_per_epoch=1024, batch_windows=64,
                                learning_rate=2e-2, average=0.9)  # fmt: skip
    settings = LatentsSettings(hidden=16, factors=3, dropout=0.0, penalty=0.0)
    found = find_latents(make_plan(one, settings, training), tmp_path / "n")
    assert found.scores["truth"]["autoencoder"].mean > 0.5
    smoothing = found.scores["truth"]["Gaussian smoothing"].mean
    assert found.scores["truth"]["autoencoder"].mean > smoothing
    assert dataclasses.replace(LatentsTask(one, found.plan.division)).data_fingerprint()
