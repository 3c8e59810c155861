"""Label images and stacks of masks in every file that may hold them."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from deepcinac.errors import InputError
from deepcinac.formats import load_cells

LABELS = np.array([[7, 7, 0, 0], [0, 0, 0, 2], [0, 0, 2, 2]], dtype=np.uint16)
"""Cell 2 has three pixels, cell 7 has two; there is no cell 1."""

STACK = np.stack([LABELS == 2, LABELS == 7])


def write(path, image):
    if path.suffix == ".npy":
        np.save(path, image)
    elif path.suffix == ".npz":
        np.savez(path, masks=image)
    elif path.suffix == ".png":
        Image.fromarray(image).save(path)
    else:
        tifffile.imwrite(path, image, photometric="minisblack")
    return path


@pytest.mark.parametrize("ending", [".tif", ".png", ".npy", ".npz"])
def test_label_image(ending, tmp_path):
    cells = load_cells(write(tmp_path / f"labels{ending}", LABELS), (3, 4))
    assert np.array_equal(cells.masks(), STACK)
    assert cells.names == ("2", "7")
    assert cells.source == "label image"


@pytest.mark.parametrize("ending", [".tif", ".npy", ".npz"])
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_stack_of_masks(ending, kind, tmp_path):
    cells = load_cells(write(tmp_path / f"masks{ending}", STACK.astype(kind)), (3, 4))
    assert np.array_equal(cells.masks(), STACK)
    assert cells.source == "masks"


def test_stack_of_flags(tmp_path):
    assert np.array_equal(load_cells(write(tmp_path / "masks.npy", STACK)).masks(), STACK)


def test_masks_of_overlapping_cells(tmp_path):
    both = np.ones((2, 3, 4), dtype=bool)
    assert load_cells(write(tmp_path / "masks.npy", both)).overlaps.fraction(0, 1) == 1


def test_decimal_numbers_in_a_stack_are_weights(tmp_path):
    stack = np.zeros((1, 3, 4))
    stack[0, 1, :2] = [0.5, 2]
    cells = load_cells(write(tmp_path / "weights.npy", stack))
    assert cells[0].weight.tolist() == [0.5, 2]


def test_whole_numbers_written_as_decimals(tmp_path):
    cells = load_cells(write(tmp_path / "labels.npy", LABELS.astype(float)))
    assert cells.names == ("2", "7")


def test_result_of_cellpose(tmp_path):
    result = {"masks": LABELS, "flows": [np.zeros(3)], "filename": "mouse.tif"}
    np.save(tmp_path / "mouse_seg.npy", np.array(result, dtype=object))
    assert load_cells(tmp_path / "mouse_seg.npy").names == ("2", "7")


def test_black_and_white_image_of_one_cell(tmp_path):
    assert len(load_cells(write(tmp_path / "cell.npy", LABELS == 7))) == 1


def test_black_and_white_image_of_many_cells_is_a_question(tmp_path):
    with pytest.raises(InputError, match=r"2 separate pieces.*Number the pieces"):
        load_cells(write(tmp_path / "cells.npy", LABELS > 0))


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.zeros((3, 4), int), "at least one cell"),
        (np.zeros((2, 3, 4), bool), r"2 of 2 .*cell 0 \(no pixels\)"),
        (np.full((3, 4), 0.5), "whole numbers"),
        (np.full((3, 4), np.nan), "whole numbers"),
        (np.full((3, 4), -1), "whole numbers"),
        (np.arange(24).reshape(2, 3, 4), "several numbers in image 0"),
        (np.zeros(5), "2-D"),
        (np.zeros((0, 3, 4)), "2-D"),
        (np.zeros((2, 2, 3, 4)), "2-D"),
        (np.full((3, 4), "a"), "2-D"),
    ],
)
def test_other_arrays_are_sentences(image, sentence, tmp_path):
    with pytest.raises(InputError, match=sentence):
        load_cells(write(tmp_path / "labels.npy", image))


def test_masks_of_another_field_are_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"5 x 5 pixels.*3 x 4.*masks\.npy"):
        load_cells(write(tmp_path / "masks.npy", STACK), (5, 5))


def test_npz_without_masks_lists_what_it_holds(tmp_path):
    np.savez(tmp_path / "a.npz", one=LABELS, two=LABELS)
    with pytest.raises(InputError, match="one: label image, 3 x 4; two: label image"):
        load_cells(tmp_path / "a.npz")


def test_colour_picture_is_a_sentence(tmp_path):
    colours = np.zeros((8, 9, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colours, photometric="rgb")
    Image.fromarray(colours).save(tmp_path / "a.png")
    for name, sentence in (("a.tif", "colour"), ("a.png", "RGB")):
        with pytest.raises(InputError, match=sentence):
            load_cells(tmp_path / name)


def test_stack_written_page_by_page(tmp_path):
    with tifffile.TiffWriter(tmp_path / "masks.tif") as writer:
        for mask in STACK:
            writer.write(mask.astype(np.uint8) * 255)
    assert np.array_equal(load_cells(tmp_path / "masks.tif").masks(), STACK)


@pytest.mark.parametrize(
    "options", [{}, {"imagej": True}, {"compression": "zlib"}, {"metadata": None}]
)
def test_stack_that_was_cut_short_is_never_a_shorter_stack(options, tmp_path):
    path = tmp_path / "masks.tif"
    tifffile.imwrite(
        path, np.repeat(STACK.astype(np.uint8), 10, axis=0), photometric="minisblack", **options
    )
    assert len(load_cells(path)) == 20

    whole = path.read_bytes()
    n_refused = 0
    for length in range(0, len(whole), len(whole) // 23):
        path.write_bytes(whole[:length])
        try:
            assert len(load_cells(path)) == 20  # only what lies behind the images was lost
        except InputError:
            n_refused += 1
    assert n_refused


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.npy", "a.npz", "a_seg.npy"])
@pytest.mark.parametrize("content", [b"", b"noise", b"\x93NUMPY", b"II*\x00\x08\x00\x00\x00"])
def test_damaged_files_are_sentences(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"a.*\."):
        load_cells(tmp_path / name)
