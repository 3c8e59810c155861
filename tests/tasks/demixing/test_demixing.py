"""Demixing small made-up movies whose answer can be seen by eye."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tifffile

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.labelling.session import Session
from deepcinac.learning.backend import load_keras
from deepcinac.learning.card import read_card, write_card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.trainer import train
from deepcinac.recording.movie_readers import open_movie
from deepcinac.recording.overlaps import iou
from deepcinac.results import FileReference
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.demixing.applying import (
    Slots,
    choose_cells,
    find_slots,
    footprints_of,
    owners,
    tile_corners,
)
from deepcinac.tasks.demixing.corpus import (
    CELLS,
    SLOTS,
    cut_tile,
    make_example,
    turned,
    turned_places,
)
from deepcinac.tasks.demixing.loss import loss_of
from deepcinac.tasks.demixing.model import build_network, card_of, parts_of
from deepcinac.tasks.demixing.prepare import Grid, averaged, plan_grid, prepare, slow_course
from deepcinac.tasks.demixing.score import Found, count_found
from deepcinac.tasks.demixing.seeds import find_seeds
from deepcinac.tasks.demixing.separating import make_separator
from deepcinac.tasks.demixing.settings import DemixingTraining
from deepcinac.tasks.demixing.task import DemixingTask
from deepcinac.tasks.demixing.unrolled import Architecture, Geometry

SMALL = Architecture(steps=2, channels=4, reach_px=5, tile_px=24)


def disc(y: float, x: float, radius: float = 3.5, side: int = 24) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (np.hypot(rows - y, columns - x) <= radius).astype(np.float32)


def two_cells(n: int = 200, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A movie, shapes and courses of two cells that overlap: one lights up early, the other late."""
    shapes = np.stack([disc(10, 9), disc(12, 14)])
    courses = np.zeros((2, n), np.float32)
    courses[0, 30:45] = courses[0, 80:90] = 6
    courses[1, 120:135] = courses[1, 160:175] = 6
    movie = 100 + np.tensordot(courses.T, shapes, 1)
    movie += np.random.default_rng(0).normal(0, noise, movie.shape)
    return movie.astype(np.float32), shapes, courses


# What the network sees


