"""The table of a batch: what its rows become, and that every mistake is named at once."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from deepcinac.batch.commands import Commands, Rules
from deepcinac.batch.table import Row, read_table, require_free_outputs
from deepcinac.cli.batch import NO_WORK_ON_RECORDINGS, RESUMING, WRITTEN
from deepcinac.cli.main import build_parser
from deepcinac.errors import InputError


@pytest.fixture(scope="module")
def commands() -> Commands:
    return Commands(build_parser(), Rules(NO_WORK_ON_RECORDINGS, WRITTEN, RESUMING))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.tif", "b.tif", "cells.npz", "mouse.deepcinac"):
        (tmp_path / name).touch()
    return tmp_path


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "mice.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def rows_of(folder: Path, commands: Commands, *lines: str) -> list[Row]:
    return read_table(table(folder, *lines), commands, ["general"])


def faults_of(folder: Path, commands: Commands, *lines: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        rows_of(folder, commands, *lines)
    assert caught.value.where == str(folder / "mice.csv")
    return [line.strip(" .") for line in (caught.value.hint or "").strip().splitlines()]


def test_a_row_is_the_command_line_that_it_reads_as(folder: Path, commands: Commands) -> None:
    (row,) = rows_of(
        folder,
        commands,
        "command,#animal,movie,cells,frame-rate,--pixel-size,select,mask-nan,out,classifier",
        "predict,mouse 7,a.tif,cells.npz,10,2,0-9,yes,p.npz,general",
    )
    assert row.number == 2
    assert row.arguments() == (
        "predict",
        f"--movie={folder / 'a.tif'}",
        f"--cells={folder / 'cells.npz'}",
        "--frame-rate=10",
        "--pixel-size=2",
        "--mask-nan",
        "--classifier=general",
        "--select=0-9",
        f"--out={folder / 'p.npz'}",
    )
    assert row.args.frame_rate == 10.0
    assert row.writes == (folder / "p.npz",)


def test_positional_arguments_go_by_their_name_in_the_help(
    folder: Path, commands: Commands
) -> None:
    created, merged, trained = rows_of(
        folder,
        commands,
        "command,out,movie,cells,SESSION,layer,validation,epochs,mirror",
        "create,new.deepcinac,a.tif,cells.npz,,,,,",
        "merge,both.deepcinac,,,mouse.deepcinac; new.deepcinac,,,,",
        "train,model,,,mouse.deepcinac,anna,mouse.deepcinac,3,no",
    )
    new, mouse = str(folder / "new.deepcinac"), str(folder / "mouse.deepcinac")
    assert created.arguments()[-2:] == ("--", new)
    assert merged.arguments()[-3:] == ("--", mouse, new)
    assert merged.needs == {2}, "it reads what row 2 makes"
    assert trained.after == {3}, "one command at a time on a session"
    assert "--no-mirror" in trained.arguments()
    assert (trained.args.epochs, trained.args.layer) == (3, "anna")


def test_what_a_row_reads_may_lie_in_a_folder_that_another_makes(
    folder: Path, commands: Commands
) -> None:
    rows = rows_of(
        folder,
        commands,
        "command,out,seed,session,classifier",
        "train,model,1,mouse.deepcinac,",
        "predict,p.npz,,mouse.deepcinac,model",
    )
    assert rows[1].needs == {2}
    assert f"--classifier={folder / 'model'}" in rows[1].arguments()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_table_as_spreadsheets_write_it(
    folder: Path, commands: Commands, delimiter: str
) -> None:
    lines = (("command", "session", "out"), ("export", "mouse.deepcinac", "l.csv"), ("", "", ""))
    path = table(folder, *map(delimiter.join, lines), encoding="utf-8-sig")
    (row,) = read_table(path, commands)
    assert row.sessions == (folder / "mouse.deepcinac",)


def test_all_mistakes_are_named_with_row_and_column(folder: Path, commands: Commands) -> None:
    assert faults_of(
        folder,
        commands,
        "command,movie,cells,frame-rate,framerate,mirror,out,classifier",
        "predict,a.tif,cells.npz,0,,,p.npz,",
        "predict,gone.tif,cells.npz,10,,,q.npz,genral",
        "predikt,a.tif,cells.npz,10,,,r.npz,",
        "predict,a.tif,cells.npz,10,,maybe,s.npz,",
        "",
        "train,,,,,maybe,,",
    ) == [
        "row 1, column framerate: no command has such an option; did you mean frame-rate",
        "row 2, column frame-rate: expected a number above 0, found '0'",
        f"row 3, column movie: nothing at {folder / 'gone.tif'}",
        f"row 3, column classifier: nothing at {folder / 'genral'}",
        "row 4, column command: expected one of " + ", ".join(commands.names) + ", found 'predikt'",
        "row 5, column mirror: predict has no such option",
        "row 7, column mirror: expected yes or no, found 'maybe'",
    ]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["movie,out", "a.tif,b"], "row 1: no column called 'command'"),
        (["command,movie"], "row 2: nothing below the header"),
        (["command,movie,movie", "info,a.tif,"], "row 1, column movie: there are two of this name"),
        (["command,,path", "info,,a.tif"], "row 1: column 2 has no name"),
        (["command,path", "info,a.tif,more"], "row 2: 3 cells under 2 columns"),
        (["command,path", "gui,a.tif"], "found 'gui'"),
        (["command,path", ",a.tif"], "found nothing"),
        (
            ["command,session", "train,mouse.deepcinac"],
            "row 2: the following arguments are required",
        ),
        (["command,path", "info,a.tif", "info,a.tif"], "row 3: the same as row 2"),
        (["command,path,progress", "info,a.tif,none"], "row 1, column progress"),
        (
            ["command,session,out", "export,mouse.deepcinac,l.csv", "merge,mouse.deepcinac,l.csv"],
            "as row 2 does",
        ),
    ],
)
def test_a_mistake(folder: Path, commands: Commands, lines: list[str], fault: str) -> None:
    assert any(fault in found for found in faults_of(folder, commands, *lines))


def test_many_mistakes_are_cut_short(folder: Path, commands: Commands) -> None:
    found = faults_of(folder, commands, "command,path", *(f"info,{n}.tif" for n in range(100)))
    assert len(found) == 41
    assert found[-1] == "and 60 more"


def test_a_file_that_is_no_table(folder: Path, commands: Commands) -> None:
    (folder / "mice.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_table(folder / "mice.csv", commands)
    with pytest.raises(InputError, match="an empty first row"):
        read_table(table(folder, ""), commands)


def test_settings_change_with_what_decides_the_results_only(
    folder: Path, commands: Commands
) -> None:
    header = "command,session,out,threshold,force"
    lines = ["predict,mouse.deepcinac,p.npz,,", "predict,mouse.deepcinac,q.npz,,"]
    first, second = rows_of(folder, commands, header, *lines)
    moved = rows_of(folder, commands, header, "predict,mouse.deepcinac,q.npz,,yes")
    changed = rows_of(folder, commands, header, "predict,mouse.deepcinac,q.npz,0.3,")
    assert moved[0].settings == second.settings != first.settings
    assert changed[0].settings != second.settings


def test_an_output_that_is_there_needs_force(folder: Path, commands: Commands) -> None:
    header, line = "command,session,out,force", "predict,mouse.deepcinac,p.npz,"
    rows = rows_of(folder, commands, header, line)
    require_free_outputs(folder / "mice.csv", rows, commands, set())
    (folder / "p.npz").touch()
    with pytest.raises(InputError, match=r"row 2: .*p\.npz is there already"):
        require_free_outputs(folder / "mice.csv", rows, commands, set())
    require_free_outputs(folder / "mice.csv", rows, commands, {folder / "p.npz"})
    forced = rows_of(folder, commands, header, line + "yes")
    require_free_outputs(folder / "mice.csv", forced, commands, set())
    assert sorted(rows[0].forced().arguments()) == sorted(forced[0].arguments())


def test_every_path_of_every_command_is_either_read_or_written() -> None:
    """A new option that names a file must be looked at: is it read, or written?"""
    parser = build_parser()
    (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    known = {
        *("whole", "cells", "settings", "sessions", "session", "source_nwb", "sources", "table"),
        *("validation", "truth", "labels", "suite2p", "traces", "from_published", "apply"),
        *("request", "slurm_settings", "imported", "fits", "beside", "recordings", "weights"),
        *("source_file", "start_from", *WRITTEN),
    }
    found = {
        one.dest
        for command in action.choices.values()
        for one in command._actions
        if one.type is Path
    }
    assert found == known
