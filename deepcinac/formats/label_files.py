"""Labels from and to any file that this program knows, by the ending of its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.labelling.labels import Labels

ENDINGS = (".csv", ".npz", ".mat")


def load_labels(path: str | Path, n_cells: int, n_frames: int) -> list[Labels]:
    """The layers in a file, for a recording of so many cells and frames.

    Layers without a name of their own get that of the file.
    """
    from deepcinac.formats import labels_csv, labels_mat, labels_npz

    path = Path(path)
    ending = check_ending(path)
    if ending == ".csv":
        layers = labels_csv.read_labels(path, n_cells, n_frames)
    else:
        reader = labels_npz if ending == ".npz" else labels_mat
        layers = [reader.read_labels(path)]
    for labels in layers:
        if (labels.n_cells, labels.n_frames) != (n_cells, n_frames):
            raise InputError(
                f"labels of a recording with {n_cells} cells and {n_frames} frames",
                f"{labels.n_cells} cells and {labels.n_frames} frames",
                path,
                "the labels seem to be of another recording",
            )
    return [labels if labels.name else replace(labels, name=path.stem) for labels in layers]


def save_labels(
    path: str | Path,
    layers: Sequence[Labels],
    frame_rate_hz: float | None = None,
    movie: str = "",
) -> None:
    """Write layers; only a ``.csv`` holds more than one."""
    from deepcinac.formats import labels_csv, labels_mat, labels_npz

    path = Path(path)
    ending = check_ending(path)
    if ending == ".csv":
        labels_csv.write_labels(path, layers, frame_rate_hz, movie)
        return
    if len(layers) != 1:
        raise InputError(
            f"one layer for a file ending in {ending}", f"{len(layers)}", path,
            "write a .csv, or each layer into a file of its own",
        )  # fmt: skip
    writer = labels_npz if ending == ".npz" else labels_mat
    writer.write_labels(path, layers[0], frame_rate_hz)


def check_ending(path: str | Path) -> str:
    """The ending of a file of labels, in lower case."""
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise InputError(
            f"a file of labels ending in {known}", repr(path.suffix or path.name), path
        )
    return ending
