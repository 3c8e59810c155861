"""``deepcinac info PATH``: what a movie, cells, a session, a truth, a prediction or a classifier holds."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import aligned, in_bytes
from deepcinac.cli.session_info import session_sections
from deepcinac.errors import InputError
from deepcinac.files import parsed_json
from deepcinac.formats.choices import split_variable
from deepcinac.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from deepcinac.recording.cells import Cells
    from deepcinac.recording.movie import Movie

Rows = list[tuple[str, str]]
Section = tuple[str, Rows]

SAMPLED_FRAMES = 20
SHOWN_IN_A_LIST = 8
PARTS_OF_A_RECORDING = ("movie.tif", "cells.npz", "stat.npy", "truth.npz")
PARTS_OF_SUITE2P = ("stat.npy", "data.bin")
BOTH_ENDINGS = (".nwb", ".cinac")
PARTS_OF_A_CLASSIFIER = ("card.json", "model.weights.h5")


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser(
        "info", help="what a movie, cells, session, truth, prediction or classifier holds"
    )
    parser.add_argument("path", metavar="PATH", help="file or folder; also FILE.h5:/DATASET")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Print a small table for each thing that ``PATH`` holds."""
    tables = [f"{title}\n{aligned(rows, indent='  ')}" for title, rows in describe(args.path)]
    print("\n\n".join(tables))
    return 0


def describe(path: str | Path) -> list[Section]:
    """Title and rows (name, value) of each thing that ``path`` holds."""
    target = Path(path)
    if target.is_dir():
        return _describe_folder(target)
    if target.name in PARTS_OF_A_CLASSIFIER and target.is_file():
        return [_classifier(target.parent)]
    if target.suffix == ".deepcinac":
        return session_sections(target)
    if target.suffix == ".json" and target.is_file():
        return [_cell_type_classifier(target)]
    if target.suffix == ".npz" and target.is_file():
        return [_describe_npz(target)]
    if target.suffix in (".roi", ".zip") and target.is_file():
        return [_cells(target)]
    if target.suffix in (".npy", ".tif", ".tiff") and target.is_file():
        return _movie_or_cells(target, first_only=True)
    if target.suffix in (".nwb", ".hdf5", ".h5", ".mat", ".cinac") and target.is_file():
        return _movie_or_cells(target)
    if split_variable(path)[1] is not None:
        return [_cells(path)]
    return [_movie(path)]


def _cell_type_classifier(path: Path) -> Section:
    from deepcinac.tasks.cell_types.model import load_classifier

    classifier = load_classifier(path)
    about = classifier.about
    rows: Rows = [("types", ", ".join(classifier.types))]
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):  # notes for people
        counts = ", ".join(f"{count} {name}" for name, count in about["cells"].items())
        rows.append(("learned from", f"{counts}, in {', '.join(about['recordings'])}"))
        scores = about["scores"]
        rows.append(
            (
                "score",
                f"{scores['accuracy']:.0%} right when held out by {scores['held_out']}, "
                f"{scores['majority']:.0%} by always saying {scores['commonest']}",
            )
        )
    return f"Cell type classifier {path}", rows


def _describe_folder(folder: Path) -> list[Section]:
    if (folder / "card.json").is_file():
        return [_classifier(folder)]
    parts = [folder / name for name in PARTS_OF_A_RECORDING if (folder / name).is_file()]
    if len(parts) > 1:
        return [section for part in parts for section in describe(part)]
    return _movie_or_cells(folder)


def _describe_npz(path: Path) -> Section:
    from deepcinac.containers.variables import names_in_npz
    from deepcinac.files import read_npz

    if not {"probability", "active"} & names_in_npz(path):
        return _cells(path)
    arrays = read_npz(path)
    if "probability" in arrays:
        return _prediction(path, arrays)
    if "active" in arrays:
        return _truth(path, arrays)
    return _cells(path)


def _movie_or_cells(path: Path, first_only: bool = False) -> list[Section]:
    """All that ``path`` can be read as: a suite2p folder holds both.

    With ``first_only`` a file that has been read as a movie is not tried as cells, which would read
    all of it. Of a folder or file that should hold both, what cannot be read is told too.
    """
    sections: list[Section] = []
    refused: list[Section] = []
    for describe_as in (_movie, _cells):
        what = describe_as.__name__[1:]
        try:
            sections.append(describe_as(path))
        except InputError as error:
            refused.append((f"{what.capitalize()} {path}", [("cannot be read", str(error))]))
            continue
        if first_only:
            return sections
    if not sections:
        if len({rows[0][1] for _, rows in refused}) == 1:  # a damaged file is damaged as either
            raise InputError("a movie or cells", "neither", path, refused[0][1][0][1].rstrip("."))
        reasons = " ".join(
            f"as {title.split()[0].lower()}: {rows[0][1]}" for title, rows in refused
        )
        raise InputError("a movie or cells", "neither", path, reasons.rstrip("."))
    holds_both = path.suffix.lower() in BOTH_ENDINGS or any(
        (path / name).is_file() for name in PARTS_OF_SUITE2P
    )
    return sections + (refused if holds_both else [])


def _movie(path: str | Path) -> Section:
    from deepcinac.recording.movie_readers import open_movie

    with open_movie(path, working_copy=False) as movie:
        return f"Movie {path}", movie_rows(movie)


