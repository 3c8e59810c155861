"""Cells that are added to a session: undone, done again, and never given what was said of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.results.files import read_results
from helpers.predictions import write_predictions


def test_results_of_a_cell_that_was_taken_back_are_not_read(tmp_path: Path) -> None:
    square = tuple(part.ravel() for part in np.mgrid[2:5, 2:5])
    cells = make_cells([(*square, np.ones(9))], 20, 20)
    np.save(tmp_path / "movie.npy", np.zeros((30, 20, 20), np.uint16))
    path = tmp_path / "one.deepcinac"
    with Session.create(path, tmp_path / "movie.npy", (30, 20, 20), cells, 10.0, 2.0) as session:
        assert session.add_cell(square[0] + 8, square[1], np.ones(9)) == 1
        assert session.cells().cells[1].ypix.min() == 10
        file = write_predictions(tmp_path / "p.npz", np.full((2, 30), 0.9, np.float32))
        layer = session.write_results(read_results(file, (2, 30)))
        assert session.predicted_cells(layer.id).tolist() == [0, 1]
        session.undo()
        assert session.n_cells == len(session.cells()) == 1
        assert session.predicted_cells(layer.id).tolist() == [0]
        session.redo()
        assert session.predicted_cells(layer.id).tolist() == [0, 1]
        session.undo()
        session.add_cell(square[0], square[1] + 9, np.ones(9))  # another one gets the number
        assert session.cells().cells[1].xpix.min() == 11
        assert session.predicted_cells(layer.id).tolist() == [0]
    with Session.open(path) as session:
        assert session.prediction(layer.id, 0).max() == np.float32(0.9)
        assert session.prediction(layer.id, 1) is None
