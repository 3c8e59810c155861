"""``.nwb`` (Neurodata Without Borders): probability and spike rate of the cells, and their masks.

Each is a RoiResponseSeries that refers to the masks of a PlaneSegmentation.
Writing needs the extra ``[nwb]`` (pynwb) and the cells; reading needs neither. The facts are JSON text
in the file's ``notes``.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file
from deepcinac.errors import InputError
from deepcinac.files import readable, require_file
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.results import facts as facts_
from deepcinac.results.arrays import unknown_maker
from deepcinac.results.kinds import CURVE, KINDS, PROBABILITY, SPIKE_RATE
from deepcinac.results.result import Result, Results, TimeBase, footprint_keys

_SERIES = (PROBABILITY, SPIKE_RATE, CURVE)
_MODULE = "processing/ophys"
_TABLE = f"{_MODULE}/ImageSegmentation/cells"
_LARGEST = 1 << 34  # bytes


def require_pynwb() -> Any:
    """The module pynwb, or an InputError that says how to install it."""
    try:
        import pynwb
    except ImportError as error:
        raise InputError(
            "the package pynwb, which writes NWB files",
            "none installed",
            hint="run `pip install deepcinac[nwb]`, or choose another ending",
        ) from error
    return pynwb


def write(path: Path, results: Results, cells: Cells) -> tuple[str, ...]:
    """Write the results and the masks of their cells; returns what the form cannot hold.

    The recording's date is not known here: the file says the time of writing instead.
    """
    pynwb = require_pynwb()
    items = [item for item in results if item.kind in _SERIES]
    if not items:
        held = ", ".join(item.kind for item in results)
        raise InputError(f"one of {', '.join(_SERIES)} to write as NWB", held)
    numbers = items[0].require_cells()
    now = datetime.datetime.now(datetime.timezone.utc)
    maker = results.maker
    facts = facts_.facts_of(results)
    nwb = pynwb.NWBFile(
        session_description=f"cell activity found by {maker.name}",
        identifier=f"deepcinac-{maker.identity[:12]}-{now:%Y%m%d%H%M%S%f}",
        session_start_time=now,
        notes=facts_.as_text({**facts, "height": cells.height, "width": cells.width}),
    )
    rate = _rate(results, items[0])
    module = nwb.create_processing_module("ophys", "cells and their activity")
    segmentation = _plane_segmentation(pynwb, nwb, facts, rate, numbers, cells)
    holder = pynwb.ophys.ImageSegmentation()
    holder.add_plane_segmentation(segmentation)
    module.add(holder)
    activity = pynwb.ophys.Fluorescence()
    module.add(activity)
    for item in items:
        _add_series(activity, segmentation, item, numbers, rate)
    with pynwb.NWBHDF5IO(str(path), "w") as stream:
        stream.write(nwb)
    lost = [item.kind for item in results if item.kind not in _SERIES]
    return (f"An .nwb of activity does not hold {', nor '.join(lost)}",) if lost else ()


def _rate(results: Results, item: Result) -> float:
    found = None if item.time is None else item.time.rate_hz
    rate = found or facts_.frame_rate_from(results.info)
    if rate is None:
        raise InputError("results that know their frame rate, for NWB", "none")
    return rate


def _add_series(
    activity: Any, segmentation: Any, item: Result, numbers: np.ndarray, rate: float
) -> None:
    if not np.array_equal(item.require_cells(), numbers):
        raise InputError("results about the same cells", f"others in {item.kind}")
    region = segmentation.create_roi_table_region(
        "the cells of this series", region=list(range(len(numbers)))
    )
    activity.create_roi_response_series(
        name=item.kind,
        description=KINDS[item.kind].description,
        data=item.array.T,
        rois=region,
        unit="n.a." if item.units == "1" else item.units,
        starting_time=0.0,
        rate=rate,
    )


def _plane_segmentation(
    pynwb: Any, nwb: Any, facts: dict[str, Any], rate: float, numbers: np.ndarray, cells: Cells
) -> Any:
    device = nwb.create_device("microscope")
    channel = pynwb.ophys.OpticalChannel(
        name="channel", description="not recorded", emission_lambda=500.0
    )
    spacing = {}
    size_um = facts.get("pixel_size_um")
    if isinstance(size_um, (int, float)):
        spacing = {"grid_spacing": [float(size_um) * 1e-6] * 2, "grid_spacing_unit": "meters"}
    plane = nwb.create_imaging_plane(
        name="plane",
        optical_channel=channel,
        description="imaging plane; wavelengths and location are not known to this program",
        device=device,
        excitation_lambda=float("nan"),
        indicator="unknown",
        location="unknown",
        imaging_rate=rate,
        **spacing,
    )
    segmentation = pynwb.ophys.PlaneSegmentation(
        description="cells as given to the program", imaging_plane=plane, name="cells"
    )
    for number in numbers.tolist():
        cell = cells[number]
        mask = list(zip(cell.xpix.tolist(), cell.ypix.tolist(), cell.weight.tolist(), strict=True))
        segmentation.add_roi(id=number, pixel_mask=mask)
    return segmentation


def is_ours(path: Path) -> bool:
    """Whether :func:`write` made a file; an InputError where it cannot be read."""
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        group, notes = file.get(f"{_MODULE}/Fluorescence"), file.get("general/notes")
        held = group is not None and any(name in group for name in _SERIES)
        return held and notes is not None and _TABLE in file


def read(path: Path) -> Results:
    """Read what :func:`write` wrote; the footprints are those of the masks.

    A series of another program goes into a session with ``deepcinac import``, which asks which one.
    """
    require_file(path, "an NWB file")
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        group = file.get(f"{_MODULE}/Fluorescence")
        held = [name for name in _SERIES if group is not None and name in group]
        notes = file.get("general/notes")
        if not held or notes is None or _TABLE not in file:
            raise InputError(
                "an NWB file that DeepCINAC wrote", "another program's", path,
                "bring its series into a session with 'deepcinac import'",
            )  # fmt: skip
        text = notes[()]
        facts = facts_.from_text(text.decode() if isinstance(text, bytes) else text, path)
        table = file[_TABLE]
        numbers = np.asarray(table["id"][()], np.int64)
        keys = _keys(table, facts, path)
        arrays = {name: _values(group[name], f"{path}#{name}") for name in held}
        rate = float(group[held[0]]["starting_time"].attrs["rate"])
    maker = facts_.maker_from(facts, unknown_maker(arrays, path), path)
    items = tuple(
        Result(name, values, ("cell", "frame"), KINDS[name].units, maker, numbers, keys,
               TimeBase(rate))
        for name, values in arrays.items()
    )  # fmt: skip
    info = facts_.info_from(facts)
    for name in ("height", "width"):
        info.pop(name, None)
    threshold = facts_.threshold_from(facts)
    return Results(items, threshold, facts_.warnings_from(facts), info)


def _values(series: Any, where: str) -> np.ndarray:
    data = series["data"]
    if data.ndim != 2 or data.dtype.kind not in "biuf" or data.nbytes > _LARGEST:
        raise InputError("numbers (frames x cells)", f"shape {data.shape} of {data.dtype}", where)
    return np.ascontiguousarray(data[()].T)


def _keys(table: Any, facts: dict[str, Any], path: Path) -> tuple[str, ...] | None:
    """The hashes of the masks; None in a file of an older version, which does not know the field."""
    height, width = facts.get("height"), facts.get("width")
    if not (isinstance(height, int) and isinstance(width, int)):
        return None
    pixels = table["pixel_mask"][()]
    stops = np.asarray(table["pixel_mask_index"][()], np.int64)
    parts = np.split(pixels, stops[:-1])
    footprints = [(part["y"], part["x"], part["weight"]) for part in parts]
    return footprint_keys(
        make_cells(footprints, height, width, "NWB", where=path), range(len(parts))
    )
