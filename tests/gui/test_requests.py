"""The window's own jobs: each request survives its file, and the worker does what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepcinac.cli.main import build_parser, main
from deepcinac.errors import InputError
from deepcinac.formats.choices import CellOptions
from deepcinac.gui.jobs import requests, worker
from deepcinac.gui.jobs.requests import (
    DrawView,
    FindMissing,
    MakePreview,
    MakeQueue,
    MeasureFits,
    PrepareSession,
    ReadLabels,
    Request,
    SuggestTypes,
    ViewToDraw,
    read_request,
    write_request,
)
from deepcinac.labelling.review import ReviewSettings

EXAMPLES: tuple[Request, ...] = (
    PrepareSession("mouse 7.deepcinac"),
    MakePreview("m.tif", "c.mat", "p.npz", CellOptions("Coor", True, swap_xy=True)),
    MakeQueue("s.deepcinac", "q.json", ReviewSettings(0.4, seed=3)),
    ReadLabels("s.deepcinac", "old.cinac", "copy.deepcinac"),
    SuggestTypes("s.deepcinac", "t.json"),
    MeasureFits("s.deepcinac", ("a", "b"), "fits.json"),
    FindMissing("s.deepcinac", "places.npz"),
    DrawView("s.deepcinac", "v.png", ViewToDraw(6, (0, 99), 1, None, 0.5, ("raw", "dff"), (2, 3))),
)


@pytest.mark.parametrize("request_", EXAMPLES, ids=lambda request: type(request).__name__)
def test_a_request_survives_its_file(request_: Request, tmp_path: Path) -> None:
    assert read_request(write_request(tmp_path, request_)) == request_


def test_every_kind_has_an_example_and_somebody_who_does_it() -> None:
    kinds = set(requests.KINDS.values())
    assert {type(request) for request in EXAMPLES} == kinds == set(worker.JOBS)


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", '{"job": "FormatDisk"}', '{"job": "PrepareSession"}',
     '{"job": "PrepareSession", "session": "a", "more": 1}',
     '{"job": "MakeQueue", "session": "a", "out": "b", "settings": {"nonsense": 1}}'],
)  # fmt: skip
def test_what_is_no_request_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(content)
    with pytest.raises(InputError, match="request.json"):
        read_request(tmp_path / "request.json")


def test_the_worker_is_there_and_no_help_lists_it(tmp_path: Path) -> None:
    assert "worker" not in build_parser().format_help()
    path = write_request(tmp_path, PrepareSession(str(tmp_path / "none.deepcinac")))
    assert main(["worker", str(path), "--progress", "none"]) == 2
    path.write_text(json.dumps({"job": "PrepareSession"}))
    assert main(["worker", str(path), "--progress", "none"]) == 2


def test_the_window_has_no_other_options() -> None:
    given = build_parser().parse_args(["gui", "a.deepcinac"])
    assert set(vars(given)) == {"command", "session", "run", "progress", "verbose", "quiet"}
