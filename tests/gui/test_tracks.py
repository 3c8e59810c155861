"""Tracks over the movie: three cells that move 1 px to the right in every frame, and rest in the session.

The movie that was tracked is 60 x 60 px and 20 frames; what the session's movie shows does not matter here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.gui.session.moving_cells import MovingCells
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import Cells, make_cells
from deepcinac.results import Maker, Result, Results
from deepcinac.results.kinds import FOLLOWED, KINDS, POSITION
from deepcinac.tracking.positions import (
    REST_FRAME,
    TRACKED_MOVIE,
    Positions,
    positions_from,
    read_positions,
    reference_of,
    tracked_movie_address,
)
from helpers import window_tools as tools

N_FRAMES, SIDE = 20, 60
PLACES = np.array([(20.0, 10.0), (30.0, 20.0), (52.0, 30.0)])  # y, x in frame 0


def cells_at_rest() -> Cells:
    """Squares of 3 x 3 px around each place, as frame 0 has them."""
    dy, dx = np.mgrid[-1:2, -1:2]
    footprints = [
        (dy.ravel() + int(y), dx.ravel() + int(x), np.ones(9)) for y, x in PLACES.tolist()
    ]
    return make_cells(footprints, SIDE, SIDE, "test")


def tracked_results(info: dict[str, Any]) -> Results:
    """The cells of frame 0, 1 px further right in every frame; cell 2 is not known from frame 10 on."""
    places = PLACES[:, None] + np.arange(N_FRAMES)[None, :, None] * (0.0, 1.0)
    places[2, 10:] = np.nan
    known = np.full((3, N_FRAMES), 2.0)
    known[0, 5] = 1
    maker = Maker("tracking", "tracking")
    cells = np.arange(3)
    return Results(
        (
            Result(POSITION, places, KINDS[POSITION].dims, "px", maker, cells),
            Result(FOLLOWED, known, KINDS[FOLLOWED].dims, "1", maker, cells),
        ),
        info={REST_FRAME: 0, **info},
    )


def positions() -> Positions:
    return positions_from(tracked_results({}), cells_at_rest())


def test_an_outline_moves_with_its_cell() -> None:
    moving = MovingCells(positions(), cells_at_rest(), frame_rate_hz=2.0)
    box = (0, 60, 0, 60)
    first, later = (moving.at(frame, 0, box)[-1] for frame in (0, 7))
    assert first.is_current
    assert first.loops[0].min(axis=0).tolist() == [8.5, 18.5]  # x, y of pixels 9 to 11, 19 to 21
    assert later.loops[0].min(axis=0).tolist() == [15.5, 18.5]
    assert later.before[:, 0].tolist() == [13, 14, 15, 16, 17]  # two seconds are four frames
    assert later.after[:, 0].tolist() == [17, 18, 19, 20, 21]


def test_how_a_place_is_known_comes_along_and_an_unknown_cell_is_not_drawn() -> None:
    moving = MovingCells(positions(), cells_at_rest(), 2.0)
    box = (0, 60, 0, 60)
    assert [moving.at(frame, 0, box)[-1].known for frame in (4, 5)] == [2, 1]
    assert [one.cell for one in moving.at(9, 0, box)] == [1, 2, 0]
    assert [one.cell for one in moving.at(10, 0, box)] == [1, 0]


def test_the_patch_holds_the_whole_way_of_a_cell() -> None:
    """Cell 0 goes from x 9..11 to 28..30, with 8 px around it; rows 19..21 need 41 px at least."""
    top, bottom, left, right = MovingCells(positions(), cells_at_rest(), 2.0).box(0)
    assert (bottom - top, right - left) == (41, 41)
    assert (left, right) == (0, 41)
    assert top <= 11
    assert bottom >= 30


def test_a_cell_added_after_tracking_has_no_place_and_lies_in_the_usual_patch() -> None:
    dy, dx = np.mgrid[-1:2, -1:2]
    square = [
        (dy.ravel() + y, dx.ravel() + x, np.ones(9)) for y, x in (*PLACES.astype(int), (40, 40))
    ]
    cells = make_cells(square, SIDE, SIDE, "test")
    known = positions_from(tracked_results({}), cells)
    assert np.isnan(known.places[3]).all()
    assert MovingCells(known, cells, 2.0).box(3) == (19, 60, 19, 60)


@pytest.fixture
def tracked(tmp_path: Path) -> Path:
    """A session of a movie of zeros, tracked in one whose pixels count its frames."""
    still, moving = tmp_path / "still.tif", tmp_path / "moving.tif"
    rng = np.random.default_rng(0)
    tifffile.imwrite(still, rng.integers(0, 9, (N_FRAMES, SIDE, SIDE)).astype(np.uint16))
    frames = np.arange(N_FRAMES, dtype=np.uint16)[:, None, None] + 1000
    tifffile.imwrite(moving, np.broadcast_to(frames, (N_FRAMES, SIDE, SIDE)))
    path = tmp_path / "tracked.deepcinac"
    shape = (N_FRAMES, SIDE, SIDE)
    with Session.create(path, still, shape, cells_at_rest(), 2.0, 2.0) as session:
        session.write_results(tracked_results({TRACKED_MOVIE: reference_of(str(moving), path)}))
    return path


def test_the_session_knows_where_the_tracked_movie_is(tracked: Path) -> None:
    with Session.open(tracked) as session:
        found = read_positions(session)
        assert found is not None
        address = tracked_movie_address(found, session)
        assert Path(address).name == "moving.tif"
        Path(address).unlink()
        with pytest.raises(InputError, match=r"the movie that was tracked.*Put it beside"):
            tracked_movie_address(found, session)


def test_a_layer_that_names_another_movie_without_knowing_it_is_passed_over(tracked: Path) -> None:
    """As development versions wrote it: its positions would be drawn over the wrong movie."""
    with Session.open(tracked) as session:
        still = session.movie_address()
        path = tracked.with_name("old.deepcinac")
    with Session.create(path, still, (N_FRAMES, SIDE, SIDE), cells_at_rest(), 2.0, 2.0) as old:
        old.write_results(tracked_results({"movie": "moving.tif"}))
        assert read_positions(old) is None


def lines_of(app: Any) -> int:
    """Lines over the movie that can be seen."""
    canvas = app.main.movie.canvas
    kept = [item for item in canvas.find_withtag("kept") if canvas.type(item) == "line"]
    return sum(canvas.itemcget(item, "state") != "hidden" for item in kept)


def open_tracked(app: Any, path: Path) -> Any:
    app.host.open_path(path)
    tools.wait_for(app.root, lambda: app.presenter.movie is not None)
    tools.settle(app.root)
    return app


@pytest.mark.window
def test_a_tracked_session_shows_the_movie_as_recorded_with_tracks(
    open_app: Callable[..., Any], tracked: Path
) -> None:
    app = open_tracked(open_app(), tracked)
    app.work.go_to_cell(0)
    app.work.go_to_frame(7)
    tools.settle(app.root)
    view = app.main.movie
    assert view._store.frame(7).max() == 1007
    assert lines_of(app) > 0
    texts = [view.canvas.itemcget(item, "text") for item in view.canvas.find_withtag("kept")
             if view.canvas.type(item) == "text"]  # fmt: skip
    assert set(texts) == {"cell 0: seen"}
    tools.press(app, "u")  # outlines off, paths too
    tools.settle(app.root)
    assert lines_of(app) == 0
    tools.press(app, "u")
    tools.press(app, "Shift-U")
    tools.settle(app.root)
    assert view._store.frame(7).max() < 10  # the movie in which cells stand still
    assert lines_of(app) == 0
    tools.press(app, "Shift-U")
    tools.press(app, "j")  # the inputs are cut from the still movie
    tools.settle(app.root)
    assert view._store.frame(7).max() < 10
    assert len(view.axes) == 4


@pytest.mark.window
def test_tracks_stay_when_a_layer_comes_and_when_a_cell_is_added(
    open_app: Callable[..., Any], tracked: Path
) -> None:
    app = open_tracked(open_app(), tracked)
    app.work.go_to_cell(0)
    tools.settle(app.root)
    recorded = app.presenter._patch._recorded
    app.labeller.add(3, 5)  # the first label makes a layer: what layers say is read anew
    app.work.go_to_cell(1)
    tools.settle(app.root)
    assert app.presenter._patch._recorded is recorded
    assert lines_of(app) > 0
    dy, dx = np.mgrid[-1:2, -1:2]
    app.work.session.add_cell(dy.ravel() + 40, dx.ravel() + 40, np.ones(9))
    app.work.edited()
    tools.wait_for(app.root, lambda: app.presenter.movie is not None and app.work.data is not None)
    app.work.go_to_cell(3)  # nobody tracked it: the others are drawn around it
    tools.settle(app.root)
    assert app.work.positions.places.shape[0] == 4
    assert app.main.movie._store.frame(7).max() == 1007


@pytest.mark.window
def test_a_tracked_movie_that_is_gone_is_told_and_the_still_one_is_shown(
    open_app: Callable[..., Any], tracked: Path
) -> None:
    tracked.with_name("moving.tif").unlink()
    app = open_tracked(open_app(), tracked)
    assert "the movie that was tracked" in app.talk.notice.text
    assert app.main.movie._store.frame(7).max() < 10


@pytest.mark.window
def test_a_session_that_nobody_tracked_offers_no_tracks(open_app: Callable[..., Any]) -> None:
    app = tools.demo(open_app())
    assert not app.conditions.test("has_tracks")
