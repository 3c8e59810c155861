"""NWB files of ours: what they ask for, what they hold, how they come back.

``data/own.nwb.gz`` is what :mod:`deepcinac.results.nwb` wrote with pynwb 4.2: three cells, ten frames, a
prediction of cells 2 and 0, and an expert's labels. packaging/check_nwb.sh asks other programs.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.formats.nwb_export import labels_of
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.results.files import read_results
from deepcinac.results.nwb import flat, nested
from deepcinac.results.nwb import read_labels as read_rows
from deepcinac.results.nwb_about import NwbAbout, parse_start

START = parse_start("2026-11-27T10:30:00+01:00")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.nwb"
    stored = Path(__file__).parent / "data" / "own.nwb.gz"
    path.write_bytes(gzip.decompress(stored.read_bytes()))
    return path


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """The same three cells, without labels."""
    np.save(tmp_path / "m.npy", np.zeros((10, 8, 8), np.uint16))
    cells = make_cells(
        [([1, 1], [1, 2], None), ([3], [3], None), ([5, 6], [2, 2], None)], 8, 8, "x"
    )
    path = tmp_path / "s.deepcinac"
    Session.create(path, tmp_path / "m.npy", (10, 8, 8), cells, 10.0, 2.0).close()
    return path


def test_results_come_back(own: Path) -> None:
    back = read_results(own)
    assert back["probability"].require_cells().tolist() == [2, 0]
    assert back["probability"].array[0, 2:5].tolist() == pytest.approx([0.6, 0.9, 0.7])
    assert back["spike_rate_hz"].array[1, 7] == 3
    assert (back.maker.name, back.maker.version, back.threshold) == ("general", "3", 0.55)
    assert back.maker.settings == {"overlap": 0.5, "names": ["ä", "b"]}
    assert back["probability"].time.seconds(2).tolist() == [0.0, 0.1]


def test_a_prediction_never_becomes_an_expert(own: Path) -> None:
    kinds = {(row.layer, row.kind, row.what): row.rows.tolist() for row in read_rows(own)}
    assert kinds == {
        ("anna", "expert", "transient"): [[1, 4, 6]],
        ("anna", "expert", "labelled"): [[1, 0, 9]],
        ("general", "classifier", "transient"): [[2, 2, 4], [0, 7, 7]],
    }
    (labels,) = labels_of(own, 3, 10)
    assert (labels.name, labels.author, labels.kind) == ("anna", "Anna", "expert")


def test_import_brings_everything(own: Path, session: Path) -> None:
    assert main(["import", str(session), str(own)]) == 0
    with Session.open(session, read_only=True) as opened:
        layers = {layer.name: layer.kind for layer in opened.layers()}
        assert layers == {"general": "classifier", "anna": "expert"}
        labels = read_labels(opened, opened.find_layer("anna").id)
        assert labels.transients.tolist() == [[1, 4, 6]]
        assert labels.spans["labelled"].tolist() == [[1, 0, 9]]


@pytest.mark.parametrize(
    ("about", "option"),
    [
        (NwbAbout(), "--session-start"),
        (NwbAbout(session_start=START), "--excitation-nm NM and --emission-nm NM"),
        (NwbAbout(session_start=START, excitation_nm=920.0), "Add --emission-nm NM, or --accept"),
    ],
)
def test_what_nobody_said_is_asked_for(about: NwbAbout, option: str) -> None:
    with pytest.raises(InputError, match=option):
        about.require_known()


def test_what_is_known_or_accepted_is_enough(tmp_path: Path) -> None:
    NwbAbout(session_start=START, excitation_nm=920.0, emission_nm=525.0).require_known()
    NwbAbout(session_start=START, accepted=frozenset({"unknown-wavelengths"})).require_known()
    NwbAbout(source=tmp_path / "lab.nwb").require_known()


@pytest.mark.parametrize("text", ["", "2026-11-27", "yesterday", "2026-13-27T10:00"])
def test_a_start_is_a_date_and_a_time(text: str) -> None:
    with pytest.raises(InputError, match="date and time such as"):
        parse_start(text)


def test_facts_survive_as_a_table_that_people_can_read() -> None:
    facts = {"a/b": {"c~": [1, {"d": None}], "e": {}}, "f": "g", "h": {"i": {"j": 1.5}}}
    table = flat(facts)
    assert table["h/i/j"] == "1.5"
    assert nested(table) == facts


@pytest.mark.parametrize("value", ["[" * 5000, '{"a": "\\ud800"}', "{"])
def test_facts_that_are_made_to_break_a_reader(own: Path, value: str) -> None:
    with h5py.File(own, "r+") as file:
        (table,) = (place for name, place in file["processing/ophys"].items() if "fact" in place)
        values = [text.decode() for text in table["value"][:]]
        del table["value"]
        table["value"] = np.array([value, *values[1:]], h5py.string_dtype())
    with pytest.raises(InputError, match="NWB"):
        read_results(own)
