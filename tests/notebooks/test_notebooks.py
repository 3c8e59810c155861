"""The code of every notebook runs from top to bottom."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    names: dict[str, object] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), path.name, "exec"), names)
    assert (tmp_path / "prediction.npz").stat().st_size > 0
    assert names["results"]["probability"].array.shape == (46, 1200)
    assert names["figure"].axes


def test_there_are_notebooks():
    assert list(FOLDER.glob("*.ipynb"))
