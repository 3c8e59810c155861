"""Cells as images: a label image (one number per cell) or a stack of masks (one image per cell).

Label images: ``.tif``, ``.png``, ``.npy`` and cellpose's ``_seg.npy``; stacks: ``.tif`` and ``.npy``; a
stack of decimal numbers gives the weights too. Both also lie in ``.npz`` and MATLAB files, see
:mod:`deepcinac.formats.array_files`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.restricted_pickle import load_npy
from deepcinac.errors import InputError
from deepcinac.files import read_npy, require_plausible_size
from deepcinac.formats.cell_readers import Field, cells_reader, require_field
from deepcinac.formats.choices import CellOptions
from deepcinac.questions import ask
from deepcinac.recording.cells import Cells, make_cells

_LARGEST_IMAGE = 1 << 32  # bytes
_SAMPLED_LABELS = 50
_SAMPLED_IMAGES = 20
_FILLED_BY_A_MOVIE = 0.9
_EMPTY_IN_A_PICTURE = 0.02  # of its pixels
_FEWEST_GREY_LEVELS = 6
_LEVEL_OF_A_MOVIE = 0.1  # of its brightest pixel
GREY_PICTURE = "grey-picture"
"""What is accepted to take an image without an empty background for labels."""

_DAMAGE_WORDS = ("invalid", "corrupt", "failed")


def recognises(path: Path) -> bool:
    """An image or a plain array, by its name."""
    return path.is_file() and path.suffix.lower() in (".tif", ".tiff", ".png", ".npy")


@cells_reader(
    "a label image or a stack of masks (.tif, .png, .npy, .npz, .mat)", recognises=recognises
)
def read_cells(
    path: Path, movie_shape: Field | None = None, options: CellOptions | None = None
) -> Cells:
    """Cells of a label image, in ascending order of their labels, or of a stack, in its order."""
    accepted = CellOptions.accepted_in(options)
    return cells_of_image(_read_image(path), path, movie_shape, accepted)


def cells_of_image(
    image: np.ndarray,
    path: str | Path,
    movie_shape: Field | None,
    accepted: Collection[str] = (),
) -> Cells:
    """The same for an array; ``path`` is what an error names."""
    if image.ndim == 4 and 1 in image.shape:
        image = image.reshape([side for side in image.shape if side != 1])
    if image.ndim == 4:
        found = f"a 4-D array of shape {' x '.join(map(str, image.shape))}"
        hint = "this looks like a movie with channels or planes: name it as the movie"
        raise InputError("a label image (2-D) or a stack of masks (3-D)", found, path, hint)
    if image.ndim not in (2, 3) or image.dtype.kind not in "biuf" or not image.size:
        found = f"an array of shape {image.shape} and type {image.dtype}"
        raise InputError("a label image (2-D) or a stack of masks (3-D)", found, path)
    require_field(image.shape[-2:], movie_shape, path)
    if image.ndim == 2:
        return _from_labels(image, path, accepted)
    return _from_stack(image, path, accepted)


def _from_labels(image: np.ndarray, path: str | Path, accepted: Collection[str]) -> Cells:
    """One cell per number above 0, named by it."""
    labels = _whole_labels(image, path)
    _ask_about_grey_levels(labels, path, accepted)
    ypix, xpix = np.nonzero(labels)
    numbers, cell_of_pixel = np.unique(labels[ypix, xpix], return_inverse=True)
    if len(numbers) == 1:
        _refuse_unlabelled(labels != 0, path)
    order = np.argsort(cell_of_pixel.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(cell_of_pixel.ravel(), minlength=len(numbers)))[:-1]
    parts = zip(np.split(ypix[order], ends), np.split(xpix[order], ends), strict=True)
    footprints = [(y, x, None) for y, x in parts] if len(numbers) else []
    names = [str(number) for number in numbers.tolist()]
    height, width = image.shape
    return make_cells(
        footprints, height, width, "label image", names=names, where=path, accepted=accepted
    )


def _ask_about_grey_levels(labels: np.ndarray, path: str | Path, accepted: Collection[str]) -> None:
    """A picture has no empty background; labels leave one, and lie in one or two pieces each."""
    import scipy.ndimage

    numbers = np.unique(labels)
    n_empty = int(np.count_nonzero(labels == 0))
    if len(numbers) < _FEWEST_GREY_LEVELS or n_empty > _EMPTY_IN_A_PICTURE * labels.size:
        return
    n_pieces = sum(
        int(scipy.ndimage.label(labels == number, np.ones((3, 3)))[1])
        for number in numbers[:_SAMPLED_LABELS].tolist()
    )
    per_number = n_pieces / min(len(numbers), _SAMPLED_LABELS)
    ask(
        GREY_PICTURE,
        "a label image: whole numbers, 0 outside the cells",
        f"{n_empty or 'no'} pixels of 0, and {len(numbers):,} different numbers from {numbers[0]} to "
        f"{numbers[-1]} in {per_number:.3g} pieces each",
        path,
        "this looks like a picture of the cells (grey levels), not like their labels",
        frozenset(accepted),
    )


def _whole_labels(image: np.ndarray, path: str | Path) -> np.ndarray:
    if image.dtype.kind in "bu":
        return image
    if not np.isfinite(image).all() or (image < 0).any() or (image != np.floor(image)).any():
        found = "others; is this a picture of the cells, or traces?"
        raise InputError("a label image: whole numbers, 0 outside the cells", found, path)
    return image.astype(np.int64)


def _refuse_unlabelled(mask: np.ndarray, path: str | Path) -> None:
    """A black-and-white image of many cells would pass for a single cell."""
    import scipy.ndimage

    n_pieces = scipy.ndimage.label(mask, np.ones((3, 3)))[1]
    if n_pieces > 1:
        raise InputError(
            "an image in which every cell has a number of its own",
            f"{n_pieces} separate pieces with the same number",
            path,
            "number the pieces first, for example with scipy.ndimage.label",
        )


def _from_stack(stack: np.ndarray, path: str | Path, accepted: Collection[str]) -> Cells:
    """One cell per image: where it is not 0; decimal numbers are the weights."""
    _refuse_movie(stack, path)
    weighted = stack.dtype.kind == "f"
    footprints: list[tuple[Any, Any, Any]] = []
    for i, mask in enumerate(stack):
        ypix, xpix = np.nonzero(mask)
        values = mask[ypix, xpix]
        if not weighted and np.any(values != values[:1]):
            found = f"several numbers in image {i}"
            hint = "is this a movie? Label images are read one by one, weights as decimal numbers"
            raise InputError("one cell in each image of a stack", found, path, hint)
        footprints.append((ypix, xpix, values if weighted else None))
    height, width = stack.shape[1:]
    return make_cells(footprints, height, width, "masks", where=path, accepted=accepted)


def _refuse_movie(stack: np.ndarray, path: str | Path) -> None:
    """Frames fill their field with much the same level; weights of a cell fall off and are not negative."""
    n_sampled = min(len(stack), _SAMPLED_IMAGES)
    sample = stack[np.linspace(0, len(stack) - 1, n_sampled).astype(int)]
    if stack.dtype.kind != "f" or not np.isfinite(sample).all():
        return
    filled = np.count_nonzero(sample) / sample.size
    is_flat = np.median(sample) > _LEVEL_OF_A_MOVIE * sample.max() and np.ptp(sample[0]) > 0
    if filled > _FILLED_BY_A_MOVIE and (is_flat or (sample < 0).any()):
        raise InputError(
            "a stack of masks: an image for each cell, 0 outside of it",
            f"{len(stack)} images with a number in {filled:.0%} of their pixels",
            path,
            "this looks like a movie: name it as the movie, and the file of its cells as the cells",
        )


def _read_image(path: Path) -> np.ndarray:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _from_cellpose(path) if path.name.endswith("_seg.npy") else read_npy(path)
    try:
        return _read_png(path) if suffix == ".png" else _read_tif(path)
    except InputError:
        raise
    except Exception as error:  # image readers raise many kinds
        found = f"{type(error).__name__} ({str(error)[:160]})"
        raise InputError("a readable image", found, path) from error


def _from_cellpose(path: Path) -> np.ndarray:
    content = load_npy(path)
    segmentation = content.item() if content.shape == () else None
    labels = segmentation.get("masks") if isinstance(segmentation, dict) else None
    if not isinstance(labels, np.ndarray):
        raise InputError("cellpose's result with masks", "something else", path)
    return labels


def _read_png(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path, formats=["PNG"]) as image:
        if len(image.getbands()) != 1:
            raise InputError("one channel of labels", f"an image of mode {image.mode}", path)
        return np.asarray(image)


@contextlib.contextmanager
def _tifffile_complaints() -> Iterator[list[str]]:
    """What tifffile finds wrong and only logs: of a file that was cut short it reads one image."""
    complaints: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            if any(word in text for word in _DAMAGE_WORDS):
                complaints.append(text)

    collector = Collector(
        logging.WARNING
    )  # older versions of tifffile warn, newer call it an error
    logger = logging.getLogger("tifffile")
    logger.addHandler(collector)
    try:
        yield complaints
    finally:
        logger.removeHandler(collector)


_MOST_PAGES = 100_000


def _refuse_endless(tif: Any, path: Path) -> None:
    """Pages in a circle have no end; each page after the first one is only stepped over here."""
    starts: set[int] = set()
    for page in tif.pages:
        start = int(page.offset)
        if start in starts or len(starts) >= _MOST_PAGES:
            raise InputError("a whole TIFF", "pages without an end", path)
        starts.add(start)


def _read_tif(path: Path) -> np.ndarray:
    """All pages of a TIFF as one array; a file that was cut short is refused."""
    import tifffile

    with _tifffile_complaints() as complaints, tifffile.TiffFile(path) as tif:
        _refuse_endless(tif, path)
        series = tif.series[0]
        if complaints:
            hint = "the file may have been cut short: copy it again from where it was made"
            raise InputError("a whole TIFF", f"damage ({complaints[0]})", path, hint)
        if "S" in series.axes and not _is_stack_of_masks(series):
            found = f"colours or channels (axes {series.axes} of {_sides(series.shape)})"
            raise InputError("one channel of labels or masks", found, path)
        n_bytes = sum(one.nbytes for one in tif.series)
        require_plausible_size(n_bytes, path, path, _LARGEST_IMAGE)
        if len(tif.series) == 1:
            return series.asarray()
        return np.stack([one.asarray() for one in tif.series])


def _is_stack_of_masks(series: Any) -> bool:
    """Whether 3 or 4 images that a writer took for colours are masks: each of one number beside 0.

    TIFF writers call a stack of 3 or 4 images of bytes a colour image, plane by plane.
    """
    if series.axes != "SYX" or series.nbytes > _LARGEST_IMAGE:
        return False
    images = series.asarray()
    return all(len(np.unique(image)) == 2 and image.min() == 0 for image in images)


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
