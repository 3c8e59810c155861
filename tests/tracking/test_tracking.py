"""Tracking on a dozen cells that drift together: what is linked, joined, carried, refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.opening import open_recording
from deepcinac.simulation.elastic import draw_scene
from deepcinac.simulation.elastic_settings import ElasticSettings
from deepcinac.tracking.assignment import assign
from deepcinac.tracking.elastic import displacement
from deepcinac.tracking.fragments import Fragment, link
from deepcinac.tracking.joining import chains, join, paths_of
from deepcinac.tracking.score import score_joins, score_tracks
from deepcinac.tracking.settings import TrackingSettings
from deepcinac.tracking.spots import find_spots
from deepcinac.tracking.tracking import track_spots
from deepcinac.tracking.tracks import at_rest, filled, make_tracks, one_at_a_place

GRID = np.array([[10.0 * y, 10.0 * x] for y in range(3) for x in range(4)])
DRIFT = np.array([0.0, 3.0])  # px a frame


def drifting(n_frames=12):
    """(12, n_frames, 2): twelve cells on a grid, all 3 px to the right in every frame."""
    return GRID[:, None] + np.arange(n_frames)[:, None] * DRIFT


def with_a_gap(cell=5, first=4, last=7):
    """Fragments of drifting cells of which one is not seen from frame 4 to 7."""
    places = drifting()
    found = [Fragment(0, row) for number, row in enumerate(places) if number != cell]
    return [*found, Fragment(0, places[cell, :first]), Fragment(last + 1, places[cell, last + 1 :])]


def bells(centres, shape=(40, 50), sigma=2.0):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return sum(np.exp(-((y - a) ** 2 + (x - b) ** 2) / (2 * sigma**2)) for a, b in centres)


def test_spots_lie_between_pixels():
    noise = np.random.default_rng(0).normal(0, 0.02, (40, 50))
    found = find_spots(bells([(10.3, 12.0), (25.0, 33.6)]) + noise, 6.0, 6.0)
    found = found[np.argsort(found[:, 0])]
    np.testing.assert_allclose(found, [(10.3, 12.0), (25.0, 33.6)], atol=0.2)


def test_a_constant_frame_and_plain_noise_have_no_spots():
    assert find_spots(np.full((20, 20), 7), 5.0, 4.0).shape == (0, 2)
    noise = np.random.default_rng(1).normal(size=(100, 100))
    assert len(find_spots(noise, 5.0, 6.0)) == 0


def test_together_cheaper_than_one_by_one():
    """0 is nearest to 0, but 1 can only take 0: both are served."""
    first, second = assign(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 2.0, 1.5]), 4.0)
    assert list(zip(first, second, strict=True)) == [(0, 1), (1, 0)]
    assert len(assign(np.array([0]), np.array([0]), np.array([4.0]), 4.0)[0]) == 0


def test_a_stretch_is_known_between_cells_and_a_wrong_link_does_not_matter():
    after = GRID * 1.1 + (2, 3)
    after[6] += (15, 15)
    moved = displacement(GRID, after)
    np.testing.assert_allclose(moved(np.array([[12.0, 14.0]]))[0], (3.2, 4.4), atol=0.05)
    assert displacement(GRID[:7], after[:7]) is None


def test_spots_are_linked_from_frame_to_frame():
    spots = [GRID + frame * np.array([0.0, 4.0]) for frame in range(3)]
    assert [len(one.points) for one in link(spots, 5.0)] == [3] * 12
    spots = [GRID[1:], GRID, GRID]  # the first cell comes a frame late
    assert [len(one.points) for one in link(spots, 3.0, shortest_frames=3)] == [3] * 11


def test_a_new_spot_where_a_cell_was_is_not_that_cell():
    """All move 4 px; cell 0 vanishes and something appears where it was."""
    before, now = GRID, np.vstack([GRID[1:] + (0, 4), GRID[0]])
    lengths = {tuple(one.points[0]): len(one.points) for one in link([before, now], 5.0)}
    assert lengths[tuple(GRID[0])] == 1
    by_distance = link([before, now], 5.0, elastic=False)
    assert {tuple(one.points[0]): len(one.points) for one in by_distance}[tuple(GRID[0])] == 2


def test_a_cell_that_vanishes_is_carried_with_its_neighbours():
    fragments = with_a_gap()
    (found,) = join(fragments, paths_of(fragments, 12, 10), 12, 10, 2.0)
    assert (found.before, found.after, found.gap_frames) == (11, 12, 4)
    assert found.apart_px < 0.01
    assert chains(13, [found])[-1] == [11, 12]
    # Taken to stay where it was, it is 15 px away; over more frames than allowed, nothing is joined.
    assert join(fragments, paths_of(fragments, 12, 10, elastic=False), 12, 10, 2.0) == []
    assert join(fragments, paths_of(fragments, 12, 3), 12, 3, 2.0) == []


def test_a_join_over_the_cap_is_refused():
    fragments = with_a_gap()
    away = Fragment(8, fragments[-1].points + (0, 2.5))
    fragments = [*fragments[:-1], away]
    paths = paths_of(fragments, 12, 10)
    assert join(fragments, paths, 12, 10, 2.0) == []
    assert len(join(fragments, paths, 12, 10, 3.0)) == 1


def test_tracks_are_filled_where_nobody_sees():
    fragments = with_a_gap()[:-1]  # cell 11 is never seen again
    paths = paths_of(fragments, 12, 10)
    tracks = make_tracks(fragments, join(fragments, paths, 12, 10, 2.0), paths, 12)
    assert tracks.followed.sum(1).tolist() == [12] * 11 + [4]
    rest, frame = at_rest(tracks)
    assert frame == 0
    places = filled(tracks, rest)
    np.testing.assert_allclose(places[11], drifting()[5], atol=0.05)


def test_a_cell_that_was_dark_too_long_is_known_by_its_place():
    fragments = with_a_gap()
    paths = paths_of(fragments, 12, 2)  # the gap of four frames is not joined
    assert join(fragments, paths, 12, 2, 2.0) == []
    tracks = make_tracks(fragments, [], paths, 12)
    rest, _ = at_rest(tracks)
    joined, places = one_at_a_place(tracks, rest, 1.0)
    assert (len(tracks), len(joined), len(places)) == (13, 12, 12)
    assert joined.seen.sum(1).tolist() == [12] * 11 + [8]
    np.testing.assert_allclose(filled(joined, places)[11], drifting()[5], atol=0.05)
    # Two that are seen at once stay two, however close.
    twice = make_tracks(
        [*fragments, fragments[0]], [], paths_of([*fragments, fragments[0]], 12, 2), 12
    )
    assert len(one_at_a_place(twice, at_rest(twice)[0], 1.0)[0]) == 13


def test_joined_gaps_are_passed_through_where_the_cell_was():
    fragments = with_a_gap()
    paths = paths_of(fragments, 12, 10)
    tracks = make_tracks(fragments, join(fragments, paths, 12, 10, 2.0), paths, 12)
    np.testing.assert_allclose(tracks.positions[11], drifting()[5], atol=0.05)
    assert tracks.seen[11].sum() == 8
    assert tracks.followed[11].all()


def test_scores_by_hand():
    """Two cells; the second is dark in frame 2. One track takes the first, then jumps to the second."""
    truth = np.array([[[5.0, 5.0]] * 4, [[5.0, 9.0]] * 4])
    shown = np.array([[1, 1, 1, 1], [1, 1, 0, 1]], bool)
    found = np.array([[[5.0, 5.0], [5.0, 5.0], [5.0, 5.0], [5.0, 9.0]], [[5.0, 9.0]] * 4])
    seen = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
    score = score_tracks(found, seen, truth, shown, 2.0, (20, 20))
    assert (score.detection.right, score.detection.found, score.detection.real) == (6, 6, 7)
    assert (score.links.right, score.links.found, score.links.real) == (3, 4, 3)
    assert (score.silent.right, score.silent.found, score.silent.real) == (0, 0, 1)


def test_a_simulated_scene_is_what_was_asked_for():
    settings = ElasticSettings(moving_cells=30, moving_frames=160, moving_px=20.0)
    scene = draw_scene(settings, np.random.default_rng(0))
    reach = np.linalg.norm(scene.positions.max(1) - scene.positions.min(1), axis=1)
    assert reach.max() == pytest.approx(20.0)
    edges = [np.flatnonzero(np.diff(np.pad(row.astype(int), 1))) for row in scene.shown]
    inner = [np.diff(one.reshape(-1, 2))[1:-1] for one in edges]
    lengths = np.concatenate(inner)
    assert lengths.min() >= 15
    assert lengths.max() <= 40


SIMULATE = (
    "simulate --preset elastic --moving-cells 45 --moving-frames 50 --moving-field-px 128 --moving-px 30 "
    "--shown-frames 10,20 --silent-frames 6,12 --seed 2 --progress none --out"
)


def test_from_a_movie_to_a_session_in_which_cells_stand_still(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("deepcinac.evaluation.report_style.DOTS_PER_INCH", 40)  # drawn, but fast
    assert main([*SIMULATE.split(), str(tmp_path / "sim")]) == 0
    movie, truth = str(tmp_path / "sim" / "movie.tif"), str(tmp_path / "sim" / "truth.npz")
    track = ["track", movie, "--truth", truth, "--out", str(tmp_path / "out"), "--progress", "none"]
    assert main(track) == 2
    assert "frame rate of the movie" in capsys.readouterr().err
    track += ["--frame-rate", "10", "--pixel-size", "2"]
    assert main([*track, "--json"]) == 0
    elastic, constant = json.loads(capsys.readouterr().out)["methods"]
    silent, plain = elastic["scores"]["silent"], constant["scores"]["silent"]
    assert silent["right"] > 1.5 * plain["right"]
    assert silent["right"] / silent["found"] > 0.7
    assert (tmp_path / "out" / "report.html").is_file()
    known = np.load(truth)
    with open_recording(tmp_path / "out" / "tracked.deepcinac") as recording:
        results = recording.session.results("tracking")
        positions, curve = results["cell_position"].array, results["curve"].array
        followed = results["followed"].array
        assert np.isnan(curve[followed == 0]).all()
        light = np.asarray(recording.traces.raw)
    apart = np.linalg.norm(positions[None] - known["positions"][:, None], axis=-1)
    near = np.nanmedian(apart, axis=2)
    fits = [
        np.corrcoef(light[row.argmin()], own)[0, 1]
        for row, own in zip(near, known["light"], strict=True)
        if row.min() < 1.5
    ]
    assert len(fits) >= 20
    assert np.median(fits) > 0.85
    assert main(track) == 2
    assert "a new folder" in capsys.readouterr().err


def test_a_movie_without_cells_is_told(tmp_path, capsys):
    np.save(tmp_path / "empty.npy", np.zeros((10, 40, 40), np.uint16))
    command = ["track", str(tmp_path / "empty.npy"), "--frame-rate", "10", "--pixel-size", "2"]
    assert main([*command, "--out", str(tmp_path / "out"), "--progress", "none"]) == 2
    assert "spots that are seen in 4 frames after each other" in capsys.readouterr().err


def test_too_few_cells_are_told():
    spots = [GRID[:7] + frame for frame in range(10)]
    with pytest.raises(InputError, match="at least 8 cells in one frame"):
        track_spots(spots, TrackingSettings(), 2.0)
    assert (
        len(track_spots([GRID + frame for frame in range(10)], TrackingSettings(), 2.0).tracks)
        == 12
    )


def test_volumes_give_positions_and_traces(tmp_path: Path, capsys):
    generator = np.random.default_rng(0)
    z, y, x = np.mgrid[:12, :40, :40]
    rest = generator.uniform((3, 6, 6), (9, 34, 34), (14, 3))
    volumes = np.empty((10, 12, 40, 40), np.float32)
    for frame in range(10):
        volumes[frame] = generator.normal(0, 0.05, (12, 40, 40))
        for place in rest + (0, 0, 0.5 * frame):
            apart = (z - place[0]) ** 2 + (y - place[1]) ** 2 + (x - place[2]) ** 2
            volumes[frame] += np.exp(-apart / (2 * 1.5**2))
    np.save(tmp_path / "v.npy", volumes)
    command = [
        "track",
        str(tmp_path / "v.npy"),
        "--volume",
        "--pixel-size",
        "2",
        "--progress",
        "none",
    ]
    assert main([*command, "--diameter-um", "8", "--out", str(tmp_path / "out")]) == 0
    found = np.load(tmp_path / "out" / "tracks.npz")
    assert found["position_px"].shape[2] == 3
    whole = found["followed"].all(1)
    assert whole.sum() >= 8
    step = np.diff(found["position_px"][whole], axis=1).mean((0, 1))
    np.testing.assert_allclose(step, (0, 0, 0.5), atol=0.06)
    assert np.nanmin(found["light"][whole]) > 0.3
    np.save(tmp_path / "flat.npy", volumes[0])
    assert (
        main([*command[:1], str(tmp_path / "flat.npy"), *command[2:], "--out", str(tmp_path / "o")])
        == 2
    )
    assert "volumes with four axes" in capsys.readouterr().err


@pytest.mark.soak
def test_gaps_of_true_fragments_are_joined():
    """150 cells, displacement up to 45 px, silent 5 to 40 frames, places known to 0.3 px; five seeds."""
    found = []
    for seed in range(5):
        generator = np.random.default_rng([seed, 0])
        scene = draw_scene(ElasticSettings(), generator)
        measured = scene.positions + generator.normal(0, 0.3, scene.positions.shape)
        fragments, owners = true_fragments(measured, scene.shown)
        joins = join(fragments, paths_of(fragments, 200, 60), 200, 60, 6.0)
        pairs = [(one.before, one.after) for one in joins]
        found.append(score_joins(owners, [one.first for one in fragments], pairs))
    assert np.mean([one.precision for one in found]) >= 0.985
    assert np.mean([one.recall for one in found]) >= 0.985


def true_fragments(positions, shown, shortest=4):
    fragments, owners = [], []
    for cell, row in enumerate(shown):
        edges = np.flatnonzero(np.diff(np.pad(row.astype(int), 1))).reshape(-1, 2)
        for first, end in edges.tolist():
            if end - first >= shortest:
                fragments.append(Fragment(first, positions[cell, first:end]))
                owners.append(cell)
    return fragments, owners
