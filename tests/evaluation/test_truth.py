"""Truth files: what is read, and the sentence for each thing that is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.evaluation import truth as truth_module
from deepcinac.evaluation.truth import Truth, load_truth, register_truth_reader


def written(folder: Path, **arrays: object) -> Path:
    path = folder / "truth.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture
def full(tmp_path: Path, frames) -> Path:
    return written(
        tmp_path,
        active=frames(".##....##.", "....###..."),
        doubtful=frames(".#.#......", ".........#"),
        trace=np.ones((2, 10), np.float32),
        fr=10.6,
        transients=np.array([[0, 1, 1], [0, 2, 2], [1, 4, 6]]),
        transient_z=np.array([2.0, 5.0, 7.0]),
        crosstalk=np.array([[1, 0, 1, 2]]),
        crosstalk_z=np.array([4.0]),
        crosstalk_overlap=np.array([0.2]),
        paper_overlap=np.zeros((0, 4), int),
        kind=np.array(["pyramidal", "interneuron"]),
    )


def test_everything_is_read(full: Path, frames) -> None:
    truth = load_truth(full)
    assert [real.tolist() for real in truth.transients] == [[[1, 2], [7, 8]], [[4, 6]]]
    assert (truth.doubtful == frames("...#......", ".........#")).all()  # active wins
    assert truth.frame_rate_hz == 10.6
    # The run 1-2 holds two listed transients; the higher one tells how visible it is.
    assert truth.visibility[0] == pytest.approx([5.0, np.nan], nan_ok=True)
    assert truth.visibility[1].tolist() == [7.0]
    assert truth.crosstalk.strength.tolist() == [4.0]
    assert len(truth.profile_events) == 0
    assert truth.kinds.tolist() == ["pyramidal", "interneuron"]
    assert load_truth(full.parent).path == full  # the folder will do


def test_active_alone_is_enough(tmp_path: Path, frames) -> None:
    truth = load_truth(written(tmp_path, active=frames("..#", "...").astype(np.uint8)))
    assert truth.shape == (2, 3)
    assert not truth.doubtful.any()
    assert truth.trace is None
    assert truth.crosstalk is None


def test_the_truth_about_some_cells(full: Path) -> None:
    part = load_truth(full).of_cells(np.array([1]))
    assert part.shape == (1, 10)
    assert [real.tolist() for real in part.transients] == [[[4, 6]]]
    assert part.crosstalk.target.tolist() == [0]
    assert part.kinds.tolist() == ["interneuron"]


GOOD = np.zeros((2, 10), bool)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"doubtful": GOOD}, "arrays active"),
        ({"active": np.zeros(10)}, r"\(n_cells, n_frames\)"),
        ({"active": np.zeros((0, 10))}, r"\(n_cells, n_frames\)"),
        ({"active": np.full((2, 10), 0.5)}, "only 0 and 1"),
        ({"active": GOOD, "doubtful": np.zeros((3, 10))}, r"shape of active, \(2, 10\)"),
        ({"active": GOOD, "trace": np.full((2, 10), np.nan)}, "finite numbers"),
        ({"active": GOOD, "fr": -1.0}, "above 0 Hz"),
        ({"active": GOOD, "kind": np.array(["one"])}, "kind for each of 2 cells"),
        ({"active": GOOD, "crosstalk": np.array([[2, 0, 1, 2]])}, "cells below 2"),
        ({"active": GOOD, "crosstalk": np.array([[0, 1, 9, 10]])}, "frames below 10"),
        ({"active": GOOD, "crosstalk": np.zeros((1, 3))}, "target, source, onset, peak"),
        (
            {"active": GOOD, "transients": np.zeros((1, 2)), "transient_z": np.zeros(1)},
            "transients",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arrays: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load_truth(written(tmp_path, **arrays))


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ending in .*\.npz"):
        load_truth(tmp_path / "truth.txt")
    with pytest.raises(InputError, match="nothing"):
        load_truth(tmp_path / "missing.npz")


def test_another_format_joins_by_registering(tmp_path: Path, monkeypatch, frames) -> None:
    monkeypatch.setattr(truth_module, "_readers", dict(truth_module._readers))
    expected = Truth(transients=(np.array([[1, 2]]),), doubtful=frames("....")[None])
    register_truth_reader(".labels", lambda path: expected)
    assert load_truth(tmp_path / "expert.labels") is expected
