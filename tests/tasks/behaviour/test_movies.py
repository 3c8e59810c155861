"""Decoding from pictures: what they are made of, and maps with a decoder that looks at two known places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.learning.folds import Fold, Piece
from deepcinac.simulation.cortex_settings import CortexSettings
from deepcinac.simulation.cortex_wide import simulate_mice
from deepcinac.tasks.behaviour.decoding import make_plan
from deepcinac.tasks.behaviour.maps import PARTS, Masked, cut_outs, squares
from deepcinac.tasks.behaviour.methods import CONTROLS, Fitted
from deepcinac.tasks.behaviour.model import Architecture, build_network
from deepcinac.tasks.behaviour.movies import read_movie, reduced
from deepcinac.tasks.behaviour.recordings import DecodedRecording
from deepcinac.tasks.behaviour.settings import MOVIE_SMALL, DecodingSettings
from deepcinac.tasks.behaviour.targets import Behaviour, parsed_target

RUN = parsed_target("speed > 0.5")
SIDE = 8


@pytest.fixture
def mouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session of ten seconds on 16 x 16 pixels."""
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    settings = CortexSettings(mice=1, sessions=1, seconds=10, field_px=16)
    return simulate_mice(settings, tmp_path / "mice", seed=3)[0]


def test_pictures_are_scaled_by_their_session(mouse, tmp_path):
    movie = read_movie(mouse, RUN, SIDE, tmp_path / "pictures")
    pictures = movie.pictures.inputs
    assert isinstance(pictures, np.memmap)
    assert pictures.shape == (300, SIDE, SIDE)
    assert np.abs(pictures.mean(0)).max() < 1e-3
    assert pictures.std() == pytest.approx(1, abs=1e-3)
    assert movie.squares.inputs.shape == (300, 64)
    assert movie.outside.inputs.shape == (300, 1)
    assert (movie.pictures.name, movie.pictures.whose.animal) == ("mouse1-1", "mouse1")


def test_areas_of_unequal_size():
    assert reduced(np.arange(9.0).reshape(1, 3, 3), 2)[0].shape == (2, 2)


def picture(name: str, animal: str = "") -> DecodedRecording:
    """Two places, mirror images of each other, follow behaviour; everything else is noise."""
    generator = np.random.default_rng(len(name))
    run = np.repeat(np.arange(40) % 2, 10).astype(float)
    inputs = generator.normal(size=(400, SIDE, SIDE)).astype(np.float32)
    inputs[:, 4, 0] += 3 * run
    inputs[:, 4, 7] += 3 * run
    return DecodedRecording(
        name, Path(name), inputs, ("movie",), ("movie",), np.arange(1), "movie", 10.0, 0,
        Behaviour(run, "yes or no"),
    )  # fmt: skip


def test_one_of_two_places_is_not_needed_both_are_and_each_is_enough():
    recordings = [picture("a")]
    fold = Fold("a", "a", (), (), (Piece(0, 0, 400),))

    def decide(inputs, frames):
        frames = inputs[frames]
        return np.maximum(frames[:, 4, :1], frames[:, 4, 7:])

    [found] = cut_outs(recordings, [fold], lambda fold: Fitted(recordings, decide))
    n = 2 * PARTS - 1
    place = np.unravel_index(np.argmax(found.needed_with_mirror), (n, n))
    assert found.needed_with_mirror[place] > 0.3
    assert found.needed.max() < 0.15
    assert place[1] in (0, n - 1)
    assert found.alone[place] > 0.9
    assert found.alone[0, 3] == pytest.approx(0.5)


def test_pixels_are_taken_away_only_where_they_are_asked_for():
    kept = np.zeros((SIDE, SIDE), bool)
    kept[2, 3] = True
    some = Masked(picture("a").inputs, kept)
    assert (len(some), some[np.array([[0, 1]])].shape) == (400, (1, 2, SIDE, SIDE))
    assert np.count_nonzero(some[np.array([5])]) == 1
    assert len(squares(SIDE)) == (2 * PARTS - 1) ** 2


def test_movies_of_several_animals_are_left_out_whole():
    from deepcinac.labelling.provenance import Provenance

    recordings = [replace(picture(name), whose=Provenance(name)) for name in ("a", "bb", "ccc")]
    settings = DecodingSettings(window_frames=13, baseline_s=0)
    plan = make_plan(recordings, RUN, settings, MOVIE_SMALL, ("cnn",))
    assert (plan.by, plan.words) == ("animal", "3 animals, each left out whole in turn")


def test_a_recurrent_network_takes_over_the_encoder():
    alone = build_network(Architecture("cnn", 1, 3, 64, side_px=SIDE), 0)
    both = build_network(Architecture("cnn-gru", 1, 5, 64, side_px=SIDE), 1)
    both.get_layer("encoder").set_weights(alone.get_layer("encoder").get_weights())
    assert both.predict_on_batch(np.zeros((2, 5, SIDE, SIDE))).shape == (2, 1)
    assert alone.predict_on_batch(np.zeros((2, 3, SIDE, SIDE))).shape == (2, 1)


def test_regression_beside_its_controls_on_the_command_line(mouse, tmp_path, monkeypatch, capsys):
    def save(figure, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG" + bytes(20))

    monkeypatch.setattr("deepcinac.evaluation.html_page.save_figure", save)
    command = ["decode", str(mouse), "--signal", "speed > 0.5", "--movie", "--pixels", "8"]
    out = [
        "--network",
        "none",
        "--window-frames",
        "3",
        "--blocks",
        "3",
        "--out",
        str(tmp_path / "r"),
    ]
    assert main([*command, *out]) == 0
    said = capsys.readouterr().out
    for name in (*CONTROLS, "logistic regression", "scored against shifted"):
        assert name in said
    assert main([*command, "--network", "gru", "--out", str(tmp_path / "x")]) == 2
    assert "networks among cnn, cnn-gru, cnn-lstm" in capsys.readouterr().err


def test_the_plan_tells_what_looking_where_costs(mouse, tmp_path, capsys):
    command = ["decode", str(mouse), "--signal", "speed > 0.5", "--movie", "--pixels", "8", "--plan",
               "--window-frames", "3", "--blocks", "3", "--out", str(tmp_path / "r")]  # fmt: skip
    assert main([*command, "--network", "cnn"]) == 0
    assert "1 minute to see where a network looks" in capsys.readouterr().out
    assert main([*command, "--network", "cnn", "--no-importance"]) == 0
    assert "to see" not in capsys.readouterr().out
    assert main([*command, "--network", "none"]) == 0
    assert "to see" not in capsys.readouterr().out
