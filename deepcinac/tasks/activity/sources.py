"""What a network can be trained on: labelled recordings, wherever their labels come from.

A source knows how to ``read`` itself into a ``LabelledRecording``: a movie's address, its cells, what is
known of every frame, and which cells have been judged at all. Folders of ``deepcinac simulate`` are one kind,
session files another.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING, read_json, read_npz, require_file
from deepcinac.formats.corrections_bundle import is_bundle, read_bundle
from deepcinac.inputs.fingerprint import unmasked_cells
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import (
    open_input,
    prepare_input,
    with_frames,
    without_frames,
)
from deepcinac.labelling.judgement import judgement, truth_layer
from deepcinac.labelling.session import Session
from deepcinac.learning.backend import one_blas_thread
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.cells import read_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.tasks.activity.corrected import LabelledCrop, ReviewedSession, reviewed_cells
from deepcinac.tasks.activity.targets import Example, LabelledRecording, targets_of

LABELLED = (
    "a session (.deepcinac), a bundle of corrections (.h5) or a folder made by `deepcinac simulate`"
)
WITHOUT_SESSION = (".cinac", ".nwb")
"""Files that may hold labels, and of which a session is made first."""
FOLDER_FILES = ("movie.tif", "cells.npz", "truth.npz", "meta.json")


class Source(Protocol):
    """Something that can be read as a labelled recording."""

    @property
    def path(self) -> Path:
        """Where the recording lies."""

    def read(self) -> LabelledRecording:
        """The recording with its labels."""


@dataclass(frozen=True)
class LabelledFolder:
    """A folder as ``deepcinac simulate`` makes it; ``judged`` limits the cells whose labels are used.

    A cell of which every frame is doubtful teaches nothing and is never judged.
    """

    path: Path
    judged: tuple[int, ...] | None = None

    def read(self) -> LabelledRecording:
        """Read cells, truth and rates; the movie is only named."""
        meta = read_json(require_file(self.path / "meta.json", "meta.json"))
        try:
            rate, size = float(meta["frame_rate_hz"]), float(meta["pixel_size_um"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "numbers frame_rate_hz and pixel_size_um",
                f"'{error}'",
                self.path / "meta.json",
            ) from error
        truth = read_npz(self.path / "truth.npz", ("active",))
        active = truth["active"].astype(bool)
        doubtful = truth.get("doubtful", np.zeros_like(active)).astype(bool)
        cells = read_cells(self.path / "cells.npz")
        known = np.flatnonzero(~doubtful.all(axis=1))
        judged = known if self.judged is None else np.array(self.judged, int)
        if len(judged) and judged.max() >= len(active):
            raise InputError(
                f"cells from 0 to {len(active) - 1}", f"cell {judged.max()}", self.path
            )
        return LabelledRecording(
            str(self.path / "movie.tif"),
            cells,
            rate,
            size,
            active,
            doubtful,
            judged,
            truth.get("crosstalk", np.zeros((0, 4), int)),
            truth.get("spikes"),
            str(meta.get("kind", "")),
        )


@dataclass(frozen=True)
class LabelledSession:
    """The labels of one layer of a session file (the consensus, or the only expert, when none is named).

    ``without``: cells that are left out.
    """

    path: Path
    layer: str | None = None
    without: tuple[int, ...] = ()

    def read(self) -> LabelledRecording:
        """Read cells and judged frames; the movie is found again where it moved."""
        with Session.open(self.path, read_only=True) as session:
            said = judgement(session, truth_layer(session, self.layer))
            recording = session.recording
            return LabelledRecording(
                session.movie_address(),
                session.cells(),
                recording.frame_rate_hz,
                recording.pixel_size_um,
                said.active,
                said.doubtful,
                np.setdiff1d(said.judged, self.without),
                np.zeros((0, 4), int),
                kind="session",
            )


def find_sources(
    paths: list[Path], layer: str | None = None, corrected_sha256: str = ""
) -> list[Source]:
    """Session files, bundles of corrections and folders of ``deepcinac simulate`` in the order given.

    ``corrected_sha256``: the weights of the classifier to start from, whose word counts around the
    answers of a review.
    """
    found: list[Source] = []
    for path in paths:
        if path.suffix == SESSION_ENDING:
            found += _of_session(require_file(path, "a session file"), layer, corrected_sha256)
        elif path.suffix.lower() in WITHOUT_SESSION:
            hint = f"make a session of it first: deepcinac create --from {path} OUT.deepcinac"
            raise InputError(LABELLED, f"a {path.suffix.lower()} file", path, hint)
        elif is_bundle(path):
            crops = read_bundle(path).crops
            found += [LabelledCrop(path, crop, corrected_sha256) for crop in crops]
        else:
            found += find_labelled_folders([path])
    return found


def _of_session(path: Path, layer: str | None, corrected_sha256: str) -> list[Source]:
    """What is labelled in a session and, beside it, what was only reviewed."""
    if not corrected_sha256:
        return [LabelledSession(path, layer)]
    with Session.open(path, read_only=True) as session:
        said, reviewed = reviewed_cells(session, layer)
    thin = tuple(reviewed.tolist())
    if not thin:
        return [LabelledSession(path, layer)]
    answers = ReviewedSession(path, layer, thin, corrected_sha256)
    if len(thin) == len(said.judged):
        return [answers]
    return [LabelledSession(path, layer, thin), answers]


def find_labelled_folders(paths: list[Path]) -> list[LabelledFolder]:
    """Folders of ``deepcinac simulate``: those given, or those inside them."""
    found = []
    for path in paths:
        if not path.is_dir():
            raise InputError(LABELLED, "neither", path)
        inside = [path] if (path / "truth.npz").is_file() else sorted(path.glob("*/"))
        folders = [folder for folder in inside if (folder / "truth.npz").is_file()]
        if not folders:
            raise InputError("truth.npz in the folder or in folders inside it", "none", path)
        for folder in folders:
            for name in FOLDER_FILES:
                require_file(folder / name, name)
        found += [LabelledFolder(folder) for folder in folders]
    return found


def prepare_source(
    source: Source,
    name: str,
    form: InputForm,
    n_scalars: int,
    folder: Path,
    progress: Progress = silent,
) -> Example:
    """Compute the network's inputs of a source into ``folder``, with the targets of its judged cells."""
    labels = source.read()
    with open_movie(labels.movie, axes_known=True, progress=progress) as movie:
        if labels.active.shape != (len(labels.cells), movie.n_frames):
            raise InputError(
                f"labels for {len(labels.cells)} cells x {movie.n_frames} frames",
                f"{' x '.join(map(str, labels.active.shape))}",
                source.path,
            )
        recording = open_input(
            movie, labels.cells, labels.frame_rate_hz, labels.pixel_size_um, form, n_scalars,
            select=labels.judged,
        )  # fmt: skip
        prepared = prepare_input(name, recording, folder, progress)
    targets = targets_of(labels, recording.plan.time_bin)
    return Example(prepared, targets, labels.judged, labels.kind)


