"""Every form of results: what is written comes back, and what a form cannot hold is said."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepcinac.errors import InputError
from deepcinac.files import as_meant, defused, read_npz
from deepcinac.results import FileReference, Maker, Result, Results, TimeBase
from deepcinac.results.arrays import from_arrays, to_arrays
from deepcinac.results.csv_form import transients_of
from deepcinac.results.files import check_ending, check_out, read_results, write_results
from deepcinac.results.nwb_about import NwbAbout, parse_start

OLD = Path(__file__).parent / "data"
WHOLE = (".npz", ".mat", ".nwb", ".zarr")


ABOUT = NwbAbout(
    session_start=parse_start("2026-11-27T10:30:00+01:00"), excitation_nm=920.0, emission_nm=525.0
)


def require_form(ending):
    if ending == ".nwb":
        pytest.importorskip("pynwb")
    if ending == ".zarr":
        pytest.importorskip("zarr", "3")


@pytest.mark.parametrize("ending", WHOLE)
def test_probability_spike_rate_cells_and_maker_survive(tmp_path, results, three_cells, ending):
    require_form(ending)
    path = tmp_path / f"p{ending}"
    said = write_results(path, results, three_cells, ABOUT)
    assert said == () or (ending == ".nwb" and "names no subject" in said[0])
    back = read_results(path)
    for kind in ("probability", "spike_rate_hz"):
        np.testing.assert_array_equal(back[kind].array, results[kind].array)
        assert back[kind].array.dtype == np.float32
        assert back[kind].require_cells().tolist() == [2, 0]
        assert back[kind].footprints == results[kind].footprints
        assert back[kind].time.seconds(2).tolist() == [0.0, 0.1]
    assert back.maker == results.maker
    assert back.maker.identity == results.maker.identity
    assert (back.threshold, back.warnings, back.info) == (0.55, ("a dim movie",), results.info)


def test_the_contract_of_the_npz(tmp_path, results):
    write_results(tmp_path / "p.npz", results)
    arrays = read_npz(tmp_path / "p.npz")
    assert arrays["probability"].dtype == np.float32
    assert arrays["cells"].tolist() == [2, 0]
    assert arrays["spike_rate_hz"].shape == (2, 10)
    meta = json.loads(str(arrays["meta"]))
    assert meta["classifier"] == "general"
    assert meta["weights_sha256"] == "ab" * 32
    assert (meta["frame_rate_hz"], meta["pixel_size_um"], meta["threshold"]) == (10, 2, 0.55)
    assert meta["version"] == "2.0.0"


def test_a_csv_lists_the_transients_at_the_threshold(tmp_path, results):
    (said,) = write_results(tmp_path / "p.csv", results)
    assert said == (
        "A .csv lists the transients at threshold 0.55, not every frame's probability, "
        "and not spike_rate_hz"
    )
    lines = (tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.reader(line for line in lines if line[0] != "#"))
    assert rows[1:] == [
        ["2", "2", "4", "0.200", "0.400", "0.9000", "0.7333"],
        ["0", "7", "7", "0.700", "0.700", "0.7500", "0.7500"],
    ]
    back = read_results(tmp_path / "p.csv")
    np.testing.assert_array_equal(back["probability"].array, results["probability"].array >= 0.55)
    assert back["probability"].require_cells().tolist() == [2, 0]
    assert back["probability"].footprints == results["probability"].footprints
    assert (back.maker, back.threshold, back.info) == (results.maker, 0.55, results.info)


def test_runs_that_touch_the_ends_of_the_movie():
    probability = np.array([[0.9, 0.2, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0]])
    assert transients_of(probability, 0.5).tolist() == [[0, 0, 0], [0, 2, 3]]


def test_an_npy_holds_the_probability_alone(tmp_path, results):
    (said,) = write_results(tmp_path / "p.npy", results)
    assert "not spike_rate_hz, not the numbers of the cells, not what made it" in said
    back = read_results(tmp_path / "p.npy")
    np.testing.assert_array_equal(back["probability"].array, results["probability"].array)
    assert back["probability"].require_cells().tolist() == [0, 1]
    assert (back.maker.task, back.maker.name) == ("method", "p")  # any program may have written it


@pytest.mark.parametrize("ending", [".npz", ".mat", ".zarr"])
def test_results_of_every_kind(tmp_path, maker, ending):
    """Types of cells 3 and 5, a curve in bins, transients, a movie elsewhere."""
    require_form(ending)
    times = TimeBase(times_s=np.array([0.0, 0.5, 2.0]))
    made = Results(
        (
            Result("cell_type", np.array([[0.9, 0.1], [0.5, 0.5]]), ("cell", "class"), "1", maker,
                   np.array([3, 5]), labels={"class": ("interneuron", "=1+1")},
                   remarks={5: "area 512 um2"}),
            Result("speed", np.array([1.0, 2.0, 4.0]), ("bin",), "cm/s", maker, time=times),
            Result("transients", np.array([[3, 0, 4]]), ("event", "field"), "1", maker,
                   np.array([3])),
            Result("denoised", FileReference("m.h5", "/m", "ff"), ("frame", "y", "x"), "1", maker),
        )
    )  # fmt: skip
    write_results(tmp_path / f"r{ending}", made)
    back = read_results(tmp_path / f"r{ending}")
    assert [item.kind for item in back] == [item.kind for item in made]
    assert back["cell_type"].labels == {"class": ("interneuron", "=1+1")}
    assert back["cell_type"].remarks == {5: "area 512 um2"}
    assert back["speed"].array.tolist() == [1, 2, 4]
    assert back["speed"].time.seconds(3).tolist() == [0, 0.5, 2]
    assert back["speed"].cells is None
    assert back["transients"].array.tolist() == [[3, 0, 4]]
    assert back["transients"].require_cells().tolist() == [3]
    assert back["denoised"].values == FileReference("m.h5", "/m", "ff")
    assert back.threshold is None


shares = arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 6)),
                elements=st.floats(0, 1, width=32))  # fmt: skip


@given(values=shares, data=st.data())
def test_arrays_come_back_whatever_they_hold(values, data):
    cells = data.draw(st.permutations(range(6)))[: len(values)]
    settings = data.draw(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
    maker = Maker("activity", data.draw(st.text(min_size=1)), settings=settings)
    item = Result("probability", values, ("cell", "frame"), "1", maker, np.array(cells))
    back = from_arrays(to_arrays(Results((item,), 0.5)), Path("x.npz"))
    np.testing.assert_array_equal(back["probability"].array, values)
    assert back["probability"].require_cells().tolist() == list(cells)
    assert back.maker.identity == maker.identity


# Files of older versions and of other programs


def old_file(tmp_path, ending):
    name = f"version-2.0.0.dev0{ending}"
    path = tmp_path / name
    if ending == ".nwb":
        path.write_bytes(gzip.decompress((OLD / f"{name}.gz").read_bytes()))
    else:
        path.write_bytes((OLD / name).read_bytes())
    return path


@pytest.mark.parametrize("ending", [".npz", ".mat", ".nwb", ".csv", ".npy"])
def test_files_of_version_2_0_0_dev0(tmp_path, ending):
    """Cell 2 at 0.6, 0.9, 0.7 in frames 2 to 4, cell 0 at 0.75 in frame 7; threshold 0.5."""
    shape = None if ending == ".npy" else (3, 10)  # whose two rows do not say their cells
    back = read_results(old_file(tmp_path, ending), shape)
    item = back["probability"]
    if ending == ".csv":  # it never said which cells were predicted
        assert np.argwhere(item.array).tolist() == [[0, 7], [2, 2], [2, 3], [2, 4]]
        return
    assert item.array[0, 2:5].tolist() == pytest.approx([0.6, 0.9, 0.7])
    assert item.array[1, 7] == 0.75
    if ending == ".npy":
        return
    assert item.require_cells().tolist() == [2, 0]
    maker = back.maker
    assert (maker.task, maker.name, maker.version) == ("activity", "general", "1")
    assert maker.weights_sha256 == "aa11" * 16
    assert maker.settings == {"overlap": 0.5}
    assert maker.program_version == "2.0.0.dev0"
    assert (back.threshold, back.warnings) == (0.5, ("a dim movie",))
    assert back.info["movie"] == "m.tif"
    assert "settings" not in back.info
    if ending != ".nwb":
        assert back["spike_rate_hz"].array[1, 7] == 3


def test_the_key_of_the_hash_that_the_window_once_wrote(tmp_path):
    meta = np.array(json.dumps({"classifier": "general", "hash": "cc"}))
    np.savez(tmp_path / "p.npz", probability=np.zeros((1, 4)), meta=meta)
    assert read_results(tmp_path / "p.npz").maker.weights_sha256 == "cc"


def test_the_rows_of_cells_that_deepcinac_1_did_not_predict_are_dropped(tmp_path):
    table = np.linspace(0, 1, 18, dtype=np.float32).reshape(3, 6)
    np.savez(tmp_path / "old.npz", predictions=table, cells=np.array([0, 2]))
    item = read_results(tmp_path / "old.npz")["probability"]
    np.testing.assert_array_equal(item.array, table[[0, 2]])
    assert item.require_cells().tolist() == [0, 2]


def test_another_programs_array_is_known_by_its_content(tmp_path):
    for folder, value in (("a", 0.1), ("b", 0.2), ("c", 0.1)):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "p.npy", np.full((2, 3), value))
    a, b, c = (read_results(tmp_path / folder / "p.npy").maker.identity for folder in "abc")
    assert a == c
    assert a != b


def test_values_beyond_0_to_1_are_a_curve_unless_the_file_calls_them_probability(tmp_path):
    np.savez(tmp_path / "p.npz", spikes=np.array([[0.0, 7.0], [1.0, -1.0]]))
    assert [item.kind for item in read_results(tmp_path / "p.npz")] == ["curve"]
    np.savez(tmp_path / "p.npz", probability=np.full((2, 2), 7.0))
    with pytest.raises(InputError, match="values from 0 to 1, found 7 to 7"):
        read_results(tmp_path / "p.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"results": [{"kind": "probability"}]},
        {"results": ["x"]},
        {"results": []},
        {"maker": 3},
        {"maker": {"task": "activity"}},
    ],
)
def test_damaged_facts_are_sentences(tmp_path, results, change):
    content = to_arrays(results)
    content["meta"] = np.array(json.dumps({**json.loads(str(content["meta"])), **change}))
    np.savez(tmp_path / "p.npz", **content)
    with pytest.raises(InputError):
        read_results(tmp_path / "p.npz")


def test_nwb_needs_the_cells_and_says_what_it_leaves_out(tmp_path, results, three_cells, maker):
    pytest.importorskip("pynwb")
    with pytest.raises(InputError, match="the cells, whose masks"):
        write_results(tmp_path / "p.nwb", results)
    assert not list(tmp_path.iterdir())
    types = Result("cell_type", np.ones((1, 1)), ("cell", "class"), "1", maker, np.array([0]),
                   labels={"class": ("pyramidal",)})  # fmt: skip
    more = replace(results, items=(*results.items, types))
    said, _ = write_results(tmp_path / "p.nwb", more, three_cells, ABOUT)
    assert said == "An .nwb of activity does not hold cell_type"


def test_the_masks_of_an_nwb_are_those_of_the_cells(tmp_path, results, three_cells):
    pynwb = pytest.importorskip("pynwb")
    write_results(tmp_path / "p.nwb", results, three_cells, ABOUT)
    with pynwb.NWBHDF5IO(str(tmp_path / "p.nwb"), "r") as stream:
        ophys = stream.read().processing["ophys"]
        table = ophys["ImageSegmentation"]["PlaneSegmentation"]
        assert table.id[:].tolist() == [2, 0]
        mask = [(x, y) for x, y, _ in table["pixel_mask"][0].tolist()]
        assert mask == [(2, 5), (2, 6)]
        assert ophys["Fluorescence"]["Deconvolved"].unit == "Hz"
        assert ophys["Fluorescence"]["ActivityProbability"].data.shape == (10, 2)


def test_without_pynwb_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pynwb", None)
    with pytest.raises(InputError, match="pip install pynwb"):
        check_out(tmp_path / "p.nwb")


def test_names_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"\.npz, \.npy, \.mat, \.csv, \.nwb"):
        check_ending(tmp_path / "p.xlsx")
    (tmp_path / "d.npz").mkdir()
    with pytest.raises(InputError, match="the name of a file, found a folder"):
        check_out(tmp_path / "d.npz")
    assert check_ending(tmp_path / "P.NPZ") == ".npz"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@x", "'=x", "''=x", "plain", "", "'quoted"])
def test_text_that_a_spreadsheet_would_run(text):
    assert defused(text)[:1] not in ("=", "+", "-", "@")
    assert as_meant(defused(text)) == text
