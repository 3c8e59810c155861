"""What a decoding leaves behind: which of three inputs carry running, and squares of a picture of 8 px."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepcinac.labelling.session import Session
from deepcinac.results.files import read_results, write_results
from deepcinac.results.result import footprint_keys
from deepcinac.tasks.behaviour.answers import answers_of, over_picture
from deepcinac.tasks.behaviour.decoding import decode, importances, make_plan
from deepcinac.tasks.behaviour.figures import example_figure
from deepcinac.tasks.behaviour.maps import CutOuts
from deepcinac.tasks.behaviour.recordings import read_recording
from deepcinac.tasks.behaviour.settings import (
    ALONE,
    CHANCE_FACT,
    LOST,
    LOST_WITH_MIRROR,
    LOST_WITH_PARTNER,
)
from helpers.decoding import QUICK, RUN, SETTINGS, recording, running_session


def test_the_importance_of_cells_goes_into_the_session(tmp_path, monkeypatch):
    """Running drives cell 0 twice as much as cell 1; what is measured lies with the answers in one layer."""
    path = running_session(tmp_path, monkeypatch)
    one = replace(read_recording(path, RUN, "spikes"), reach_frames=5)
    plan = make_plan([one], RUN, SETTINGS, QUICK, networks=())
    found = decode(plan, tmp_path / "work")
    answers = answers_of(plan, found, importances(plan, tmp_path / "work"))
    write_results(tmp_path / "a.npz", answers["mouse"])
    with Session.open(path) as session:
        layer = session.write_results(read_results(tmp_path / "a.npz"))
        held = session.results(layer.id)
        cells = session.cells()
    said = held["importance"]
    assert (said.dims, said.units, held.info[CHANCE_FACT]) == (("cell", "field"), "AUC", 0.5)
    assert said.labels["field"] == (LOST, LOST_WITH_PARTNER, ALONE)
    assert said.footprints == footprint_keys(cells, [0, 1])
    alone = said.array[:, 2]
    assert alone[0] > alone[1] > 0.6
    assert "behaviour" in held


def test_of_several_recordings_each_gets_the_importance_of_its_own_inputs(tmp_path):
    """Different cells in each: two parts. In the second, running drives the third input alone."""
    first = recording("a", seed=0)
    second = recording("b", seed=1, names=("cell 0", "cell 1", "cell 2"), drive=(0, 0, 2))
    plan = make_plan([first, second], RUN, SETTINGS, QUICK, networks=())
    assert len(plan.parts) == 2
    found = decode(plan, tmp_path)
    answers = answers_of(plan, found, importances(plan, tmp_path))
    alone = {name: one["importance"].array[:, 2] for name, one in answers.items()}
    assert alone["a"].argmin() == 2
    assert alone["b"].argmax() == 2
    assert "importance" not in answers_of(plan, found)["a"]


def test_a_map_of_squares_becomes_one_of_pixels():
    """Squares of 2 px that overlap by half: pixel 0 lies in the first, pixel 1 in the first and second."""
    values = np.tile(np.arange(7.0), (7, 1))
    found = over_picture(values, 8)
    assert found.shape == (8, 8)
    assert found[0].tolist() == [0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6]


def test_a_map_of_the_movie_is_a_result(tmp_path):
    one = replace(recording("a"), inputs=recording("a").inputs[:, 0].repeat(64).reshape(-1, 8, 8))
    plan = make_plan([recording("a")], RUN, SETTINGS, QUICK, networks=())
    found = decode(plan, tmp_path)
    movie = replace(plan, parts=(replace(plan.parts[0], recordings=(one,)),))
    maps = [
        CutOuts(unit, *np.stack([np.full((7, 7), v) for v in (0.1, 0.2, 0.8)])) for unit in "xy"
    ]
    said = answers_of(movie, found, maps=[maps])["a"]["importance_map"]
    assert said.dims == ("field", "y", "x")
    assert said.labels["field"] == (LOST, LOST_WITH_MIRROR, ALONE)
    assert said.array[:, 4, 4].tolist() == pytest.approx([0.1, 0.2, 0.8])


def test_what_methods_say_is_drawn_on_the_axis_of_what_the_animal_did():
    said = {"time_s": 0.0, "truth": 1.0, "mean of all alone": 0.5, "gru": 0.9}
    rows = [said, {**said, "time_s": 0.1, "truth": 0.0, "mean of all alone": 0.45, "gru": 0.2}]
    lanes = example_figure(rows, ["mean of all alone", "gru"]).axes
    assert len(lanes) == 3
    for axes in lanes:
        low, high = axes.get_ylim()
        assert low <= 0 < 1 <= high
