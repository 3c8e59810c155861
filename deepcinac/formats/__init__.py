"""Files of other programs: one module each, or a few where a program writes much.

A new format is one module, which registers what it reads (``@cells_reader``, ``@movie_reader``,
``LABELS_FORMS``), and its name below.
"""

from deepcinac.formats.cell_readers import cell_formats, load_cells
from deepcinac.formats.choices import CellOptions

READER_MODULES = (
    "cells_npz",
    "imagej",
    "cinac",
    "nwb_movie",
    "microscope_folders",
    "nwb_cells",
    "caiman",
    "suite2p_fall",
    "array_files",
    "suite2p",
    "masks",
    "labels_csv",
    "labels_npz",
    "labels_mat",
)
"""In the order in which they are asked, the more particular first."""

__all__ = ["READER_MODULES", "CellOptions", "cell_formats", "load_cells"]
