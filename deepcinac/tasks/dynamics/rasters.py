"""What is classified: when the channels of a recording were active, its class, and whose it is.

A recording is a session (a layer of a classifier or an expert: cells are active from onset to peak), a file
of results, or a file of spike times. A table (``.csv``) names files with their classes.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING, readable, require_file, require_plausible_size
from deepcinac.formats.electrode_spikes import read_electrode_spikes
from deepcinac.formats.mcs_electrodes import RAW_ENDINGS, is_mcs
from deepcinac.formats.spike_files import read_spikes
from deepcinac.labelling.layer_kinds import LABEL_KINDS
from deepcinac.labelling.layer_labels import labels_from_prediction, read_labels
from deepcinac.labelling.provenance import Provenance
from deepcinac.labelling.reading import Layer
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, silent
from deepcinac.recording.spike_detection import SpikeDetectionSettings
from deepcinac.recording.spikes import Spikes, make_spikes
from deepcinac.results.files import read_results
from deepcinac.results.kinds import PROBABILITY
from deepcinac.results.recognising import holds_results

CONDITION = "condition"
GROUPS = ("animal", "device")
FILE, CLASS, DURATION = ("file", "path", "session"), ("class", CONDITION), "duration_s"


@dataclass(frozen=True, eq=False)
class RasterRecording:
    """The events of a recording, its class (``label``), and the ``group`` that is never split.

    ``unit``: what a group is ("animal"), "" where nobody knows. ``note``: which electrodes were taken.
    """

    name: str
    path: Path
    spikes: Spikes
    label: str
    group: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A recording that is named: its file, and what a table says of it ("" for nothing)."""

    path: Path
    about: Mapping[str, str] = dataclasses.field(default_factory=dict)


def rows_of(paths: Sequence[Path]) -> list[Row]:
    """The recordings behind paths: a table stands for those that it names, beside which its paths lie."""
    found: list[Row] = []
    for path in paths:
        head = _head(path) if path.suffix.lower() == ".csv" else ""
        delimiter = max(",;\t", key=head.count)
        if any(name.strip() in FILE for name in head.split(delimiter)):
            found += _rows_of_table(path, delimiter)
        else:
            found.append(Row(path))
    if not found:
        raise InputError("recordings", "none")
    return found


def _head(path: Path) -> str:
    require_file(path, "a table or a file of spike times")
    with readable(path, "a table of text"), open(path, encoding="utf-8-sig") as stream:
        return stream.readline(65536).lower()


def _rows_of_table(path: Path, delimiter: str) -> list[Row]:
    require_plausible_size(path.stat().st_size, path, path)
    with readable(path, "a table of text"), open(path, encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter=delimiter))
    found = []
    for number, line in enumerate(lines, 2):
        about = {
            str(key).strip().lower(): str(value or "").strip() for key, value in line.items() if key
        }
        file = next((about[name] for name in FILE if about.get(name)), "")
        if not file:
            raise InputError("a file", "nothing", f"{path}, row {number}")
        found.append(Row(path.parent / file, about))
    return found


def read_raster(
    row: Row,
    source: str | None = None,
    classes: str = CONDITION,
    by: str | None = None,
    detection: SpikeDetectionSettings | None = None,
    progress: Progress = silent,
) -> RasterRecording:
    """The events of a recording with its class and group.

    ``source``: a layer of sessions, by default the only classifier's; ``classes``: what their class is: the
    condition, or another key of whose they are ("age"); ``by``: "animal", "device" or "recording", by default
    what is known, the animal first; ``detection``: how spikes are found in raw recordings of electrodes.
    """
    path, note = row.path, ""
    if path.suffix == SESSION_ENDING:
        with Session.open(path, read_only=True) as session:
            spikes, whose = _of_session(session, source), session.provenance()
    else:
        require_file(path, "a recording")
        whose = Provenance()
        spikes, note = _of_file(path, _duration(row.about.get(DURATION), path), detection, progress)
    about = {**_words(whose), **{key: value for key, value in row.about.items() if value}}
    names = CLASS if classes == CONDITION else (classes,)
    label = next((about[name] for name in names if about.get(name)), "")
    if not label:
        raise InputError(f"the class ({classes}) of each recording", "none", path,
                         "say it with 'deepcinac describe SESSION --condition NAME', or in the column "
                         "'class' of a table")  # fmt: skip
    if not spikes.n_spikes:
        raise InputError("at least one event", "none", path)
    unit, group = _group(about, by, path)
    return RasterRecording(path.stem, path, spikes, label, group, unit, note)


def _of_file(
    path: Path,
    duration_s: float | None,
    detection: SpikeDetectionSettings | None,
    progress: Progress,
) -> tuple[Spikes, str]:
    """The events in a file that is no session, and what there is to say about them."""
    if path.suffix.lower() in RAW_ENDINGS and is_mcs(path):
        found = read_electrode_spikes(path, detection, progress)
        return found.spikes, "; ".join(filter(None, (found.in_words, found.note)))
    return _of_results(path) if holds_results(path) else read_spikes(path, duration_s), ""


