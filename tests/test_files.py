"""Text that crafted files hold, full disks, and what a killed program left behind."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from deepcinac import files
from deepcinac.errors import InputError
from deepcinac.files import (
    folder_written_atomically,
    parsed_json,
    read_json,
    written_atomically,
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 100_000, "more than 64 levels"),
        ('{"a":' * 70 + "1" + "}" * 70, "more than 64 levels"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"\\uDFFF": 1}', "surrogate"),
        ("1" * 5000, "digits"),
        ("{", "Expecting"),
    ],
)
def test_text_that_is_made_to_break_a_reader(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=told):
        read_json(tmp_path / "a.json")


def test_a_whole_pair_is_a_character() -> None:
    assert parsed_json('["\\ud83d\\ude00", [[1]]]') == ["\N{GRINNING FACE}", [[1]]]


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError("Can't write data (file write failed: time = x, errno = 28, error message = ...)"),
    ],
    ids=["of the system", "of HDF5"],
)
def test_a_full_disk_is_told_with_path_and_space(tmp_path: Path, failure: OSError) -> None:
    path = tmp_path / "big.npz"
    path.write_bytes(b"old")

    def write() -> None:
        with written_atomically(path) as temporary:
            temporary.write_bytes(bytes(3000))
            raise failure

    with pytest.raises(
        InputError, match=r"more than 3.0 kB, found a full disk \(.* free\)"
    ) as told:
        write()
    assert str(path) in str(told.value)
    assert "errno" not in str(told.value)
    assert [file.name for file in tmp_path.iterdir()] == ["big.npz"]
    assert path.read_bytes() == b"old"


def test_what_a_killed_program_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "o.npz"
    old, young, other = (
        tmp_path / name for name in (".o-abcdefgh.npz", ".o-12345678.npz", ".o-notes.npz")
    )
    for file in (old, young, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, (time.time() - 2 * files.ABANDONED_S,) * 2)
    with written_atomically(path) as temporary:
        temporary.write_bytes(b"whole")
    assert {file.name for file in tmp_path.iterdir()} == {"o.npz", young.name, other.name}


def test_the_folder_is_synced_after_the_file_has_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(files, "sync_folder", lambda folder: synced.append((folder, path.exists())))
    path = tmp_path / "a.json"
    files.write_json(path, {})
    assert synced == [(tmp_path, True)]


def test_a_folder_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path, left = tmp_path / "p.zarr", tmp_path / ".p-abcdefgh.zarr"
    for folder in (path, left):
        folder.mkdir()
        (folder / "old").write_bytes(b"1")
    os.utime(left, (time.time() - 2 * files.ABANDONED_S,) * 2)

    def write(fails: bool) -> None:
        with folder_written_atomically(path) as temporary:
            (temporary / "new").write_bytes(b"2")
            if fails:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(InputError, match=r"takes more than 1 bytes, found a full disk"):
        write(fails=True)
    assert {x.name for x in path.iterdir()} == {"old"}
    write(fails=False)
    assert {x.name for x in path.iterdir()} == {"new"}
    assert [x.name for x in tmp_path.iterdir()] == ["p.zarr"]
