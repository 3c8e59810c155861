"""Whose recording it is, said on the command line."""

from __future__ import annotations

import numpy as np

from deepcinac.cli.main import main
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells, save_cells


def test_create_and_describe(tmp_path, capsys):
    np.save(tmp_path / "movie.npy", np.zeros((20, 8, 8), np.uint16))
    save_cells(
        tmp_path / "cells.npz",
        make_cells([(*np.indices((5, 5)).reshape(2, -1), None)], 8, 8, "drawn"),
    )
    path = tmp_path / "s.deepcinac"
    command = ["create", str(path), "--movie", str(tmp_path / "movie.npy"), "--cells"]
    rates = [
        "--frame-rate",
        "10",
        "--pixel-size",
        "2",
        "--animal",
        "M1",
        "--accept",
        "unlikely-cells",
    ]
    assert main([*command, str(tmp_path / "cells.npz"), *rates]) == 0
    assert (
        main(["describe", str(path), "--condition", "wild type", "--session-date", "2026-11-27"])
        == 0
    )
    assert "animal M1, session date 2026-11-27, condition wild type" in capsys.readouterr().out
    with Session.open(path) as session:
        assert session.provenance().animal == "M1"
        session.undo()
        assert session.provenance().condition == ""
    assert main(["describe", str(path)]) == 2
    assert "none of them" in capsys.readouterr().err