def movie_rows(movie: Movie) -> Rows:
    """Size, units and grey levels of a movie; the levels come from a few frames spread over it."""
    unknown = "not in the file"
    n_frames, height, width = movie.shape
    rate, pixel = movie.frame_rate_hz, movie.pixel_size_um
    field = f" ({width * pixel:.0f} x {height * pixel:.0f} um)" if pixel else ""
    return [
        ("frames", f"{n_frames}"),
        ("height x width", f"{height} x {width} px{field}"),
        ("pixel type", movie.dtype.name),
        ("frame rate", f"{rate:g} Hz" if rate else unknown),
        ("pixel size", f"{pixel:g} um" if pixel else unknown),
        ("duration", duration(n_frames / rate) if rate else "unknown without a frame rate"),
        *_grey_levels(movie),
        ("in memory", in_bytes(n_frames * height * width * movie.dtype.itemsize)),
    ]


def _grey_levels(movie: Movie) -> Rows:
    import numpy as np

    chosen = np.unique(np.linspace(0, movie.n_frames - 1, SAMPLED_FRAMES).round().astype(int))
    sample = np.concatenate([movie.frames(frame, frame + 1) for frame in chosen.tolist()])
    numbers = sample[np.isfinite(sample)]
    rows = []
    if numbers.size:
        levels = f"{numbers.min():g} to {numbers.max():g}, mean {numbers.mean(dtype=float):.5g}"
        rows.append(("grey levels", f"{levels} (of {len(chosen)} frames)"))
    if numbers.size < sample.size:
        bad = 1 - numbers.size / sample.size
        rows.append(("not a number", f"{bad:.2%} of the pixels of {len(chosen)} frames"))
    return rows


def _cells(path: str | Path) -> Section:
    from deepcinac.formats import load_cells

    return f"Cells {path}", cells_rows(load_cells(path))


def cells_rows(cells: Cells) -> Rows:
    """Number, size and overlaps of cells."""
    import numpy as np

    areas = np.array([len(cell.ypix) for cell in cells.cells])
    pairs = cells.overlaps.pairs()
    return [
        ("cells", f"{len(cells)}"),
        ("valid", f"{np.count_nonzero(cells.valid)}"),
        ("source", cells.source),
        ("height x width", f"{cells.height} x {cells.width} px"),
        ("area", f"median {np.median(areas):g} px ({areas.min()} to {areas.max()})"),
        ("overlapping pairs", f"{len(pairs)}, of {len(np.unique(pairs))} cells"),
    ]


def _truth(path: Path, arrays: dict[str, np.ndarray]) -> Section:
    active = _raster(arrays["active"], path)
    rows: Rows = [
        ("cells", f"{active.shape[0]}"),
        ("frames", f"{active.shape[1]}"),
        ("active", f"{active.astype(bool).mean():.2%} of the frames of all cells"),
    ]
    if "doubtful" in arrays:
        rows.append(("doubtful", f"{arrays['doubtful'].astype(bool).mean():.2%}"))
    if "fr" in arrays and arrays["fr"].size == 1:
        rows.append(("frame rate", f"{float(arrays['fr'].item()):g} Hz"))
    rows += [
        (name, f"{len(arrays[name])}") for name in ("transients", "crosstalk") if name in arrays
    ]
    return f"Truth {path}", rows


def _prediction(path: Path, arrays: dict[str, np.ndarray]) -> Section:
    probability = _raster(arrays["probability"], path)
    meta = _meta(arrays, path)
    threshold = meta.get("threshold", 0.5)
    rows: Rows = [
        ("cells", f"{probability.shape[0]}"),
        ("frames", f"{probability.shape[1]}"),
        ("mean probability", f"{probability.mean():.4f}"),
    ]
    if isinstance(threshold, (int, float)):
        share = (probability >= threshold).mean()
        rows.append(("active", f"{share:.2%} of the frames of all cells, at {threshold:g}"))
    return f"Prediction {path}", rows + flattened(meta)


def _raster(array: np.ndarray, path: Path) -> np.ndarray:
    if array.ndim == 2 and array.size:
        return array
    shape = " x ".join(map(str, array.shape)) or "a single number"
    raise InputError("an array of cells x frames", shape, path)


def _meta(arrays: dict[str, np.ndarray], path: Path) -> dict[str, Any]:
    if "meta" not in arrays:
        return {}
    try:
        meta = parsed_json(str(arrays["meta"].item()))
    except ValueError as error:
        raise InputError("JSON text as meta", str(error), path) from error
    return meta if isinstance(meta, dict) else {"meta": meta}


def _classifier(folder: Path) -> Section:
    from deepcinac.learning.card import read_card
    from deepcinac.tasks import check_card

    card = read_card(folder)
    check_card(card)
    return f"Classifier {folder}", flattened(card.to_dict())


def flattened(values: dict[str, Any], prefix: str = "") -> Rows:
    """Rows of a nested mapping: {"scores": {"f1": 0.8}} gives ("scores.f1", "0.8")."""
    rows: Rows = []
    for name, value in values.items():
        if isinstance(value, dict):
            rows += flattened(value, f"{prefix}{name}.")
        elif value not in ("", None):
            rows.append((f"{prefix}{name}", _shown(value)))
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if not isinstance(value, (list, tuple)):
        return " ".join(str(value).split())
    more = f", … ({len(value)} in all)" if len(value) > SHOWN_IN_A_LIST else ""
    return ", ".join(map(_shown, value[:SHOWN_IN_A_LIST])) + more


def duration(seconds: float) -> str:
    """Seconds in readable form: 250 is "4 min 10 s"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
