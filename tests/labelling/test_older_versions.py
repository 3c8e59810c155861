"""Session files of versions 1 and 2, written by those programs: everything in them stays.

Three cells, 60 frames at 10 Hz. Anna marked frames 3 to 5 of cell 0 and took one edit back. Two
classifiers called "general" with other weights predicted cells 0 and 2, and cell 1: in cell c the
probability is the (c + 1)th power of a ramp from 0 to 1.
"""

import gzip
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from deepcinac.errors import InputError, SeveralChoices
from deepcinac.labelling import backup, schema
from deepcinac.labelling.session import Session
from deepcinac.labelling.type_predictions import TypePrediction

DATA = Path(__file__).parent / "data"
RAMP = np.linspace(0, 1, 60, dtype=np.float32)


@pytest.fixture(params=[1, 2])
def version(request):
    return request.param


@pytest.fixture
def old(tmp_path, version):
    path = tmp_path / "mouse.deepcinac"
    path.write_bytes(gzip.decompress((DATA / f"version-{version}.deepcinac.gz").read_bytes()))
    return path


def tables_of(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        rows = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found = {name: re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.split())) for name, sql in rows}
    file.close()
    return found


def test_labels_and_history_stay(old):
    with Session.open(old) as session:
        assert session.schema_version == schema.SCHEMA_VERSION == 5
        assert session.all_transients(1).tolist() == [[0, 3, 5]]
        assert session.spans(1, 0, "labelled").tolist() == [[0, 49]]
        assert session.cell_state(1).type == "pyramidal"
        assert [(mark.cell, mark.note) for mark in session.marks()] == [(2, "look")]
        assert session.redo() == "add transient, cell 1, frames 7 to 9"
        while session.undo():
            pass
        assert session.layers("expert") == []
        assert session.cell_state(1).type is None
        while session.redo():
            pass
        assert session.all_transients(1).tolist() == [[0, 3, 5], [1, 7, 9]]
    with Session.open(old) as session:
        assert session.all_transients(1).tolist() == [[0, 3, 5], [1, 7, 9]]


def test_predictions_become_typed_results(old):
    with Session.open(old) as session:
        first, second = session.layers("classifier")
        for layer, digest, threshold, cells in (
            (first, "aa11", 0.4, [0, 2]),
            (second, "bb22", 0.6, [1]),
        ):
            results = session.results(layer.id)
            assert results["probability"].require_cells().tolist() == cells
            expected = np.stack([RAMP ** (cell + 1) for cell in cells])
            np.testing.assert_allclose(results["probability"].array, expected, rtol=1e-6)
            assert (layer.maker.name, layer.maker.weights_sha256) == ("general", digest)
            assert layer.maker.settings == {"overlap": 0.5}
            assert results.threshold == layer.threshold == threshold
            assert results.warnings == ("a dim movie",)
            assert results.info == {"frame_rate_hz": 10.0, "pixel_size_um": 2.0}
        with pytest.raises(SeveralChoices, match=r"#2 general .*aa11.*#3 general 2 .*bb22"):
            session.find_layer("general")
        assert session.find_layer("general 2").id == session.find_layer("#3").id == 3
        caiman = session.results("caiman")
        assert caiman["transients"].array.tolist() == [[0, 10, 12], [0, 13, 15], [2, 20, 20]]
        assert caiman.maker.task == "method"


def test_suggested_types_of_version_2(old, version):
    with Session.open(old) as session:
        if version == 1:
            assert session.type_layers() == []
            return
        (layer,) = session.type_layers()
        assert session.type_predictions(layer.id) == {
            0: TypePrediction({"interneuron": 0.9, "pyramidal": 0.1}),
            2: TypePrediction({"pyramidal": 0.6, "noise": 0.4}, "area 512 um2"),
        }
        assert layer.maker.task == "cell_types"
        assert layer.meta["scores"] == {"accuracy": 0.8}
        table = session.results(layer.id)["cell_type"]
        assert table.labels == {"class": ("interneuron", "pyramidal", "noise")}
        expected = [[0.9, 0.1, np.nan], [np.nan, 0.6, 0.4]]
        np.testing.assert_array_equal(table.array, expected)


def test_what_is_written_afterwards(old):
    with Session.open(old) as session:
        session.renew_type_layer("types", {1: TypePrediction({"noise": 0.5})})
        session.set_threshold(2, 0.7)
        assert session.layer(2).threshold == 0.7
        session.undo()
        assert session.layer(2).threshold == 0.4


def test_a_copy_is_kept_and_a_view_changes_nothing(old, version):
    before = old.read_bytes()
    with Session.open(old, read_only=True) as session:
        assert session.predictions(2)[0].tolist() == [0, 2]
        assert session.all_transients(1).tolist() == [[0, 3, 5]]
    assert old.read_bytes() == before
    Session.open(old).close()
    copy = backup.folder_of(old) / f"mouse.backup-version-{version}.deepcinac"
    assert "predictions" in tables_of(copy)
    assert "predictions" not in tables_of(old)


def test_an_old_file_becomes_what_a_new_one_is(old, tmp_path):
    Session.open(old).close()
    with sqlite3.connect(tmp_path / "model.db") as model:
        schema.create_tables(model)
    model.close()
    assert tables_of(old) == tables_of(tmp_path / "model.db")


def test_a_migration_that_fails_leaves_the_old_file(old, monkeypatch):
    def fail(connection):
        schema.to_version_3(connection)
        raise RuntimeError("at the very end")

    monkeypatch.setitem(schema.MIGRATIONS, 2, fail)
    before = old.read_bytes()
    for read_only in (True, False):
        with pytest.raises(RuntimeError, match="at the very end"):
            Session.open(old, read_only=read_only)
    assert old.read_bytes() == before


def test_damage_in_old_results_does_not_stop_the_labels(old, version):
    with sqlite3.connect(old) as file:
        file.execute("UPDATE predictions SET probability = 'text' WHERE layer_id = 3")
        if version == 2:
            file.execute("UPDATE type_predictions SET probability = '[1]' WHERE cell = 0")
    file.close()
    with Session.open(old) as session:
        assert session.all_transients(1).tolist() == [[0, 3, 5]]
        assert session.predictions(2)[0].tolist() == [0, 2]
        with pytest.raises(InputError, match="a prediction of the wrong length"):
            session.predictions(3)
        for layer in session.type_layers():
            with pytest.raises(InputError, match="a prediction of types that is none"):
                session.type_predictions(layer.id)
