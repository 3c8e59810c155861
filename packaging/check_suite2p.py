"""What ``check_suite2p.sh`` asks of the files that suite2p wrote, with our own readers."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tifffile

from deepcinac.containers.restricted_pickle import load_npy
from deepcinac.files import read_npy
from deepcinac.formats import load_cells
from deepcinac.formats.suite2p import spikes_file
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cell, Cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.simulation.found_cells import with_found_cells
from deepcinac.tasks.activity.sources import LabelledFolder


def flatten(movie: Path, out: Path) -> None:
    """The movie as an uncompressed TIFF, which is what suite2p 1.1 reads rightly."""
    out.parent.mkdir(parents=True)
    with open_movie(movie, working_copy=False) as opened:
        tifffile.imwrite(out, opened.frames(0, opened.n_frames), compression=None)


def check_folder(plane: Path, raw: Path) -> None:
    """Folder, ``data.bin``, ``stat``, ``iscell``, ``F``, ``spks`` and the offsets of registration."""
    with open_movie(plane) as movie, open_movie(raw, working_copy=False) as before:
        assert movie.shape == before.shape, movie.shape
        assert movie.frame_rate_hz == 10.0, movie.frame_rate_hz
        offsets = load_npy(plane / "reg_outputs.npy").item()
        yoff, xoff = np.asarray(offsets["yoff"]), np.asarray(offsets["xoff"])
        assert yoff.shape == xoff.shape == (movie.n_frames,), (yoff.shape, xoff.shape)
        assert np.abs(yoff).max() < movie.height / 4, yoff
        first = movie.frames(0, 200).mean(axis=0), before.frames(0, 200).mean(axis=0)
        same = np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1]
        assert same > 0.8, f"the registered movie shows something else (correlation {same:.2f})"
        cells = load_cells(plane, (movie.height, movie.width))
        n_frames = movie.n_frames
    assert len(cells) >= 3, f"{len(cells)} cells"
    iscell = read_npy(plane / "iscell.npy")
    assert (np.asarray(cells.valid) == (iscell[:, 0] > 0.5)).all()
    for name in ("F.npy", "Fneu.npy"):
        assert read_npy(plane / name).shape == (len(cells), n_frames), name
    spikes = spikes_file(plane)
    assert spikes is not None
    assert read_npy(spikes).shape == (len(cells), n_frames)
    options = load_npy(plane / "ops.npy").item()
    assert options["Ly"] == cells.height, options["Ly"]
    print(f"{len(cells)} cells, {int(iscell[:, 0].sum())} accepted, {n_frames} frames: all read")


def check_session(path: Path, plane: Path) -> None:
    """The session of ``detect`` and the run of suite2p itself say the same; both methods are there."""
    with Session.open(path, read_only=True) as session:
        layers = {layer.kind: session.results(layer.id) for layer in session.layers()}
        cells = session.cells()
        spikes, probability = layers["method"]["curve"], layers["classifier"]["probability"]
        assert spikes.array.shape == probability.array.shape == (len(cells), 600)
        assert layers["method"].maker.version == "1.1.0", layers["method"].maker.version
        valid = [state.valid for state in session.cell_states()]
    by_hand = load_cells(plane, (cells.height, cells.width))
    # suite2p halves the grey levels of a TIFF; the last ROIs differ.
    n_same = sum(
        max(_overlap(cell, other) for other in cells.cells) > 0.5 for cell in by_hand.cells
    )
    # suite2p halves the grey levels of a TIFF, and we give it all of them: outlines differ a little.
    assert n_same >= 0.5 * len(by_hand), f"{n_same} of {len(by_hand)} cells"
    assert sum(valid) > 0, valid
    _check_truth_of_found(path, cells)
    print(
        f"{len(cells)} cells by detect, {len(by_hand)} by suite2p itself, {n_same} of them the same; "
        "predicted on the registered movie"
    )


def _check_truth_of_found(path: Path, cells: Cells) -> None:
    """Some of the found cells are simulated ones, whose truth they get."""
    out = path.with_name("with-found-cells")
    truth_of = with_found_cells(path.with_name("simulated"), cells, "found", out)
    known = np.flatnonzero(truth_of >= 0)
    assert len(known) >= 3, f"{len(known)} of {len(cells)} found cells are simulated ones"
    assert LabelledFolder(out).read().judged.tolist() == known.tolist()


def _overlap(one: Cell, other: Cell) -> float:
    """Shared area over that of both together."""
    a, b = (set(zip(x.ypix.tolist(), x.xpix.tolist(), strict=True)) for x in (one, other))
    return len(a & b) / len(a | b)


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    act = {"flatten": flatten, "folder": check_folder, "session": check_session}[what]
    act(*map(Path, paths))
