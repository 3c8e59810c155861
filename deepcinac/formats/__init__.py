"""Files of other programs, one module each."""

from deepcinac.formats.cells import cell_formats, load_cells

__all__ = ["cell_formats", "load_cells"]
