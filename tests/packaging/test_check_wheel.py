"""The check of a wheel finds what is missing and what does not belong there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("check_wheel", ROOT / "packaging" / "check_wheel.py")
assert _spec is not None
assert _spec.loader is not None
check_wheel = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_wheel)


def test_expected_files(tmp_path: Path) -> None:
    for name in (
        "deepcinac/cli/main.py",
        "deepcinac/notes.txt",
        "gui/__init__.py",
        "models/general/card.json",
        "models/general/model.weights.h5",
        "models/general/log.jsonl",
        "data/demo/movie.tif",
        "data/__pycache__/x.pyc",
        "tests/test_x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert check_wheel.expected_files(tmp_path) == {
        "deepcinac/cli/main.py",
        "deepcinac/gui/__init__.py",
        "deepcinac/models/general/card.json",
        "deepcinac/models/general/model.weights.h5",
        "deepcinac/data/demo/movie.tif",
    }


def test_faults() -> None:
    held = {
        "deepcinac/a.py",
        "deepcinac/stale.py",
        "deepcinac-2.0.0.dist-info/METADATA",
        "gui/__init__.py",
    }
    assert check_wheel.faults(held, {"deepcinac/a.py", "deepcinac/b.py"}) == [
        "missing: deepcinac/b.py",
        "outside the package: gui/__init__.py",
        "not in the repository: deepcinac/stale.py",
    ]
    assert check_wheel.faults({"deepcinac/a.py"}, {"deepcinac/a.py"}) == []
