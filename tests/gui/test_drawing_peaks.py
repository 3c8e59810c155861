"""Whose light each peak is: a shape for each origin, and a number where there is room."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.drawing.look import Look
from deepcinac.gui.drawing.paint import new_pixels
from deepcinac.gui.drawing.peak_marks import MARKS, PeakVerdict, paint_peak, texts_with_room
from deepcinac.gui.widgets.palette import LIGHT

LOOK = Look("#ffffff", "#ffffff", "#000000", "#808080", "#e0e0e0", LIGHT.accent,
                 LIGHT.series, 1.0, "")  # fmt: skip


def painted(origin: str) -> np.ndarray:
    """Which of 21 x 21 pixels are not white after one mark in the middle."""
    pixels = new_pixels(21, 21, LOOK.panel)
    paint_peak(pixels, np.array([10.5]), np.array([10.5]), origin, 4.0, LOOK)
    return (pixels[..., :3] < 250).any(axis=-1)


def test_every_origin_has_a_shape_of_its_own() -> None:
    own, neighbour, unknown = (painted(origin) for origin in MARKS)
    assert own[10, 10]
    assert neighbour[10, 10]
    assert not unknown[10, 10]  # a ring
    assert not np.array_equal(own, neighbour)
    corner = np.count_nonzero(neighbour[4:8, 4:8])  # a diamond leaves its corners free
    assert corner < np.count_nonzero(neighbour[8:12, 4:8])


def test_marks_beyond_the_border_are_cut_off() -> None:
    pixels = new_pixels(10, 10, LOOK.panel)
    for origin in MARKS:
        paint_peak(pixels, np.array([-2.0, 11.0]), np.array([0.0, 9.0]), origin, 4.0, LOOK)
    assert pixels.shape == new_pixels(10, 10, LOOK.panel).shape
    assert not np.array_equal(pixels, new_pixels(10, 10, LOOK.panel))
    assert np.array_equal(pixels[4:6, 4:6], new_pixels(10, 10, LOOK.panel)[4:6, 4:6])


def test_the_text_beside_a_peak() -> None:
    assert PeakVerdict("own", 0.624).text == "0.62"
    assert PeakVerdict("neighbour", 0.1, 17).text == "0.10, cell 17"
    assert PeakVerdict("undetermined").text == ""


def test_texts_are_left_out_where_peaks_are_close() -> None:
    assert texts_with_room([0, 50, 60], ["0.62", "0.10", "0.33"], lambda _: 30, 100) == [0, 2]
