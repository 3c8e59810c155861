"""Thousands of random keys, clicks and commands: no mistake of the program, and a session that holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcinac.labelling.session import Session
from helpers import window_monkey as monkeys
from helpers import window_tools as tools

pytestmark = pytest.mark.window


Open = Callable[..., Any]
Labels = list[tuple[Any, ...]]

MOST_ITEMS = 500
"""On the canvases of the demo session; 46 cells and the most crowded traces need half of it."""


def labels_of(session: Session) -> Labels:
    """Everything that experts said, in the order of the file."""
    said: Labels = []
    for layer in session.layers():
        said += [
            (layer.name, "transient", *row) for row in session.all_transients(layer.id).tolist()
        ]
        for cell in range(-1, session.n_cells):
            for kind in ("labelled", "doubtful", "movement"):
                spans = session.spans(layer.id, cell, kind).tolist()
                said += [(layer.name, kind, cell, *span) for span in spans]
    said += [(cell, session.cell_state(cell)) for cell in range(session.n_cells)]
    return said


def check_labels(session: Session) -> None:
    """Transients of a cell are in order, inside the recording and share no frame."""
    for layer in session.layers():
        for cell in range(session.n_cells):
            known = session.transients(layer.id, cell)
            assert (known[:, 0] <= known[:, 1]).all()
            assert (known[1:, 0] > known[:-1, 1]).all()
            if len(known):
                assert known[0, 0] >= 0
                assert known[-1, 1] < session.recording.n_frames


def play_the_monkey(open_app: Open, folders: Path, n_actions: int, seed: int) -> None:
    app = tools.demo(open_app())
    file = tools.prediction_file(folders / "p.npz", app.work.n_cells, app.work.n_frames)
    app.handlers.classifier.take_over(file)
    app.work.require_layer()
    app.labeller.add(100, 109)
    path = app.work.session.path
    hand = monkeys.Monkey(app, seed)
    for _ in range(n_actions):
        hand.act()
        errors: list[BaseException] = app.root.callback_errors
        assert not errors, (errors, hand.done[-8:])
    assert hand.failures == []
    log = folders / "cache" / "deepcinac.log"
    assert not log.exists(), log.read_text()[-2000:]

    n_items = sum(len(view.canvas.find_all()) for view in app.main.views)
    assert n_items < MOST_ITEMS
    app.main.movie.pause()
    app.talk.prompt.hide()
    hand.rest()
    check_labels(app.work.session)
    said = labels_of(app.work.session)
    undone = 0
    while app.work.session.undo_text and undone < 30:  # what was done can be taken back and redone
        app.run_command("undo")
        undone += 1
    for _ in range(undone):
        app.run_command("redo")
    assert labels_of(app.work.session) == said
    app.host.close_session()
    with Session.open(path) as session:
        assert not session.read_only
        assert labels_of(session) == said
    app.open_path(path)
    tools.settle(app.root)
    assert app.work.is_open
    assert np.isfinite(app.work.threshold)


@pytest.fixture(autouse=True)
def _dialogs_of_the_system_are_cancelled(
    _no_dialogs_of_the_system: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody would choose a file, the monkey presses Cancel."""
    monkeypatch.setattr("tkinter.commondialog.Dialog.show", lambda *_args, **_options: "")


@pytest.mark.parametrize("seed", [1, 2])
def test_random_actions(open_app: Open, folders: Path, seed: int) -> None:
    play_the_monkey(open_app, folders, 150, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 15))
def test_thousands_of_random_actions(open_app: Open, folders: Path, seed: int) -> None:
    play_the_monkey(open_app, folders, 4000, seed)
