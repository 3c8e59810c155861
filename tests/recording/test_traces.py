"""Traces of tiny movies, with the numbers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.recording import traces
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie import Movie
from deepcinac.recording.traces import (
    baseline,
    dff,
    extract_traces,
    neuropil_rings,
    noise_sd,
    putative_transients,
    putative_transients_of_all,
    smooth,
    snr,
)


class MovieInMemory(Movie):
    def __init__(self, pixels):
        super().__init__(Path("memory"), pixels.shape, pixels.dtype)
        self._pixels = pixels

    def _read(self, start, stop, top, bottom, left, right):
        return self._pixels[start:stop, top:bottom, left:right].copy()


def _disc(y, x, radius, height, width):
    ys, xs = np.mgrid[:height, :width]
    return (*np.nonzero((ys - y) ** 2 + (xs - x) ** 2 <= radius**2), None)


@pytest.fixture
def two_cells():
    """Cell 0 covers columns 0 and 1 of the first row, cell 1 columns 1 and 2."""
    return make_cells([([0, 0], [0, 1], None), ([0, 0], [1, 2], None)], 10, 10, "drawn")


# ---------------------------------------------------------------------------- extraction


def test_means_of_the_mask_and_of_its_own_pixels(two_cells):
    pixels = np.zeros((2, 10, 10), dtype=np.uint16)
    pixels[0, 0, :3] = [10, 20, 60]
    pixels[1, 0, :3] = [1, 2, 4]

    found = extract_traces(MovieInMemory(pixels), two_cells)

    assert found.raw.tolist() == [[15, 1.5], [40, 3]]
    assert found.without_overlap.tolist() == [[10, 1], [60, 4]]
    assert found.wholly_covered.tolist() == [False, False]
    assert found.raw.dtype == np.float32


def test_cell_under_another_keeps_its_raw_trace():
    cells = make_cells([([0, 0], [0, 1], None), ([0], [1], None)], 10, 10, "drawn")
    pixels = np.zeros((1, 10, 10), dtype=np.uint16)
    pixels[0, 0, :2] = [10, 20]

    found = extract_traces(MovieInMemory(pixels), cells)

    assert found.without_overlap.tolist() == [[10], [20]]
    assert found.wholly_covered.tolist() == [False, True]


def test_neuropil_is_the_mean_of_the_ring():
    """Cells shine at 1000, everything else at 7: the ring must see none of the cells."""
    height, width = 40, 40
    cells = make_cells(
        [_disc(15, 15, 4, height, width), _disc(18, 21, 4, height, width)], height, width, "drawn"
    )
    pixels = np.full((3, height, width), 7, dtype=np.uint16)
    pixels[:, cells.masks().any(axis=0)] = 1000

    found = extract_traces(MovieInMemory(pixels), cells)

    assert (found.neuropil == 7).all()
    assert (found.n_ring_pixels >= 60).all()


@settings(max_examples=20)
@given(st.integers(1, 12), st.integers(0, 100))
def test_traces_do_not_depend_on_the_block(block_frames, seed):
    pixels = np.random.default_rng(seed).integers(0, 65536, (11, 10, 10)).astype(np.uint16)
    cells = make_cells([([0, 0], [0, 1], None), ([0, 5], [1, 2], None)], 10, 10, "drawn")
    whole = extract_traces(MovieInMemory(pixels), cells)
    blocks = extract_traces(MovieInMemory(pixels), cells, block_frames)
    for name in ("raw", "without_overlap", "neuropil"):
        assert np.array_equal(getattr(whole, name), getattr(blocks, name))


def test_progress_counts_the_frames(two_cells):
    heard = []
    extract_traces(MovieInMemory(np.zeros((5, 10, 10), np.uint16)), two_cells, 2, heard.append)
    assert [(event.done, event.total) for event in heard] == [(2, 5), (4, 5), (5, 5)]


def test_cells_of_another_field_are_a_sentence(two_cells):
    with pytest.raises(InputError, match=r"12 x 10 pixels.*cells on 10 x 10"):
        extract_traces(MovieInMemory(np.zeros((5, 12, 10), np.uint16)), two_cells)


def test_frame_with_nan_is_a_sentence(two_cells):
    pixels = np.zeros((5, 10, 10), np.float32)
    pixels[3, 0, 0] = np.nan
    with pytest.raises(InputError, match="frame 3"):
        extract_traces(MovieInMemory(pixels), two_cells, block_frames=2)


# ---------------------------------------------------------------------------- rings


def _ring_mask(cells, i):
    return neuropil_rings(cells)[i].toarray().reshape(cells.height, cells.width).astype(bool)


def test_ring_keeps_its_distance_and_avoids_all_cells():
    cells = make_cells([([20], [20], None), ([20], [24], None)], 41, 41, "drawn")
    ring = _ring_mask(cells, 0)
    ys, xs = np.nonzero(ring)
    distance = np.hypot(ys - 20, xs - 20)

    assert distance.min() > 2
    # 60 pixels lie within 5 of the cell and beyond 2 (81 in the disc, 13 in its middle), with the
    # other cell taken out: 81 - 13 - 1.
    assert distance.max() == 5
    assert ring.sum() == 67
    assert not ring[20, 24]


def test_ring_reaches_twelve_pixels_at_most():
    """Only a strip 20 pixels long is free, 11 or more pixels away."""
    field = np.ones((30, 30), dtype=bool)
    field[:20, 29] = False
    field[10, 18] = False
    cells = make_cells([([10], [18], None), (*np.nonzero(field), None)], 30, 30, "drawn")
    ys, xs = np.nonzero(_ring_mask(cells, 0))
    assert set(xs) == {29}
    assert ys.tolist() == [6, 7, 8, 9, 10, 11, 12, 13, 14]  # 4 up and down: sqrt(11² + 4²) < 12


def test_ring_far_away_where_nothing_nearer_is_free():
    field = np.ones((5, 40), dtype=bool)
    field[2, 39] = False
    cells = make_cells([(*np.nonzero(field), None), ([2], [2], None)], 5, 40, "drawn")
    assert np.argwhere(_ring_mask(cells, 1)).tolist() == [[2, 39]]
    assert np.argwhere(_ring_mask(cells, 0)).tolist() == [[2, 39]]


def test_field_without_a_free_pixel_has_no_neuropil():
    cells = make_cells([(*np.nonzero(np.ones((3, 3))), None)], 3, 3, "drawn")
    found = extract_traces(MovieInMemory(np.full((2, 3, 3), 5, np.uint16)), cells)
    assert found.n_ring_pixels.tolist() == [0]
    assert found.neuropil.tolist() == [[0, 0]]


# ---------------------------------------------------------------------------- smoothing


def test_smoothing_window_of_three_frames():
    """At 4 Hz 0.66 s are 3 frames: a Hann window of a quarter, a half and a quarter."""
    assert smooth(np.array([0, 0, 4, 0, 0]), 4.0) == pytest.approx([0, 1, 2, 1, 0])


def test_smoothing_extends_the_ends():
    assert smooth(np.array([4, 0, 0, 8]), 4.0) == pytest.approx([3, 1, 2, 6])


@pytest.mark.parametrize(("rate", "n_frames"), [(1, 3), (10, 7), (30, 21), (10.6, 7)])
def test_smoothing_window_is_odd_and_about_066_s(rate, n_frames):
    impulse = np.zeros(101)
    impulse[50] = 1
    smoothed = smooth(impulse, rate)
    assert np.count_nonzero(smoothed) == n_frames
    assert smoothed.sum() == pytest.approx(1)


def test_smoothing_of_many_cells_is_that_of_each():
    movie = np.random.default_rng(0).random((3, 50))
    together = smooth(movie, 10)
    assert all(np.array_equal(together[i], smooth(movie[i], 10)) for i in range(3))


def test_trace_shorter_than_the_window():
    assert smooth(np.array([5.0, 5.0]), 30) == pytest.approx([5, 5])


# ---------------------------------------------------------------------------- putative transients


def test_rises_from_onset_to_peak():
    smoothed = np.array([0, 0, 1, 3, 2, 2, 4, 1, 1])
    #                    onset 1 ..peak 3; onset 5, peak 6
    assert putative_transients(smoothed).tolist() == [[1, 3], [5, 6]]


def test_level_stretch_ends_a_rise():
    assert putative_transients(np.array([0, 1, 1, 2])).tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("trace", [[1, 1, 1], [3, 2, 1], [1], []])
def test_trace_that_never_rises_has_none(trace):
    assert putative_transients(np.array(trace)).shape == (0, 2)


def test_rise_that_fills_the_trace():
    assert putative_transients(np.array([1, 2, 3])).tolist() == [[0, 2]]


def test_putative_transients_of_all_cells():
    smoothed = np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 1, 2, 3]])
    assert putative_transients_of_all(smoothed).tolist() == [[0, 0, 1], [0, 2, 3], [2, 0, 3]]


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_rises_are_maximal_and_complete(trace):
    rising = np.zeros(len(trace), dtype=bool)
    for onset, peak in putative_transients(np.array(trace)).tolist():
        assert all(
            a < b for a, b in zip(trace[onset:peak], trace[onset + 1 : peak + 1], strict=True)
        )
        assert onset == 0 or trace[onset - 1] >= trace[onset]
        assert peak == len(trace) - 1 or trace[peak + 1] <= trace[peak]
        rising[onset + 1 : peak + 1] = True
    assert rising[1:].tolist() == [b > a for a, b in zip(trace, trace[1:], strict=False)]


# ---------------------------------------------------------------------------- baseline and dF/F


def test_baseline_follows_a_slow_drift_below_the_transients():
    frames = np.arange(3000)
    drift = 100 + frames / 100
    trace = drift.copy()
    trace[500:520] += 300
    found = baseline(trace, 10)
    middle = slice(300, 2700)  # where the window is whole
    # a tenth of a window of 60 s lies below the 10th percentile: 600 frames, 0.01 per frame,
    # 240 frames below the centre
    assert found[middle] == pytest.approx(drift[middle] - 2.4, abs=0.35)


def test_baseline_of_a_constant_is_the_constant():
    assert (baseline(np.full((2, 50), 3.0), 10) == 3).all()


def test_baseline_of_a_movie_shorter_than_the_window():
    trace = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.0])
    assert (baseline(trace, 10, percentile=10) == 1).all()


def test_baseline_of_one_frame():
    assert baseline(np.array([4.0]), 10).tolist() == [4]


def test_dff_is_a_fraction_of_the_baseline():
    trace = np.full(1000, 50.0)
    trace[100] = 100
    found = dff(trace, 10)
    assert found[100] == pytest.approx(1)
    assert found[0] == 0


@pytest.mark.parametrize("offset", [0.0, -200.0])
def test_dff_stays_finite_where_the_offset_was_removed(offset):
    noise = np.random.default_rng(1).normal(size=1000)
    found = dff(offset + noise, 10)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 10
    assert (dff(np.zeros(10), 10) == 0).all()


def test_neuropil_is_taken_off_and_the_level_stays():
    """The ring rises by 5 in frame 2 and so does the cell; its own transient is in frame 4."""
    neuropil = np.array([[50, 50, 55, 50, 50]], np.float32)
    trace = np.array([[100, 100, 105, 100, 120]], np.float32)
    found = traces.without_neuropil(trace, neuropil)
    assert found.tolist() == [[100, 100, 100, 100, 120]]
    assert found.dtype == np.float32
    assert traces.without_neuropil(trace[0], neuropil[0]).tolist() == found[0].tolist()


# ---------------------------------------------------------------------------- noise


def test_noise_of_known_size_despite_transients():
    rng = np.random.default_rng(0)
    trace = rng.normal(0, 3, (2, 5000))
    trace[0, 100:4000:100] += 500
    assert noise_sd(trace) == pytest.approx([3, 3], rel=0.05)
    assert noise_sd(trace[0]) == pytest.approx(3, rel=0.05)


def test_noise_of_one_frame_is_nothing():
    assert noise_sd(np.ones((2, 1))).tolist() == [0, 0]


def test_snr_of_a_transient_over_its_noise():
    rng = np.random.default_rng(0)
    transients = np.zeros(5000)
    for start in range(50, 5000, 50):
        transients[start : start + 40] = 40 * np.exp(-np.arange(40) / 10)
    noise = rng.normal(0, 1, 5000)
    quiet, loud = snr(np.stack([noise, noise + transients]), 10)
    assert quiet < 3
    assert 15 < loud < 40  # smoothing takes some of the 40


def test_snr_without_transients_or_noise():
    flat = np.zeros(50)
    step = np.zeros(50)
    step[30:] = 1
    found = snr(np.stack([flat, step]), 10)
    assert found[0] == 0
    assert np.isinf(found[1])


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_impossible_frame_rate_is_a_sentence(rate):
    for function in (smooth, baseline, dff):
        with pytest.raises(InputError, match="frame rate above 0 Hz"):
            function(np.zeros(5), rate)


def test_ring_constants_are_those_of_the_docstring():
    assert (traces.RING_GAP_PX, traces.RING_REACH_PX, traces.RING_PIXELS) == (2, 12, 60)
