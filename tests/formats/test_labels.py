"""Labels in and out of files: a recording of 3 cells and 50 frames at 10 Hz."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from deepcinac.errors import InputError
from deepcinac.formats import labels_csv
from deepcinac.formats.label_files import load_labels, save_labels
from deepcinac.labelling.layer_labels import make_labels
from deepcinac.labelling.spans import KINDS

N_CELLS, N_FRAMES = 3, 50
SPANS = {"labelled": [(-1, 0, 39)], "doubtful": [(1, 30, 34)]}
ANNA = make_labels(
    N_CELLS, N_FRAMES, [(0, 5, 9), (0, 10, 14), (2, 0, 49)], SPANS, name="anna", author="Anna Ö."
)

TEXT = """\
# cells: 3
# frames: 50

cell,onset_frame,peak_frame
0,5,9
2,20,24
"""


def written(tmp_path, text, name="labels.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def load(path):
    return load_labels(path, N_CELLS, N_FRAMES)


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda text: text == text.strip())
records = st.dictionaries(names, st.one_of(st.integers(), names, st.lists(names, max_size=2)))


@st.composite
def layers(draw, name=None):
    """A layer of 3 cells and 50 frames; transients may touch."""
    edges = st.lists(st.integers(0, N_FRAMES), unique=True, max_size=8).map(sorted)
    rows = []
    for cell in range(N_CELLS):
        bounds = draw(edges)
        pairs = zip(bounds[:-1], bounds[1:], strict=True)
        rows += [(cell, a, b - 1) for a, b in pairs if draw(st.booleans())]
    frames = st.integers(0, N_FRAMES - 1)
    span = st.tuples(st.integers(-1, N_CELLS - 1), frames, frames).map(
        lambda s: (s[0], min(s[1:]), max(s[1:]))
    )
    spans = {kind: draw(st.lists(span, max_size=3)) for kind in KINDS}
    info = draw(st.lists(records, min_size=len(rows), max_size=len(rows)))
    return make_labels(
        N_CELLS,
        N_FRAMES,
        rows,
        spans,
        info=info if any(info) else (),
        name=name or draw(names),
        author=draw(names),
        kind=draw(st.sampled_from(["expert", "consensus"])),
        created="2026-11-21T05:12:00.000+00:00",
        meta=draw(records),
    )


def same(one, two):
    details = [
        (x.name, x.author, x.kind, x.created, x.meta, x.info, x.n_cells, x.n_frames)
        for x in (one, two)
    ]
    return one.same_content(two) and details[0] == details[1]


@pytest.mark.parametrize("ending", [".csv", ".npz", ".mat"])
@given(layers())
@settings(max_examples=30)
def test_what_is_written_is_read_again(ending, labels):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels{ending}"
        save_labels(path, [labels], 10.0, "movie.tif")
        (found,) = load(path)
    assert same(found, labels)


@given(st.lists(names, unique=True, min_size=1, max_size=3), st.data())
@settings(max_examples=20)
def test_several_layers_in_one_table(several, data):
    given_layers = [data.draw(layers(name)) for name in several]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        save_labels(path, given_layers)
        found = load(path)
    assert [labels.name for labels in found] == several
    assert all(same(one, two) for one, two in zip(found, given_layers, strict=True))


def test_a_table_that_explains_itself(tmp_path):
    save_labels(tmp_path / "a.csv", [ANNA], 10.0, "movie.tif")
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert "# cells: 3" in head
    assert "# frames: 50" in head
    assert "# frame_rate_hz: 10" in head
    assert "# movie: movie.tif" in head
    assert any("counted from 0" in line for line in head)
    assert lines[len(head) :] == [
        "kind,cell,onset_frame,peak_frame,onset_s,peak_s,first_frame,last_frame,layer,author,info",
        "transient,0,5,9,0.500,0.900,,,anna,Anna Ö.,",
        "transient,0,10,14,1.000,1.400,,,anna,Anna Ö.,",
        "transient,2,0,49,0.000,4.900,,,anna,Anna Ö.,",
        "labelled,-1,,,,,0,39,anna,Anna Ö.,",
        "doubtful,1,,,,,30,34,anna,Anna Ö.,",
    ]


def test_the_least_that_is_needed(tmp_path):
    (found,) = load(written(tmp_path, TEXT, "ben.csv"))
    assert found.transients.tolist() == [[0, 5, 9], [2, 20, 24]]
    assert found.name == "ben"
    assert found.spans["labelled"].tolist() == []


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace("\n", "\r\n"),
        "\ufeff" + TEXT,
        TEXT.replace("# cells: 3", '"# cells: 3",,').replace("0,5,9", '"0"," 5",9.0'),
        TEXT.replace("cell,onset_frame,peak_frame", "Cell , ONSET_FRAME,peak_frame,colour"),
        TEXT + "\n,,\n",
        TEXT[len("# cells: 3\n# frames: 50\n") :],
    ],
)
def test_what_spreadsheets_make_of_it(tmp_path, text):
    (found,) = load(written(tmp_path, text))
    assert found.transients.tolist() == [[0, 5, 9], [2, 20, 24]]


def test_a_layer_line_that_a_spreadsheet_has_torn_apart(tmp_path):
    save_labels(tmp_path / "a.csv", [ANNA])
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("# layer"))
    lines[place] = '"' + lines[place].replace('"', '""') + '",,,'
    (found,) = load(written(tmp_path, "\n".join(lines)))
    assert same(found, ANNA)
    lines[place] = "# layer: {broken"
    (found,) = load(written(tmp_path, "\n".join(lines)))
    assert found.same_content(ANNA)
    assert (found.name, found.author) == ("anna", "Anna Ö.")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("0,5,9", "0,five,9"), "a whole number as onset_frame, found 'five' in .*, line 5"),
        (("0,5,9", "0,5"), "a whole number as peak_frame, found nothing in .*, line 5"),
        (("0,5,9", "0,5.5,9"), "found '5.5' in .*, line 5"),
        (("0,5,9", "3,5,9"), r"a cell from 0 to 2, found cell 3 in .*, line 5.* from 0\."),
        (("2,20,24", "2,24,20"), "frames 24 to 20 in .*, line 6"),
        (("2,20,24", "2,20,50"), "frames from 0 to 49"),
        (("2,20,24", "0,9,12"), "frames 5 to 9 and frames 9 to 12 of cell 0 in .*, lines 5 and 6"),
        (("2,20,24", "0,5,9"), "frames 5 to 9 and frames 5 to 9 of cell 0"),
        (("peak_frame", "peak"), "columns cell, onset_frame, peak_frame, found cell, onset_.* 4"),
        (("cells: 3", "cells: 300"), "a recording with 3 cells, found 300 cells"),
        (("frames: 50", "frames: 51"), "a recording with 50 frames, found 51 frames"),
        (("cell,", "kind,cell,"), "transient, labelled, doubtful, movement as kind, found '0'"),
        (("0,5,9", '"0,5,9'), "whole number as cell, found .*line 5"),
        ((TEXT, ""), "found an empty file in .*line"),
        ((TEXT, "# only a remark\n"), "found an empty file in"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, change, sentence):
    path = written(tmp_path, TEXT.replace(*change))
    with pytest.raises(InputError, match=sentence):
        load(path)


def test_text_of_another_encoding(tmp_path):
    path = written(tmp_path, TEXT + "# naïve", encoding="latin-1")
    with pytest.raises(InputError, match="text in UTF-8"):
        load(path)


@pytest.mark.parametrize("name", ["labels.xlsx", "labels", "labels.json"])
def test_another_ending(tmp_path, name):
    with pytest.raises(InputError, match=r"ending in \.csv, \.npz, \.mat"):
        load(written(tmp_path, TEXT, name))
    with pytest.raises(InputError, match=r"ending in \.csv, \.npz, \.mat"):
        save_labels(tmp_path / name, [ANNA])


def test_arrays_hold_one_layer(tmp_path):
    with pytest.raises(InputError, match=r"one layer for a file ending in \.npz, found 2"):
        save_labels(tmp_path / "a.npz", [ANNA, ANNA])


def test_an_npz_is_a_truth_that_leaves_out_what_nobody_judged(tmp_path):
    save_labels(tmp_path / "a.npz", [ANNA], 10.0)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        active, doubtful = arrays["active"], arrays["doubtful"]
        assert float(arrays["fr"]) == 10
        assert "counted from 0" in str(arrays["remark"])
    assert np.flatnonzero(active[0]).tolist() == list(range(5, 15))
    assert np.flatnonzero(doubtful[0]).tolist() == list(range(40, 50))
    assert np.flatnonzero(doubtful[1]).tolist() == [*range(30, 35), *range(40, 50)]
    assert not doubtful[2].any()  # active to the last frame


def truth(**more):
    active = np.zeros((N_CELLS, N_FRAMES), bool)
    active[0, 5:15] = active[2, 49] = True
    return {"active": active, **more}


def test_a_truth_of_the_simulator(tmp_path):
    doubtful = np.zeros((N_CELLS, N_FRAMES), bool)
    doubtful[1, :3] = True
    np.savez(tmp_path / "truth.npz", **truth(doubtful=doubtful))
    (found,) = load(tmp_path / "truth.npz")
    assert found.transients.tolist() == [[0, 5, 14], [2, 49, 49]]
    assert found.spans["labelled"].tolist() == [[-1, 0, 49]]
    assert found.spans["doubtful"].tolist() == [[1, 0, 2]]
    assert found.name == "truth"


def test_a_truth_that_lists_its_transients(tmp_path):
    """Touching ones stay apart; one that is not in the raster (too weak to be seen) is left out."""
    listed = np.array([[0, 5, 9], [0, 10, 14], [1, 20, 22], [2, 49, 49]])
    np.savez(tmp_path / "truth.npz", **truth(transients=listed))
    (found,) = load(tmp_path / "truth.npz")
    assert found.transients.tolist() == [[0, 5, 9], [0, 10, 14], [2, 49, 49]]
    np.savez(tmp_path / "truth.npz", **truth(transients=listed[:1]))
    assert load(tmp_path / "truth.npz")[0].transients.tolist() == [[0, 5, 14], [2, 49, 49]]


def test_onsets_and_peaks_of_the_first_deepcinac(tmp_path):
    onsets, peaks = np.zeros((2, N_CELLS, N_FRAMES), np.int8)
    onsets[0, [5, 10]] = peaks[0, [9, 10]] = 1
    savemat(tmp_path / "old.mat", {"onsets": onsets, "peaks": peaks})
    (found,) = load(tmp_path / "old.mat")
    assert found.transients.tolist() == [[0, 5, 9], [0, 10, 10]]
    peaks[0, 9] = 0
    savemat(tmp_path / "old.mat", {"onsets": onsets, "peaks": peaks})
    with pytest.raises(InputError, match="1 onsets without a peak .* in cell 0 .*at frame 5"):
        load(tmp_path / "old.mat")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": np.zeros(3)}, "active .*, or onsets and peaks, found x"),
        (truth(active=np.zeros((2, 2, 2))), "an array .n_cells, n_frames."),
        (truth(active=np.full((N_CELLS, N_FRAMES), 2)), "only 0 and 1"),
        (truth(doubtful=np.zeros((N_CELLS, 4), bool)), "doubtful of the shape"),
        (truth(spans_labelled=np.zeros((0, 3))), "no transients, spans_doubtful"),
        ({"active": np.zeros((2, N_FRAMES))}, "3 cells and 50 frames, found 2 cells"),
    ],
)
def test_arrays_that_are_no_labels(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=sentence):
        load(tmp_path / "a.npz")


def test_damaged_files(tmp_path):
    for ending in (".npz", ".mat"):
        path = tmp_path / f"a{ending}"
        save_labels(path, [ANNA])
        path.write_bytes(path.read_bytes()[:200])
        with pytest.raises(InputError, match="readable"):
            load(path)
        with pytest.raises(InputError, match="found nothing"):
            load(tmp_path / f"missing{ending}")


def test_without_a_recording_the_largest_numbers_count(tmp_path):
    path = written(tmp_path, TEXT.partition("\n\n")[2])
    (found,) = labels_csv.read_labels(path)
    assert (found.n_cells, found.n_frames) == (3, 25)


def test_names_that_a_spreadsheet_would_run(tmp_path):
    wild = make_labels(N_CELLS, N_FRAMES, [(0, 5, 9)], SPANS, name="=1+1", author="@anna")
    save_labels(tmp_path / "a.csv", [wild])
    cells = [
        cell
        for line in (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for cell in line.split(",")
    ]
    assert {"'=1+1", "'@anna"} <= set(cells)
    assert not [cell for cell in cells if cell[:1] in "=+@" and cell]
    (back,) = load(tmp_path / "a.csv")
    assert (back.name, back.author) == ("=1+1", "@anna")