def _words(whose: Provenance) -> dict[str, str]:
    own = {name: getattr(whose, name) for name in ("animal", "session_date", CONDITION, "device")}
    free = {str(key).lower(): str(value) for key, value in whose.about.items()}
    return {**free, **{key: value for key, value in own.items() if value}}


def _group(about: Mapping[str, str], by: str | None, path: Path) -> tuple[str, str]:
    """What is never split ("animal"), and its name; nothing where nobody knows."""
    if by == "recording":
        return by, path.stem
    if by is None:
        return next(((name, about[name]) for name in GROUPS if about.get(name)), ("", ""))
    if not about.get(by):
        hint = f"say it with 'deepcinac describe SESSION --{by} NAME', or in a column '{by}' of a table"
        raise InputError(f"the {by} of each recording", "none", path, hint)
    return by, about[by]


def _duration(text: str | None, path: Path) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise InputError("a duration above 0 s", repr(text), path)
    return number


def _of_session(session: Session, source: str | None) -> Spikes:
    """Every frame in which a valid cell is active is an event of it."""
    layer = _layer(session, source)
    valid = np.flatnonzero(session.cells().valid)
    recording = session.recording
    if layer.kind in LABEL_KINDS:
        transients = read_labels(session, layer.id).transients
    else:
        cells, values = session.predictions(layer.id)
        if not len(cells):
            raise InputError("values for each frame of cells", "none", f"layer {layer.name}")
        n_cells = len(session.cells())
        transients = labels_from_prediction(cells, values, layer.cut, n_cells).transients
    return _of_transients(
        transients, valid, recording.n_frames, recording.frame_rate_hz, str(session.path)
    )


def _layer(session: Session, source: str | None) -> Layer:
    if source is not None:
        return session.find_layer(source)
    for kinds in (("classifier",), LABEL_KINDS):
        layers = [layer for layer in session.layers() if layer.kind in kinds]
        if len(layers) == 1:
            return layers[0]
        if layers:
            held = ", ".join(layer.name for layer in layers)
            raise InputError("the name of a layer", held, session.path, "choose with --from NAME")
    raise InputError("a layer with activity", "none", session.path, "run 'deepcinac predict' first")


def _of_results(path: Path) -> Spikes:
    results = read_results(path)
    item: Any = results.get(PROBABILITY)
    if item is None or item.time is None or item.time.rate_hz is None:
        hint = "a session (.deepcinac) holds transients with their frame rate"
        raise InputError("probabilities with a frame rate", "others", path, hint)
    cells = item.require_cells()
    n_frames = item.array.shape[1]
    labels = labels_from_prediction(cells, item.array, results.cut, int(cells.max()) + 1)
    return _of_transients(labels.transients, cells, n_frames, item.time.rate_hz, str(path))


def _of_transients(
    transients: np.ndarray, cells: np.ndarray, n_frames: int, frame_rate_hz: float, where: str
) -> Spikes:
    """An event in every frame from onset to peak; ``transients`` (k, 3), channels are the ``cells``."""
    kept = transients[np.isin(transients[:, 0], cells)].astype(np.int64)
    lengths = kept[:, 2] - kept[:, 1] + 1
    frames = np.repeat(kept[:, 1], lengths) + _counted(lengths)
    channels = np.searchsorted(np.sort(cells), np.repeat(kept[:, 0], lengths))
    return make_spikes(
        (frames + 0.5) / frame_rate_hz,
        channels,
        len(cells),
        n_frames / frame_rate_hz,
        1 / frame_rate_hz,
        where,
    )


def _counted(lengths: np.ndarray) -> np.ndarray:
    """0 to length - 1 for each length, one after the other.

    >>> _counted(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(starts, lengths)


def merged(
    recordings: Sequence[RasterRecording], merges: Mapping[str, Sequence[str]]
) -> list[RasterRecording]:
    """The recordings with some classes put together: ``merges`` gives the old ones of each new name."""
    known = {one.label for one in recordings}
    new = {old: name for name, old_ones in merges.items() for old in old_ones}
    if unknown := sorted(set(new) - known):
        raise InputError(f"classes among {', '.join(sorted(known))}", ", ".join(unknown), "--merge")
    return [dataclasses.replace(one, label=new.get(one.label, one.label)) for one in recordings]


def parsed_merge(text: str) -> tuple[str, tuple[str, ...]]:
    """A new class and those that it is made of.

    >>> parsed_merge("mixed=75E25I,50E50I")
    ('mixed', ('75E25I', '50E50I'))
    """
    name, sign, rest = text.partition("=")
    old = tuple(one.strip() for one in rest.split(",") if one.strip())
    if not sign or not name.strip() or not old:
        raise InputError("'NEW=OLD,OLD'", repr(text), "--merge")
    return name.strip(), old
