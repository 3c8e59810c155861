"""``.nwb`` (Neurodata Without Borders): what a method says of cells, their masks, and labels.

Names are those that other programs look for (roiextractors, pynapple): spike rates are ``Deconvolved``
in ``Fluorescence``, the probability stands beside them as ``ActivityProbability``, the masks in
``PlaneSegmentation``; ids are our numbers of the cells. Labels are TimeIntervals. What NWB has no place
for is a row a series in the table ``DeepCINAC``, from which everything is read back.
Writing needs pynwb; reading does not. :mod:`deepcinac.results.nwb_old` reads files of older versions.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import parsed_json, readable, require_file
from deepcinac.installation import how_to_install
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.results import facts as facts_
from deepcinac.results import nwb_old
from deepcinac.results.arrays import unknown_maker
from deepcinac.results.kinds import CURVE, KINDS, PROBABILITY, SPIKE_RATE
from deepcinac.results.nwb_about import LabelRows, NwbAbout, NwbContent
from deepcinac.results.result import Result, Results, footprint_keys

NAMES = {PROBABILITY: "ActivityProbability", SPIKE_RATE: "Deconvolved", CURVE: "Curve"}
"""What each kind of result is called in the file. A curve of suite2p's spks is ``Deconvolved`` too."""
OPHYS, TABLE, SEGMENTATION = "ophys", "DeepCINAC", "PlaneSegmentation"
TRANSIENTS, SPANS = "transients", "judged_spans"
_UNKNOWN = "unknown"


def require_pynwb() -> Any:
    """The module pynwb, or a sentence that says how to install it."""
    try:
        import pynwb
    except ImportError as error:
        raise InputError(
            "the package pynwb, which writes NWB files",
            "none installed",
            hint=f"{how_to_install('pynwb')}, or choose another ending",
        ) from error
    return pynwb


def write(
    path: Path, results: Results, cells: Cells, about: NwbAbout | None = None
) -> tuple[str, ...]:
    """Write results of one maker; a sentence says what the form cannot hold."""
    items = [item for item in results if item.kind in NAMES]
    if not items:
        held = ", ".join(item.kind for item in results)
        raise InputError(f"one of {', '.join(NAMES)} to write as NWB", held)
    found = None if items[0].time is None else items[0].time.rate_hz
    rate = found or facts_.frame_rate_from(results.info)
    if rate is None:
        raise InputError("results that know their frame rate, for NWB", "none")
    size = results.info.get("pixel_size_um")
    content = NwbContent(
        cells,
        rate,
        items[0].array.shape[1],
        float(size) if isinstance(size, (int, float)) else None,
        results,
        about=about or NwbAbout(),
    )
    return write_content(path, content)


def write_content(path: Path, content: NwbContent) -> tuple[str, ...]:
    """Write a file of its own, or a copy of the source with what we say added."""
    pynwb = require_pynwb()
    content.about.require_known()
    source = content.about.source
    if source is not None:
        shutil.copyfile(require_file(source, "the source NWB file"), path)
        with (
            readable(source, "an NWB file that can be added to"),
            pynwb.NWBHDF5IO(str(path), "a") as stream,
        ):
            nwb = stream.read()
            said = _fill(pynwb, nwb, content)
            stream.write(nwb)
        return said
    nwb = _new_file(pynwb, content)
    said = _fill(pynwb, nwb, content)
    with pynwb.NWBHDF5IO(str(path), "w") as stream:
        stream.write(nwb)
    return said


def _new_file(pynwb: Any, content: NwbContent) -> Any:
    about = content.about
    nwb = pynwb.NWBFile(
        session_description="activity of the cells of a calcium-imaging movie",
        identifier=str(uuid.uuid4()),
        session_start_time=about.session_start,
    )
    if about.subject:
        nwb.subject = pynwb.file.Subject(**about.subject)
    return nwb


def _fill(pynwb: Any, nwb: Any, content: NwbContent) -> tuple[str, ...]:
    """Put everything into an open file; what has no place there, as sentences."""
    results, said = content.results, []
    items = [] if results is None else [item for item in results if item.kind in NAMES]
    module = nwb.processing.get(OPHYS) or nwb.create_processing_module(
        OPHYS, "cells and their activity"
    )
    if items:
        numbers = items[0].require_cells()
        for item in items[1:]:
            if not np.array_equal(item.require_cells(), numbers):
                raise InputError("results about the same cells", f"others in {item.kind}")
    else:
        numbers = np.arange(len(content.cells))
    segmentation = _add_masks(pynwb, nwb, module, content, numbers)
    if items:
        assert results is not None
        names = _add_series(pynwb, module, segmentation, content, items)
        _add_facts(pynwb, module, content, results, names)
        if all(item.kind == PROBABILITY for item in items):
            said.append(
                "Without spike rates there is no series that roiextractors knows; pynapple and pynwb "
                "read the probability"
            )
        lost = [item.kind for item in results if item.kind not in NAMES]
        if lost:
            said.append(f"An .nwb of activity does not hold {', nor '.join(lost)}")
    _add_labels(pynwb, nwb, module, content)
    if content.about.source is None and not content.about.subject:
        said.append("The file names no subject; --subject-id, --species, --sex and --age add it")
    return tuple(said)


