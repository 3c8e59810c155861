"""Corrections that can be shared: short crops of a movie around what an expert answered, in one file.

The file is HDF5. ``about`` (bytes of JSON) says the licence, who wrote it, and for each crop its labels and
where each of them comes from; ``crops/0000/movie`` (n_frames, height, width) holds the pixels, and ``pixels``
(n, 3: cell, y, x) with ``weight`` (n,) the footprints of all cells in it. ``docs/corrections.md`` describes
it for other programs. A crop is a recording of its own: ``deepcinac train BUNDLE`` learns from it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import parsed_json, readable, require_file, written_atomically
from deepcinac.labelling.corrections import Correction, corrections, judged_frames
from deepcinac.labelling.layer_labels import make_labels
from deepcinac.labelling.spans import intersection, subtract, union
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.recording.movie import Movie
from deepcinac.version import __version__

if TYPE_CHECKING:
    import h5py

    from deepcinac.labelling.session import Session

FORMAT, VERSION = "deepcinac corrections", 1
EXPECTED = "a bundle of corrections (deepcinac export --corrections)"
ENDINGS = (".h5", ".hdf5")
CONTEXT_S = 20.0
"""Time on both sides of what was judged: windows and the noise of the pixels need it."""
REACH_UM = 42.0
"""Half of a crop's side: the network's patch, turned by any angle and moved a little."""
FEWEST_PIXELS = 4
"""A neighbour with fewer pixels in a crop is left out."""
CHUNK_FRAMES = 32

MOST_CROPS, MOST_FRAMES, MOST_SIDE = 10_000, 100_000, 1024
MOST_ABOUT = 64 << 20
MOST_PIXELS = 1 << 22


@dataclass(frozen=True, eq=False)
class Crop:
    """A crop in a bundle. ``cell`` is the one that was judged, among ``cells``.

    ``movie``: its address (:func:`deepcinac.recording.movie_readers.open_movie`); ``transients`` and
    ``judged`` (k, 2) frames of the crop; what is not judged is unknown. ``corrections``: the answers, with
    the classifier that was corrected; ``probability`` (n_frames,): what it said of the whole crop.
    """

    movie: str
    cells: Cells
    cell: int
    n_frames: int
    frame_rate_hz: float
    pixel_size_um: float
    transients: np.ndarray
    judged: np.ndarray
    corrections: tuple[dict[str, Any], ...]
    probability: np.ndarray | None = None
    classifier: str = ""
    weights_sha256: str = ""


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds; ``about`` has everything that its JSON says."""

    path: Path
    licence: str
    author: str
    crops: tuple[Crop, ...]
    about: dict[str, Any]


@dataclass(frozen=True)
class Box:
    """Frames, rows and columns of a movie, the ends excluded."""

    first: int
    stop: int
    top: int
    bottom: int
    left: int
    right: int


def is_bundle(path: Path) -> bool:
    """Whether a file looks like one; its reader checks the rest."""
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    try:
        with open_hdf5_file(path) as file:
            return _attribute(file, "format") == FORMAT
    except InputError:
        return False


# Writing


