"""types and import --kind types, on a movie of 120 frames: seven big bright cells, seven small ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli import create, export, import_labels, info, main, types
from deepcinac.labelling.session import Session
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.recording.cells import make_cells, save_cells

Runner = Callable[..., tuple[int, str, str]]
N_CELLS = 14
SCORE = "12 of 12 typed cells right when held out: 100 % (always saying big: 50 %; "


def square(number: int) -> tuple[np.ndarray, np.ndarray, None]:
    """Cell 0, 2, 4 ... is big (5 x 5 pixels), the others are small (2 x 2)."""
    side = 2 if number % 2 else 5
    y, x = np.mgrid[:side, :side]
    return y.ravel() + 6 * (number // 7), x.ravel() + 6 * (number % 7), None


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Runner:
    """Runs a command in this process, in a folder with the session s.deepcinac; no cell has a type."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(main, "COMMANDS", (main.gui, create, import_labels, export, info, types))
    generator = np.random.default_rng(0)
    light = np.full((12, 42), 50.0)
    for number in range(0, N_CELLS, 2):
        light[square(number)[:2]] = 100.0
    np.save("movie.npy", generator.poisson(light, (120, 12, 42)).astype(np.uint16))
    save_cells("cells.npz", make_cells([square(n) for n in range(N_CELLS)], 12, 42))

    def runner(*arguments: str) -> tuple[int, str, str]:
        status = main.main(list(arguments))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    make_session(runner, "s.deepcinac")
    return runner


def make_session(runner: Runner, name: str) -> None:
    rates = [
        "--frame-rate",
        "10",
        "--pixel-size",
        "2",
        "--accept",
        "unlikely-cells",
        "duplicate-cells",
    ]
    made = runner("create", name, "--movie", "movie.npy", "--cells", "cells.npz", *rates)
    assert made[0] == 0, made


def typed(n_cells: int = 12) -> str:
    """A table with the types of the first cells."""
    rows = [f"{cell},{'small' if cell % 2 else 'big'}" for cell in range(n_cells)]
    return "\n".join(["cell,type", *rows]) + "\n"


@pytest.fixture
def session(run: Runner) -> Runner:
    """The same; all but the last two cells have a type."""
    Path("typed.csv").write_text(typed())
    assert run("import", "s.deepcinac", "typed.csv", "--kind", "types")[0] == 0
    return run


def suggested(path: str) -> dict[int, TypePrediction]:
    with Session.open(path, read_only=True) as opened:
        layers = opened.type_layers()
        return opened.type_predictions(layers[-1].id) if layers else {}


def given(path: str) -> list[str | None]:
    with Session.open(path, read_only=True) as opened:
        return [state.type for state in opened.cell_states()]


def test_words_of_a_file_become_types_and_can_be_undone(run: Runner) -> None:
    Path("typed.csv").write_text(typed())
    status, out, _ = run("import", "s.deepcinac", "typed.csv", "--kind", "types")
    assert (status, out) == (0, "s.deepcinac: types given to 12 cells\n")
    assert given("s.deepcinac") == ["big", "small"] * 6 + [None, None]
    with Session.open("s.deepcinac") as opened:
        assert opened.cell_types()[-2:] == ["big", "small"]
        assert opened.undo() == "import typed.csv"
        assert opened.cell_types() == ["interneuron", "pyramidal", "noise"]
    assert given("s.deepcinac") == [None] * N_CELLS


def test_a_type_that_was_given_is_never_replaced(session: Runner) -> None:
    Path("other.csv").write_text("cell,type\n0,glia\n1,small\n12,big\n")
    status, out, _ = session("import", "s.deepcinac", "other.csv", "--kind", "types")
    assert status == 0
    assert "given to 1 cells; 1 have another type already and keep it" in out
    assert given("s.deepcinac")[:2] == ["big", "small"]


def test_probabilities_become_a_layer(session: Runner) -> None:
    np.save("p.npy", np.tile([0.8, 0.2], (N_CELLS, 1)))
    status, _, err = session("import", "s.deepcinac", "p.npy", "--kind", "types")
    assert status == 2
    assert "Name them with --types" in err
    arguments = ["--kind", "types", "--types", "big, small", "--layer", "from elsewhere"]
    status, out, _ = session("import", "s.deepcinac", "p.npy", *arguments)
    assert (status, out) == (
        0,
        "s.deepcinac: layer from elsewhere (method), types of 14 cells suggested\n",
    )
    assert suggested("s.deepcinac")[13] == TypePrediction({"big": 0.8, "small": 0.2})
    assert given("s.deepcinac")[1] == "small"
    status, out, _ = session("info", "s.deepcinac")
    assert "0 predicted cells, types of 14 cells" in out


def test_nothing_is_said_with_too_few_typed_cells(run: Runner) -> None:
    Path("typed.csv").write_text(typed(9))
    run("import", "s.deepcinac", "typed.csv", "--kind", "types")
    status, _, err = run("types", "s.deepcinac", "--progress", "none")
    assert status == 2
    assert "at least 5 typed cells of each of two types, found 5 big, 4 small" in err
    assert suggested("s.deepcinac") == {}


