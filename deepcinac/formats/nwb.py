"""Neurodata Without Borders: probabilities as a RoiResponseSeries that refers to the cells' masks.

Needs the extra ``[nwb]`` (pynwb).
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.recording.cells import Cells


def require_pynwb() -> Any:
    """The module pynwb, or a sentence that says how to install it."""
    try:
        import pynwb
    except ImportError as error:
        raise InputError(
            "the package pynwb, which writes NWB files",
            "none installed",
            hint="run `pip install deepcinac[nwb]`, or choose another ending",
        ) from error
    return pynwb


def write_probabilities(
    path: Path, probability: np.ndarray, numbers: np.ndarray, meta: dict[str, Any], cells: Cells
) -> None:
    """Write one NWB file: the predicted cells' pixel masks and their probabilities over time.

    The recording's date is not known here; the file says the time of prediction instead.
    """
    pynwb = require_pynwb()
    now = datetime.datetime.now(datetime.timezone.utc)
    nwb = pynwb.NWBFile(
        session_description=f"cell activity predicted by {meta['classifier']}",
        identifier=f"deepcinac-{meta['weights_sha256'][:12]}-{now:%Y%m%d%H%M%S}",
        session_start_time=now,
        notes=json.dumps(meta),
    )
    segmentation = _plane_segmentation(pynwb, nwb, meta, numbers, cells)
    module = nwb.create_processing_module("ophys", "cells and their activity")
    holder = pynwb.ophys.ImageSegmentation()
    holder.add_plane_segmentation(segmentation)
    module.add(holder)
    series = pynwb.ophys.RoiResponseSeries(
        name="probability",
        description="probability that the cell is in the rise of a transient in this frame",
        data=probability.T,
        rois=segmentation.create_roi_table_region(
            "predicted cells", region=list(range(len(numbers)))
        ),
        unit="n.a.",
        starting_time=0.0,
        rate=float(meta["frame_rate_hz"]),
    )
    module.add(pynwb.ophys.Fluorescence(roi_response_series=series))
    with pynwb.NWBHDF5IO(str(path), "w") as stream:
        stream.write(nwb)


def _plane_segmentation(
    pynwb: Any, nwb: Any, meta: dict[str, Any], numbers: np.ndarray, cells: Cells
) -> Any:
    device = nwb.create_device("microscope")
    channel = pynwb.ophys.OpticalChannel("channel", "not recorded", 500.0)
    size_m = float(meta["pixel_size_um"]) * 1e-6
    plane = nwb.create_imaging_plane(
        name="plane",
        optical_channel=channel,
        description="imaging plane; wavelengths and location are not known to this program",
        device=device,
        excitation_lambda=float("nan"),
        indicator="unknown",
        location="unknown",
        imaging_rate=float(meta["frame_rate_hz"]),
        grid_spacing=[size_m, size_m],
        grid_spacing_unit="meters",
    )
    segmentation = pynwb.ophys.PlaneSegmentation(
        description="cells as given to the program", imaging_plane=plane, name="cells"
    )
    for number in numbers.tolist():
        cell = cells[number]
        mask = list(zip(cell.xpix.tolist(), cell.ypix.tolist(), cell.weight.tolist(), strict=True))
        segmentation.add_roi(id=number, pixel_mask=mask)
    return segmentation
