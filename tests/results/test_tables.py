"""Results as data frames and labelled arrays, where pandas, xarray and pynapple are installed."""

import sys

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.results import Result


def test_a_row_a_frame_and_a_column_a_cell(results):
    pytest.importorskip("pandas")
    frame = results["probability"].to_frame()
    assert frame.shape == (10, 2)
    assert frame.columns.tolist() == [2, 0]
    assert frame.index.name == "time_s"
    assert frame.loc[0.7, 0] == 0.75


def test_a_table_of_types(maker):
    pytest.importorskip("pandas")
    item = Result("cell_type", np.array([[0.9, 0.1]]), ("cell", "class"), "1", maker,
                  np.array([5]), labels={"class": ("a", "b")})  # fmt: skip
    assert item.to_frame().to_dict("index") == {5: {"a": 0.9, "b": 0.1}}


def test_three_dimensions_are_a_long_table(maker):
    pytest.importorskip("pandas")
    item = Result("rate", np.arange(8.0).reshape(2, 2, 2), ("bin", "y", "x"), "Hz", maker)
    assert item.to_frame().loc[(1, 0, 1), "rate"] == 5


def test_an_array_with_named_dimensions(results):
    pytest.importorskip("xarray")
    array = results["spike_rate_hz"].to_xarray()
    assert array.dims == ("cell", "frame")
    assert float(array.sel(cell=0).isel(frame=7)) == 3
    assert array.frame[7] == pytest.approx(0.7)
    assert array.attrs["units"] == "Hz"


def test_a_frame_of_pynapple(results):
    pytest.importorskip("pynapple")
    series = results["probability"].to_pynapple()
    assert series.shape == (10, 2)
    assert list(series.columns) == [2, 0]


@pytest.mark.parametrize("way", ["frame", "xarray", "pynapple"])
def test_a_package_that_is_missing_is_named(results, monkeypatch, way):
    package = {"frame": "pandas"}.get(way, way)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=f"pip install {package}"):
        getattr(results["probability"], f"to_{way}")()