def write_bundle(
    path: str | Path,
    session: Session,
    layer_id: int,
    movie: Movie,
    licence: str,
    author: str = "",
    progress: Progress = silent,
) -> int:
    """Write the corrections of a layer; returns how many. Complete or not at all.

    Nothing of the recording travels but these crops: no path, no animal, no name of its file.
    """
    found = corrections(session, layer_id)
    layer = session.layer(layer_id)
    if not found:
        raise InputError(
            "corrections to share", f"none in the layer {layer.name}", session.path,
            "answer what the review queue asks first",
        )  # fmt: skip
    recording = session.recording
    pieces = _pieces(session, layer_id, found)
    about: dict[str, Any] = {
        "licence": licence,
        "author": author or layer.author,
        "made_by": f"deepcinac {__version__} export --corrections",
        "frame_rate_hz": recording.frame_rate_hz,
        "pixel_size_um": recording.pixel_size_um,
        "recording": recording.fingerprint,
        "crops": [],
    }
    import h5py

    with written_atomically(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["format"] = np.bytes_(FORMAT)
        file.attrs["version"] = VERSION
        for number, (box, cell, answers) in enumerate(pieces):
            progress(ProgressEvent("writing crops", number, len(pieces)))
            group = file.create_group(f"crops/{number:04d}")
            said = _write_crop(group, session, layer_id, movie, box, cell, answers)
            about["crops"].append(said | _write_prediction(group, session, box, cell, answers))
        text = json.dumps(about, ensure_ascii=False, allow_nan=False).encode()
        file.create_dataset("about", data=np.frombuffer(text, np.uint8))
    return len(found)


def _pieces(
    session: Session, layer_id: int, found: Sequence[Correction]
) -> list[tuple[Box, int, list[Correction]]]:
    """Crops: corrections of one cell whose surroundings meet share one."""
    recording, cells = session.recording, session.cells()
    context = round(CONTEXT_S * recording.frame_rate_hz)
    reach = round(REACH_UM / recording.pixel_size_um)
    pieces = []
    for cell, judged in judged_frames(list(found)).items():
        y, x = (round(float(np.mean(pix))) for pix in (cells[cell].ypix, cells[cell].xpix))
        top, left = max(y - reach, 0), max(x - reach, 0)
        bottom, right = min(y + reach + 1, cells.height), min(x + reach + 1, cells.width)
        wide = union(np.clip(judged + [-context, context], 0, recording.n_frames - 1))
        for first, last in wide.tolist():
            inside = [one for one in found if one.cell == cell and first <= one.first <= last]
            pieces.append((Box(first, last + 1, top, bottom, left, right), cell, inside))
    return pieces


def _write_crop(
    group: h5py.Group,
    session: Session,
    layer_id: int,
    movie: Movie,
    box: Box,
    cell: int,
    answers: Sequence[Correction],
) -> dict[str, Any]:
    """Write the arrays of a crop; what its JSON says."""
    pixels = movie.patch(box.first, box.stop, box.top, box.bottom, box.left, box.right)
    chunk = (min(CHUNK_FRAMES, len(pixels)), *pixels.shape[1:])
    group.create_dataset("movie", data=pixels, chunks=chunk, compression="gzip", shuffle=True)
    rows, weights, place = _footprints(session.cells(), cell, box)
    group.create_dataset("pixels", data=rows)
    group.create_dataset("weight", data=weights)
    judged = judged_frames(list(answers))[cell]
    doubtful = union(
        session.spans(layer_id, cell, "doubtful"), session.spans(layer_id, -1, "doubtful")
    )
    transients = session.transients(layer_id, cell)
    judged = subtract(judged, doubtful)
    within = [pair for pair in transients.tolist() if len(intersection(np.array([pair]), judged))]
    return {
        "cell": place,
        "judged": (judged - box.first).tolist(),
        "transients": [[a - box.first, b - box.first] for a, b in within],
        "corrections": [_row(one, box.first) for one in answers],
    }


def _write_prediction(
    group: h5py.Group, session: Session, box: Box, cell: int, answers: Sequence[Correction]
) -> dict[str, Any]:
    """What the corrected classifier said of the whole crop; it holds a learner where it was."""
    proposal = answers[-1].proposal
    weights = proposal.get("weights_sha256")
    for layer in reversed(session.layers("classifier")) if weights else ():
        if layer.maker is None or layer.maker.weights_sha256 != weights:
            continue
        probability = session.prediction(layer.id, cell)
        if probability is not None:
            group.create_dataset("probability", data=probability[box.first : box.stop])
            return {"classifier": str(proposal.get("name", "")), "weights_sha256": str(weights)}
    return {}


def _row(one: Correction, first: int) -> dict[str, Any]:
    """A correction for JSON, in frames of its crop."""
    proposal = dict(one.proposal)
    proposal.pop("layer", None)  # a name in somebody's session
    if "frames" in proposal:
        proposal["frames"] = [[a - first, b - first] for a, b in proposal["frames"]]
    row = asdict(one) | {"proposal": proposal, "first": one.first - first, "last": one.last - first}
    row["kinds"] = list(one.kinds)
    for name in ("transients", "cell", "author"):
        row.pop(name)
    return row


def _footprints(cells: Cells, cell: int, box: Box) -> tuple[np.ndarray, np.ndarray, int]:
    """Rows (n, 3) of cell, y, x and weights (n,) of the cells in a box, and which one is ``cell``."""
    rows, weights, place, number = [], [], 0, 0
    for other, footprint in enumerate(cells.cells):
        y, x = footprint.ypix - box.top, footprint.xpix - box.left
        inside = (y >= 0) & (y < box.bottom - box.top) & (x >= 0) & (x < box.right - box.left)
        if inside.sum() < FEWEST_PIXELS and other != cell:
            continue
        if other == cell:
            place = number
        rows.append(np.column_stack([np.full(inside.sum(), number), y[inside], x[inside]]))
        weights.append(footprint.weight[inside])
        number += 1
    return np.concatenate(rows).astype(np.int32), np.concatenate(weights), place


# Reading


def read_bundle(path: str | Path) -> Bundle:
    """Check a bundle and read all of it but the pixels; nothing in it is executed."""
    path = require_file(path, EXPECTED)
    with readable(path, EXPECTED), open_hdf5_file(path, EXPECTED) as file:
        if _attribute(file, "format") != FORMAT:
            raise InputError(EXPECTED, "another HDF5 file", path)
        version = file.attrs.get("version")
        if version != VERSION:
            hint = "Update DeepCINAC"
            raise InputError(f"a bundle of version {VERSION}", f"version {version}", path, hint)
        about = _about(file, path)
        listed = about["crops"]
        rates = (_positive(about, "frame_rate_hz", path), _positive(about, "pixel_size_um", path))
        crops = tuple(_crop(file, k, listed[k], rates, path) for k in range(len(listed)))
    licence, author = str(about.get("licence", "")), str(about.get("author", ""))
    return Bundle(path, licence, author, crops, about)


def _attribute(file: h5py.File, name: str) -> str:
    """A text of fixed length, "" where there is none: texts of other kinds are not even read."""
    if name not in file.attrs or file.attrs.get_id(name).dtype.kind != "S":
        return ""
    value = file.attrs[name]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _about(file: h5py.File, path: Path) -> dict[str, Any]:
    data = file.get("about")
    if data is None or data.dtype != np.uint8 or data.ndim != 1:
        raise InputError("what the bundle is about", "nothing", path)
    about = parsed_json(whole_array(data, MOST_ABOUT).tobytes())
    crops = about.get("crops") if isinstance(about, dict) else None
    if not isinstance(crops, list) or not all(isinstance(crop, dict) for crop in crops):
        raise InputError("a list of crops", "none", path)
    if not 0 < len(crops) <= MOST_CROPS:
        raise InputError(f"1 to {MOST_CROPS} crops", f"{len(crops)}", path)
    return about


def _positive(about: dict[str, Any], name: str, path: Path) -> float:
    value = about.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise InputError(f"a number above 0 as {name}", f"{value!r}", path)
    return float(value)


def _crop(
    file: h5py.File, number: int, said: dict[str, Any], rates: tuple[float, float], path: Path
) -> Crop:
    name = f"crops/{number:04d}"
    where = f"{path}:/{name}"
    shape = file[f"{name}/movie"].shape
    if len(shape) != 3 or shape[0] > MOST_FRAMES or max(shape[1:]) > MOST_SIDE:
        expected = f"at most {MOST_FRAMES} frames of {MOST_SIDE} x {MOST_SIDE} pixels"
        raise InputError(expected, " x ".join(map(str, shape)), where)
    n_frames, height, width = map(int, shape)
    cells = _cells(file[name], height, width, where)
    cell = said.get("cell")
    if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell < len(cells):
        raise InputError(f"a cell from 0 to {len(cells) - 1}", f"{cell!r}", where)
    labels = make_labels(
        1,
        n_frames,
        _rows(said.get("transients"), where),
        {"labelled": _rows(said.get("judged"), where)},
        where=where,
    )
    answers = said.get("corrections")
    answers = answers if isinstance(answers, list) else []
    return Crop(
        movie=f"{path}:/{name}/movie",
        cells=cells,
        cell=cell,
        n_frames=n_frames,
        frame_rate_hz=rates[0],
        pixel_size_um=rates[1],
        transients=labels.of_cell(0),
        judged=labels.spans_of_cell(0, "labelled"),
        corrections=tuple(one for one in answers if isinstance(one, dict)),
        probability=_probability(file[name], n_frames, where),
        classifier=str(said.get("classifier", "")),
        weights_sha256=str(said.get("weights_sha256", "")),
    )


def _probability(group: h5py.Group, n_frames: int, where: str) -> np.ndarray | None:
    data = group.get("probability")
    if data is None:
        return None
    if data.shape != (n_frames,) or data.dtype.kind != "f":
        raise InputError(f"a probability for each of {n_frames} frames", "something else", where)
    values = whole_array(data, 8 * MOST_FRAMES)
    if not ((values >= 0) & (values <= 1)).all():
        raise InputError("probabilities from 0 to 1", "others", where)
    return values


def _rows(pairs: Any, where: str) -> list[tuple[int, int, int]]:
    """Pairs of frames as rows of a cell 0."""
    if not isinstance(pairs, list) or not all(isinstance(x, list) and len(x) == 2 for x in pairs):
        raise InputError("pairs of frames", "something else", where)
    return [(0, *pair) for pair in pairs]


def _cells(group: h5py.Group, height: int, width: int, where: str) -> Cells:
    rows = whole_array(group["pixels"], 12 * MOST_PIXELS)
    weight = whole_array(group["weight"], 8 * MOST_PIXELS)
    sound = rows.ndim == 2 and rows.shape[1:] == (3,) and rows.dtype.kind == "i"
    sound = sound and weight.shape == (len(rows),) and weight.dtype.kind == "f"
    steps = np.diff(rows[:, 0]) if sound else np.empty(0)
    if not sound or not len(rows) or rows[0, 0] != 0 or not np.isin(steps, (0, 1)).all():
        raise InputError("footprints of cells numbered from 0, in order", "something else", where)
    bounds = np.flatnonzero(steps) + 1
    parts = zip(np.split(rows, bounds), np.split(weight, bounds), strict=True)
    footprints = [(part[:, 1], part[:, 2], own) for part, own in parts]
    return make_cells(footprints, height, width, "corrections", where=where)
