"""Labels from and to any file that this program knows, by the ending of its name.

A form joins with a module that adds a :class:`LabelsForm` to :data:`LABELS_FORMS`, and its name in
``READER_MODULES`` of :mod:`deepcinac.formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.labelling.layer_labels import Labels
from deepcinac.registry import Registry


@dataclass(frozen=True)
class LabelsForm:
    """One form of file, its reader and its writer.

    ``read`` is given the path, the number of cells and that of frames; ``write`` the path, the layers,
    the frame rate in Hz (None: unknown) and the name of the movie.
    """

    ending: str
    read: Callable[[Path, int, int], list[Labels]]
    write: Callable[[Path, Sequence[Labels], float | None, str], None]
    several_layers: bool = False


LABELS_FORMS: Registry[LabelsForm] = Registry("deepcinac.formats")


def load_labels(path: str | Path, n_cells: int, n_frames: int) -> list[Labels]:
    """The layers in a file, for a recording of so many cells and frames.

    Layers without a name of their own get that of the file.
    """
    path = Path(path)
    layers = form_of(path).read(path, n_cells, n_frames)
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
    path = Path(path)
    form = form_of(path)
    if len(layers) != 1 and not form.several_layers:
        raise InputError(
            f"one layer for a file ending in {form.ending}", f"{len(layers)}", path,
            "write a .csv, or each layer into a file of its own",
        )  # fmt: skip
    form.write(path, layers, frame_rate_hz, movie)


def form_of(path: str | Path) -> LabelsForm:
    """The form that the ending of a name means."""
    path = Path(path)
    forms = {form.ending: form for form in LABELS_FORMS}
    form = forms.get(path.suffix.lower())
    if form is None:
        expected = f"a file of labels ending in {', '.join(forms)}"
        raise InputError(expected, repr(path.suffix or path.name), path)
    return form
