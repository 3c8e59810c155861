"""HDF5 files that would make the library read something else than the file itself."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from deepcinac.containers import hdf5
from deepcinac.containers.hdf5 import followed, has_root_attribute, open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.recording.movie_readers import open_movie

ROOT = Path(__file__).resolve().parents[2]
PIXELS = np.arange(4 * 2 * 3, dtype=np.uint16).reshape(4, 2, 3)


def external_link(file: h5py.File) -> None:
    file["mov"] = h5py.ExternalLink("raw.h5", "/mov")


def external_link_in_a_group(file: h5py.File) -> None:
    file.create_group("a/b")["mov"] = h5py.ExternalLink("raw.h5", "/mov")


def external_storage(file: h5py.File) -> None:
    file.create_dataset("mov", (4, 2, 3), "uint8", external=[("/etc/passwd", 0, 24)])


def virtual_of_another_file(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4, 2, 3), "uint16")
    layout[:] = h5py.VirtualSource("raw.h5", "mov", (4, 2, 3))
    file.create_virtual_dataset("mov", layout)


def virtual_of_itself(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4, 2, 3), "uint16")
    layout[:] = h5py.VirtualSource(".", "mov", (4, 2, 3))
    file.create_virtual_dataset("mov", layout)


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (external_link, r"a link to another file \(/mov\)"),
        (external_link_in_a_group, r"a link to another file \(/a/b/mov\)"),
        (external_storage, r"external storage \(/mov\)"),
        (virtual_of_another_file, r"a virtual dataset \(/mov\)"),
        (virtual_of_itself, r"a virtual dataset \(/mov\)"),
    ],
)
def test_data_that_lie_elsewhere_are_refused(
    tmp_path: Path, attack: Callable[[h5py.File], None], named: str
) -> None:
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        file["mov"] = PIXELS
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        attack(file)
    for opening in (open_hdf5_file, open_movie):
        with pytest.raises(InputError, match=named):
            opening(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")
def test_a_pipe_as_storage_is_not_waited_for(tmp_path: Path) -> None:
    """Reading would wait for ever for somebody who writes."""
    os.mkfifo(tmp_path / "pipe")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        external = [(str(tmp_path / "pipe"), 0, 24)]
        file.create_dataset("mov", (4, 2, 3), "uint8", external=external)
    with pytest.raises(InputError, match=r"external storage \(/mov\)"):
        open_movie(tmp_path / "m.h5")


def test_links_within_a_file_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file["data/mov"] = PIXELS
        file["mov"] = h5py.SoftLink("/data/mov")
        file["again"] = file["data"]  # a hard link
        file["data/circle"] = h5py.SoftLink("/data/circle")
    with open_hdf5_file(path) as file:
        assert np.array_equal(whole_array(file["mov"]), PIXELS)
        assert np.array_equal(whole_array(file["again/mov"]), PIXELS)


def test_a_group_within_itself_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.create_group("/".join("a" * 120))["mov"] = PIXELS
    with pytest.raises(InputError, match="whose list of contents ends"):
        open_hdf5_file(path)
    with h5py.File(tmp_path / "n.h5", "w") as file:
        file["mov"] = PIXELS
    monkeypatch.setattr(hdf5, "_LONGEST_S", -1.0)
    with pytest.raises(InputError, match="one without an end"):
        open_hdf5_file(tmp_path / "n.h5")


def test_what_a_reference_names_is_looked_at_too(tmp_path: Path) -> None:
    """A crafted file may keep a dataset without a name, which opening cannot find."""
    with h5py.File(tmp_path / "m.h5", "w") as file:
        hidden = file.create_dataset("hidden", (24,), "uint8", external=[("/etc/passwd", 0, 24)])
        file["plain"] = np.arange(3)
        assert followed(file, file["plain"].ref).name == "/plain"
        with pytest.raises(InputError, match=r"external storage \(/hidden\)"):
            followed(file, hidden.ref)


def test_an_array_that_unpacks_to_far_more_than_its_file(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("bomb", (1 << 40,), "uint8", chunks=(1 << 20,), compression="gzip")
        file.create_dataset("huge", (1 << 40, 1 << 30), "uint8", chunks=(1 << 20, 1))
        file["small"] = np.zeros(10)
    with open_hdf5_file(path) as file:
        assert len(whole_array(file["small"])) == 10
        for name in ("bomb", "huge"):
            with pytest.raises(InputError, match="less than 1.1 GB of data"):
                whole_array(file[name])
        with pytest.raises(InputError, match="small"):
            whole_array(file["small"], most_bytes=79)


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["nwb_version"] = "2.6"
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40))
    assert has_root_attribute(tmp_path / "m.h5", "nwb_version")
    assert not has_root_attribute(tmp_path / "m.h5", "other")
    assert not has_root_attribute(tmp_path / "bad.h5", "nwb_version")


def test_nobody_else_opens_hdf5_files() -> None:
    """A reader that opened a file itself would go past the guard; a writer makes its own."""
    openers = []
    for path in sorted((ROOT / "deepcinac").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            opens = isinstance(node, ast.Call) and ast.unparse(node.func) in ("h5py.File", "File")
            if opens and [ast.unparse(mode) for mode in node.args[1:2]] != ["'w'"]:
                openers.append(path.relative_to(ROOT).as_posix())
    assert set(openers) == {"deepcinac/containers/hdf5.py"}
