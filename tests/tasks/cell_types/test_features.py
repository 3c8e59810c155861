"""Each feature on a picture or a trace whose answer can be read off."""

import math

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.recording.cells import make_cells
from deepcinac.tasks.cell_types import features as f


def block(top, left, height, width):
    y, x = np.mgrid[top : top + height, left : left + width]
    return y.ravel(), x.ravel(), None


def scene():
    """A square of 4 x 4 pixels, a bar of 1 x 4 over its last row, a single pixel far away."""
    footprints = [block(0, 0, 4, 4), block(3, 0, 1, 4), block(9, 9, 1, 1)]
    return make_cells(footprints, 10, 10)


def test_area_and_elongation():
    square, bar, pixel = scene().cells
    assert f.area_um2(square, 2.0) == 64.0
    assert f.elongation(square) == pytest.approx(1.0)
    assert f.elongation(bar) == pytest.approx(4.0)  # a rectangle of 4 x 1 pixels
    assert f.elongation(pixel) == pytest.approx(1.0)


def test_elongation_does_not_depend_on_the_direction():
    diagonal = make_cells([(range(6), range(6), None)], 10, 10)[0]
    turned = make_cells([(range(6), range(5, -1, -1), None)], 10, 10)[0]
    assert f.elongation(diagonal) == pytest.approx(f.elongation(turned))
    assert f.elongation(diagonal) > 4


def test_overlap_is_the_covered_share_of_the_own_outline():
    assert f.covered_shares(scene()).tolist() == [0.25, 1.0, 0.0]


def test_contrast():
    ring = np.full(100, 50.0)
    assert f.contrast(np.full(100, 60.0), ring) == pytest.approx(0.2)
    assert f.contrast(ring, ring) == 0.0
    assert f.contrast(np.zeros(100), np.zeros(100)) == 0.0
    noisy = np.random.default_rng(0).normal(10.0, 2.0, 5000)  # an offset was subtracted
    assert f.contrast(noisy, np.zeros(5000)) == pytest.approx(5.0, rel=0.1)


def test_skewness_and_asymmetry():
    even = np.tile([-1.0, 0.0, 1.0], 20)
    bursts = np.r_[np.zeros(90), np.full(10, 8.0)]
    assert f.skewness(even) == pytest.approx(0.0)
    assert f.skewness(bursts) > 2
    assert f.skewness(np.ones(9)) == 0.0
    assert f.asymmetry(np.linspace(0, 1, 101)) == pytest.approx(1.0)
    assert f.asymmetry(np.linspace(0, 1, 101) ** 2) == pytest.approx((0.9025 - 0.25) / 0.2475)
    assert math.isnan(f.asymmetry(np.ones(9)))


def triangles():
    """Three rises of height 8 over 4 frames at 10, 30 and 70, each gone again after 8 frames."""
    trace = np.zeros(100)
    for onset in (10, 30, 70):
        trace[onset : onset + 5] = [0, 2, 4, 6, 8]
        trace[onset + 4 : onset + 13] = np.arange(8, -1, -1)
    return trace


def test_clear_rises_and_what_is_measured_of_them():
    trace = triangles()
    rises = f.clear_rises(trace, 5.0)
    assert rises.tolist() == [[10, 14], [30, 34], [70, 74]]
    assert f.half_decays(trace, rises).tolist() == [4, 4, 4]  # from 8 to 4, one a frame
    assert len(f.clear_rises(trace, 8.0)) == 0  # higher than, not as high as
    assert f.half_decays(trace, f.clear_rises(trace, 8.0)).tolist() == []


def test_a_decay_that_the_next_rise_cuts_off_is_left_out():
    trace = np.array([0.0, 10, 9, 8, 20, 10, 0, 0])
    assert f.half_decays(trace, np.array([[0, 1], [3, 4]])).tolist() == [0.6]  # from 20 to 14


def test_irregularity():
    clock = np.column_stack([np.arange(0, 100, 20)] * 2)
    assert f.irregularity(clock) == 0.0
    assert f.irregularity(np.array([[0, 1], [10, 11], [20, 21], [60, 61]])) == pytest.approx(
        np.std([10, 10, 40]) / 20
    )
    assert math.isnan(f.irregularity(clock[:3]))


