"""What we write for the published program, and what we read of it, checked with that program itself.

Two interpreters take turns, since both programs are called deepcinac:

    check_published.py write FOLDER      ours: a session's labels as published.cinac
    check_published.py run FOLDER        theirs (1.1.10): reads it, trains windows of it, saves a network
    check_published.py compare FOLDER    ours: the saved weights in our network predict the same

The second needs tf_keras and stands in for what the published program imports and does not use here.
"""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np

N_FRAMES, SIDE, N_CELLS = 2600, 40, 4
WINDOW = 20
SIZES = {
    "window_len": WINDOW, "conv_filters": (2, 2, 3, 3), "lstm_layers_size": [3, 6],
    "bin_lstm_size": 6,
}  # fmt: skip
"""A small network of the published form; its own sizes are 100, (64, 64, 128, 128), [128, 256] and 256."""


def write(folder: Path) -> None:
    """A session of 4 cells, all judged, one of them doubtful in places, and its .cinac."""
    import tifffile

    from deepcinac.cli.main import main
    from deepcinac.labelling.layer_labels import add_labels, make_labels
    from deepcinac.labelling.session import Session
    from deepcinac.recording.cells import make_cells

    random = np.random.default_rng(3)
    y, x = np.mgrid[:SIDE, :SIDE]
    centres = [(8, 8), (8, 28), (28, 8), (11, 13)]  # the last overlaps the first
    masks = [(y - cy) ** 2 + (x - cx) ** 2 <= 20 for cy, cx in centres]
    frames = random.normal(500, 20, (N_FRAMES, SIDE, SIDE))
    transients = []
    for cell, mask in enumerate(masks):
        for onset in range(15 + 3 * cell, N_FRAMES - 20, 45):
            transients.append((cell, onset, onset + 4))
            shape = np.r_[np.linspace(0.2, 1, 5), np.exp(-np.arange(1, 14) / 5)]
            frames[onset : onset + 18] += 200 * shape[:, None, None] * mask
    tifffile.imwrite(folder / "movie.tif", frames.astype(np.uint16), photometric="minisblack")
    cells = make_cells([(*np.nonzero(mask), None) for mask in masks], SIDE, SIDE, "check")
    path = folder / "s.deepcinac"
    with Session.create(
        path, folder / "movie.tif", (N_FRAMES, SIDE, SIDE), cells, 10, 2
    ) as session:
        spans = {
            "labelled": [(cell, 0, N_FRAMES - 1) for cell in range(N_CELLS)],
            "doubtful": [(2, 5, 9)],
        }
        add_labels(session, make_labels(N_CELLS, N_FRAMES, transients, spans, name="anna"))
        session.set_cell_type(0, "interneuron")
        session.set_valid(1, False)
    out = str(folder / "published.cinac")
    if main(["export", str(path), "--layer", "anna", "--out", out, "--force"]):
        raise SystemExit("the .cinac could not be written")
    (folder / "transients.json").write_text(json.dumps(transients))


def _stand_ins() -> None:
    """Modules that the published program imports and that do nothing here."""
    for name, members in {
        "ScanImageTiffReader": ["ScanImageTiffReader"],
        "alt_model_checkpoint": [],
        "alt_model_checkpoint.tensorflow": ["AltModelCheckpoint"],
        "cv2": ["VideoWriter", "VideoWriter_fourcc", "imread", "resize"],
        "hdf5storage": [],
        "seaborn": [],
        "read_roi": ["read_roi_file", "read_roi_zip"],
    }.items():
        module = types.ModuleType(name)
        for member in members:
            setattr(module, member, MagicMock())
        sys.modules[name] = module
    import tensorflow as tf
    import tf_keras

    # Where TensorFlow keeps Keras 2; the published program asks for it by this name.
    for name, part in (("tensorflow.keras", tf_keras), *_parts(tf_keras)):
        sys.modules[name] = part
    tf.keras = tf_keras
    tf_keras.utils.multi_gpu_model = None
    np.object, np.int, np.bool, np.float = object, int, bool, float  # until NumPy 1.24