def test_a_pixel_loses_its_slow_course_and_keeps_what_is_fast() -> None:
    frames = np.arange(100, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    frames[50] += 40
    left = frames - slow_course(frames, 20)
    assert left[50, 0, 0] == pytest.approx(40, abs=1)
    assert np.abs(np.delete(left[12:88, 0, 0], 50 - 12)).max() < 1


def test_the_noise_of_a_prepared_movie_is_one() -> None:
    frames = np.random.default_rng(1).normal(500, 7, (300, 24, 24)).astype(np.float32)
    ready = prepare(frames, 5.0)
    assert ready.frames.std() == pytest.approx(1, abs=0.03)
    assert np.median(ready.noise) == pytest.approx(7, rel=0.05)


def test_movies_of_any_rate_and_size_are_brought_to_one_grid() -> None:
    assert plan_grid((1000, 100, 200), 30.0, 1.0) == Grid(6, 50, 100)
    assert plan_grid((1000, 100, 200), 5.0, 2.0) == Grid(1, 100, 200)
    assert plan_grid((1000, 100, 200), 5.0, 2.0, aspect=4.0) == Grid(1, 200, 100)  # tall pixels
    with pytest.raises(InputError, match="at least 300 frames"):
        plan_grid((200, 100, 200), 30.0, 1.0)


def test_reading_in_blocks_is_the_same_as_at_once(tmp_path: Path) -> None:
    frames = np.random.default_rng(2).integers(0, 50, (523, 16, 20)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "m.tif", frames)
    with open_movie(str(tmp_path / "m.tif"), working_copy=False) as movie:
        read = averaged(movie, Grid(3, 16, 20))
    assert read.frames.shape == (174, 16, 20)
    np.testing.assert_allclose(read.frames, frames[:522].reshape(174, 3, 16, 20).mean(1), rtol=1e-6)
    np.testing.assert_allclose(read.mean, frames.mean(0))
    changes = np.diff(frames.astype(float), axis=0)
    np.testing.assert_allclose(read.noise, np.sqrt((changes**2).mean(0) / 2), rtol=1e-5)


# Seeds


def test_each_of_two_overlapping_cells_gets_a_seed_and_noise_none() -> None:
    movie, shapes, _ = two_cells()
    ready = prepare(movie, 5.0)
    places, strengths = find_seeds(ready.frames, 5.0)
    hit = [{cell for cell in (0, 1) if shapes[cell, y, x]} for y, x in places[:2]]
    assert set.union(*hit) == {0, 1}
    assert strengths[0] >= strengths[1] > 5
    quiet = np.random.default_rng(3).normal(size=(200, 24, 24)).astype(np.float32)
    assert len(find_seeds(quiet, 5.0)[0]) == 0


# The network


def outputs_of(model, movie, places):
    strengths = np.arange(len(places), 0, -1, dtype=np.float32)
    inputs = [movie[None], np.array(places, np.int32)[None], strengths[None]]
    return load_keras().ops.convert_to_numpy(model(inputs))[0]


def test_a_window_is_where_its_seed_is() -> None:
    ops = load_keras().ops
    place = Geometry(2, 6)
    windows = np.zeros((1, 1, 25), np.float32)
    windows[0, 0, 12] = 1  # the middle
    index = place.index(ops, ops.convert_to_tensor([[[1, 4]]], "int32"))
    whole = place.cropped(ops, place.whole(ops, ops.convert_to_tensor(windows), index))
    assert np.argwhere(load_keras().ops.convert_to_numpy(whole).reshape(6, 6)).tolist() == [[1, 4]]


def test_movies_of_any_length_and_any_number_of_seeds() -> None:
    model = build_network(SMALL, 0)
    movie, _, _ = two_cells()
    ready = prepare(movie, 5.0).frames
    pixels = SMALL.tile_px**2
    for n_frames, places in ((60, [(10, 9)]), (200, [(10, 9), (12, 14), (3, 20)])):
        said = outputs_of(model, ready[:n_frames], places)
        assert said.shape == (len(places), 2 * pixels + n_frames + 1)
        assert np.isfinite(said).all()
        np.testing.assert_allclose(np.linalg.norm(said[:, :pixels], axis=1), 1, atol=0.02)
        assert ((said[:, pixels : 2 * pixels] >= 0) & (said[:, pixels : 2 * pixels] <= 1)).all()


def test_even_untrained_it_takes_two_cells_apart() -> None:
    movie, shapes, courses = two_cells()
    said = outputs_of(build_network(Architecture(tile_px=24), 0), prepare(movie, 5.0).frames,
                      [(10, 9), (12, 14)])  # fmt: skip
    for cell in (0, 1):
        assert np.corrcoef(said[cell, 2 * 576 : -1], courses[cell])[0, 1] > 0.9
        light = said[cell, :576].reshape(24, 24)
        own, other = shapes[cell] * (1 - shapes[1 - cell]), shapes[1 - cell] * (1 - shapes[cell])
        assert (light * own).sum() > 4 * (light * other).sum()


def targets_and_outputs() -> tuple[np.ndarray, np.ndarray]:
    movie, shapes, courses = two_cells(60)
    courses[:, 10:20] = [[3], [0]]
    courses[1, 40:50] = 3
    n = 2 * 576 + 60 + 1
    targets, outputs = np.zeros((1, 4, n), np.float32), np.zeros((1, 5, n), np.float32)
    for cell in (0, 1):
        flat = shapes[cell].ravel()
        targets[0, cell] = np.r_[flat / np.linalg.norm(flat), flat, courses[cell], 1]
        outputs[0, cell] = np.r_[flat / np.linalg.norm(flat), flat, courses[cell], 8]
    return targets, outputs


def loss(targets: np.ndarray, outputs: np.ndarray) -> float:
    ops = load_keras().ops
    given = (ops.convert_to_tensor(one) for one in (targets, outputs))
    return float(ops.convert_to_numpy(loss_of(SMALL, *given))[0])


def test_the_loss_does_not_care_in_which_slot_a_cell_lands() -> None:
    targets, outputs = targets_and_outputs()
    right = loss(targets, outputs)
    assert right < 0.1
    assert loss(targets, outputs[:, [3, 1, 4, 0, 2]]) == pytest.approx(right, abs=1e-4)


def test_a_missed_a_wrong_and_an_unjudged_claim() -> None:
    targets, outputs = targets_and_outputs()
    right = loss(targets, outputs)
    timid = outputs.copy()
    timid[0, 0, -1] = -8  # says that a true cell is none
    assert loss(targets, timid) > right + 0.3
    bold = outputs.copy()
    bold[0, 2] = np.r_[
        disc(20, 4).ravel(), disc(20, 4).ravel(), np.ones(60), 8
    ]  # claims nothing true
    assert loss(targets, bold) > right + 0.3
    unjudged = targets.copy()
    unjudged[0, 2] = np.r_[disc(20, 4).ravel(), disc(20, 4).ravel(), np.ones(60), -1]
    assert loss(unjudged, bold) < right + 0.05


# From tiles to a field


def test_every_seed_is_judged_in_the_tile_in_whose_middle_it_lies() -> None:
    corners = tile_corners(96, 64, 64)
    assert corners == [(0, 0), (32, 0)]
    assert owners(np.array([[10, 30], [47, 30], [48, 30], [90, 3]]), corners, 64).tolist() == [
        0,
        0,
        1,
        1,
    ]
    assert tile_corners(40, 64, 64) == [(0, 0)]
    assert tile_corners(24, 40, 24) == [(0, 0), (0, 8), (0, 16)]


def windows(shape: np.ndarray, y: int, x: int, reach: int = 5) -> np.ndarray:
    padded = np.pad(shape, reach)
    return padded[y : y + 2 * reach + 1, x : x + 2 * reach + 1]


def test_two_claims_of_one_cell_are_one_and_the_surer_stays() -> None:
    shapes = [
        windows(disc(10, 9), 10, 9),
        windows(disc(10, 9), 11, 10),
        windows(disc(12, 16), 12, 16),
    ]
    places = np.array([[10, 9], [11, 10], [12, 16]])
    slots = Slots(places, np.stack(shapes), np.stack(shapes), np.array([0.6, 0.9, 0.7]), np.ones(3))
    kept = choose_cells(slots, 24, 24, 0.5)
    assert kept.confidence.tolist() == [0.9, 0.7]
    light, masks = footprints_of(kept, np.ones((24, 24)), 24, 24)
    np.testing.assert_array_equal(masks[1], disc(12, 16) > 0)
    finer = footprints_of(kept, np.ones((24, 24)), 48, 48)[1]
    assert finer[1].sum() == pytest.approx(4 * masks[1].sum(), rel=0.15)
    assert len(choose_cells(slots, 24, 24, 0.95)) == 0


def test_a_cell_at_the_seam_of_two_tiles_is_found_once() -> None:
    class Echo:
        """A network that draws a disc at each seed and believes it."""

        def look(self, frames, places, strengths):
            maps = np.stack([disc(y, x, side=24).ravel() for y, x in places])
            return np.hstack(
                [maps, maps, np.ones((len(places), len(frames))), np.full((len(places), 1), 4.0)]
            )

    movie = np.random.default_rng(0).normal(0, 1, (200, 24, 40)).astype(np.float32)
    movie[60:80] += 6 * np.pad(disc(12, 12), ((0, 0), (8, 8)))  # at column 20, in both tiles
    slots = find_slots(prepare(movie, 5.0), Echo(), SMALL)
    cells = choose_cells(slots, 24, 40, 0.5)
    near = np.abs(cells.places - (12, 20)).max(1) <= 3
    assert near.sum() == 1


def test_least_squares_tells_overlapping_cells_apart() -> None:
    movie, shapes, courses = two_cells()
    separator = make_separator(shapes, movie.mean(0), np.ones((24, 24)))
    told = separator.amplitudes(movie)[:2]
    assert np.corrcoef(told[0], courses[0])[0, 1] > 0.98
    assert abs(np.corrcoef(told[0], courses[1])[0, 1] - np.corrcoef(courses)[0, 1]) < 0.05
    mixed = movie[:, shapes[0] > 0].mean(1)
    assert np.corrcoef(mixed, courses[0])[0, 1] < np.corrcoef(told[0], courses[0])[0, 1]
    clean = separator.denoised(separator.amplitudes(movie)).reshape(movie.shape)
    truth = 100 + np.tensordot(courses.T, shapes, 1)
    assert (clean - truth).std() < 0.35 * (movie - truth).std()


# Scores


def test_found_false_missed_and_not_judged() -> None:
    true = np.stack([disc(5, 5), disc(5, 17), disc(18, 5), disc(18, 18)]) > 0
    claims = np.stack([disc(5, 6), disc(12, 12), disc(18, 18)]) > 0
    judged = np.array([True, True, False, False])
    one = count_found(iou(claims, true), judged)
    assert one == Found(found=1, false=1, missed=1)  # the last claim is a cell that is not judged
    assert one.f1 == pytest.approx(0.5)
    assert Found(0, 0, 0).f1 is None


# Learning


def test_a_tile_that_is_turned_keeps_seeds_on_their_cells() -> None:
    picture = np.zeros((1, 10, 10), np.float32)
    picture[0, 2, 7] = 1
    for turn in ((True, False, False), (False, True, True), (True, True, True)):
        [(y, x)] = turned_places(np.array([[2, 7]]), turn, 10)
        assert turned(picture, turn)[0, y, x] == 1


@pytest.fixture(scope="module")
def example():
    return make_example(
        preset_settings(
            "small", seed=2, n_frames=300, n_cells=8, recorded_share=0.0, height=32, width=32
        )
    )


def test_a_training_tile_has_its_truth_where_its_light_is(example) -> None:
    frames, places, strengths, targets = cut_tile(example, (4, 6), 20, 60, 24)
    assert frames.shape == (60, 24, 24)
    assert places.shape == (SLOTS, 2)
    assert targets.shape == (CELLS, 2 * 576 + 61)
    used = strengths > 0
    assert used.any()
    assert (places[used] < 24).all()
    kind = targets[:, -1]
    assert set(np.unique(kind)) <= {-1.0, 0.0, 1.0}
    cell = int(np.flatnonzero(kind == 1)[0])
    mask, course = targets[cell, 576:1152].reshape(24, 24) > 0, targets[cell, 1152:-1]
    seen = frames[:, mask].mean(1)
    assert np.corrcoef(seen, course)[0, 1] > 0.5


def test_training_ends_with_a_card_that_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepcinac.tasks.demixing.task.make_examples",
                        lambda movies, *_: [make_example(_tiny(one)) for one in movies])  # fmt: skip
    own = DemixingTraining(
        movies=2, choosing_movies=1, movie_frames=300, field_px=32, tile_frames=50
    )
    settings = TrainingSettings(epochs=1, windows_per_epoch=2, batch_windows=1, name="tiny")
    card = train(DemixingTask(own, 0, SMALL), tmp_path / "net", settings)
    assert card.task == "demixing"
    assert parts_of(read_card(tmp_path / "net"))[0] == SMALL
    assert abs(card.calibration.offset) <= 2.2  # what was best, from .1 to .9, is 0.5 now
    assert card.training["held_out"]["by"] == "recordings"

    # and the command takes it
    movie, _, _ = two_cells()
    tifffile.imwrite(tmp_path / "movie.tif", movie.clip(0).astype(np.uint16))
    _demix(tmp_path)


