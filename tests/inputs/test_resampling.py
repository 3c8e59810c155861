"""Other frame rates and pixel sizes, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.errors import InputError
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.resampling import (
    ResampledMovie,
    area_matrix,
    plan_resampling,
    resample_cells,
    to_movie_frames,
)
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie_readers import open_movie

FORM = InputForm()


@pytest.mark.parametrize(
    ("rate", "size", "time_bin", "height"),
    [
        (10.6, 2.0, 1, 40),
        (30.0, 2.0, 3, 40),
        (10.0, 1.0, 1, 20),
        (7.5, 2.0, 1, 40),
        (60, 1.0, 6, 20),
    ],
)
def test_a_movie_is_brought_to_about_ten_hertz_and_two_micrometres(rate, size, time_bin, height):
    plan = plan_resampling(40, 60, rate, size, FORM)
    assert (plan.time_bin, plan.height) == (time_bin, height)
    assert not plan.warnings


def test_outside_the_range_there_is_a_warning_and_nonsense_is_refused():
    assert "3 Hz" in plan_resampling(40, 40, 3.0, 2.0, FORM).warnings[0]
    assert "8 um" in plan_resampling(40, 40, 10.0, 8.0, FORM).warnings[0]
    for rate, size in ((0.0, 2.0), (float("nan"), 2.0), (10.0, 0.0), (10.0, -1.0)):
        with pytest.raises(InputError):
            plan_resampling(40, 40, rate, size, FORM)


@given(st.integers(1, 40), st.integers(1, 40))
def test_area_weights_sum_to_one_and_keep_a_constant(n_old, n_new):
    weights = area_matrix(n_old, n_new)
    assert weights.shape == (n_new, n_old)
    assert np.allclose(weights.sum(1), 1, atol=1e-5)


def test_frames_are_averaged_by_threes_and_the_last_short_bin_by_itself(tmp_path):
    frames = np.arange(7, dtype=np.uint16)[:, None, None] * np.ones((1, 4, 4), np.uint16)
    np.save(tmp_path / "m.npy", frames)
    with open_movie(tmp_path / "m.npy") as movie:
        seen = ResampledMovie(movie, plan_resampling(4, 4, 30.0, 2.0, FORM))
        assert seen.n_frames == 3
        assert seen.frames(0, 3)[:, 0, 0].tolist() == [1, 4, 6]
        assert seen.frames(1, 2)[:, 0, 0].tolist() == [4]


def test_a_cell_of_four_small_pixels_becomes_one_large_one():
    cells = make_cells([([2, 2, 3, 3], [4, 5, 4, 5], None)], 8, 8, "drawn")
    small = resample_cells(cells, plan_resampling(8, 8, 10.0, 1.0, FORM))
    assert (small[0].ypix.tolist(), small[0].xpix.tolist()) == ([1], [2])


@given(st.integers(1, 60), st.integers(1, 6))
def test_back_on_the_movies_frames_values_stay_within_those_given(n_frames, time_bin):
    m = -(-n_frames // time_bin)
    values = np.random.default_rng(n_frames).random((2, m)).astype(np.float32)
    back = to_movie_frames(values, n_frames, time_bin)
    assert back.shape == (2, n_frames)
    assert back.min() >= values.min() - 1e-6
    assert back.max() <= values.max() + 1e-6


def test_pixels_that_are_not_square_become_so():
    # 4 um high and 1 um wide: a field of 160 x 60 um.
    plan = plan_resampling(40, 60, 10.0, 2.0, FORM, aspect=4.0)
    assert plan.height / plan.width == pytest.approx(160 / 60, rel=0.02)
