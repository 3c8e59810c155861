"""Images, frames, rasters, outlines and layouts, on scenes of a few pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcinac.gui.drawing.frames import FrameStore, due_frame
from deepcinac.gui.drawing.image_canvas import (
    inside_outline,
    outline_at,
    outline_boxes,
    visible_part,
)
from deepcinac.gui.drawing.look import Look
from deepcinac.gui.drawing.movie_layout import patch_axes
from deepcinac.gui.drawing.outline_style import STATES, outline_style
from deepcinac.gui.drawing.profile_layout import profile_grid
from deepcinac.gui.drawing.raster_picture import Activity, ScreenRows, row_at
from deepcinac.gui.drawing.text import cut
from deepcinac.gui.drawing.viewport import ImageAxes, TimeAxis
from deepcinac.gui.widgets.palette import DARK, LIGHT, Palette

TWO_BY_TWO = np.array([[10, 20], [30, 40]], dtype=np.uint8)


def look_of(palette: Palette, scale: float = 1.0) -> Look:
    p = palette
    return Look(p.panel, p.plot, p.text, p.text_dim, p.grid, p.accent, p.series, scale, "Helvetica")


def test_pixels_become_squares_with_sharp_edges() -> None:
    shown = visible_part(TWO_BY_TWO, ImageAxes(2, 1, 1), width=6, height=5, outside=0)
    assert shown.tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 10, 10, 20, 20, 0],
        [0, 10, 10, 20, 20, 0],
        [0, 30, 30, 40, 40, 0],
        [0, 30, 30, 40, 40, 0],
    ]


def test_a_part_of_a_large_image() -> None:
    shown = visible_part(TWO_BY_TWO, ImageAxes(4, -6, -4), width=3, height=2, outside=0)
    assert shown.tolist() == [[40, 40, 0], [40, 40, 0]]


def test_small_images_are_averaged() -> None:
    image = np.tile(np.array([[0, 200], [200, 0]], dtype=np.uint8), (4, 4))
    shown = visible_part(image, ImageAxes(0.25, 0, 0), width=2, height=2, outside=9)
    assert shown.tolist() == [[100, 100], [100, 100]]


def test_an_image_out_of_view() -> None:
    assert (visible_part(TWO_BY_TWO, ImageAxes(2, 50, 0), 4, 4, 7) == 7).all()


@settings(max_examples=60)
@given(scale=st.floats(0.05, 70), left=st.floats(-900, 300), top=st.floats(-900, 300))
def test_any_zoom_gives_a_full_view(scale: float, left: float, top: float) -> None:
    image = np.full((7, 13), 200, dtype=np.uint8)
    shown = visible_part(image, ImageAxes(scale, left, top), 60, 40, 1)
    assert shown.shape == (40, 60)
    assert set(np.unique(shown)) <= {1, 200}


def square(x: float, y: float, size: float) -> np.ndarray:
    points = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return np.array(points) + (x - 0.5, y - 0.5)


def test_the_cell_under_the_pointer() -> None:
    outlines = [[square(0, 0, 4)], [square(2, 2, 6)], []]
    boxes = outline_boxes(outlines)
    centres = np.array([[1.5, 1.5], [4.5, 4.5], [np.nan, np.nan]])
    found = [
        outline_at(outlines, boxes, centres, x, y) for x, y in ((0, 0), (2, 2), (6, 6), (9, 0))
    ]
    assert found == [0, 0, 1, None]


def test_a_hole_is_not_inside() -> None:
    ring = [square(0, 0, 9), square(3, 3, 3)]
    assert inside_outline(ring, 1, 1)
    assert not inside_outline(ring, 4, 4)


def test_frames_are_due_by_the_clock_and_go_round() -> None:
    due = [due_frame(8, seconds, 10, 0, 9) for seconds in (0, 0.05, 0.1, 0.2, 1.0, 100.3)]
    assert due == [8, 8, 9, 0, 8, 1]
    assert due_frame(50, 0.0, 10, 0, 9) == 9  # outside the loop: from its nearest frame on
    assert due_frame(2, 5.0, 10, 2, 2) == 2
    assert due_frame(0, 1.0, 10 * 0.1, 0, 99) == 1


def test_frames_are_read_in_blocks_and_few_are_kept() -> None:
    movie = np.arange(200 * 4, dtype=np.uint16).reshape(200, 2, 2)
    asked = []

    def read(start: int, stop: int) -> np.ndarray:
        asked.append((start, stop))
        return movie[start:stop]

    store = FrameStore(read, 200, block=32)
    assert np.array_equal(store.frame(40), movie[40])
    assert np.array_equal(store.frame(63), movie[63])
    assert np.array_equal(store.frame(199), movie[199])
    assert asked == [(32, 64), (192, 200)]
    assert np.allclose(store.smoothed(40), movie[38:43].mean(axis=0))
    assert np.allclose(store.smoothed(199), movie[197:].mean(axis=0))
    assert asked == [(32, 64), (192, 200)]


def test_the_store_of_frames_does_not_grow_with_the_movie() -> None:
    frames = np.zeros((32, 400, 400), dtype=np.uint16)
    store = FrameStore(lambda start, stop: frames[: stop - start].copy(), 3200)
    for index in range(0, 3200, 16):
        store.frame(index)
        assert store.n_bytes() <= 4 * frames.nbytes


@pytest.mark.parametrize(("width", "height"), [(300, 300), (200, 600), (700, 250), (120, 90)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_patch_and_inputs_do_not_overlap(width: int, height: int, scale: float) -> None:
    width, height = int(width * scale), int(height * scale)
    axes = patch_axes(width, height, 31, 31, scale, with_inputs=True)
    boxes = [(a.left, a.top, a.left + 31 * a.scale, a.top + 31 * a.scale) for a in axes]
    assert len(boxes) == 4
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert -1e-6 <= left < right <= width + 1e-6
        assert -1e-6 <= top < bottom <= height + 1e-6
        for other in boxes[i + 1 :]:
            apart = other[0] >= right - 1e-6 or other[2] <= left + 1e-6
            assert apart or other[1] >= bottom - 1e-6 or other[3] <= top + 1e-6


def test_the_sum_counts_cells_at_or_above_the_threshold() -> None:
    activity = Activity(np.array([[0.0, 0.5, 1.0], [0.49, 0.9, np.nan]]), threshold=0.5)
    assert activity.sum.tolist() == [0, 2, 1]
    assert Activity(np.array([[True, False], [True, True]])).sum.tolist() == [2, 1]


def test_the_sum_counts_more_cells_than_a_byte() -> None:
    active = np.zeros((700, 3), dtype=bool)
    active[:, 1], active[300:, 2] = True, True
    assert Activity(active).sum.tolist() == [0, 700, 400]


def test_no_active_frame_is_lost_when_a_column_has_thousands() -> None:
    active = np.zeros((3, 100_000), dtype=bool)
    active[1, 77_777] = True
    rows = ScreenRows(Activity(active), np.arange(3), 90)
    shown = rows.columns(TimeAxis(-0.5, 99_999.5, 0, 500, 100_000), 500)
    assert np.argwhere(shown).tolist() == [[1, 77_777 // 200]]
    assert shown.max() == 255


@settings(max_examples=40)
@given(data=st.data(), n_frames=st.integers(1, 400), n_columns=st.integers(1, 60))
def test_columns_of_rows_show_the_strongest_within_a_column(
    data: st.DataObject, n_frames: int, n_columns: int
) -> None:
    """Coarse blocks may put a frame one column beside its own, and lose none that is well inside."""
    frame = data.draw(st.integers(0, n_frames - 1))
    values = np.zeros((5, n_frames), dtype=np.float32)
    values[3, frame] = 0.5
    rows = ScreenRows(Activity(values), np.arange(5), 2)
    axis = TimeAxis(-0.5, n_frames - 0.5, 0, n_columns, n_frames)
    shown = rows.columns(axis, n_columns)
    assert shown.shape == (2, n_columns)
    assert not shown[0].any()
    at = np.flatnonzero(shown[1] == 128)
    assert at.size
    assert (np.abs(at - axis.x(frame)) <= 1 + 1 / axis.frames_per_px).all()


def test_rows_in_their_order_and_none_lost_when_they_are_too_many() -> None:
    strongest = np.array([[0], [9], [0], [4]]) / 255
    one = TimeAxis(-0.5, 0.5, 0, 1, 1)

    def shown(order: list[int], height: int) -> list[int]:
        rows = ScreenRows(Activity(strongest), np.array(order, dtype=int), height)
        return rows.picture(one, 1, height)[:, 0].tolist()

    assert shown([3, 1], 4) == [4, 4, 9, 9]
    assert shown([0, 1, 2, 3], 2) == [9, 4]
    assert shown([], 2) == [0, 0]


def test_a_click_on_a_row() -> None:
    assert [row_at(y, 10, 100, 20) for y in (9, 10, 15, 109.9, 110)] == [None, 0, 1, 19, None]
    assert row_at(50, 10, 100, 0) is None


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_state_has_a_shape_of_its_own(palette: Palette) -> None:
    styles = [outline_style(state, look_of(palette)) for state in STATES]
    shapes = {(style.width, style.dash, style.mark) for style in styles}
    assert len(shapes) == len(STATES)
    chosen = outline_style("labelled", look_of(palette), selected=True)
    assert chosen.width > max(style.width for style in styles)


@pytest.mark.parametrize(("width", "height"), [(300, 200), (200, 500), (90, 90), (900, 150)])
@pytest.mark.parametrize("n", [1, 4, 12])
def test_profiles_fit_and_do_not_overlap(width: int, height: int, n: int) -> None:
    grid = profile_grid(width, height, n, 1.0, 22)
    assert 1 <= grid.n <= n
    corners = [*grid.sources, *grid.transients]
    assert len(set(corners)) == 2 * grid.n
    left, top = grid.transients[-1]
    if min(width, height) >= 150:
        assert left + grid.size <= width
        assert top + grid.size <= height
    assert grid.at(grid.sources[0][0], grid.sources[0][1]) == 0
    assert grid.at(0, 0) is None


def test_a_tall_pane_puts_profiles_in_rows() -> None:
    assert profile_grid(220, 600, 6, 1.0, 22).upright
    assert not profile_grid(600, 200, 6, 1.0, 22).upright


def test_text_is_cut_to_its_room() -> None:
    assert cut("suite2p", len, 7) == "suite2p"
    assert cut("expert Anna", len, 9) == "expert A…"
    assert cut("expert", len, 0) == ""
