"""Small files that unpack to gigabytes are refused before anything is unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from scipy.io import savemat

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


READ_ALL = """
import resource, sys
from pathlib import Path
import h5py, numpy, scipy.sparse, tifffile
from deepcinac.cli.info import describe
from deepcinac.errors import InputError
from deepcinac.formats import load_cells
from deepcinac.results.files import read_results
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in map(Path, sys.argv[1:]):
    for read in (load_cells, read_results, describe):
        try:
            read(path)
        except InputError:
            pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs")
def test_no_bomb_fills_the_memory(tmp_path: Path) -> None:
    """Files of some 100 kB that unpack to 4 GB, through all readers in one process: under 300 MB more."""
    npz = tmp_path / "a.npz"
    np.savez_compressed(npz, masks=np.zeros((10, 10)))
    claim_size(npz, GIGABYTES)
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        for name in ("mov", "estimates/A/data", "estimates/dims"):
            file.create_dataset(
                name, (1 << 20, 64, 64), "u1", chunks=(256, 64, 64), compression="gzip"
            )
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.roi", bytes((1 << 24) - 1))
    matrix = (tmp_path / "d.mat", {"Coor": np.zeros((1 << 10, 1 << 10))})
    savemat(*matrix, do_compression=True)
    tifffile.imwrite(
        tmp_path / "e.tif", shape=(1, 1 << 16, 1 << 16), dtype="u1", tile=(4096, 4096),
        data=iter([zlib.compress(bytes(1 << 24))] * 256), compression="zlib",
    )  # fmt: skip
    paths = sorted(map(str, tmp_path.iterdir()))
    assert max(Path(path).stat().st_size for path in paths) < 6_000_000
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, *paths], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 300_000