def test_a_session_learns_from_its_own_cells(session: Runner) -> None:
    status, out, _ = session("types", "s.deepcinac", "--progress", "none")
    assert status == 0
    first, second = out.splitlines()
    assert first == ("s.deepcinac: Types of 14 cells suggested, 2 of them without a type.")
    assert second.startswith(SCORE)
    found = suggested("s.deepcinac")
    assert [found[cell].type for cell in range(N_CELLS)] == ["big", "small"] * 7
    assert given("s.deepcinac")[12:] == [None, None]  # suggested, not given
    status, out, _ = session("info", "s.deepcinac")
    assert "types of 14 cells (100% right when held out, 50% by always saying big)" in out


def test_the_last_json_line_has_the_scores(session: Runner) -> None:
    _, out, _ = session("types", "s.deepcinac", "--progress", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["stage"] for line in lines} == {"traces", "features", "done"}
    assert lines[-1]["stage"] == "done"
    assert lines[-1]["scores"]["accuracy"] == 1.0
    assert lines[-1]["message"].startswith(SCORE)


def test_a_table_instead_of_the_session(session: Runner) -> None:
    before = Path("s.deepcinac").read_bytes()
    arguments = ["--out", "types.csv", "--features", "features.csv", "--progress", "none"]
    assert session("types", "s.deepcinac", *arguments)[0] == 0
    assert Path("s.deepcinac").read_bytes() == before
    with open("types.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["cell", "type", "suggested", "big", "small", "unlike"]
    assert (rows[12]["type"], rows[12]["suggested"]) == ("", "big")
    assert float(rows[12]["big"]) + float(rows[12]["small"]) == pytest.approx(1, abs=2e-4)
    with open("features.csv", newline="") as stream:
        measured = list(csv.DictReader(stream))
    assert (measured[0]["area_um2"], measured[1]["area_um2"]) == ("100", "16")
    assert session("import", "s.deepcinac", "types.csv", "--kind", "types")[0] == 0
    assert suggested("s.deepcinac")[12].type == "big"


def test_a_classifier_goes_to_another_session(session: Runner) -> None:
    make_session(session, "t.deepcinac")
    status, out, _ = session("types", "s.deepcinac", "--learn", "c.json", "--progress", "none")
    assert status == 0
    assert out.splitlines()[0] == "c.json: big, small, learned from 12 cells"
    assert suggested("s.deepcinac") == {}
    status, out, _ = session("types", "t.deepcinac", "--apply", "c.json", "--progress", "none")
    assert (status, out) == (
        0,
        "t.deepcinac: Types of 14 cells suggested, 14 of them without a type.\n",
    )
    assert [suggested("t.deepcinac")[cell].type for cell in range(4)] == ["big", "small"] * 2
    with Session.open("t.deepcinac", read_only=True) as opened:
        assert opened.layers()[0].meta["classifier"] == "c.json"
        assert opened.layers()[0].meta["recordings"] == ["s"]
    status, out, _ = session("info", "c.json")
    assert "6 big, 6 small, in s" in out
    assert "100% right when held out by cells, 50% by always saying big" in out


def test_several_sessions_are_held_out_whole(session: Runner) -> None:
    make_session(session, "t.deepcinac")
    session("import", "t.deepcinac", "typed.csv", "--kind", "types")
    status, out, _ = session(
        "types", "s.deepcinac", "t.deepcinac", "--learn", "c.json", "--progress", "none"
    )
    assert status == 0
    assert "24 of 24 typed cells right when their recording was held out" in out


def test_suggestions_are_exported_alone_as_a_table(session: Runner) -> None:
    session("types", "s.deepcinac", "--progress", "none")
    layer = ["--layer", "suggested types"]
    status, out, _ = session("export", "s.deepcinac", *layer, "--out", "e.csv")
    assert (status, out) == (0, "e.csv: suggested types of 14 cells (suggested types)\n")
    assert Path("e.csv").read_text().splitlines()[0] == "cell,type,suggested,big,small,unlike"
    status, _, err = session("export", "s.deepcinac", *layer, "--out", "e.npz")
    assert status == 2
    assert "a .csv for suggested types, found 'e.npz'" in err
    with Session.open("s.deepcinac") as opened:
        opened.add_layer("expert", "anna")
    both = ["--layer", "anna", *layer]
    status, _, err = session("export", "s.deepcinac", *both, "--out", "f.csv")
    assert status == 2
    assert "Export suggested types by itself" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["s.deepcinac", "t.deepcinac"], "one session, or --learn or --apply, found 2 sessions"),
        (["s.deepcinac", "--learn", "c.pkl"], "ends in .json, found 'c.pkl'"),
        (["s.deepcinac", "--out", "c.txt"], "ends in .csv, found 'c.txt'"),
        (["s.deepcinac", "--learn", "c.json", "--out", "c.csv"], "--out with the suggestions"),
        (["s.deepcinac", "--apply", "typed.csv"], "valid JSON"),
        (["s.deepcinac", "--apply", "none.json"], "a JSON file, found nothing"),
    ],
)
def test_what_is_refused_before_a_movie_is_read(
    session: Runner, arguments: list[str], sentence: str
) -> None:
    Path("movie.npy").unlink()
    status, _, err = session("types", *arguments, "--progress", "none")
    assert status == 2
    assert sentence in err


def test_a_session_that_somebody_else_writes_into(session: Runner) -> None:
    with Session.open("s.deepcinac"):
        status, _, err = session("types", "s.deepcinac", "--progress", "none")
        assert status == 2
        assert "a session that can be edited" in err
        assert session("types", "s.deepcinac", "--out", "t.csv", "--progress", "none")[0] == 0
