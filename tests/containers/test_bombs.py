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
from deepcinac.recording.movie_readers import open_movie

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


def packed_zeros(n_bytes: int) -> bytes:
    """What zlib makes of so many zeros, without taking them into memory."""
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    return b"".join([packer.compress(block) for _ in range(n_bytes >> 20)] + [packer.flush()])


@pytest.fixture(scope="module")
def zeros() -> bytes:
    """16 MB in 70 kB."""
    return packed_zeros(1 << 24)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((2048, 1024, 1024), "pieces that fit into memory, found 2.15 GB each"),
        ((4, 64, 64), "packed pieces of 16,384 bytes, found one of"),
    ],
)
def test_a_piece_of_an_hdf5_movie(
    tmp_path: Path, shape: tuple[int, int, int], told: str, zeros: bytes
) -> None:
    """One chunk of more than its file can hold, and one that unpacks to more than a chunk."""
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("mov", shape, "u1", chunks=shape, compression="gzip")
        data.id.write_direct_chunk((0, 0, 0), zeros)
    with pytest.raises(InputError, match=told):
        open_movie(path)


def test_a_frame_of_a_tiff(tmp_path: Path, zeros: bytes) -> None:
    path = tmp_path / "m.tif"
    tifffile.imwrite(
        path, shape=(2, 1 << 15, 1 << 15), dtype="u1", tile=(4096, 4096),
        data=iter([zeros] * 128), compression="zlib",
    )  # fmt: skip
    with pytest.raises(InputError, match="frames of a plausible size, found .*32768 x 32768"):
        open_movie(path)


def test_a_variable_of_matlab(tmp_path: Path, zeros: bytes) -> None:
    """A variable that says that it unpacks to 3 GB, in a file of some hundred bytes."""
    path = tmp_path / "m.mat"
    savemat(path, {"masks": np.zeros((100, 100))}, do_compression=True)
    content = path.read_bytes()
    plain = bytearray(zlib.decompress(content[136:]))
    plain[4:8] = GIGABYTES.to_bytes(4, "little")
    packed = zlib.compress(bytes(plain))
    path.write_bytes(content[:132] + len(packed).to_bytes(4, "little") + packed)
    with pytest.raises(InputError, match=r"less than 1.1 GB of data, found 3.22 GB, packed"):
        read_variable(path, "masks")
    savemat(path, {"masks": np.zeros((100, 100))}, do_compression=True)
    content = path.read_bytes()
    plain = bytearray(zlib.decompress(content[136:]))
    sides = plain.index(np.array([100, 100], "<i4").tobytes())
    plain[sides : sides + 8] = np.array([1 << 15, 1 << 15], "<i4").tobytes()
    packed = zlib.compress(bytes(plain))
    path.write_bytes(content[:132] + len(packed).to_bytes(4, "little") + packed)
    with pytest.raises(InputError, match=r"found 8.59 GB, packed in .*m\.mat#masks"):
        read_variable(path, "masks")


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


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory differ")
def test_the_largest_that_is_not_refused(tmp_path: Path) -> None:
    """1 GB in 1 MB is read, as masks are mostly zeros; within 4 GB of addresses for all readers."""
    np.savez_compressed(tmp_path / "a.npz", masks=np.zeros((1000, 1000, 1000), np.uint8))
    shape = (250, 1024, 1024)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        data = file.create_dataset("mov", shape, "u1", chunks=shape, compression="gzip")
        data.id.write_direct_chunk((0, 0, 0), packed_zeros(250 << 20))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))"
    paths = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        [sys.executable, "-c", limit + READ_ALL, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 2_500_000
