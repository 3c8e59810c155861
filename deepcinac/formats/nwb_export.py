"""Layers of a session for an NWB file, and the labels of such a file for a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepcinac.labelling.layer_labels import Labels, make_labels, read_labels
from deepcinac.labelling.session import Layer, Session
from deepcinac.labelling.transients import runs
from deepcinac.results import Results, nwb
from deepcinac.results.kinds import PROBABILITY
from deepcinac.results.nwb_about import LabelRows, NwbAbout, NwbContent


def content_of(
    session: Session, layers: Sequence[Layer], predicted: Sequence[Layer], about: NwbAbout
) -> NwbContent:
    """Labels of the layers, and the results of the (at most one) predicted one.

    Its transients at the threshold are listed among the labels, as those of a program.
    """
    recording = session.recording
    rows: list[LabelRows] = []
    results: Results | None = None
    for layer in layers:
        if layer in predicted:
            found = session.results(layer.id)
            rates = {
                "frame_rate_hz": recording.frame_rate_hz,
                "pixel_size_um": recording.pixel_size_um,
            }
            results = replace(found, threshold=found.cut, info={**rates, **found.info})
            if PROBABILITY in results:
                rows.append(_cut(layer, results))
        else:
            rows += rows_of(read_labels(session, layer.id))
    return NwbContent(
        session.cells(),
        recording.frame_rate_hz,
        recording.n_frames,
        recording.pixel_size_um,
        results,
        tuple(rows),
        about,
    )


def rows_of(labels: Labels) -> list[LabelRows]:
    """Transients and spans of a layer."""
    about = {"author": labels.author, "created": labels.created}
    found = [LabelRows(labels.name, labels.kind, "transient", labels.transients, **about)]
    found += [
        LabelRows(labels.name, labels.kind, kind, rows, **about)
        for kind, rows in labels.spans.items()
    ]
    return [group for group in found if len(group.rows)]


def _cut(layer: Layer, results: Results) -> LabelRows:
    item, maker = results[PROBABILITY], results.maker
    rows = [
        (cell, first, last)
        for cell, values in zip(item.require_cells().tolist(), item.array, strict=True)
        for first, last in runs(values >= results.cut).tolist()
    ]
    table = np.array(rows, np.int64).reshape(-1, 3)
    version = f" {maker.version}" if maker.version else ""
    return LabelRows(layer.name, layer.kind, "transient", table, layer.author,
                     f"{maker.name}{version}", maker.weights_sha256)  # fmt: skip


def labels_of(path: Path, n_cells: int, n_frames: int) -> list[Labels]:
    """The layers of people (and of methods without results) in an NWB file of ours."""
    layers: dict[tuple[str, str, str], list[LabelRows]] = {}
    for group in nwb.read_labels(path):
        if group.kind != "classifier":
            layers.setdefault((group.layer, group.kind, group.author), []).append(group)
    return [
        make_labels(
            n_cells,
            n_frames,
            np.concatenate([np.empty((0, 3), np.int64)]
                           + [x.rows for x in groups if x.what == "transient"]),
            {x.what: x.rows for x in groups if x.what != "transient"},
            where=str(path),
            name=name,
            author=author,
            kind=kind,
        )
        for (name, kind, author), groups in layers.items()
    ]  # fmt: skip
