"""Recordings drawn with characters, one per frame, so that a test can be checked by eye."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def frames() -> Callable[..., np.ndarray]:
    """``frames("..##.")`` is a row of frames, true at each ``#``; several rows make (n_cells, n_frames)."""

    def draw(*rows: str) -> np.ndarray:
        mask = np.array([[character == "#" for character in row] for row in rows])
        return mask[0] if len(rows) == 1 else mask

    return draw


@pytest.fixture
def blank_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of reports are made and written as empty pictures: drawing them takes seconds."""

    def save(_figure: object, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"<svg" if path.suffix == ".svg" else b"\x89PNG" + bytes(20))

    monkeypatch.setattr("deepcinac.evaluation.html_page.save_figure", save)