def prepare_sources(
    sources: Sequence[Source],
    form: InputForm,
    n_scalars: int,
    folder: Path,
    jobs: int = 1,
    progress: Progress = silent,
) -> list[Example]:
    """The same of many sources, ``jobs`` of them at a time in processes of their own."""
    examples: list[Example] = []

    def take(example: Example) -> None:
        examples.append(example)
        path = sources[len(examples) - 1].path.name
        progress(ProgressEvent("preparing recordings", len(examples), len(sources), path))

    numbered = [(f"{number:04d}", source) for number, source in enumerate(sources)]
    prepare = partial(_prepare_apart, form, n_scalars, folder)
    jobs = min(jobs, len(sources))
    if jobs > 1:
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
            for example in pool.map(prepare, numbered):
                take(replace(example, input=with_frames(example.input, folder)))
        return examples
    own = progress if len(sources) == 1 else silent
    for name, source in numbered:
        take(prepare_source(source, name, form, n_scalars, folder, own))
    return examples


def _prepare_apart(
    form: InputForm, n_scalars: int, folder: Path, numbered: tuple[str, Source]
) -> Example:
    """Prepare a source in another process; the frames stay in their file."""
    with one_blas_thread():
        example = prepare_source(numbered[1], numbered[0], form, n_scalars, folder)
    return replace(example, input=without_frames(example.input))


def data_fingerprint(sources: Sequence[Source]) -> str:
    """SHA-256 over the labels, cells and sizes of all sources, wherever they lie.

    Of invalid cells only those count that overlap another, as in ``inputs.fingerprint``.
    """
    digest = hashlib.sha256()
    for source in sources:
        labels = source.read()
        facts = [labels.frame_rate_hz, labels.pixel_size_um, Path(labels.movie).name]
        digest.update(json.dumps(facts).encode())
        arrays = [labels.active, labels.doubtful, labels.judged, labels.crosstalk]
        arrays += [array for cell in labels.cells.cells for array in (cell.ypix, cell.xpix)]
        if unmasked := unmasked_cells(labels.cells):
            arrays.append(np.array(unmasked, np.int64))
        for array in arrays:
            digest.update(f"{np.shape(array)}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
