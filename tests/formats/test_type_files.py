"""Types of cells in files: tables and arrays, given and predicted, of three cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat
from scipy.sparse import csc_matrix

from deepcinac.errors import InputError
from deepcinac.formats.type_files import load_types, write_types
from deepcinac.labelling.type_predictions import TypePrediction

SHARES = np.array([[0.75, 0.25], [0.0, 0.0], [0.5, 0.5]])
EXPECTED = {
    0: TypePrediction({"interneuron": 0.75, "pyramidal": 0.25}),
    2: TypePrediction({"interneuron": 0.5, "pyramidal": 0.5}),
}
NAMES = ("interneuron", "pyramidal")


def table(tmp_path, text):
    path = tmp_path / "types.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_words_are_given_types(tmp_path):
    path = table(tmp_path, "# by Anna\ncell,type,remark\n0,pyramidal,\n2, glia ,\n1,,\n")
    with pytest.raises(InputError, match="numbers as probabilities"):
        load_types(table(tmp_path, "cell,type,remark\n0,pyramidal,nice\n"), 3)
    path = table(tmp_path, "# by Anna\ncell,type\n0,pyramidal\n2, glia \n1,\n")
    found = load_types(path, 3)
    assert found.given == {0: "pyramidal", 2: "glia"}
    assert found.predicted == {}


@pytest.mark.parametrize(
    "text",
    [
        "cell,interneuron,pyramidal\n0,0.75,0.25\n1,0,0\n2,0.5,0.5\n",
        "cell;interneuron;pyramidal\n0;0,75;0,25\n2;0,5;0,5\n",
        "cell\tinterneuron\tpyramidal\n2\t0.5\t0.5\n1\t\t\n0\t0.75\t0.25\n",
    ],
)
def test_a_column_for_each_type_is_a_prediction(tmp_path, text):
    assert load_types(table(tmp_path, text), 3).predicted == EXPECTED


def test_a_type_with_its_probability_is_a_prediction(tmp_path):
    found = load_types(table(tmp_path, "cell,type,probability\n1,glia,0.8\n"), 3)
    assert found.predicted == {1: TypePrediction({"glia": 0.8})}
    assert found.given == {}


@pytest.mark.parametrize("ending", [".npy", ".npz", ".mat"])
def test_arrays_with_names_from_the_caller(tmp_path, ending):
    path = tmp_path / f"types{ending}"
    if ending == ".npy":
        np.save(path, SHARES)
    elif ending == ".npz":
        np.savez(path, predictions=SHARES, cells=np.array([0, 2]))
    else:
        savemat(path, {"probability": SHARES})
    assert load_types(path, 3, NAMES).predicted == EXPECTED
    with pytest.raises(InputError, match="names of 2 types, one a column, found none.*--types"):
        load_types(path, 3)


def test_arrays_that_name_their_types(tmp_path):
    np.savez(tmp_path / "a.npz", anything=SHARES[[0, 2]], cells=[0, 2], types=np.array(NAMES))
    assert load_types(tmp_path / "a.npz", 3).predicted == EXPECTED
    cells = np.array(NAMES, dtype=object)
    savemat(tmp_path / "a.mat", {"probability": SHARES, "types": cells})
    assert load_types(tmp_path / "a.mat", 3).predicted == EXPECTED
    np.save(tmp_path / "words.npy", np.array(["a", "", "b"]))
    assert load_types(tmp_path / "words.npy", 3).given == {0: "a", 2: "b"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cell,type\n3,glia\n", "cells from 0 to 2, found '3'"),
        ("cell,type\n-1,glia\n", "found '-1'"),
        ("cell,type\n0,glia\n0,glia\n", "cell 0 twice"),
        ("cell,a,b\n0,0.9,0.9\n", "add up to at most 1"),
        ("cell,a\n0,much\n", "found 'much' for cell 0"),
        ("number,type\n0,glia\n", "the column cell"),
        ("", "found no rows"),
    ],
)
def test_tables_that_are_refused(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence):
        load_types(table(tmp_path, text), 3)


def test_arrays_that_are_refused(tmp_path):
    path = tmp_path / "a.npy"
    for array, sentence in (
        (SHARES[:2], "types of 3 cells, found 2 rows"),
        (np.ones(3), "one array of probabilities"),
        (SHARES * 3, "add up to at most 1"),
    ):
        np.save(path, array)
        with pytest.raises(InputError, match=sentence):
            load_types(path, 3, NAMES)
    savemat(tmp_path / "zeroed.mat", {"probability": csc_matrix(np.eye(24)[:, :2])})
    content = (tmp_path / "zeroed.mat").read_bytes()
    (tmp_path / "zeroed.mat").write_bytes(content[:0xB8] + bytes(len(content) - 0xB8))
    with pytest.raises(InputError, match="zeroed.mat"):  # scipy.io.loadmat ends the process
        load_types(tmp_path / "zeroed.mat", 3)
    (tmp_path / "a.mat").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="a readable MATLAB file"):
        load_types(tmp_path / "a.mat", 3)
    with pytest.raises(InputError, match="found .txt"):
        load_types(table(tmp_path, "").rename(tmp_path / "a.txt"), 3)


words = st.sampled_from(["interneuron", "pyramidal", "grille, d'Anna", "glia; x", 'a"b'])
shares = st.dictionaries(words, st.integers(0, 4), min_size=1).filter(lambda d: any(d.values()))
remarks = st.sampled_from(["", "area 512 um2, learned from 90 to 210"])


@given(predicted=st.dictionaries(st.integers(0, 4), st.tuples(shares, remarks)))
def test_what_is_written_is_read_again(tmp_path_factory, predicted):
    path = tmp_path_factory.mktemp("types") / "types.csv"
    said = {
        cell: TypePrediction({name: count / 20 for name, count in own.items()}, remark)
        for cell, (own, remark) in predicted.items()
    }
    write_types(path, 5, {1: "glia"}, said)
    found = load_types(path, 5)
    if not said:
        assert found.given == {1: "glia"}
        return
    assert set(found.predicted) == set(said)
    for cell, one in found.predicted.items():
        assert one.unlike == said[cell].unlike
        for name, share in one.probability.items():
            assert share == pytest.approx(said[cell].probability.get(name, 0.0), abs=1e-4)