def _parts(keras: types.ModuleType) -> list[tuple[str, types.ModuleType]]:
    names = ("layers", "models", "optimizers", "callbacks", "backend", "utils")
    parts = {name: getattr(keras, name) for name in names}
    parts["optimizers"] = keras.optimizers.legacy  # with the names that their options had
    return [(f"tensorflow.keras.{name}", part) for name, part in parts.items()]


def run(folder: Path) -> None:
    """Read the file with the published reader, make windows of it, and save a network with a prediction."""
    _stand_ins()
    import deepcinac
    from deepcinac.cinac_model import CinacModel
    from deepcinac.utils.cells_map_utils import CellsCoord
    from deepcinac.utils.cinac_file_utils import CinacFileReader

    if hasattr(deepcinac, "open_recording"):
        raise SystemExit("this is not the published program")
    path = str(folder / "published.cinac")
    reader = CinacFileReader(file_name=path)
    segments = reader.get_all_segments()
    raster = np.zeros((N_CELLS, N_FRAMES), np.int8)
    reader.fill_raster_dur_from_segments(raster)
    expected = np.zeros_like(raster)
    for cell, onset, peak in json.loads((folder / "transients.json").read_text()):
        expected[cell, onset : peak + 1] = 1
    outlines = [np.vstack((xs, ys)) for xs, ys in reader.get_coords_full_movie()]
    cells = CellsCoord(coords=outlines, nb_lines=SIDE, nb_col=SIDE, from_matlab=False)
    checks = {
        "segments": segments == [(cell, 0, N_FRAMES - 1) for cell in range(N_CELLS)],
        "active frames": np.array_equal(raster, expected),
        "cells that overlap": cells.intersect_cells[0] == {3},
        "invalid cells": reader.get_invalid_cells().tolist() == [0, 1, 0, 0],
        "movie": Path(reader.get_ci_movie_file_name()).is_file(),
        "types": reader.get_all_cell_types() == {0: "interneuron"},
        "doubtful frames": reader.get_segment_doubtful_frames((2, 0, N_FRAMES - 1)).sum() == 5,
    }
    reader.close_file()
    for name, passed in checks.items():
        print(f"{'ok' if passed else 'WRONG'}: {name}")
    if not all(checks.values()):
        raise SystemExit("the published program reads the file otherwise")
    model = CinacModel(
        results_path=str(folder), n_epochs=1, batch_size=4, verbose=0, **SIZES,
        using_splitted_tiff_cinac_movie=False, workers=1,
    )  # fmt: skip
    model.add_input_data(cinac_file_names=[path])
    model.prepare_model(verbose=0)
    print("ok: windows for training")
    network, random = model.parallel_model, np.random.default_rng(5)
    network.set_weights(
        [w + random.normal(0, 0.3, w.shape) for w in network.get_weights()]  # biases too
    )
    (folder / "published.json").write_text(network.to_json())
    network.save_weights(str(folder / "published_weights_01.h5"))
    images = images_to_try()
    inputs = {f"input_{i}": images[:, :, i, :, :, None] for i in range(3)}
    np.save(folder / "published.npy", network.predict(inputs))


def images_to_try() -> np.ndarray:
    """Two windows of three inputs, (2, WINDOW, 3, 25, 25) float32, the same on every machine."""
    number = np.arange(2 * WINDOW * 3 * 25 * 25)
    return (
        np.sin(number * 0.37 + (number // 625) ** 1.5)
        .astype(np.float32)
        .reshape(2, WINDOW, 3, 25, 25)
    )


def compare(folder: Path) -> None:
    """What our network says with the published weights."""
    from deepcinac.formats.published_weights import read_published
    from deepcinac.learning.backend import load_keras
    from deepcinac.tasks.activity.published import network_of_published

    load_keras()
    published = read_published(folder / "published.json", folder / "published_weights_01.h5")
    expected = np.load(folder / "published.npy")
    network = network_of_published(published).whole
    logits = network.predict(images_to_try(), verbose=0)[..., 0]
    difference = np.abs(1 / (1 + np.exp(-logits)) - expected).max()
    print(
        f"largest difference of a probability: {difference:.2g} (they vary by {expected.std():.2g})"
    )
    if difference > 1e-5:
        raise SystemExit("our network says something else with the published weights")


if __name__ == "__main__":
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    task, place = sys.argv[1], Path(sys.argv[2])
    {"write": write, "run": run, "compare": compare}[task](place)