def _tiny(one):
    return dataclasses.replace(one, n_frames=300, n_cells=4, frame_rate_hz=5.0)


def _demix(folder: Path) -> None:
    write_card(folder / "net", dataclasses.replace(read_card(folder / "net"), threshold=0.0))
    arguments = ["demix", str(folder / "movie.tif"), "--out", str(folder / "out"), "--frame-rate", "5",
                 "--pixel-size", "2", "--classifier", str(folder / "net")]  # fmt: skip
    assert main(arguments) == 0
    with Session.open(folder / "out" / "demixed.deepcinac") as session:
        results = session.results("tiny")
        traces = results["curve"]
        assert traces.array.shape == (session.n_cells, 200)
        assert traces.remarks[0].startswith("confidence")
        assert isinstance(results["denoised_movie"].values, FileReference)
    clean = tifffile.imread(folder / "out" / "denoised.tif")
    assert clean.shape == (200, 24, 24)
    assert clean.dtype == np.uint16
    assert (folder / "out" / "report.html").exists()
    assert main(arguments) == 2  # nothing is overwritten
    again = [*arguments[:1], str(folder / "out" / "demixed.deepcinac"), "--out", str(folder / "again"),
             *arguments[-2:]]  # fmt: skip
    assert main(again) == 0  # of a session its movie is taken
    with Session.open(folder / "again" / "demixed.deepcinac") as session:
        assert session.recording.frame_rate_hz == 5


def test_a_card_of_another_task_is_refused() -> None:
    with pytest.raises(InputError, match="network that demixes"):
        parts_of(dataclasses.replace(card_of("x", SMALL, {}), task="latents"))
