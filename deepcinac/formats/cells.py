"""Cells from any file that this program reads.

A format joins with a module of two functions, ``recognises(path) -> bool`` (cheap: the name, at
most the first bytes) and ``read_cells(path, movie_shape, options) -> Cells``, a text ``DESCRIPTION``
for people, ``HAS_VARIABLES`` (whether one file may hold several lists of cells), and its place in
:func:`_readers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from deepcinac.errors import InputError
from deepcinac.formats.options import CellOptions, split_variable

if TYPE_CHECKING:
    from deepcinac.recording.cells import Cells

Field = tuple[int, int]
"""Height and width in pixels."""


class CellsReader(Protocol):
    """What a module that reads cells offers."""

    DESCRIPTION: str
    HAS_VARIABLES: bool

    def recognises(self, path: Path) -> bool:
        """Whether ``path``, which exists, looks like a file of this format."""

    def read_cells(
        self, path: Path, movie_shape: Field | None, options: CellOptions | None
    ) -> Cells:
        """The cells in ``path`` on the field of the movie."""


def _readers() -> tuple[CellsReader, ...]:
    """The formats, the more particular first; imported here to keep the start-up fast."""
    from deepcinac.formats import (
        array_files,
        caiman,
        cells_npz,
        cinac,
        imagej,
        masks,
        nwb_cells,
        suite2p,
    )

    return (cells_npz, imagej, cinac, nwb_cells, caiman, array_files, suite2p, masks)


def cell_formats() -> tuple[str, ...]:
    """What can be read, one description per format."""
    return tuple(reader.DESCRIPTION for reader in _readers())


def load_cells(
    path: str | Path,
    movie_shape: Sequence[int] | None = None,
    options: CellOptions | None = None,
) -> Cells:
    """Read cells from whatever ``path`` is; ``file.mat#Coor`` names a variable in the file.

    ``movie_shape`` is the (height, width) of the movie, or its whole shape with the frames first.
    Files that know their own field must agree with it; suite2p's list and ImageJ selections need
    not know it: without ``movie_shape`` (and without suite2p's ``ops.npy``) the smallest field that
    holds all cells is taken. A file with several lists of cells and none named is a
    :class:`~deepcinac.errors.SeveralChoices`.
    """
    path, variable = split_variable(path)
    options = (options or CellOptions()).with_variable(variable)
    if not path.exists():
        raise InputError("a file of cells", "nothing", path, "Check the spelling of the path")
    field = None if movie_shape is None else (int(movie_shape[-2]), int(movie_shape[-1]))
    for reader in _readers():
        if not reader.recognises(path):
            continue
        if options.variable and not reader.HAS_VARIABLES:
            found = f"{reader.DESCRIPTION}, which has none"
            raise InputError(f"a file with a variable called {options.variable}", found, path)
        return reader.read_cells(path, field, options)
    found = "a folder without them" if path.is_dir() else f"a {path.suffix or 'nameless'} file"
    raise InputError("cells as " + "; ".join(cell_formats()), found, path)


def require_field(found: Sequence[int], movie_shape: Field | None, path: str | Path) -> None:
    """Refuse cells that were drawn on a field of another size than the movie's."""
    height, width = found
    if movie_shape is None or (height, width) == movie_shape:
        return
    swapped = (width, height) == movie_shape
    raise InputError(
        f"cells of a movie of {movie_shape[0]} x {movie_shape[1]} pixels (height x width)",
        f"cells on {height} x {width}",
        path,
        "y and x are swapped: transpose the masks"
        if swapped
        else "the cells seem to belong to another movie, or one of the two was cropped",
    )