def test_active_share():
    trace = np.zeros(1000)
    trace[100:350] = 5.0
    assert f.active_share(trace, 10.0, noise=1.0) == pytest.approx(0.25)
    assert f.active_share(trace, 10.0, noise=2.0) == 0.0


def test_memory():
    slow = np.sin(2 * np.pi * np.arange(2000) / 400)  # 40 s a turn at 10 Hz: the same after 1 s
    fast = np.sin(2 * np.pi * np.arange(2000) / 20)  # 2 s a turn: the opposite after 1 s
    assert f.memory(slow, 10.0) > 0.98
    assert f.memory(fast, 10.0) == pytest.approx(-1.0, abs=0.06)
    assert math.isnan(f.memory(np.ones(5), 10.0))


def test_correlation():
    wave = np.sin(np.arange(50))
    assert f.correlation(wave, 3 * wave + 1) == pytest.approx(1.0)
    assert f.correlation(wave, -wave) == pytest.approx(-1.0)
    assert f.correlation(wave, np.ones(50)) == 0.0


def traces(n_frames=600, rate=10.0):
    """A bursting cell, one that does nothing, one that follows its ring; all on a level of 100."""
    generator = np.random.default_rng(1)
    noise = generator.normal(0, 1.0, (3, n_frames))
    times = np.arange(n_frames) / rate
    bursts = sum(40 * (times > t) * np.exp(-(times - t).clip(0) / 1.0) for t in (5, 20, 30, 45))
    wave = 10 * np.sin(2 * np.pi * times / 20)
    own = 100 + np.stack([bursts, np.zeros(n_frames), wave]) + noise
    ring = 80 + np.stack([np.zeros(n_frames)] * 2 + [wave]) + generator.normal(0, 1, own.shape)
    return own, own, ring


def test_the_table_of_all_cells():
    events = []
    table = f.features(scene(), *traces(), 10.0, 2.0, progress=events.append)
    assert table.shape == (3, len(f.FEATURES))
    bursting, quiet, follower = (dict(zip(f.NAMES, row, strict=True)) for row in table)
    assert bursting["area"] == 64
    assert bursting["contrast"] == pytest.approx(0.25, abs=0.03)
    assert bursting["transients"] == pytest.approx(4.0)  # in one minute
    assert bursting["height"] == pytest.approx(0.3, abs=0.08)  # smoothed: less than 0.4
    assert 0.1 < bursting["rise"] < 1.0
    assert bursting["decay"] == pytest.approx(0.7, abs=0.25)
    assert quiet["transients"] == 0
    assert math.isnan(quiet["height"])
    assert math.isnan(quiet["rise"])
    assert bursting["snr"] > 3 * quiet["snr"]
    assert follower["surroundings"] > 0.9 > 0.5 > abs(bursting["surroundings"])
    assert [(event.stage, event.done) for event in events] == [("features", n) for n in (1, 2, 3)]


def test_the_snr_does_not_depend_on_the_frame_rate():
    """Twice the frames have each 1.4 times the noise: the recording is no worse for it."""
    generator = np.random.default_rng(2)
    found = {}
    for rate in (10.0, 20.0):
        times = np.arange(int(120 * rate)) / rate
        bursts = sum(60 * (times > t) * np.exp(-(times - t).clip(0) / 2) for t in range(5, 115, 10))
        noise = generator.normal(0, math.sqrt(rate), len(times))
        found[rate] = f.trace_features(200 + bursts + noise, 200 + noise, rate)
    for name in ("snr", "transients", "rise", "decay"):
        assert found[20.0][name] == pytest.approx(found[10.0][name], rel=0.35), name


def test_a_trace_that_never_changes_has_no_infinite_numbers():
    flat = np.full((3, 50), 7.0)
    table = f.features(scene(), flat, flat, flat, 10.0, 1.0)
    assert not np.isinf(table).any()


def test_traces_of_another_recording():
    own, _, ring = traces()
    with pytest.raises(InputError, match=r"traces of shape \(3, 600\)"):
        f.features(scene(), own, own[:2], ring, 10.0, 2.0)
