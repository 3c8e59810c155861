"""The states of a batch on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcinac.batch.states import (
    DONE,
    RowState,
    only_writer,
    read_states,
    states_file,
    work_folder,
    write_states,
)
from deepcinac.errors import InputError

STATES = [
    RowState(3, "predict", "bb"),
    RowState(2, "create", "aa", DONE, 2, "2026-11-27T10:00:00", 1.5, 80, "node1 node2",
             'said "yes",\nand more; so', "/data/a.deepcinac"),
]  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = states_file(tmp_path / "mice.csv")
    assert path == tmp_path / "mice.states.csv"
    assert work_folder(tmp_path / "mice.csv") == tmp_path / "mice.batch"
    assert read_states(path) == {}
    write_states(path, STATES)
    assert read_states(path) == {"aa": STATES[1], "bb": STATES[0]}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == (
        "row,state,command,attempts,started,seconds,memory_mb,host,message,output,settings"
    )
    assert lines[1].startswith("2,done,create,2,2026-11-27T10:00:00,1.5,80,node1 node2,")


@pytest.mark.parametrize(
    "change", [("done", "finished"), ("attempts", "tries"), (",1.5,", ",soon,")], ids=str
)
def test_states_that_were_changed_by_hand(tmp_path: Path, change: tuple[str, str]) -> None:
    path = tmp_path / "mice.states.csv"
    write_states(path, STATES)
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match="remove it to run every row anew"):
        read_states(path)


def test_one_run_of_a_table_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "mice.states.csv"
    with only_writer(path), pytest.raises(InputError, match="is run by"), only_writer(path):
        pass
    with only_writer(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_no_spreadsheet_takes_a_message_for_a_formula(tmp_path: Path) -> None:
    """What a command says, and what a table names, may come from a stranger's file."""
    path = tmp_path / "mice.states.csv"
    state = RowState(1, "predict", '{"out": "a.npz"}', message="=cmd|'/C calc'!A0", output="-a.npz")
    write_states(path, [state])
    text = path.read_text()
    assert "'=cmd" in text
    assert "'-a.npz" in text
    assert list(read_states(path).values()) == [state]
