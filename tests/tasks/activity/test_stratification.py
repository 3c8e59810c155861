"""Which windows are real, false or empty, and in what shares they are drawn."""

import numpy as np
import pytest

from deepcinac.tasks.activity.stratification import (
    EMPTY,
    FALSE,
    REAL,
    WindowCatalogue,
    catalogue,
    draw_kinds,
    false_rises,
    row_weights,
    transients_in,
    window_kind,
)


def _frames(n, *active):
    raster = np.zeros(n, bool)
    raster[list(active)] = True
    return raster


def test_kinds_of_windows():
    assert window_kind(_frames(5, 2), _frames(5, 4)) == REAL
    assert window_kind(_frames(5), _frames(5, 4)) == FALSE
    assert window_kind(_frames(5), _frames(5)) == EMPTY


def test_a_false_rise_is_clear_and_explained_by_no_label():
    rises = np.array([[0, 1], [3, 4], [6, 7], [8, 9]])
    heights = np.array([5.0, 5.0, 1.0, 5.0])
    frames = false_rises(rises, heights, _frames(10, 1), _frames(10, 8), enough=3.0)
    # the first is labelled, the third too small, the last doubtful
    assert np.flatnonzero(frames).tolist() == [3, 4]


def test_the_catalogue_reaches_the_last_frame_and_leaves_out_doubtful_windows():
    active, doubtful = np.zeros((2, 30), bool), np.zeros((2, 30), bool)
    active[0, 29] = True
    doubtful[1, :] = True
    table = catalogue(active, np.zeros_like(active), doubtful, np.array([0, 1]), 10, 5)
    assert table.cell.tolist() == [0] * 5
    assert table.start.tolist() == [0, 5, 10, 15, 20]
    assert table.kind.tolist() == [EMPTY] * 4 + [REAL]


def test_shares_are_sixty_thirty_ten():
    kinds = draw_kinds(100, np.array([5, 5, 5]), np.random.default_rng(0))
    assert np.bincount(kinds, minlength=3).tolist() == [60, 30, 10]


def test_a_kind_that_is_missing_gives_its_share_to_the_others():
    kinds = draw_kinds(70, np.array([5, 0, 5]), np.random.default_rng(0))
    assert np.bincount(kinds, minlength=3).tolist() == [60, 0, 10]
    with pytest.raises(ValueError, match="no window"):
        draw_kinds(10, np.zeros(3), np.random.default_rng(0))


def test_transients_are_counted_once_and_cropped_ones_are_known():
    active = _frames(12, 0, 1, 4, 5, 6, 11)
    assert transients_in(active, 0, 12) == (3, False)  # the movie's own ends crop nothing
    assert transients_in(active, 1, 4) == (2, True)
    assert transients_in(active, 2, 2) == (0, False)
    assert transients_in(active, 7, 5) == (1, False)


def test_windows_with_several_transients_get_the_share_they_should():
    n = np.zeros(4, int)
    table = WindowCatalogue(n, n, n, np.array([1, 1, 1, 2]), np.array([True, False, False, False]))
    rows = np.arange(4)
    assert row_weights(table, rows).tolist() == [0.25] * 4
    assert row_weights(table, rows, multiple_share=0.5)[3] == pytest.approx(0.5)
    assert row_weights(table, rows, cropped_share=0.7)[0] == pytest.approx(0.7)
    assert row_weights(table, rows[:3], multiple_share=0.9).tolist() == pytest.approx([1 / 3] * 3)
