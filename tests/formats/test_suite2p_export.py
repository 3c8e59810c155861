"""Predictions as arrays in the order of suite2p's ROIs, beside its folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.results import Maker, Result, Results

N_FRAMES = 4
ROIS = [([0, 0], [1, 2]), ([3, 3], [4, 5]), ([7, 8], [4, 4])]
"""ypix and xpix of three ROIs on 10 x 12 pixels."""


def write_plane(folder: Path, n_frames: int = N_FRAMES) -> Path:
    folder.mkdir(parents=True)
    stat = np.empty(len(ROIS), dtype=object)
    stat[:] = [{"ypix": np.array(y), "xpix": np.array(x), "lam": np.ones(2)} for y, x in ROIS]
    np.save(folder / "stat.npy", stat)
    np.save(folder / "spks.npy", np.zeros((len(ROIS), n_frames), np.float32))
    return folder


@pytest.fixture
def session(tmp_path: Path) -> str:
    """Its cells are ROI 2, a cell that was drawn by hand, and ROI 0; predicted are the last two."""
    np.save(tmp_path / "movie.npy", np.zeros((N_FRAMES, 10, 12), np.uint16))
    drawn = ([5, 5], [9, 10])
    cells = make_cells([(*ROIS[2], None), (*drawn, None), (*ROIS[0], None)], 10, 12, "x")
    path = tmp_path / "s.deepcinac"
    maker = Maker("activity", "general", weights_sha256="ab" * 32)
    about = (("cell", "frame"), "1", maker, np.array([1, 2]))
    values = np.array([[0.1] * 4, [0, 0.9, 0.8, 0]], np.float32)
    opened = Session.create(path, tmp_path / "movie.npy", (N_FRAMES, 10, 12), cells, 10, 2)
    with opened as session:
        items = (
            Result("probability", values, *about),
            Result("spike_rate_hz", values * 2, about[0], "Hz", *about[2:]),
        )
        session.write_results(Results(items, 0.6), "general v1")
    return str(path)


def test_rows_are_the_rois_of_suite2p(
    session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plane = write_plane(tmp_path / "suite2p" / "plane0")
    before = {file.name: file.read_bytes() for file in plane.iterdir()}
    wanted = ["export", session, "--layer", "general v1", "--suite2p", str(plane)]
    assert main(wanted) == 0
    assert "1 of 3 ROIs, 4 frames\nno ROI has the pixels of 1 cell (1)" in capsys.readouterr().out
    stem = tmp_path / "suite2p" / "deepcinac_plane0_general-v1"
    found = np.load(f"{stem}_probability.npy")
    assert (found.shape, found.dtype) == ((3, N_FRAMES), np.float32)
    np.testing.assert_array_equal(found[0], np.array([0, 0.9, 0.8, 0], np.float32))
    assert np.isnan(found[1:]).all()
    np.testing.assert_array_equal(np.load(f"{stem}_spike_rate_hz.npy")[0], found[0] * 2)
    about = json.loads(Path(f"{stem}.json").read_text())
    assert (about["maker"]["name"], about["threshold"]) == ("general", 0.6)
    assert {file.name: file.read_bytes() for file in plane.iterdir()} == before
    assert main(wanted) == 2
    assert "found a file in" in capsys.readouterr().err
    assert main([*wanted, "--force"]) == 0


def test_a_folder_of_another_recording(
    session: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plane = write_plane(tmp_path / "plane1", n_frames=5)
    assert main(["export", session, "--layer", "general v1", "--suite2p", str(plane)]) == 2
    assert "Expected 4 frames, as in the session, found 5 in suite2p's" in capsys.readouterr().err
    assert main(["export", session, "--layer", "general v1", "--suite2p", str(tmp_path)]) == 2
    assert main(["export", session, "--layer", "general v1"]) == 2
    assert "--out FILE or --suite2p FOLDER, found neither" in capsys.readouterr().err
    assert not list(tmp_path.glob("deepcinac_*"))
