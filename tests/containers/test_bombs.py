"""Small files that unpack to gigabytes are refused before anything is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from deepcinac.containers.variables import read_variable
from deepcinac.errors import InputError
from deepcinac.files import read_npz, require_plausible_size
from deepcinac.formats import load_cells

GIGABYTES = 3 << 30


def claim_size(path: Path, n_bytes: int) -> None:
    """Write into the list of a zip file that its only member unpacks to ``n_bytes``."""
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = n_bytes.to_bytes(4, "little")
    path.write_bytes(content)


def test_an_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, masks=np.zeros((10, 10)))
    assert read_npz(path)["masks"].shape == (10, 10)
    claim_size(path, GIGABYTES)
    with pytest.raises(InputError, match=r"less than 1.1 GB of data, found 3.22 GB, packed in"):
        read_npz(path)
    with pytest.raises(InputError, match=r"a\.npz#masks"):
        read_variable(path, "masks")


def test_a_list_of_selections(tmp_path: Path) -> None:
    """Each of them small enough."""
    path = tmp_path / "RoiSet.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.roi", bytes((1 << 24) - 1))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(InputError, match="less than 0.27 GB of data"):
        load_cells(path)


def test_large_files_may_hold_much(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(1 << 23))
    require_plausible_size(2 << 30, path, path)
    with pytest.raises(InputError, match="2.1 GB"):
        require_plausible_size((2 << 30) + 1, path, path)
