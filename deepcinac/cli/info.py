"""``deepcinac info PATH``: what a movie, cells, a session, a truth, a prediction or a classifier holds."""

from __future__ import annotations

import argparse
import contextlib
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    accept_option,
    accepted_from,
    aligned,
    json_option,
    print_json,
)
from deepcinac.cli.movie_info import movie_table
from deepcinac.cli.session_info import session_sections
from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING
from deepcinac.formats.choices import split_variable
from deepcinac.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from deepcinac.recording.cells import Cells
    from deepcinac.results import Results

Rows = list[tuple[str, str]]
Section = tuple[str, Rows]

SHOWN_IN_A_LIST = 8
PARTS_OF_A_RECORDING = ("movie.tif", "cells.npz", "stat.npy", "truth.npz")
PARTS_OF_SUITE2P = ("stat.npy", "data.bin")
BOTH_ENDINGS = (".nwb", ".cinac")
RESULT_ENDINGS = (".npz", ".npy", ".mat", ".csv", ".nwb", ".zarr")
KNOWN_OF_MAKER = ("task", "name", "version")
PARTS_OF_A_CLASSIFIER = ("card.json", "model.weights.h5")


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser(
        "info", help="what a movie, cells, session, truth, prediction or classifier holds"
    )
    parser.add_argument(
        "path", metavar="PATH", help="file or folder; also FILE.h5:/DATASET, and PATH#SERIES"
    )
    parser.add_argument(
        "--series", metavar="NAME", help="of several movies in one place, the one to describe"
    )
    accept_option(parser)
    json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Print a small table for each thing that ``PATH`` holds."""
    from deepcinac.recording.movie_address import MovieAddress

    path = args.path
    if args.series or args.accept:
        named = MovieAddress.parse(path)
        accepted = named.accepted | accepted_from(args)
        path = str(replace(named, series=args.series or named.series, accepted=accepted))
    sections = describe(path)
    if args.json:
        print_json([{"title": title, "rows": rows} for title, rows in sections])
        return 0
    tables = [f"{title}\n{aligned(rows, indent='  ')}" for title, rows in sections]
    print("\n\n".join(tables))
    return 0


def describe(path: str | Path) -> list[Section]:
    """Title and rows (name, value) of each thing that ``path`` holds."""
    target = Path(path)
    if target.is_dir():
        return _describe_folder(target)
    if target.suffix == SESSION_ENDING:
        return session_sections(target)
    if target.is_file() and not _is_series(path):
        return _describe_file(target)
    if not _is_series(path) and split_variable(path)[1] is not None:
        return [_cells(path)]
    return [_movie(path)]


def _describe_file(target: Path) -> list[Section]:
    """The same of a file, by its name and its content."""
    ending = target.suffix.lower()
    if target.name in PARTS_OF_A_CLASSIFIER:
        return [_classifier(target.parent)]
    if ending == ".json":
        return [_cell_type_classifier(target)]
    if ending in RESULT_ENDINGS and _holds_results(target):
        return [_prediction(target)]
    if ending == ".csv":
        raise InputError("a list that 'deepcinac predict' has written", "another table", target)
    if ending == ".npz":
        return [_describe_npz(target)]
    if ending in (".roi", ".zip"):
        return [_cells(target)]
    if ending in (".npy", ".tif", ".tiff"):
        return _movie_or_cells(target, first_only=True)
    if ending in (".nwb", ".hdf5", ".h5", ".mat", ".cinac"):
        return _movie_or_cells(target)
    return [_movie(target)]


def _holds_results(path: Path) -> bool:
    from deepcinac.results.recognising import holds_results

    return holds_results(path)


def _is_series(path: str | Path) -> bool:
    """Whether a movie's series is named, and no variable of a file of cells."""
    from deepcinac.recording.movie_address import MovieAddress

    named = MovieAddress.parse(path)
    is_movie = named.path.is_dir() or named.path.suffix.lower() in (".tif", ".tiff")
    return is_movie and bool(named.series or named.accepted)


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
    if folder.suffix.lower() in RESULT_ENDINGS and _holds_results(folder):
        return [_prediction(folder)]
    parts = [folder / name for name in PARTS_OF_A_RECORDING if (folder / name).is_file()]
    if len(parts) > 1:
        return [section for part in parts for section in describe(part)]
    return _movie_or_cells(folder)


def _describe_npz(path: Path) -> Section:
    from deepcinac.containers.variables import names_in_npz
    from deepcinac.files import read_npz

    if "active" not in names_in_npz(path):
        return _cells(path)
    return _truth(path, read_npz(path))


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
        (folder / name).is_file() for name in PARTS_OF_SUITE2P for folder in _planes_in(path)
    )
    return sections + (refused if holds_both else [])


def _planes_in(path: Path) -> list[Path]:
    """Where suite2p's results may lie: in a folder itself, or in those of its planes."""
    return [path, *path.glob("plane*"), *path.glob("suite2p/plane*")] if path.is_dir() else []


def _movie(path: str | Path) -> Section:
    return f"Movie {path}", movie_table(path)


def _cells(path: str | Path) -> Section:
    from deepcinac.formats import load_cells

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        rows = cells_rows(load_cells(path))
    return f"Cells {path}", rows + [("warning", str(one.message).rstrip(".")) for one in told]


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


def _prediction(path: Path) -> Section:
    """Who made it, of which cells, and where it cuts, whatever the form of the file."""
    import numpy as np

    from deepcinac.results.files import read_results

    results = read_results(path)
    maker = results.maker
    cells = results.items[0].require_cells()
    rows: Rows = [
        ("maker", " ".join(filter(None, (maker.name, maker.version, f"({maker.task})")))),
        ("cells", f"{len(cells)}{_numbers(cells)}"),
        ("frames", f"{_raster(results.items[0].array, path).shape[1]}"),
    ]
    for item in results:
        values = item.array[np.isfinite(item.array)]
        rows.append((f"mean {item.kind.replace('_', ' ')}", f"{values.mean():.4f}"))
        if n_missing := item.array.size - values.size:
            rows.append(("without a value", f"{n_missing / item.array.size:.1%} of the frames"))
    rows += _asked_about(results, path)
    rows.append(("threshold", f"{results.cut:g}" + ("" if results.threshold else " (not stated)")))
    if "probability" in results:
        part = (results["probability"].array >= results.cut).mean()
        rows.append(("active", f"{part:.2%} of the frames of all cells, at {results.cut:g}"))
    record = {name: value for name, value in maker.to_dict().items() if name not in KNOWN_OF_MAKER}
    rows += [*flattened(record), *flattened(dict(results.info))]
    return f"Prediction {path}", rows + [("warning", text) for text in results.warnings]


def _asked_about(results: Results, path: Path) -> Rows:
    """What an import would ask about values that no classifier of ours made."""
    from deepcinac.formats.activity_values import ask_about_rest

    if results.maker.weights_sha256:
        return []
    try:
        ask_about_rest(results.items[0].array, path)
    except InputError as asked:
        return [("asked", str(asked))]
    return []


def _numbers(cells: np.ndarray) -> str:
    """Which numbers cells have, where these are not simply counted from 0."""
    if len(cells) == 0 or cells.tolist() == list(range(len(cells))):
        return ""
    return f", numbered {_shown(cells.tolist())}"


def _raster(array: np.ndarray, path: Path) -> np.ndarray:
    if array.ndim == 2 and array.size:
        return array
    shape = " x ".join(map(str, array.shape)) or "a single number"
    raise InputError("an array of cells x frames", shape, path)


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
