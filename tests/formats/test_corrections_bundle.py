"""A bundle of corrections: a movie of 600 frames at 10 Hz, 60 x 60 px of 2 um, three cells."""

import json

import h5py
import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.formats.corrections_bundle import is_bundle, read_bundle
from deepcinac.labelling.corrections import answer
from deepcinac.labelling.review import ReviewItem
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells
from deepcinac.recording.movie_readers import open_movie
from deepcinac.results import Maker, Result, Results, TimeBase
from deepcinac.tasks.activity.corrected import (
    LabelledCrop,
    ReviewedSession,
    only_reviewed,
)
from deepcinac.tasks.activity.sources import LabelledSession, find_sources

WEIGHTS = "ab" * 32


def square(y, x):
    rows, columns = np.mgrid[y : y + 6, x : x + 6]
    return rows.ravel(), columns.ravel(), None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A session in which cell 0 and cell 2 were reviewed."""
    folder = tmp_path_factory.mktemp("bundle")
    movie = np.random.default_rng(0).poisson(20, (600, 60, 60)).astype(np.uint16)
    np.save(folder / "movie.npy", movie)
    cells = make_cells([square(8, 8), square(10, 12), square(50, 50)], 60, 60, "drawn")
    path = folder / "s.deepcinac"
    with Session.create(path, folder / "movie.npy", movie.shape, cells, 10.0, 2.0) as session:
        probability = np.full((3, 600), 0.03, np.float32)
        probability[0, 100:105], probability[0, 120:126] = 0.6, 0.97
        maker = Maker("activity", "general", "1.0", WEIGHTS)
        seen = Result(
            "probability", probability, ("cell", "frame"), "1", maker, np.arange(3),
            time=TimeBase(10.0),
        )  # fmt: skip
        layer = session.write_results(Results((seen,), threshold=0.5))
        anna = session.add_layer("expert", "anna", "Anna").id
        for cell, first, last, verdict in (
            (0, 100, 104, "accepted"),
            (0, 130, 133, "rejected"),
            (2, 590, 594, "rejected"),
        ):
            asked = ReviewItem(cell, first, last, ("uncertain",), "not sure", 0.5)
            answer(session, anna, asked, verdict, layer)
    return folder


@pytest.fixture(scope="module")
def bundle(folder):
    out = folder / "shared.h5"
    command = ["export", str(folder / "s.deepcinac"), "--corrections", "--licence", "CC-BY-4.0"]
    assert main([*command, "--out", str(out)]) == 0
    return out


def test_what_a_bundle_holds(folder, bundle):
    found = read_bundle(bundle)
    assert (found.licence, found.author) == ("CC-BY-4.0", "Anna")
    first, second = found.crops  # the two answers of cell 0 share one
    assert first.n_frames == 334  # frames 0 to 333: 200 on both sides of 100 to 133
    assert first.transients.tolist() == [[100, 104]]
    assert first.judged.tolist() == [[100, 104], [130, 133]]
    assert [one["verdict"] for one in first.corrections] == ["accepted", "rejected"]
    proposal = first.corrections[0]["proposal"]
    assert (proposal["name"], proposal["weights_sha256"]) == ("general", WEIGHTS)
    assert proposal["threshold"] == 0.5
    assert first.weights_sha256 == WEIGHTS
    assert first.probability[120] == pytest.approx(0.97)
    assert (first.cell, len(first.cells)) == (0, 2)  # the neighbour is there, the far cell is not
    assert (second.n_frames, second.judged.tolist()) == (210, [[200, 204]])  # from frame 390 on
    with open_movie(first.movie) as movie:
        pixels = np.load(folder / "movie.npy")
        assert np.array_equal(movie.frames(0, 334), pixels[:334, :32, :32])


def test_nothing_else_of_the_recording_travels(folder, bundle):
    text = json.dumps(read_bundle(bundle).about)
    assert str(folder) not in text
    assert "movie.npy" not in text
    assert is_bundle(bundle)
    assert not is_bundle(folder / "movie.npy")


def test_a_bundle_trains_on_what_was_judged_and_on_what_the_classifier_is_sure_of(bundle):
    crops = find_sources([bundle])
    labels = crops[0].read()
    assert labels.active[0].sum() == 5
    assert (~labels.doubtful).sum() == 9
    anchored = find_sources([bundle], None, WEIGHTS)[0].read()
    assert anchored.active[0, 120:126].all()  # 0.97
    assert not anchored.doubtful[0].any()
    assert anchored.doubtful[1].all()  # nobody judged the neighbour
    with pytest.raises(InputError, match="corrections of the classifier to start from.*general"):
        LabelledCrop(bundle, read_bundle(bundle).crops[0], "cd" * 32).read()


def test_a_session_that_was_only_reviewed(folder):
    (answers,) = find_sources([folder / "s.deepcinac"], None, WEIGHTS)
    assert answers == ReviewedSession(folder / "s.deepcinac", None, (0, 2), WEIGHTS)
    labels = answers.read()
    assert labels.judged.tolist() == [0, 2]
    assert np.flatnonzero(labels.active[0]).tolist() == [*range(100, 105), *range(120, 126)]
    assert not labels.active[2].any()
    assert find_sources([folder / "s.deepcinac"]) == [LabelledSession(folder / "s.deepcinac")]
    with pytest.raises(InputError, match="a prediction of all reviewed cells"):
        find_sources([folder / "s.deepcinac"], None, "cd" * 32)[0].read()


def test_cells_that_were_judged_in_stretches_are_labelled_as_ever():
    judged = np.zeros((3, 300), bool)
    judged[0, 10:20] = True
    judged[1, 10:60] = True  # half of ten seconds
    assert only_reviewed(judged, frame_rate_hz=10).tolist() == [True, False, False]


def test_a_licence_is_asked_for(folder, capsys):
    out = str(folder / "other.h5")
    assert main(["export", str(folder / "s.deepcinac"), "--corrections", "--out", out]) == 2
    assert "--licence CC-BY-4.0" in capsys.readouterr().err
    assert not (folder / "other.h5").exists()


def changed(bundle, tmp_path, change):
    path = tmp_path / "changed.h5"
    path.write_bytes(bundle.read_bytes())
    with h5py.File(path, "r+") as file:
        about = json.loads(file["about"][()].tobytes())
        change(file, about)
        del file["about"]
        file["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    return path


CHANGES = {
    "frames 0 to 333": lambda f, a: a["crops"][0].update(transients=[[100, 400]]),
    "a cell from 0 to 1": lambda f, a: a["crops"][0].update(cell=7),
    "1 to 10000 crops": lambda f, a: a.update(crops=[]),
    "frame_rate_hz": lambda f, a: a.update(frame_rate_hz="10"),
    "a list of crops": lambda f, a: a.update(crops={"0": {}}),
    "pairs of frames": lambda f, a: a["crops"][0].update(judged=[1]),
    "footprints of cells": lambda f, a: f["crops/0000/pixels"].write_direct(
        np.full(f["crops/0000/pixels"].shape, 5, np.int32)
    ),
    "a bundle of version 1": lambda f, a: f.attrs.update(version=2),
    "a bundle of corrections": lambda f, a: f["crops"].move("0001", "elsewhere"),
}


@pytest.mark.parametrize("said", CHANGES)
def test_a_bundle_that_is_not_sound_is_refused(bundle, tmp_path, said):
    path = changed(bundle, tmp_path, CHANGES[said])
    with pytest.raises(InputError, match=said):
        read_bundle(path)
