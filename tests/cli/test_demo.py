"""``deepcinac demo``: what it writes, and that it opens the window only where there is a screen."""

import pytest

from deepcinac.cli import demo, gui
from deepcinac.cli.main import main
from deepcinac.labelling.session import Session


@pytest.fixture
def opened(monkeypatch):
    """Stands in for the window and notes what it was opened on."""
    sessions = []
    monkeypatch.setattr(gui, "open_window", lambda session: sessions.append(session) or 0)
    return sessions


def test_the_demo_predicts_scores_draws_and_opens_the_window(tmp_path, monkeypatch, opened, capsys):
    monkeypatch.setattr(demo, "_has_screen", lambda: True)
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "out"
    assert main(["demo", "--out", str(out), "--progress", "none"]) == 0
    said = capsys.readouterr().out
    assert "no classifier was trained on" in said
    assert "as in the paper" in said
    for name in ("prediction.npz", "scores.json", "demo.png", "demo.svg"):
        assert (out / name).stat().st_size > 0, name
    assert opened == [str(out / "demo.deepcinac")]
    with Session.open(out / "demo.deepcinac", read_only=True) as session:
        (layer,) = session.layers()
        assert (layer.kind, layer.name) == ("classifier", "general")
        assert len(session.predicted_cells(layer.id)) == 46


@pytest.mark.parametrize(
    ("has_screen", "no_gui", "opens"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_the_window_opens_where_there_is_a_screen(monkeypatch, has_screen, no_gui, opens):
    monkeypatch.setattr(demo, "_has_screen", lambda: has_screen)
    assert demo.opens_window(no_gui) is opens
