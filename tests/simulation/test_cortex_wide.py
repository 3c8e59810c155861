"""Two mice of four seconds: what is planted is in the movie, and the sessions say whose they are."""

from __future__ import annotations

import numpy as np

from deepcinac.cli.main import main
from deepcinac.files import read_npz
from deepcinac.labelling.session import Session
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.cortex_settings import CortexSettings
from deepcinac.simulation.cortex_wide import area_names, draw_mouse, movie_blocks, session_activity


def test_sessions_movies_and_truth(tmp_path, capsys):
    command = "simulate --preset cortex-wide --mice 2 --sessions 1 --seconds 10 --field-px 16 --out"
    assert main([*command.split(), str(tmp_path / "m")]) == 0
    with Session.open(tmp_path / "m" / "mouse2-1.deepcinac", read_only=True) as session:
        assert session.provenance().animal == "mouse2"
        speed = session.signal("speed")
        assert (speed.units, speed.n_samples, session.cells().names) == ("cm/s", 300, area_names())
        with open_movie(session.movie_address()) as movie:
            assert movie.shape == (300, 16, 16)
    truth = read_npz(tmp_path / "m" / "mouse2-1-truth.npz")
    assert truth["activity"].shape == (12, 300)
    np.testing.assert_allclose(truth["speed_cm_s"], speed.values)
    assert main([*command.split(), str(tmp_path / "m")]) == 2
    assert "a new or empty folder" in capsys.readouterr().err


def test_running_drives_the_limbs_and_not_the_eyes():
    """Without arousal and noise, 1500 frames of rest and then 1500 of running."""
    settings = CortexSettings(field_px=24, noise=0.0, arousal=0.0)
    mouse = draw_mouse(0, settings, np.random.default_rng(0))
    speed = np.repeat([0.0, 6.0], 1500)
    activity = session_activity(mouse, speed, 30.0, np.random.default_rng(1))
    rise = dict(
        zip(area_names(), activity[:, 1550:].mean(1) - activity[:, 50:1500].mean(1), strict=True)
    )
    assert rise["limb left"] > rise["limb right"] > 3 * abs(rise["visual left"])
    movie = np.concatenate(
        list(movie_blocks(mouse, speed, activity, settings, np.random.default_rng(2)))
    )
    brighter = movie[1550:].mean(0) / movie[50:1500].mean(0)
    peak = np.unravel_index(np.argmax(brighter), brighter.shape)
    limb = np.unravel_index(np.argmax(mouse.maps[0]), brighter.shape)
    assert np.hypot(peak[0] - limb[0], peak[1] - limb[1]) <= 3


def test_an_artefact_is_everywhere():
    settings = CortexSettings(field_px=16, noise=0.0, arousal=0.0, artefact=0.05)
    mouse = draw_mouse(0, settings, np.random.default_rng(0))
    speed = np.repeat([0.0, 6.0], 100)
    flat = np.zeros((12, 200))
    movie = np.concatenate(
        list(movie_blocks(mouse, speed, flat, settings, np.random.default_rng(2)))
    )
    corner = movie[:, :2, :2].mean((1, 2))
    assert corner[100:].mean() / corner[:100].mean() > 1.04