# Masks


def _add_masks(pynwb: Any, nwb: Any, module: Any, content: NwbContent, numbers: np.ndarray) -> Any:
    from hdmf.backends.hdf5.h5_utils import H5DataIO  # type: ignore[import-not-found,unused-ignore]
    from hdmf.data_utils import DataChunkIterator  # type: ignore[import-not-found,unused-ignore]

    holder = module.data_interfaces.get("ImageSegmentation")
    if holder is None:
        holder = pynwb.ophys.ImageSegmentation()
        module.add(holder)
    cells = content.cells
    pixels: list[tuple[int, int, float]] = []
    ends, valid = [], []
    for number in numbers.tolist():
        cell = cells[number]
        pixels += zip(cell.xpix.tolist(), cell.ypix.tolist(), cell.weight.tolist(), strict=True)
        ends.append(len(pixels))
        valid.append(bool(cells.valid[number]))

    def images() -> Iterator[np.ndarray]:
        for number in numbers.tolist():
            cell = cells[number]
            image = np.zeros((cells.width, cells.height), np.float32)  # x first, says the schema
            image[cell.xpix, cell.ypix] = cell.weight
            yield image

    shape = (len(numbers), cells.width, cells.height)
    masks = H5DataIO(
        DataChunkIterator(images(), maxshape=shape, dtype=np.dtype("f4")),
        compression="gzip", chunks=(1, *shape[1:]),
    )  # fmt: skip
    column = pynwb.core.VectorData
    pixel_mask = column(name="pixel_mask", description="x, y and weight of each pixel",
                        data=pixels)  # fmt: skip
    columns = [
        column(name="image_mask", description="weight of each pixel (x, y)", data=masks),
        pixel_mask,
        pynwb.core.VectorIndex(name="pixel_mask_index", data=ends, target=pixel_mask),
        column(name="Accepted", description="1: the expert or program calls it a valid cell",
               data=np.array(valid, np.uint8)),
        column(name="Rejected", description="1: it is marked as no valid cell",
               data=1 - np.array(valid, np.uint8)),
    ]  # fmt: skip
    table = pynwb.ophys.PlaneSegmentation(
        name=_free(SEGMENTATION, holder.plane_segmentations),
        description="cells that the activity and the labels are about; id: number of the cell, from 0",
        imaging_plane=_imaging_plane(nwb, content),
        id=numbers.tolist(),
        columns=columns,
        colnames=["image_mask", "pixel_mask", "Accepted", "Rejected"],
    )
    holder.add_plane_segmentation(table)
    return table


def _imaging_plane(nwb: Any, content: NwbContent) -> Any:
    """The source's only plane, or one of our own."""
    if len(nwb.imaging_planes) == 1:
        return next(iter(nwb.imaging_planes.values()))
    if nwb.imaging_planes:
        held = ", ".join(nwb.imaging_planes)
        raise InputError("one imaging plane in the source NWB", held, content.about.source)
    about = content.about
    device = next(iter(nwb.devices.values()), None) or nwb.create_device(
        about.device or "Microscope", description=None if about.device else "not described"
    )
    import pynwb

    nan = float("nan")
    channel = pynwb.ophys.OpticalChannel(
        name="OpticalChannel", description="the imaged channel",
        emission_lambda=nan if about.emission_nm is None else about.emission_nm,
    )  # fmt: skip
    size = content.pixel_size_um
    spacing = {} if size is None else {
        "grid_spacing": [size * 1e-6] * 2, "grid_spacing_unit": "meters"
    }  # fmt: skip
    return nwb.create_imaging_plane(
        name="ImagingPlane",
        optical_channel=channel,
        description="the plane of the movie",
        device=device,
        excitation_lambda=nan if about.excitation_nm is None else about.excitation_nm,
        indicator=about.indicator or _UNKNOWN,
        location=about.location or _UNKNOWN,
        imaging_rate=content.frame_rate_hz,
        **spacing,
    )


