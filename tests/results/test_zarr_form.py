"""Results in a .zarr folder: what other readers see, and what is refused."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.results import Result, Results
from deepcinac.results.files import check_out, read_results, write_results
from deepcinac.results.recognising import holds_results

zarr = pytest.importorskip("zarr", "3")


@pytest.fixture
def written(tmp_path, results):
    write_results(tmp_path / "p.zarr", results)
    return tmp_path / "p.zarr"


def changed(path: Path, **values: object) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **values}))


def test_zarr_itself_sees_named_arrays_and_the_facts(written, results):
    group = zarr.open_group(str(written), mode="r")
    np.testing.assert_array_equal(group["probability"][...], results["probability"].array)
    assert group["probability"].metadata.dimension_names == ("cell", "frame")
    assert group["cells"][...].tolist() == [2, 0]
    assert group.attrs["deepcinac"]["classifier"] == "general"
    assert group.attrs["deepcinac"]["texts"]["footprints"] == list(
        results["probability"].footprints
    )


def test_dimensions_of_another_length_have_names_of_their_own(tmp_path, maker):
    """xarray puts all arrays of a folder into one data set."""
    made = Results(
        (
            Result("probability", np.ones((2, 3)), ("cell", "frame"), "1", maker, np.arange(2)),
            Result("spike_rate_hz", np.ones((1, 3)), ("cell", "frame"), "Hz", maker, np.array([4])),
        )
    )
    write_results(tmp_path / "p.zarr", made)
    group = zarr.open_group(str(tmp_path / "p.zarr"), mode="r")
    names = {name: array.metadata.dimension_names for name, array in group.arrays()}
    assert names["spike_rate_hz"] == ("spike_rate_hz_cell", "frame")
    assert names["spike_rate_hz_cells"] == ("spike_rate_hz_cell",)
    assert read_results(tmp_path / "p.zarr")["spike_rate_hz"].require_cells().tolist() == [4]


def test_many_cells_are_several_chunks_and_zeros_are_written_too(tmp_path, maker, monkeypatch):
    monkeypatch.setattr("deepcinac.results.zarr_form._CHUNK_BYTES", 48)
    values = np.zeros((5, 6), np.float32)  # two cells a chunk
    values[4, 5] = 0.25
    item = Result("probability", values, ("cell", "frame"), "1", maker, np.arange(5))
    write_results(tmp_path / "p.zarr", Results((item,)))
    assert len(list((tmp_path / "p.zarr" / "probability" / "c").iterdir())) == 3
    np.testing.assert_array_equal(read_results(tmp_path / "p.zarr")["probability"].array, values)


def test_a_missing_chunk_is_no_row_of_zeros(written):
    (written / "probability" / "c" / "0" / "0").unlink()
    with pytest.raises(InputError, match="all chunks of an array"):
        read_results(written)


def test_a_damaged_chunk_is_told(written):
    chunk = written / "probability" / "c" / "0" / "0"
    content = bytearray(chunk.read_bytes())
    content[-6] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(InputError, match=r"results in a \.zarr folder"):
        read_results(written)


def test_a_chunk_that_unpacks_to_more_than_it_should_is_refused(written):
    from numcodecs import Zstd

    bomb = Zstd(level=1).encode(np.zeros(50_000_000, np.uint8))
    (written / "probability" / "c" / "0" / "0").write_bytes(bomb)
    with pytest.raises(InputError, match=r"found one of 50,000,000"):
        read_results(written)


@pytest.mark.parametrize(
    "values",
    [
        {"data_type": "object"},
        {"codecs": [{"name": "pickle"}]},
        {"shape": [2**39, 10]},
        {"shape": [-1, 10]},
        {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2**39]}}},
        {"zarr_format": 2},
    ],
)
def test_arrays_that_are_not_as_we_write_them(written, values):
    changed(written / "probability" / "zarr.json", **values)
    with pytest.raises(InputError):
        read_results(written)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_not_followed(written, tmp_path):
    chunk = written / "probability" / "c" / "0" / "0"
    os.replace(chunk, tmp_path / "elsewhere")
    chunk.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"plain files in a \.zarr"):
        read_results(written)


def test_other_folders_are_neither_read_nor_replaced(tmp_path, results):
    zarr.create_group(str(tmp_path / "other.zarr")).create_array("x", data=np.ones((2, 3)))
    assert not holds_results(tmp_path / "other.zarr")
    with pytest.raises(InputError, match="this program did not write"):
        read_results(tmp_path / "other.zarr")
    for act in (check_out, lambda path: write_results(path, results)):
        with pytest.raises(InputError, match="another folder"):
            act(tmp_path / "other.zarr")
    assert (tmp_path / "other.zarr" / "x").is_dir()


def test_results_are_replaced_whole(written, results):
    write_results(written, Results((results["probability"],), 0.3))
    back = read_results(written)
    assert ("spike_rate_hz" in back, back.threshold) == (False, 0.3)
    assert [x.name for x in written.parent.iterdir()] == ["p.zarr"]


def test_xarray_opens_it_with_named_dimensions(written, results):
    xarray = pytest.importorskip("xarray")
    with xarray.open_zarr(str(written), consolidated=False) as content:
        assert content["probability"].dims == ("cell", "frame")
        np.testing.assert_array_equal(content["probability"], results["probability"].array)
        assert content["cells"].values.tolist() == [2, 0]
