"""Files of other programs, one module each."""

from deepcinac.formats.cells import cell_formats, load_cells
from deepcinac.formats.options import CellOptions

__all__ = ["CellOptions", "cell_formats", "load_cells"]