def _free(name: str, taken: Any) -> str:
    """The name, or one with ours and a number behind it where the source has it already."""
    number, found = 1, name
    while found in taken:
        found = f"{name}DeepCINAC{number if number > 1 else ''}"
        number += 1
    return found


# Series


def _add_series(
    pynwb: Any, module: Any, segmentation: Any, content: NwbContent, items: list[Result]
) -> dict[str, str]:
    """Add a series for each result; their places in the file, by kind."""
    holder = module.data_interfaces.get("Fluorescence")
    if holder is None:
        holder = pynwb.ophys.Fluorescence()
        module.add(holder)
    places = {}
    for item in items:
        wanted = NAMES[item.kind]
        if item.kind == CURVE and "spks" in item.maker.name:
            wanted = NAMES[SPIKE_RATE]
        name = _free(wanted, holder.roi_response_series)
        region = segmentation.create_roi_table_region(
            "the cells of this series", region=list(range(len(item.require_cells())))
        )
        units = {"1": "n.a.", "Hz": "Hz"}.get(item.units, item.units)
        holder.create_roi_response_series(
            name=name,
            description=f"{KINDS[item.kind].description}; by {item.maker.name}",
            data=np.ascontiguousarray(item.array.T),
            rois=region,
            unit=units,
            starting_time=0.0,
            rate=float(content.frame_rate_hz),
        )
        places[item.kind] = f"processing/{OPHYS}/{holder.name}/{name}"
    return places


def _add_facts(
    pynwb: Any, module: Any, content: NwbContent, results: Results, places: dict[str, str]
) -> None:
    facts = {
        **facts_.facts_of(results),
        "series": places,
        "height": content.cells.height,
        "width": content.cells.width,
    }
    named = sorted(flat(json.loads(facts_.as_text(facts))).items())
    columns = [
        pynwb.core.VectorData(name="fact", description="name of a fact; / leads to what is inside",
                              data=[name for name, _ in named]),
        pynwb.core.VectorData(name="value", description="its value in the form of JSON",
                              data=[value for _, value in named]),
    ]  # fmt: skip
    module.add(
        pynwb.core.DynamicTable(
            name=_free(TABLE, module.data_interfaces),
            description="what made the series that DeepCINAC wrote",
            columns=columns,
        )
    )


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Nested facts as names and JSON values; a table of these can be read by people.

    >>> flat({"maker": {"name": "general", "settings": {}}})
    {'maker/name': '"general"', 'maker/settings': '{}'}
    """
    if not isinstance(value, dict) or not value:
        return {name: json.dumps(value)}
    found: dict[str, str] = {}
    for key, inner in value.items():
        plain = key.replace("~", "~0").replace("/", "~1")
        found |= flat(inner, f"{name}/{plain}" if name else plain)
    return found


def nested(named: dict[str, str]) -> dict[str, Any]:
    """The opposite of :func:`flat`; a ValueError for text that is no JSON."""
    facts: dict[str, Any] = {}
    for name, text in named.items():
        *outer, last = [x.replace("~1", "/").replace("~0", "~") for x in name.split("/")]
        inside = facts
        for key in outer:
            inside = inside.setdefault(key, {})
        inside[last] = parsed_json(text)
    return facts


# Labels


_COLUMNS = {
    "cell": "number of the cell (id of the segmentation); -1: the whole field",
    "what": "transient, or the kind of span",
    "expert": "the layer: who says it",
    "author": "name of the person or program",
    "kind": "expert, consensus, classifier or method",
    "onset_frame": "first frame, from 0",
    "peak_frame": "last frame, included",
    "maker": "the program that said it",
    "card": "hash of its weights",
}


def _add_labels(pynwb: Any, nwb: Any, module: Any, content: NwbContent) -> None:
    """Transients as intervals of time; what was judged as a table of frames beside the cells."""
    rate = content.frame_rate_hz
    intervals = pynwb.epoch.TimeIntervals(
        name=_free(TRANSIENTS, nwb.intervals or ()),
        description="transients of cells, from onset to peak",
    )
    spans = pynwb.core.DynamicTable(
        name=_free(SPANS, module.data_interfaces),
        description="stretches of frames that were judged, are doubtful or moved",
    )
    for table in (intervals, spans):
        for column, meaning in _COLUMNS.items():
            table.add_column(name=column, description=meaning)
    rows = [(group, row) for group in content.labels for row in group.rows.tolist()]
    for group, (cell, first, last) in sorted(rows, key=lambda pair: (pair[1][1:], pair[1][0])):
        facts = {
            "cell": int(cell),
            "what": group.what,
            "expert": group.layer,
            "author": group.author or _UNKNOWN,
            "kind": group.kind,
            "onset_frame": int(first),
            "peak_frame": int(last),
            "maker": group.maker or "none",
            "card": group.card or "none",
        }
        if group.what == "transient":
            intervals.add_row(start_time=first / rate, stop_time=(last + 1) / rate, **facts)
        else:
            spans.add_row(**facts)
    if len(intervals):
        nwb.add_time_intervals(intervals)
    if len(spans):
        module.add(spans)


# Reading


def read(path: Path) -> Results:
    """Read the results of what :func:`write` wrote, now or in an older version.

    A series of another program goes into a session with ``deepcinac import``, which asks which one.
    """
    require_file(path, "an NWB file")
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        table = _our_table(file)
        if table is None:
            return nwb_old.read(file, path)
        facts = _facts_in(table)
        series = facts.pop("series", None)
        series = series if isinstance(series, dict) else {}
        kinds = [kind for kind in NAMES if kind in series]  # the probability first
        places = [str(series[kind]) for kind in kinds]
        groups = [file.get(place) for place in places]
        if not groups or None in groups:
            raise InputError("the series that the table names", "others", f"{path}#{table.name}")
        masks = nwb_old.followed_table(file, groups[0])
        numbers, keys = _cells_of(masks, facts, groups[0], path)
        rate = float(groups[0]["starting_time"].attrs["rate"])
        arrays = {
            kind: nwb_old.values_of(group, f"{path}#{place}")
            for kind, place, group in zip(kinds, places, groups, strict=True)
        }
    maker = facts_.maker_from(facts, unknown_maker(arrays, path), path)
    return nwb_old.results_from(arrays, maker, numbers, keys, rate, facts)


def read_labels(path: Path) -> tuple[LabelRows, ...]:
    """The labels in a file of ours; a classifier's transients keep their kind."""
    require_file(path, "an NWB file")
    found: dict[tuple[str, ...], list[tuple[int, int, int]]] = {}
    names = ("expert", "kind", "what", "author", "maker", "card")
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        for place, start in (("intervals", TRANSIENTS), (f"processing/{OPHYS}", SPANS)):
            for name, table in (file.get(place) or {}).items():
                if not name.startswith(start) or set(_COLUMNS) - set(table):
                    continue
                words = [[_text(x) for x in whole_array(table[column])] for column in names]
                sides = [
                    whole_array(table[column]).astype(int).tolist()
                    for column in ("cell", "onset_frame", "peak_frame")
                ]
                for key, row in zip(
                    zip(*words, strict=True), zip(*sides, strict=True), strict=True
                ):
                    found.setdefault(key, []).append(row)
    return tuple(
        LabelRows(
            layer, kind, what, np.array(rows, np.int64), _known(author), _known(maker), _known(card)
        )
        for (layer, kind, what, author, maker, card), rows in found.items()
    )


