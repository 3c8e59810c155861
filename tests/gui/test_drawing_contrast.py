"""Shades of grey: limits, tables and automatic settings."""

from __future__ import annotations

import numpy as np
import pytest

from deepcinac.gui.drawing.contrast import automatic_limits, grey, lookup_table


def test_black_up_to_low_and_white_from_high() -> None:
    table = lookup_table(100, 200)
    assert table[[0, 99, 100, 125, 150, 175, 200, 65535]].tolist() == [
        0, 0, 0, 64, 128, 191, 255, 255,
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_every_number_type_gives_the_same_shades(dtype: type) -> None:
    image = np.array([[0, 50, 100]], dtype=dtype)
    assert grey(image, 0, 100).tolist() == [[0, 128, 255]]


def test_negative_values_and_nan_are_black_where_black_is_zero() -> None:
    image = np.array([-5.0, np.nan, 1.0], dtype=np.float32)
    assert grey(image, 0, 1).tolist() == [0, 0, 255]


def test_a_ready_table_gives_the_same() -> None:
    image = np.arange(1000, dtype=np.uint16)
    assert np.array_equal(grey(image, 10, 500, lookup_table(10, 500)), grey(image, 10, 500))


def test_equal_limits_divide_nothing_by_zero() -> None:
    assert grey(np.array([4, 5, 6], dtype=np.uint16), 5, 5).tolist() == [0, 0, 255]


def test_automatic_limits_leave_out_the_brightest() -> None:
    image = np.concatenate([np.arange(1000.0), [1e6]])
    low, high = automatic_limits(image, (1, 99))
    assert (low, high) == pytest.approx((10.0, 990.0))


@pytest.mark.parametrize(
    ("image", "limits"),
    [
        (np.full((4, 4), 7), (7.0, 8.0)),
        (np.full((4, 4), np.nan), (0.0, 1.0)),
        (np.empty((0, 4)), (0.0, 1.0)),
        (np.array([0.0] * 5000 + [1.0]), (0.0, 1.0)),
    ],
)
def test_limits_of_dull_images_still_differ(image: np.ndarray, limits: tuple[float, float]) -> None:
    assert automatic_limits(image) == limits
