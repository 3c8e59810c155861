"""``import deepcinac as dc``: the examples in the docstrings are run, on a recording of three cells."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deepcinac as dc
from deepcinac import api
from deepcinac.files import read_npz
from deepcinac.learning.settings import TrainingSettings
from deepcinac.recording.cells import read_cells
from deepcinac.results import Results
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings
from helpers.predictions import results_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 frames of 32 x 32 px with three cells."""
    settings = preset_settings("small", seed=3, n_frames=120, height=32, width=32, n_cells=3)
    return simulate(settings, tmp_path_factory.mktemp("api") / "movie")


@pytest.fixture
def predictions(folder: Path) -> Results:
    """The truth as probabilities of 0 and 1."""
    return results_of(read_npz(folder / "truth.npz")["active"].astype(float))


@pytest.mark.parametrize("name", ["predict", "evaluate", "train"])
def test_the_examples_are_true(
    name: str, folder: Path, predictions: Results, tmp_path: Path
) -> None:
    short = TrainingSettings(epochs=1, windows_per_epoch=8, batch_windows=4, name="short")
    names: dict[str, Any] = {
        "movie": folder / "movie.tif",
        "cells": folder / "cells.npz",
        "truth": folder / "truth.npz",
        "folder": folder,
        "predictions": predictions,
        "out": tmp_path / "short",
        "short": short,
    }
    example = doctest.DocTestFinder(recurse=False).find(getattr(api, name), name, globs=names)[0]
    assert example.examples
    report: list[str] = []
    result = doctest.DocTestRunner().run(example, out=report.append)
    assert result.failed == 0, "".join(report)


def test_the_threshold_is_that_of_the_predictions(folder: Path) -> None:
    """Probabilities of .4 where the truth is active: nothing at .5, everything at their own .3."""
    active = read_npz(folder / "truth.npz")["active"]
    unsure = results_of(0.4 * active, threshold=0.3)
    assert dc.evaluate(folder / "truth.npz", unsure).rules["strict"].pooled.f1 == 1
    assert dc.evaluate(folder / "truth.npz", unsure, threshold=0.5).rules["strict"].pooled.f1 == 0


def test_cells_are_found_by_their_footprints_in_a_session(folder: Path, tmp_path: Path) -> None:
    from deepcinac.labelling.session import Session

    cells = read_cells(folder / "cells.npz")
    path = tmp_path / "mouse.deepcinac"
    with Session.create(path, folder / "movie.tif", (120, 32, 32), cells, 10.0, 2.0) as session:
        with dc.open_recording(session) as recording:
            results = dc.predict(recording, select=[1], threshold=0.4)
        layer = session.write_results(results)
        assert layer.threshold == 0.4
        assert session.predicted_cells(layer.id).tolist() == [1]
        kept = session.results(layer.id)["probability"].array
        assert np.array_equal(kept, results["probability"].array)


def test_importing_loads_nothing_heavy_until_it_is_used() -> None:
    code = """
import sys, deepcinac as dc
assert not {"scipy", "tensorflow", "h5py", "matplotlib"} & set(sys.modules), "heavy at import"
assert {"predict", "open_recording", "evaluate", "train", "find_classifier"} <= set(dir(dc))
dc.find_classifier
assert "tensorflow" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (Path(api.__file__).with_name("py.typed")).is_file()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="frobnicate"):
        dc.frobnicate  # noqa: B018