def holds_results(path: Path) -> bool:
    """Whether a file holds results that DeepCINAC wrote, in this version or an older one."""
    require_file(path, "an NWB file")
    with readable(path, "a readable NWB file"), open_hdf5_file(path, "a readable NWB file") as file:
        return _our_table(file) is not None or nwb_old.is_ours(file)


def is_ours(path: Path) -> bool:
    """Whether a file holds results or labels that DeepCINAC wrote."""
    return holds_results(path) or bool(read_labels(path))


def _our_table(file: Any) -> Any:
    """The last table of ours: that of the results that were added last."""
    module = file.get(f"processing/{OPHYS}")
    names = [] if module is None else [name for name in module if name.startswith(TABLE)]
    tables = [module[name] for name in names]
    ours = [table for table in tables if {"fact", "value"} <= set(table)]
    return ours[-1] if ours else None


def _facts_in(table: Any) -> dict[str, Any]:
    names, values = ([_text(x) for x in whole_array(table[column])] for column in ("fact", "value"))
    return nested(dict(zip(names, values, strict=True)))


def _cells_of(
    masks: Any, facts: dict[str, Any], series: Any, path: Path
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    if masks is None or not {"id", "pixel_mask", "pixel_mask_index"} <= set(masks):
        raise InputError("the masks of the series", "none", f"{path}#{series.name}")
    numbers = whole_array(masks["id"]).astype(np.int64)
    height, width = facts.get("height"), facts.get("width")
    if not (isinstance(height, int) and isinstance(width, int)):
        return numbers, None
    footprints = nwb_old.pixel_lists(masks)
    cells = make_cells(footprints, height, width, "NWB", where=path)
    return numbers, footprint_keys(cells, range(len(footprints)))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _known(text: str) -> str:
    return "" if text in (_UNKNOWN, "none") else text
