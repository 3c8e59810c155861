"""Results in files: one front for all forms; the ending of the name chooses.

Every form writes what it can and says what it cannot; what one form writes, all of the program reads.
"""

from __future__ import annotations

import logging
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import folder_written_atomically, require_results, written_atomically
from deepcinac.recording.cells import Cells
from deepcinac.results import csv_form, mat, npy, npz, nwb, zarr_form
from deepcinac.results.nwb_about import NwbAbout
from deepcinac.results.result import Results

ENDINGS = (".npz", ".npy", ".mat", ".csv", ".nwb", ".zarr")

_log = logging.getLogger(__name__)


def check_ending(path: Path) -> str:
    """The ending in lower case, when it names a form."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(
            f"a file name ending in {', '.join(ENDINGS)}", repr(path.suffix or path.name), path
        )
    return ending


def check_out(path: Path, about: NwbAbout | None = None) -> None:
    """Refuse a file that could not be written, before hours of work are spent."""
    ending = check_ending(path)
    if ending == zarr_form.ENDING:
        zarr_form.require_zarr()
        zarr_form.require_replaceable(path)
        return
    if ending == ".nwb":
        nwb.require_pynwb()
        (about or NwbAbout()).require_known()
    if path.is_dir():
        raise InputError("the name of a file", "a folder", path)


def write_results(
    path: str | Path,
    results: Results,
    cells: Cells | None = None,
    about: NwbAbout | None = None,
) -> tuple[str, ...]:
    """Write results in the form that the ending of ``path`` names, completely or not at all.

    ``cells`` are those of the recording; an ``.nwb`` needs them for their masks, and ``about``, since
    it must say when and how the recording was made. Returns what the form could not hold, in words; it is
    also logged.
    """
    path = Path(path)
    ending = check_ending(path)
    if ending == zarr_form.ENDING:
        zarr_form.require_replaceable(path)
    writing = folder_written_atomically if ending == zarr_form.ENDING else written_atomically
    with writing(path) as temporary:
        if ending == ".nwb":
            if cells is None:
                raise InputError("the cells, whose masks go into an .nwb", "none", path)
            said = nwb.write(temporary, results, cells, about)
        else:
            forms = {".npz": npz, ".npy": npy, ".mat": mat, ".csv": csv_form, ".zarr": zarr_form}
            said = forms[ending].write(temporary, results)
    for sentence in said:
        _log.warning("%s: %s.", path, sentence)
    return said


def read_results(path: str | Path, shape: tuple[int, int] | None = None) -> Results:
    """Read results of this program, of its older versions, or a plain array of another method.

    ``shape`` (n_cells, n_frames) of the recording is needed by a ``.csv`` that does not say it; arrays
    that do not say their cells must have a row for each.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise InputError(f"predictions in a file ending in {known}", path.suffix or path.name, path)
    require_results(path, "a file of predictions")
    if ending == ".csv":
        return csv_form.read(path, shape)
    if ending == ".nwb":
        return nwb.read(path)
    return {".npz": npz, ".npy": npy, ".mat": mat, ".zarr": zarr_form}[ending].read(path, shape)
