"""Painting on a few pixels, with the result written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.gui.drawing import paint


def red(pixels: np.ndarray) -> list[list[int]]:
    return pixels[..., 0].tolist()


def test_a_column_covers_what_it_covers() -> None:
    pixels = paint.new_pixels(5, 3, "#000000")
    tops, bottoms = np.array([1.0, 1.5, np.nan]), np.array([3.0, 3.25, 2.0])
    paint.columns(pixels, tops, bottoms, "#ff0000", thickness=0)
    assert red(pixels) == [[0, 0, 0], [255, 128, 0], [255, 255, 0], [0, 64, 0], [0, 0, 0]]


def test_a_column_inside_one_pixel() -> None:
    pixels = paint.new_pixels(3, 1, "#000000")
    paint.columns(pixels, np.array([1.25]), np.array([1.75]), "#ff0000", thickness=0)
    assert red(pixels) == [[0], [128], [0]]


def test_thickness_is_added_on_both_sides() -> None:
    pixels = paint.new_pixels(4, 1, "#000000")
    paint.columns(pixels, np.array([2.0]), np.array([2.0]), "#ff0000", thickness=2)
    assert red(pixels) == [[0], [255], [255], [0]]


def test_columns_beyond_the_borders_are_cut_off() -> None:
    pixels = paint.new_pixels(2, 2, "#000000")
    tops, bottoms = np.array([-9.0, 5.0]), np.array([99.0, 7.0])
    paint.columns(pixels, tops, bottoms, "#ff0000")
    assert red(pixels) == [[255, 0], [255, 0]]


def test_a_half_covering_colour() -> None:
    pixels = paint.new_pixels(2, 1, "#000000")
    paint.columns(pixels, np.array([0.0]), np.array([2.0]), "#ff0000", 0, share=0.5)
    assert red(pixels) == [[128], [128]]


def test_dashes_count_from_the_border() -> None:
    pixels = paint.new_pixels(1, 6, "#000000")
    paint.columns(pixels, np.zeros(6), np.ones(6), "#ff0000", 0, dash=(2, 1))
    assert red(pixels) == [[255, 255, 0, 255, 255, 0]]


def test_vertical_lines_with_gaps() -> None:
    pixels = paint.new_pixels(5, 3, "#000000")
    paint.verticals(pixels, np.array([1.5, 90.0]), 0, 5, "#ff0000", 1, dash=(2, 1))
    assert [row[1] for row in red(pixels)] == [255, 255, 0, 255, 255]
    assert [row[0] for row in red(pixels)] == [0] * 5


def test_hatches_of_different_kinds_differ_and_continue() -> None:
    def hatched(kind: str, offset: int = 0) -> np.ndarray:
        pixels = paint.new_pixels(4, 4, "#000000")
        paint.hatch(pixels, "#ff0000", 4, 1, kind, offset)
        return pixels[..., 0] == 255

    assert (
        hatched("/").tolist() == np.fliplr(np.eye(4, k=-1) + np.eye(4, k=3)).astype(bool).tolist()
    )
    assert hatched("\\").tolist() == np.eye(4).astype(bool).tolist()
    assert np.array_equal(hatched("x"), hatched("/") | hatched("\\"))
    assert np.array_equal(hatched("/", 1)[:, :3], hatched("/")[:, 1:])


def test_a_dot_and_a_ring() -> None:
    pixels = paint.new_pixels(5, 5, "#000000")
    paint.dots(pixels, np.array([2.5]), np.array([2.5]), 1.0, "#ff0000")
    assert red(pixels)[2] == [0, 128, 255, 128, 0]
    ring = paint.new_pixels(5, 5, "#000000")
    paint.dots(ring, np.array([2.5]), np.array([2.5]), 2.0, "#ff0000", hollow=1.5)
    assert red(ring)[2] == [128, 0, 0, 0, 128] or red(ring)[2][2] == 0


def test_dots_beside_the_picture_do_no_harm() -> None:
    pixels = paint.new_pixels(4, 4, "#000000")
    paint.dots(pixels, np.array([-50.0, np.nan, 1e7]), np.array([2.0, 2.0, 2.0]), 3, "#ff0000")
    assert not pixels[..., 0].any()


def test_the_part_of_a_rectangle_is_a_view() -> None:
    pixels = paint.new_pixels(4, 4, "#000000")
    paint.words(paint.area(pixels, 1, 1, 3, 99))[...] = paint.word("#ff0000")
    assert red(pixels) == [[0] * 4, *[[0, 255, 255, 0]] * 3]
    assert paint.area(pixels, 9, 0, 12, 4).size == 0


def test_a_steep_line_is_as_thick_as_a_level_one() -> None:
    pixels = paint.new_pixels(40, 9, "#000000")
    tops, bottoms = np.full(9, np.nan), np.full(9, np.nan)
    tops[4], bottoms[4] = 2.0, 38.0
    paint.columns(pixels, tops, bottoms, "#ff0000", thickness=3)
    assert red(pixels)[20] == [0, 0, 0, 255, 255, 255, 0, 0, 0]


def slow_columns(pixels: np.ndarray, tops: np.ndarray, bottoms: np.ndarray) -> None:
    """White columns, pixel by pixel: the share of each pixel that lies between top and bottom."""
    height = len(pixels)
    for x, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
        for y in range(height):
            share = min(bottom, y + 1) - max(top, y)
            if share > 0:
                here = pixels[y, x, :3].astype(float)
                pixels[y, x, :3] = np.floor(here + (255 - here) * share + 0.5)


@settings(max_examples=40)
@given(data=st.data(), sparse=st.booleans())
def test_columns_are_painted_alike_whether_they_fill_much_or_little(
    data: st.DataObject, sparse: bool
) -> None:
    """Long columns are filled through a mask, short ones in a large box pixel by pixel."""
    numbers = st.floats(-4, 44, allow_nan=False)
    tops = np.array(data.draw(st.lists(numbers, min_size=6, max_size=6)))
    lengths = np.array(
        data.draw(st.lists(st.floats(0, 4 if sparse else 50), min_size=6, max_size=6))
    )
    painted, expected = (paint.new_pixels(40, 6, "#102030") for _ in range(2))
    paint.columns(painted, tops, tops + lengths, "#ffffff", thickness=0)
    slow_columns(expected, tops, tops + lengths)
    assert np.abs(painted.astype(int) - expected.astype(int)).max() <= 1


def test_a_tint_is_a_blend_of_every_pixel() -> None:
    ground = paint.new_pixels(30, 20, "#f0e0d0")
    paint.verticals(ground, np.array([4.0, 11.0]), 0, 30, "#808080")
    paint.words(ground)[[7, 19]] = paint.word("#404040")
    paint.hatch(ground[:, 14:], "#aa0000", 5, 1, "/")
    for chosen in (None, np.arange(20) % 3 == 1, np.zeros(20, dtype=bool)):
        tinted, blended = ground.copy(), ground.copy()
        paint.tint(tinted, "#0072b2", 0.1, chosen)
        columns = np.ones(20, dtype=bool) if chosen is None else chosen
        part = blended[:, columns]
        paint.blend(part, "#0072b2", 0.1)
        blended[:, columns] = part
        assert np.array_equal(tinted, blended)


@pytest.mark.parametrize("share", [0.08, 0.1, 0.28, 0.5, 1.0])
def test_a_blend_in_whole_numbers_is_the_blend_in_fractions(share: float) -> None:
    shades = np.arange(256, dtype=np.uint8)
    pixels = np.stack([shades, shades, shades, np.full(256, 255, np.uint8)], axis=-1)[None].copy()
    exact = pixels.copy()
    paint.blend(pixels, "#0072b2", share)
    paint.blend(exact, "#0072b2", np.full((1, 256), share))
    assert np.abs(pixels.astype(int) - exact.astype(int)).max() <= 1
    assert (pixels[..., 3] == 255).all()  # stays opaque, as the picture of the canvas must be


def test_a_dot_lies_within_an_eighth_of_a_pixel_of_its_place() -> None:
    for x, y in ((5.0, 5.0), (5.1, 5.4), (5.63, 4.87), (5.99, 5.5)):
        pixels = paint.new_pixels(11, 11, "#000000")
        paint.dots(pixels, np.array([x]), np.array([y]), 3.0, "#ffffff")
        light = pixels[..., 0] / 255
        down, right = np.mgrid[0:11, 0:11] + 0.5
        assert (light * right).sum() / light.sum() == pytest.approx(x, abs=0.14)
        assert (light * down).sum() / light.sum() == pytest.approx(y, abs=0.14)
        assert light.sum() == pytest.approx(np.pi * 9, rel=0.05)
