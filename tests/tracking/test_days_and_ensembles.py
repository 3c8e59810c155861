"""Three days of one field, and groups of cells that are active together."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.recording.rises import event_rate
from deepcinac.recording.signals import regular_signal
from deepcinac.tracking.across_days import follow_days
from deepcinac.tracking.alignment import align_pictures, stretched
from deepcinac.tracking.days import DistanceModel, fit_distances, register
from deepcinac.tracking.ensembles import correlations, find_ensembles, fit_signal, in_blocks
from deepcinac.tracking.settings import DaysMatchingSettings, EnsembleSettings
from deepcinac.tracking.turnover import turnover


def spots(places, side=100):
    y, x = np.mgrid[:side, :side]
    return sum(np.exp(-((y - a) ** 2 + (x - b) ** 2) / 8) for a, b in places)


def test_a_turn_and_a_shift_are_found():
    places = np.random.default_rng(0).uniform(15, 85, (40, 2))
    a = np.deg2rad(3.0)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    other = (places - 49.5) @ turn.T + 49.5 + (4.0, -6.0)
    rough = align_pictures(spots(places), spots(other))
    assert rough.angle_deg == pytest.approx(-3.0, abs=0.3)
    assert np.abs(rough(other) - places).max() < 0.8
    found = stretched(rough, places, other, 5.0)
    np.testing.assert_allclose(found.inverse(found(other)), other, atol=1e-3)


def test_probabilities_mean_what_they_say():
    """Half of the pairs lie within a Rayleigh of 1 px, half anywhere within 10 px."""
    generator = np.random.default_rng(0)
    same = generator.rayleigh(1.0, 500)
    other = 10 * np.sqrt(generator.random(500))
    model = fit_distances(np.concatenate([same, other]), 10.0)
    assert model.sigma_px == pytest.approx(1.0, abs=0.15)
    assert model.share == pytest.approx(0.5, abs=0.06)
    p = model.probability(np.concatenate([same, other]))
    assert p.sum() == pytest.approx(500, rel=0.1)
    assert DistanceModel(1, 0.5, 10).probability(np.array([0.0]))[0] > 0.95


def test_cells_are_numbered_over_days():
    generator = np.random.default_rng(1)
    grid = np.array([[20.0 * y, 20.0 * x] for y in range(5) for x in range(5)])
    days = [grid + generator.normal(0, 0.5, grid.shape) for _ in range(3)]
    days[1] = days[1][3:]  # three are not found on the second day
    found = register(days, 8.0)
    assert found.number.shape == (25, 3)
    assert (found.number[:, 1] < 0).sum() == 3
    np.testing.assert_array_equal(found.number[:, 2], np.arange(25))
    assert np.nanmin(found.probability) > 0.5


def test_turnover_by_hand():
    """Ten cells: five active on the first day, of which three stay so; two others become active."""
    first = np.array([2] * 5 + [1] * 5)
    second = np.array([2, 2, 2, 1, 1, 2, 2, 1, 1, 1])
    found = np.array([1, 1, 0, 1, 1, 1, 1, 1, 1, 1], bool)
    p = np.where(found, 0.9, np.nan)
    one = turnover(first, second, found, p, np.random.default_rng(0))
    assert (one.n, one.n_active, one.kept, one.chance, one.found_alone) == (10, 5, 0.6, 0.5, 0.4)
    assert one.error == pytest.approx(0.1)
    assert one.corrected == pytest.approx((0.6 - 0.1 * 0.5) / 0.9)


def test_rises_a_minute():
    light = np.random.default_rng(0).normal(100, 1, (2, 600))
    for start in (100, 300, 500):
        light[0, start : start + 20] += 20
    assert event_rate(light, 10.0, 5.0).tolist() == [3.0, 0.0]


def test_simulated_days_are_put_together(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("deepcinac.evaluation.report_style.DOTS_PER_INCH", 40)  # drawn, but fast
    command = "simulate --preset days --days 2 --day-cells 60 --day-field-px 128 --day-frames 250 --seed 3"
    assert main([*command.split(), "--progress", "none", "--out", str(tmp_path / "d")]) == 0
    sessions = sorted((tmp_path / "d").glob("*.deepcinac"))
    truth = np.load(tmp_path / "d" / "truth.npz")
    found = follow_days(sessions, DaysMatchingSettings())
    numbers = found.registry.number
    both = (numbers >= 0).all(1)
    first, second = (truth[f"identity-{day}"][numbers[both, day - 1]] for day in (1, 2))
    assert (first == second).mean() > 0.95
    assert both.sum() >= 0.9 * len(set(truth["identity-1"]) & set(truth["identity-2"]))
    who = np.where(
        numbers[:, 0] >= 0, truth["identity-1"][numbers[:, 0]], truth["identity-2"][numbers[:, 1]]
    )
    looked_at = (numbers < 0) & (found.state > 0)  # not found, and inside of the field
    assert looked_at.sum() >= 10
    right = (found.state == 2) == truth["active"][who]
    assert right[looked_at].mean() > 0.85
    words = [
        "track",
        "--days",
        *map(str, sessions),
        "--out",
        str(tmp_path / "r"),
        "--progress",
        "none",
    ]
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    (pair,) = json.loads(capsys.readouterr().out)["turnover"]
    assert 0 <= pair["low"] <= pair["still_active"] <= pair["high"] <= 1
    assert (
        (tmp_path / "r" / "cells.csv").read_text().startswith("cell,day,number,probability,state")
    )
    assert main([*words[:3], "--out", str(tmp_path / "q")]) == 2
    assert "sessions of at least two days" in capsys.readouterr().err


def grouped(n_frames=800, seed=0):
    """Two groups of eight cells, and eight that go their own ways."""
    generator = np.random.default_rng(seed)
    drive = np.repeat(generator.random((10, n_frames // 10)) < 0.3, 10, axis=1).astype(float)
    drive[1] *= 1 - drive[0]  # the two groups are never active at the same time
    own = [drive[0]] * 8 + [drive[1]] * 8 + list(drive[2:])
    return np.array(own) + generator.normal(0, 0.4, (24, n_frames)), drive


def test_groups_are_found_and_nothing_else():
    activity, drive = grouped()
    generator = np.random.default_rng(0)
    found = find_ensembles(activity, EnsembleSettings(shuffles=20), generator)
    assert found.n == 2
    assert [len(set(found.member[part])) for part in (slice(8), slice(8, 16))] == [1, 1]
    assert (found.member[16:] == -1).sum() >= 6  # two may be alike by chance
    one, other = fit_signal(found.activity, drive[1], 200, generator)
    follows = one if found.member[8] == 0 else other
    assert follows.correlation > 0.9
    assert follows.p < 0.05
    alone = np.vstack([activity[16:], grouped(seed=1)[0][16:]])
    assert find_ensembles(alone, EnsembleSettings(shuffles=20), generator).n == 0


def test_cells_that_are_seen_in_parts_are_compared_where_both_are():
    activity, _ = grouped()
    activity[0, :300] = np.nan
    activity[1, 700:] = np.nan
    both = slice(300, 700)
    expected = np.corrcoef(activity[0, both], activity[1, both])[0, 1]
    assert correlations(activity)[0, 1] == pytest.approx(expected)
    activity[1, 350:] = np.nan
    assert correlations(activity)[0, 1] == 0


def test_blocks_keep_the_values():
    row = np.arange(50.0)
    shuffled = in_blocks(row, np.random.default_rng(0))
    assert sorted(shuffled) == sorted(row)
    assert (shuffled != row).any()


def test_ensembles_of_a_session(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("deepcinac.evaluation.report_style.DOTS_PER_INCH", 40)  # drawn, but fast
    activity, drive = grouped(400)
    movie = np.full((400, 12, 80), 1000, np.uint16)
    cells = []
    for cell, row in enumerate(activity):
        y, x = 2 + 3 * (cell // 8), 2 + 9 * (cell % 8)
        movie[:, y : y + 2, x : x + 2] += np.clip(200 + 100 * row, 0, None).astype(np.uint16)[
            :, None, None
        ]
        cells.append(([y, y, y + 1, y + 1], [x, x + 1, x, x + 1], None))
    np.save(tmp_path / "m.npy", movie)
    path = tmp_path / "m.deepcinac"
    with Session.create(
        path, tmp_path / "m.npy", movie.shape, make_cells(cells, 12, 80), 10.0, 2.0
    ) as s:
        s.write_signal(regular_signal("touch", drive[0], "1", 10.0, 0.05))
    words = [
        "track",
        "--ensembles",
        str(path),
        "--from",
        "raw",
        "--shuffles",
        "20",
        "--progress",
        "none",
    ]
    assert main([*words, "--signal", "touch", "--out", str(tmp_path / "e"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["ensembles"]
    assert len(found) == 2
    assert all(8 <= int(one["Cells"]) <= 10 for one in found)
    assert max(float(one["With the signal"]) for one in found) > 0.9
    assert (tmp_path / "e" / "figures" / "map.png").is_file()
    for more, complaint in (
        (["--from", "nobody"], "traces or a layer among"),
        (["--signal", "licks"], "a signal 'licks'"),
    ):
        command = [w for w in words if w not in ("--from", "raw")] if "--from" in more else words
        assert main([*command, *more, "--out", str(tmp_path / "x")]) == 2
        assert complaint in capsys.readouterr().err
    assert main(["track", str(path), "--signal", "touch", "--out", str(tmp_path / "y")]) == 2
    assert "--ensembles beside --from or --signal" in capsys.readouterr().err
