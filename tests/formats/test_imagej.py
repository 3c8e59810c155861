"""ImageJ selections: pixels counted by hand, files as ImageJ and roifile write them."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from deepcinac.errors import InputError
from deepcinac.formats import load_cells
from deepcinac.formats.imagej import fill_ellipse, fill_polygons


def _box(kind, left, top, right, bottom, name="box"):
    roi = ImagejRoi()
    roi.roitype = kind
    roi.left, roi.top, roi.right, roi.bottom = left, top, right, bottom
    roi.name = name
    return roi


def _polygon(points, kind=ROI_TYPE.POLYGON, name="polygon"):
    roi = ImagejRoi.frompoints(np.asarray(points), name=name)
    roi.roitype = kind
    return roi


def _composite(path, left=0, top=0, right=10, bottom=10):
    roi = _box(ROI_TYPE.RECT, left, top, right, bottom, "composite")
    roi.multi_coordinates = np.array(path, dtype=np.float32)
    roi.shape_roi_size = len(path)
    return roi


def _zip(path, *rois):
    with zipfile.ZipFile(path, "w") as archive:
        for i, roi in enumerate(rois):
            archive.writestr(f"{i:04}.roi", roi.tobytes())
    return path


def _one(roi, tmp_path, shape=(20, 20)):
    """The mask of a single selection."""
    roi.tofile(tmp_path / "cell.roi")
    return load_cells(tmp_path / "cell.roi", shape).mask(0)


# ---------------------------------------------------------------------------- selections


def test_rectangle_of_four_by_three_has_twelve_pixels(tmp_path):
    mask = _one(_box(ROI_TYPE.RECT, 2, 5, 6, 8), tmp_path)
    assert mask.sum() == 12
    assert mask[5:8, 2:6].all()


def test_polygon_on_the_corners_of_a_rectangle_is_that_rectangle(tmp_path):
    mask = _one(_polygon([(2, 5), (6, 5), (6, 8), (2, 8)]), tmp_path)
    assert mask.sum() == 12
    assert mask[5:8, 2:6].all()


def test_right_triangle(tmp_path):
    """Corners (0, 0), (4, 0), (0, 4): the centres strictly above the diagonal x + y = 4."""
    mask = _one(_polygon([(0, 0), (4, 0), (0, 4)]), tmp_path, (4, 4))
    assert mask.astype(int).tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("kind", [ROI_TYPE.FREEHAND, ROI_TYPE.TRACED])
def test_hand_drawn_and_traced_shapes(kind, tmp_path):
    steps = [(0, 0), (1, 0), (1, 2), (2, 2), (2, 3), (0, 3)]
    mask = _one(_polygon(steps, kind), tmp_path, (3, 3))
    assert mask.astype(int).tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 0]]


def test_coordinates_between_pixels(tmp_path):
    """From 0.4 to 2.6 the centres at 0.5, 1.5 and 2.5 are in; from 0.6 only two of them."""
    mask = _one(_polygon([(0.4, 0.6), (2.6, 0.6), (2.6, 2.6), (0.4, 2.6)]), tmp_path, (3, 3))
    assert mask.astype(int).tolist() == [[0, 0, 0], [1, 1, 1], [1, 1, 1]]


def test_small_ovals(tmp_path):
    assert _one(_box(ROI_TYPE.OVAL, 0, 0, 2, 2), tmp_path, (2, 2)).all()
    four = _one(_box(ROI_TYPE.OVAL, 0, 0, 4, 4), tmp_path, (4, 4))
    assert four.astype(int).tolist() == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]]


def test_large_oval_has_the_area_of_the_ellipse():
    ypix, xpix = fill_ellipse(10, 20, 60, 40)
    assert len(ypix) == pytest.approx(np.pi * 30 * 20, rel=0.01)
    assert (xpix.min(), xpix.max(), ypix.min(), ypix.max()) == (10, 69, 20, 59)


def test_composite_of_a_square_with_a_hole(tmp_path):
    square = [0, 0, 0, 1, 4, 0, 1, 4, 4, 1, 0, 4, 4]
    hole = [0, 1, 1, 1, 3, 1, 1, 3, 3, 1, 1, 3, 4]
    mask = _one(_composite([*square, *hole], right=4, bottom=4), tmp_path, (4, 4))
    assert mask.astype(int).tolist() == [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]


def test_composite_with_curves(tmp_path):
    """A circle of radius 8 in four cubic curves, as ImageJ combines ovals."""
    k = 8 * 0.5522847
    circle = [
        *(0, 18, 10),
        *(3, 18, 10 + k, 10 + k, 18, 10, 18),
        *(3, 10 - k, 18, 2, 10 + k, 2, 10),
        *(3, 2, 10 - k, 10 - k, 2, 10, 2),
        *(3, 10 + k, 2, 18, 10 - k, 18, 10),
        4,
    ]
    mask = _one(_composite(circle, 2, 2, 18, 18), tmp_path)
    ys, xs = np.mgrid[:20, :20] + 0.5
    distance = np.hypot(ys - 10, xs - 10)
    assert mask[distance < 7.9].all()
    assert not mask[distance > 8.1].any()


def test_neighbours_share_no_pixel():
    left = fill_polygons([np.array([(0, 0), (3.5, 0), (5.5, 9), (0, 9)])])
    right = fill_polygons([np.array([(3.5, 0), (9, 0), (9, 9), (5.5, 9)])])
    pixels = list(zip(*np.hstack([left, right]).tolist(), strict=True))
    assert len(pixels) == len(set(pixels)) == 81


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 36), st.integers(0, 36)), min_size=3, max_size=9, unique=True)
)
def test_polygons_are_filled_as_matplotlib_fills_them(points):
    """On quarters of a pixel, apart from centres that lie on the line itself."""
    from matplotlib.path import Path

    vertices = np.array(points) / 4 + (0.1, 0.05)
    mask = np.zeros((10, 10), dtype=bool)
    mask[fill_polygons([vertices])] = True
    centres = np.stack(np.meshgrid(np.arange(10) + 0.5, np.arange(10) + 0.5), -1).reshape(-1, 2)

    # Path fills by the non-zero rule; in a shape that crosses itself only the outside is the same.
    outside = ~Path(np.vstack([vertices, vertices[:1]])).contains_points(centres, radius=1e-6)
    outside &= ~Path(np.vstack([vertices, vertices[:1]])).contains_points(centres, radius=-1e-6)
    assert not mask.ravel()[outside].any()


# ---------------------------------------------------------------------------- files


def test_list_of_the_roi_manager(tmp_path):
    path = _zip(
        tmp_path / "RoiSet.zip",
        _box(ROI_TYPE.RECT, 0, 0, 2, 2, "soma"),
        _polygon([(5, 5), (8, 5), (8, 7), (5, 7)], name="dendrite"),
    )
    cells = load_cells(path, (10, 10))
    assert cells.names == ("soma", "dendrite")
    assert cells.n_pixels.tolist() == [4, 6]
    assert cells.source == "ImageJ"


def test_smallest_field_without_a_movie(tmp_path):
    cells = load_cells(_zip(tmp_path / "a.zip", _box(ROI_TYPE.RECT, 3, 1, 7, 5)))
    assert (cells.height, cells.width) == (5, 7)


def test_selection_across_the_border_is_clipped(tmp_path):
    path = _zip(tmp_path / "a.zip", _box(ROI_TYPE.RECT, 8, 8, 12, 12))
    with pytest.warns(UserWarning, match="cross the border"):
        assert load_cells(path, (10, 10)).n_pixels.tolist() == [4]


def test_selection_outside_is_a_sentence(tmp_path):
    path = _zip(tmp_path / "a.zip", _box(ROI_TYPE.RECT, 12, 1, 14, 3))
    with pytest.raises(InputError, match=r"cell 0 at y 1 to 2, x 12 to 13.*a\.zip.*swapped"):
        load_cells(path, (20, 10))


def test_files_of_macos_in_the_zip_are_passed_over(tmp_path):
    path = _zip(tmp_path / "a.zip", _box(ROI_TYPE.RECT, 0, 0, 2, 2))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/._0000.roi", b"not a selection")
        archive.writestr("notes.txt", b"nor this")
    assert len(load_cells(path, (10, 10))) == 1


@pytest.mark.parametrize("kind", [ROI_TYPE.LINE, ROI_TYPE.POINT, ROI_TYPE.FREELINE])
def test_selection_without_an_area_is_named(kind, tmp_path):
    line = _polygon([(1, 1), (5, 5)], kind, "my line")
    path = _zip(tmp_path / "a.zip", _box(ROI_TYPE.RECT, 0, 0, 2, 2), line)
    with pytest.raises(InputError, match=rf"cell 1 \(0001: a {kind.name.lower()}, .*a\.zip"):
        load_cells(path, (10, 10))


def test_text_on_the_image_is_no_cell(tmp_path):
    text = _box(ROI_TYPE.RECT, 0, 0, 5, 5)
    text.subtype = ROI_SUBTYPE.TEXT
    text.text = text.text_name = "cell"
    text.version = 217
    with pytest.raises(InputError, match="a text"):
        load_cells(_zip(tmp_path / "a.zip", text), (10, 10))


def test_selection_too_small_for_a_pixel_is_named(tmp_path):
    speck = _polygon([(1.6, 1.6), (1.9, 1.6), (1.9, 1.9)])
    with pytest.raises(InputError, match=r"0000: no centre of a pixel"):
        load_cells(_zip(tmp_path / "a.zip", speck), (10, 10))


@pytest.mark.parametrize(
    "path",
    [
        [0, 0, 0, 2, 1, 1],
        [1, 3, 3],
        [7, 0, 0],
        [0, 0, 0, 1, np.nan, 3, 4],
        [0, 0, 0, 1, 1e30, 3, 1, 5, 5, 4],
    ],
)
def test_damaged_composite_is_a_sentence(path, tmp_path):
    with pytest.raises(InputError, match="damaged"):
        load_cells(_zip(tmp_path / "a.zip", _composite(path)), (10, 10))


def test_monstrous_rectangle_is_a_sentence(tmp_path):
    roi = _box(ROI_TYPE.RECT, 0, 0, 4, 4)
    roi.options |= ROI_OPTIONS.SUB_PIXEL_RESOLUTION
    roi.version = 227
    roi.xd, roi.yd, roi.widthd, roi.heightd = 0.0, 0.0, 9e5, 9e5
    with pytest.raises(InputError, match="damaged"):
        load_cells(_zip(tmp_path / "a.zip", roi), (10, 10))


@settings(max_examples=100)
@given(data=st.data())
def test_damaged_files_are_sentences_or_cells(data, tmp_path_factory):
    rois = (_box(ROI_TYPE.OVAL, 1, 1, 6, 6), _polygon([(0, 0), (4, 0), (0, 4)]))
    content = bytearray(data.draw(st.sampled_from(rois)).tobytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "cell.roi"
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        cells = load_cells(path)
    except InputError as error:
        sentence = str(error)
    else:
        sentence = f"{path}" if len(cells) == 1 else ""
    assert str(path) in sentence


def _flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _same_or_told(path, bits):
    """One bit after the other flipped: the same cells, or a sentence. How many were told."""
    content, told = path.read_bytes(), 0
    whole = [(cell.ypix.tolist(), cell.xpix.tolist()) for cell in load_cells(path, (20, 20)).cells]
    for bit in bits:
        path.write_bytes(_flipped(content, bit))
        try:
            found = load_cells(path, (20, 20))
        except InputError:
            told += 1
        else:
            cells = [(cell.ypix.tolist(), cell.xpix.tolist()) for cell in found.cells]
            assert cells == whole, f"bit {bit}"
    path.write_bytes(content)
    return told


def _three_boxes(path):
    return _zip(path, *(_box(ROI_TYPE.RECT, left, 2, left + 4, 8) for left in (1, 7, 13)))


def test_a_flipped_bit_in_the_table_of_a_list_loses_no_cell(tmp_path):
    """The table of contents, of which nothing else takes a checksum; every seventh bit of it."""
    path = _three_boxes(tmp_path / "RoiSet.zip")
    content = path.read_bytes()
    bits = range(8 * content.index(b"PK\x01\x02"), 8 * len(content), 7)
    assert _same_or_told(path, bits) > len(bits) // 3


@pytest.mark.soak
def test_no_flipped_bit_of_a_list_loses_a_cell(tmp_path):
    path = _three_boxes(tmp_path / "RoiSet.zip")
    bits = range(8 * len(path.read_bytes()))
    assert _same_or_told(path, bits) > len(bits) // 2
