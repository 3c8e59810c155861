"""Which reader reads a file of cells: :func:`load_cells` asks those that registered.

A format joins with a module in ``formats``, a function under :func:`cells_reader`, and its name in
``READER_MODULES`` of :mod:`deepcinac.formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from deepcinac.errors import InputError
from deepcinac.formats.choices import CellOptions, split_variable
from deepcinac.registry import Registry

if TYPE_CHECKING:
    from deepcinac.recording.cells import Cells

Field = tuple[int, int]
"""Height and width in pixels."""


class ReadCells(Protocol):
    """A function that reads cells from a file on the field (height, width) of the movie, if known."""

    __module__: str

    def __call__(
        self,
        path: Path,
        movie_shape: Field | None = None,
        options: CellOptions | None = None,
    ) -> Cells:
        """Read the cells in ``path``."""


@dataclass(frozen=True)
class CellsReader:
    """One kind of file: what people call it, how it is recognised, what reads it.

    ``has_variables``: whether one file may hold several lists of cells.
    """

    description: str
    recognises: Callable[[Path], bool]
    read: ReadCells
    has_variables: bool = False


CELLS_READERS: Registry[CellsReader] = Registry("deepcinac.formats")


def cells_reader(
    description: str, *, recognises: Callable[[Path], bool], has_variables: bool = False
) -> Callable[[ReadCells], ReadCells]:
    """Register a function that reads cells.

    ``recognises`` is given a path that exists and must be cheap: the name, at most the first bytes.
    """

    def register(read: ReadCells) -> ReadCells:
        CELLS_READERS.add(
            read.__module__, CellsReader(description, recognises, read, has_variables)
        )
        return read

    return register


def cell_formats() -> tuple[str, ...]:
    """What can be read, one description per format."""
    return tuple(reader.description for reader in CELLS_READERS)


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
    for reader in CELLS_READERS:
        if not reader.recognises(path):
            continue
        if options.variable and not reader.has_variables:
            found = f"{reader.description}, which has none"
            raise InputError(f"a file with a variable called {options.variable}", found, path)
        return reader.read(path, field, options)
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
