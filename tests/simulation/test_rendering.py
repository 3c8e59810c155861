"""Whole movies: small, checked for what the light must do."""

import dataclasses

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.files import read_json, read_npz
from deepcinac.recording.cells import read_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.causes import CAUSES
from deepcinac.simulation.cell_truth import CellTruth
from deepcinac.simulation.corpus import corpus_settings
from deepcinac.simulation.motion import MARGIN_PX
from deepcinac.simulation.presets import TISSUE_KINDS
from deepcinac.simulation.rendering import detect, draw_light, simulate
from deepcinac.simulation.scene import build_scene, truth_rasters
from deepcinac.simulation.settings import PRESETS, preset_settings

TINY = {"n_frames": 60, "height": 32, "width": 40, "n_cells": 6}


def test_the_same_seed_makes_the_same_files_and_another_seed_does_not(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(preset_settings("small", seed=seed, **TINY), tmp_path / name)
    first, second, third = ((tmp_path / n / "movie.tif").read_bytes() for n in "abc")
    assert first == second
    assert first != third
    truths = [read_npz(tmp_path / n / "truth.npz") for n in "ab"]
    assert all(
        np.array_equal(truths[0][k], truths[1][k], equal_nan=truths[0][k].dtype.kind == "f")
        for k in truths[0]
    )


def test_a_folder_holds_movie_cells_and_truth_that_fit_together(tmp_path):
    folder = simulate(preset_settings("small", seed=1, **TINY), tmp_path / "m")
    cells, truth, meta = (
        read_cells(folder / "cells.npz"),
        read_npz(folder / "truth.npz"),
        read_json(folder / "meta.json"),
    )
    with open_movie(folder / "movie.tif") as movie:
        assert movie.shape == (60, 32, 40)
        assert movie.dtype == np.uint16
        assert movie.frame_rate_hz == pytest.approx(10.0)
        frames = movie.frames(0, 60).astype(float)
    n_cells = len(cells)
    for name in ("active", "doubtful", "spikes", "dff", "trace"):
        assert truth[name].shape == (n_cells, 60), name
    assert not (truth["active"] & truth["doubtful"]).any()
    mean = frames[:, cells.masks()[0]].mean(1)
    assert np.allclose(truth["trace"][0], mean, atol=0.01)
    assert len(meta["cells"]) == n_cells


def test_overlapping_light_adds_up():
    """Where two footprints overlap the sum is seen, never the brighter of the two."""
    scene = _quiet_scene()
    alone = [_mean_frame(scene, {k}) for k in (0, 1)]
    none, both = _mean_frame(scene, set()), _mean_frame(scene, {0, 1})
    assert np.allclose(both - none, (alone[0] - none) + (alone[1] - none), atol=1.0)
    assert (both - none).max() > 50


def test_photon_noise_grows_with_the_light():
    scene = _quiet_scene()
    scene.background[:] = 4.0
    scene.background[:, scene.background.shape[1] // 2 :] = 100.0
    scene.sources[:] = [dataclasses.replace(source, brightness=0.0) for source in scene.sources]
    frames = _frames(scene, 60, np.random.default_rng(0))
    half = frames.shape[2] // 2
    dim, bright = frames[:, :, 2 : half - 2].var(0).mean(), frames[:, :, half + 2 :].var(0).mean()
    read = scene.read_noise_photons**2 + 1 / (12 * scene.gain**2)
    assert bright / dim == pytest.approx((100 + read) / (4 + read), rel=0.1)


def test_an_invisible_transient_is_doubtful_and_a_visible_one_is_active():
    scene = _quiet_scene()
    for cell, height in ((0, 100.0), (1, 1e-6)):
        scene.sources[cell].truth = CellTruth(
            np.array([[10, 12, 1]]), np.array([height]), np.zeros(60, bool), np.array([1])
        )
    active, doubtful = truth_rasters(scene)
    assert np.flatnonzero(active[0]).tolist() == [10, 11, 12]
    assert not active[1].any()
    assert np.flatnonzero(doubtful[1]).tolist() == [10, 11, 12]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_builds_a_scene(name):
    settings = preset_settings(name, seed=2, n_frames=200, height=48, width=48, n_cells=8)
    scene = build_scene(settings, np.random.default_rng(2))
    assert len(scene.masks) == 8
    assert all(mask.any() for mask in scene.masks)


def test_a_corpus_is_the_same_for_the_same_seed_and_its_parts_differ():
    first, again = corpus_settings(5, 1), corpus_settings(5, 1)
    assert first == again
    assert {s.seed for s in first}.isdisjoint(s.seed for s in corpus_settings(5, 1, "validation"))
    assert len(corpus_settings(8, 1)) == 8
    assert corpus_settings(8, 1)[:5] == first
    only = corpus_settings(3, 1, mixture="interneuron")
    assert {(s.preset, s.recorded_sets) for s in only} == {("interneuron", "PV,SST,VIP")}
    with pytest.raises(InputError, match="tissue"):
        corpus_settings(1, 1, mixture="cheese")


def test_a_corpus_of_tissue_holds_every_kind_equally_often():
    movies = corpus_settings(14, 3, mixture="tissue")
    assert sorted(s.preset for s in movies) == sorted(2 * TISSUE_KINDS)
    by_kind = {s.preset: s for s in movies}
    assert by_kind["fast-indicator"].recorded_sets == "jGCaMP8"
    assert by_kind["30hz"].frame_rate_hz >= 20
    assert by_kind["nearly-silent"].silent_share >= 0.6
    without = corpus_settings(14, 3, recordings=False, mixture="tissue")
    assert {s.recorded_share for s in without} == {0.0}
    assert {s.seed for s in movies}.isdisjoint(
        s.seed for s in corpus_settings(14, 3, "validation", mixture="tissue")
    )


def test_most_cells_of_a_nearly_silent_movie_are_silent():
    settings = preset_settings("nearly-silent", n_frames=600, height=64, width=64, n_cells=30)
    scene = build_scene(settings, np.random.default_rng(0))
    silent = [not source.spikes.any() for source in scene.sources[:30]]
    assert np.mean(silent) > 0.5


def test_the_folder_says_its_kind_and_why_each_false_rise_is_false(tmp_path):
    settings = preset_settings(
        "bright-tissue", seed=4, n_frames=300, height=48, width=48, n_cells=8
    )
    folder = simulate(settings, tmp_path / "m")
    truth, meta = read_npz(folder / "truth.npz"), read_json(folder / "meta.json")
    assert meta["kind"] == "bright-tissue"
    rows, cause, z = (truth[k] for k in ("false_rises", "false_rise_cause", "false_rise_z"))
    assert len(rows) == len(cause) == len(z) > 0
    assert set(cause.tolist()) <= set(CAUSES)
    busy = truth["active"] | truth["doubtful"]
    assert not any(busy[cell, onset : peak + 1].any() for cell, onset, peak in rows.tolist())
    assert len(truth["transient_context"]) == len(truth["transients"])
    assert truth["depth_um"].shape == truth["whole_field"].shape == (300,)


def test_the_detector_cuts_off_light_above_its_ceiling():
    scene = _quiet_scene()
    scene.ceiling_photons = 50.0
    light = np.full((2, 4, 4), 400.0, np.float32)
    levels = detect(light, scene, np.random.default_rng(0))
    assert (levels == round(50 * scene.gain + scene.settings.offset)).all()


def test_noise_of_neighbouring_pixels_is_correlated_as_asked():
    scene = _quiet_scene()
    scene.noise_correlation = 0.2
    light = np.full((200, 20, 20), 100.0, np.float32)
    noise = detect(light, scene, np.random.default_rng(0)).astype(float)
    noise -= noise.mean()
    across = (noise[:, :, 1:] * noise[:, :, :-1]).mean() / (noise**2).mean()
    down = (noise[:, 1:] * noise[:, :-1]).mean() / (noise**2).mean()
    assert (across, down) == (pytest.approx(0.2, abs=0.03), pytest.approx(0.2, abs=0.03))


def test_wrong_settings_and_full_folders_are_sentences(tmp_path):
    with pytest.raises(InputError, match="ca1-pup"):
        preset_settings("ca3")
    with pytest.raises(InputError, match="frame_rate_hz"):
        preset_settings("small", frame_rate_hz=0.0)
    with pytest.raises(InputError, match="low,high"):
        preset_settings("small", photons=(9.0, 3.0))
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="empty folder"):
        simulate(preset_settings("small", **TINY), tmp_path)


def _quiet_scene():
    """Two overlapping cells at rest, no motion, no neuropil, no bleaching."""
    settings = preset_settings(
        "small",
        seed=5,
        n_frames=60,
        height=32,
        width=32,
        n_cells=2,
        missed_share=0.0,
        out_of_focus_share=0.0,
        overlapping_share=1.0,
        mask_fault_share=0.0,
        jitter_px=(0.0, 0.0),
        sudden_shifts_per_minute=0.0,
        neuropil=(0.0, 0.0),
        bleaching=(0.0, 0.0),
    )
    scene = build_scene(settings, np.random.default_rng(5))
    for source in scene.sources:
        source.dff = np.zeros(60)
        source.drift = source.focus = np.ones(60, np.float32)
        source.brightness = 200.0
    assert (scene.masks[0] & scene.masks[1]).any()
    assert scene.background.shape == (32 + 2 * MARGIN_PX,) * 2
    return scene


def _mean_frame(scene, lit):
    """Noise-free mean frame with only some sources lit, in photons."""
    sources = [
        dataclasses.replace(source, brightness=source.brightness if k in lit else 0.0)
        for k, source in enumerate(scene.sources)
    ]
    changed = dataclasses.replace(scene, sources=sources, gain=100.0, read_noise_photons=0.0)
    generator = _Noiseless()
    return _frames(changed, 1, generator)[0] / 100.0


def _frames(scene, n_frames, generator):
    """The first frames of a scene in grey levels."""
    return detect(draw_light(scene, 0, n_frames)[2], scene, generator).astype(float)


class _Noiseless:
    """Stands in for a generator: photons arrive exactly as expected."""

    def poisson(self, light):
        return light

    def standard_normal(self, shape, dtype):
        return np.zeros(shape, dtype)
