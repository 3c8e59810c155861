"""The figures draw what they are given, leave out what is unknown, and need no screen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepcinac.evaluation.crosstalk import CrosstalkEvents
from deepcinac.evaluation.field_panel import label_places
from deepcinac.evaluation.figure_style import save_figure
from deepcinac.evaluation.figures import recording_figure
from deepcinac.evaluation.score import score_recording
from deepcinac.evaluation.showcase import choose_cells, choose_window
from deepcinac.recording.cells import make_cells

N_FRAMES = 200


@pytest.fixture
def scene() -> dict[str, np.ndarray]:
    """Four cells; cell 0 shows the light of cell 1."""
    generator = np.random.default_rng(0)
    active = np.zeros((4, N_FRAMES), dtype=bool)
    active[1, 40:46] = active[2, 100:104] = active[3, 20:30] = True
    probability = np.clip(0.9 * active + 0.1 * generator.random(active.shape), 0, 1)
    trace = 100 + 20 * active + generator.random(active.shape)
    return {"active": active, "probability": probability, "trace": trace}


def four_cells():
    squares = [(2, 2), (4, 4), (12, 3), (9, 14)]
    pixels = [
        (*(grid.ravel() for grid in np.mgrid[y : y + 4, x : x + 4]), None) for y, x in squares
    ]
    return make_cells(pixels, 20, 20, source="drawn")


def texts(figure) -> str:
    import matplotlib.text

    return "\n".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


def test_the_recording_with_everything_known(scene, tmp_path: Path) -> None:
    crosstalk = np.array([[0, 1, 40, 45]])
    active, probability, trace = scene["active"], scene["probability"], scene["trace"]
    scores = score_recording(active, None, probability, trace, 10.0, 0.5, crosstalk)
    figure = recording_figure(
        np.ones((20, 20)),
        four_cells(),
        trace,
        probability,
        10.0,
        active,
        crosstalk,
        title="A small field",
        scores=scores,
        doubtful=np.zeros_like(active),
    )
    save_figure(figure, tmp_path / "figure.png")
    written = texts(figure)
    for expected in ("A small field", "4 cells, 200 frames at 10 Hz (20 s)", "overlaps 1"):
        assert expected in written
    assert "cross-talk, rejected" in written
    assert "1 of 1" in written


def test_the_recording_with_nothing_known(scene, tmp_path: Path) -> None:
    figure = recording_figure(
        np.zeros((20, 20)), four_cells(), scene["trace"], scene["probability"], 10.0
    )
    save_figure(figure, tmp_path / "figure.svg")
    written = texts(figure)
    assert "What was found" in written
    assert "3 of 4" in written
    assert "cross-talk" not in written
    assert "truth" not in written


def test_silence_can_be_drawn(tmp_path: Path) -> None:
    nothing = np.zeros((4, N_FRAMES))
    figure = recording_figure(np.zeros((20, 20)), four_cells(), nothing, nothing, 10.0, nothing > 1)
    save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_the_same_figure_gives_the_same_file(scene, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        figure = recording_figure(
            np.zeros((20, 20)), four_cells(), scene["trace"], scene["probability"], 10.0
        )
        save_figure(figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_stretch_with_most_to_see() -> None:
    active = np.zeros((2, 100), dtype=bool)
    active[0, [10, 60, 63, 66]] = True
    assert choose_window(active, 200) == (0, 100)
    first, after = choose_window(active, 10)
    assert after - first == 10
    assert first <= 60 <= 66 < after
    leak = CrosstalkEvents.from_table(np.array([[1, 0, 11, 12], [1, 0, 14, 15]]))
    first, after = choose_window(active, 10, leak)
    assert first <= 10 < 14 < after


def test_a_leak_is_shown_under_the_cell_it_comes_from() -> None:
    active = np.zeros((6, 100), dtype=bool)
    active[4, [5, 8, 11]] = active[5, 5] = True
    leak = CrosstalkEvents.from_table(
        np.array([[2, 3, 20, 22], [0, 1, 30, 33], [2, -1, 40, 41], [5, 4, 99, 99]]),
        strength=np.array([2.0, 8.0, 9.0, 20.0]),
    )
    assert choose_cells(active, (0, 90), 6, leak) == [1, 0, 3, 2, 4, 5]
    assert choose_cells(active, (0, 90), 2) == [4, 5]


def test_numbers_stand_in_the_image_and_apart() -> None:
    centres = np.array([[10.0, 10.0], [10.0, 14.0], [0.0, 30.0]])
    places = label_places(centres, np.full(3, 25), [0, 1, 2], (40, 40))
    assert ((places > 0) & (places < 39)).all()
    assert np.hypot(*(places[0] - places[1])) > 4
    assert places[2, 0] > 0.5  # below or beside the cell at the upper edge
