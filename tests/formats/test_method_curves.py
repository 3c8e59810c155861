"""What another method says of 2 cells and 10 frames: rasters and curves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.formats import CellOptions
from deepcinac.formats.method_curves import import_curves, read_curves
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.questions import NeedsAnswer
from deepcinac.recording.cells import make_cells

SHAPE = (2, 10)
SPIKES = np.array([[0, 0, 4, 2, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 8, -1]], np.float32)
RASTER = np.array([[0, 1, 1, 0, 0, 0, 1, 1, 1, 1], [0] * 10], np.uint8)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    np.save(tmp_path / "movie.npy", np.zeros((10, 4, 6), np.uint16))
    cells = make_cells([([1], [1], None), ([2], [4], None)], 4, 6, "drawn")
    path = tmp_path / "s.deepcinac"
    with Session.create(path, tmp_path / "movie.npy", (10, 4, 6), cells, 10, 2) as made:
        yield made


def test_spikes_of_suite2p_are_a_curve(tmp_path: Path, session: Session) -> None:
    np.save(tmp_path / "spks.npy", SPIKES)
    said = import_curves(session, tmp_path / "spks.npy")
    assert said == ["layer spks (method), a curve of 2 cells"]
    layer = session.layer("spks")
    assert layer.kind == "method"
    np.testing.assert_array_equal(session.results("spks")["curve"].array, SPIKES)
    assert session.prediction(layer.id, 0).tolist() == [0, 0, 1, 0.5, 0, 0, 0, 0, 0, 0]
    assert session.prediction(layer.id, 1)[-2:].tolist() == [1, 0]
    assert layer.meta["imported_from"] == "spks.npy"


def test_an_array_called_probability_is_one(tmp_path: Path, session: Session) -> None:
    np.savez(tmp_path / "p.npz", probability=SPIKES.clip(0) / 8, other=np.zeros(3))
    said = import_curves(session, tmp_path / "p.npz")
    assert said == ["layer p probability (method), the probability of 2 cells"]
    assert session.results("p probability")["probability"].array[0, 2] == 0.5


def test_a_raster_is_transients(tmp_path: Path, session: Session) -> None:
    scipy.io.savemat(tmp_path / "r.mat", {"raster": RASTER, "other": np.zeros((3, 3))})
    said = import_curves(session, tmp_path / "r.mat", author="Anna")
    assert said == ["layer r raster (method), 2 transients"]
    assert read_labels(session, "r raster").transients.tolist() == [[0, 1, 2], [0, 6, 9]]


def test_results_of_caiman_hold_several(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "results.hdf5"
    with h5py.File(path, "w") as file:
        file["estimates/S"], file["estimates/C"] = SPIKES, SPIKES + 1
        file["estimates/A/data"] = np.zeros(20)
    with pytest.raises(SeveralChoices, match="one array of 2 cells x 10 frames") as found:
        import_curves(session, path)
    assert list(found.value.choices) == [f"{path}#/estimates/C", f"{path}#/estimates/S"]
    said = import_curves(session, path, CellOptions("estimates/S"))
    assert said[0] == "layer results S (method), a curve of 2 cells"
    assert session.layer("results S").meta["imported_from"] == "results.hdf5#/estimates/S"


def test_arrays_of_frames_x_cells_are_turned(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=SPIKES.T)
    values, name = read_curves(tmp_path / "a.npz", SHAPE, CellOptions())
    np.testing.assert_array_equal(values, SPIKES)
    assert name == "x"


def test_arrays_of_another_recording(tmp_path: Path, session: Session) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 9)))
    with pytest.raises(InputError, match="an array of 2 cells x 10 frames, found shape 2 x 9"):
        import_curves(session, tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", np.full(SHAPE, np.nan))
    with pytest.raises(InputError, match="NaN alone"):
        import_curves(session, tmp_path / "a.npy")
    np.savez(tmp_path / "a.npz", x=np.zeros((5, 5)))
    with pytest.raises(InputError, match="Expected an array of 2 cells x 10 frames, found none"):
        import_curves(session, tmp_path / "a.npz")
    assert session.layers() == []


def test_edges_without_a_value_stay_so(tmp_path: Path, session: Session) -> None:
    spikes = SPIKES.copy()
    spikes[:, [0, 9]] = np.nan
    np.save(tmp_path / "cascade.npy", spikes)
    (said,) = import_curves(session, tmp_path / "cascade.npy")
    assert said.endswith("a curve of 2 cells, 20.0% of the frames without a value")
    np.testing.assert_array_equal(session.results("cascade")["curve"].array, spikes)
    assert session.prediction(session.layer("cascade").id, 0).tolist()[:4] == [0, 0, 1, 0.5]


def test_raw_fluorescence_is_asked_about(tmp_path: Path, session: Session) -> None:
    np.save(tmp_path / "F.npy", 300 + 10 * SPIKES)
    with pytest.raises(NeedsAnswer, match="raw fluorescence") as asked:
        import_curves(session, tmp_path / "F.npy")
    assert asked.value.accept == "raw-curve"
    assert session.layers() == []
    import_curves(session, tmp_path / "F.npy", CellOptions(accepted=("raw-curve",)))
    np.testing.assert_array_equal(session.results("F")["curve"].array, 300 + 10 * SPIKES)


def test_percent_is_asked_about_not_scaled_in_silence(tmp_path: Path, session: Session) -> None:
    np.savez(tmp_path / "p.npz", probability=SPIKES.clip(0) * 10)
    with pytest.raises(NeedsAnswer, match="percent"):
        import_curves(session, tmp_path / "p.npz")
    import_curves(session, tmp_path / "p.npz", CellOptions(accepted=("percent",)))
    assert session.results("p probability")["probability"].array[1, 8] == pytest.approx(0.8)


def test_rows_are_never_taken_for_the_first_cells(tmp_path: Path, session: Session) -> None:
    np.save(tmp_path / "one.npy", SPIKES[1:])
    with pytest.raises(
        InputError, match="2 cells x 10 frames, found shape 1 x 10.*array called cells"
    ):
        import_curves(session, tmp_path / "one.npy")
    np.savez(tmp_path / "one.npz", spikes=SPIKES[1:], cells=[1])
    import_curves(session, tmp_path / "one.npz")
    assert session.results("one spikes")["curve"].cells.tolist() == [1]


def test_rows_of_suite2p_are_found_by_footprint(tmp_path: Path, session: Session) -> None:
    """In the folder the cells stand in the other order, after one that the session lacks."""
    places = [(0, 0), (2, 4), (1, 1)]
    entries = [{"ypix": np.array([y]), "xpix": np.array([x])} for y, x in places]
    np.save(tmp_path / "stat.npy", np.array(entries, dtype=object), allow_pickle=True)
    np.save(tmp_path / "spks.npy", np.stack([SPIKES[0] * 0, SPIKES[1], SPIKES[0]]))
    import_curves(session, tmp_path / "spks.npy")
    np.testing.assert_array_equal(session.results("spks")["curve"].array, SPIKES)
