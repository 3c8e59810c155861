"""The notebooks: what is in the files here, and their runs from top to bottom (``make notebooks``)."""

from __future__ import annotations

import base64
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from deepcinac.version import PROJECT_URL

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
SMALL = {
    "predict": "select = [7, 25, 34]",
    "train": "import dataclasses\n"
    "settings = dataclasses.replace(FINE_TUNING, epochs=1, windows_per_epoch=32, batch_windows=16)\n"
    "n_frames = 300",
    "evaluate": "select = '7,25,34'",
    "simulate": "n_frames = 300",
}
"""What is put after the cell of parameters, so that a run takes seconds."""
SAID = {
    "predict": ("1200 frames of 80 x 80 px, 46 cells", "3 cells of 1200 frames", "transients at"),
    "train": ("of 1 is kept; score on what was held out", "before  recall", "after   recall"),
    "evaluate": ("Transients of all cells together", "general: F1 "),
    "simulate": ("14 cells, ", "Transients of all cells together"),
}  # fmt: skip
FIGURES = {"predict": 3, "train": 2, "evaluate": 5, "simulate": 2}
MADE = {
    "predict": ("prediction.npz", "recording.deepcinac"),
    "train": ("my-classifier.zip", "prediction.npz", "unseen.deepcinac"),
    "evaluate": ("report.zip", "prediction.npz", "demo.deepcinac"),
    "simulate": ("simulated.zip", "prediction.npz", "simulated.deepcinac"),
}
LONGEST_S = 600


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def tagged(path: Path, tag: str) -> str:
    """The source of the one cell with this tag."""
    (cell,) = (cell for cell in cells_of(path) if tag in cell["metadata"].get("tags", ()))
    return "".join(cell["source"])


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_there_are_the_four_notebooks() -> None:
    assert {path.stem for path in PATHS} == set(SMALL)


def test_no_outputs_are_kept(path: Path) -> None:
    code = [cell for cell in cells_of(path) if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_all_are_installed_in_the_same_way(path: Path) -> None:
    assert tagged(path, "install") == tagged(PATHS[0], "install")
    assert tagged(path, "device") == tagged(PATHS[0], "device")


def test_the_address_is_that_of_the_project_and_there_is_a_badge_only_with_it(path: Path) -> None:
    assert f'PROJECT_URL = "{PROJECT_URL}"\n' in tagged(path, "install")
    text = path.read_text(encoding="utf-8")
    assert ("colab-badge" in text) == bool(PROJECT_URL)
    assert ("https://" in text) == bool(PROJECT_URL)


def test_no_package_of_the_index_is_installed_under_our_name(path: Path) -> None:
    assert "install deepcinac" not in path.read_text(encoding="utf-8")


@pytest.mark.notebook
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = map(importlib.import_module, ("nbformat", "nbclient"))
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    notebook = nbformat.read(path, as_version=4)
    place = next(
        n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())
    )
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(SMALL[path.stem]))
    client = nbclient.NotebookClient(
        notebook, timeout=LONGEST_S, resources={"metadata": {"path": str(work)}}
    )
    client.execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    said = "".join(output["text"] for output in outputs if output.output_type == "stream")
    for sentence in SAID[path.stem]:
        assert sentence in said
    pictures = [
        base64.b64decode(output.data["image/png"])
        for output in outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == FIGURES[path.stem]
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 2000 for picture in pictures)
    assert all((work / name).stat().st_size > 0 for name in MADE[path.stem])
