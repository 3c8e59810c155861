"""``.zarr`` (format 3, a folder): the same arrays as ``.npz``, with the names of their dimensions.

xarray, dask and zarr itself open it; the facts are the attribute ``deepcinac`` of the root, as JSON.
Every chunk is written, packed with zstd and a checksum. The package zarr (3 or later) writes and reads;
before it sees a folder, everything in it is looked at here: only plain files, numbers, and chunks that
say how much they unpack to. A missing chunk, which zarr reads as zeros, is an error.
"""

from __future__ import annotations

import itertools
import json
import math
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.files import LARGEST_ARRAY, parsed_json, readable, require_plausible_size
from deepcinac.installation import how_to_install
from deepcinac.results.arrays import from_arrays, to_arrays
from deepcinac.results.result import Results

ENDING = ".zarr"
FACTS = "deepcinac"
"""The attribute of the root with the facts; nothing else makes a folder ours."""

_READABLE = "results in a .zarr folder of format 3"
_DAMAGED = "the folder is damaged or incomplete: copy or export it again"
_METADATA = "zarr.json"
_CHUNK_BYTES = 1 << 23
_LARGEST_CHUNK = 1 << 28
_MOST_FILES = 100_000
_LARGEST_METADATA = 1 << 26
_TYPES = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32",
    "float64",
}  # fmt: skip


def require_zarr() -> Any:
    """The module zarr of version 3 or later, or a sentence that says how to install it."""
    requirement = '"zarr>=3"'
    hint = f"{how_to_install(requirement)} (Python 3.11 or later), or choose another ending"
    try:
        import zarr
    except ImportError as error:
        found = "none installed"
        raise InputError(
            "the package zarr, which writes and reads .zarr", found, hint=hint
        ) from error
    if int(zarr.__version__.split(".")[0]) < 3:
        raise InputError("version 3 or later of the package zarr", zarr.__version__, hint=hint)
    return zarr


def require_replaceable(path: Path) -> None:
    """Refuse to put results in the place of a folder that is something else."""
    if path.is_file():
        raise InputError("the name of a folder", "a file", path)
    if path.is_dir() and any(path.iterdir()) and not _attributes(path):
        raise InputError("a name that is not used, or results to replace", "another folder", path)


def write(path: Path, results: Results) -> tuple[str, ...]:
    """Write all of the results into the folder ``path``; nothing is left out."""
    zarr = require_zarr()
    arrays = to_arrays(results)
    facts = json.loads(arrays.pop("meta").item())
    texts = {name: array.tolist() for name, array in arrays.items() if array.dtype.kind == "U"}
    facts["texts"] = texts
    group = zarr.open_group(str(path), mode="w", zarr_format=3, attributes={FACTS: facts})
    sizes: dict[str, int] = {}
    for name, array in arrays.items():
        if name not in texts:
            _write_array(zarr, group, name, array, _dimensions(name, array, results, sizes))
    return ()


def _write_array(zarr: Any, group: Any, name: str, array: np.ndarray, along: list[str]) -> None:
    packed = array if array.dtype.name in _TYPES else array.astype(np.float64)
    row = max(1, packed[:1].nbytes) if packed.ndim else 1
    rows = max(1, min(len(packed), _CHUNK_BYTES // row)) if packed.ndim else 1
    chunks = (rows, *(max(1, length) for length in packed.shape[1:])) if packed.ndim else ()
    if math.prod(chunks) * packed.itemsize > _LARGEST_CHUNK:
        found = f"{row / 1e9:.2g} GB"
        raise InputError("less than 0.27 GB for one cell in a .zarr", found, name, "write an .npz")
    made = group.create_array(
        name,
        shape=packed.shape,
        dtype=packed.dtype,
        chunks=chunks,
        compressors=zarr.codecs.ZstdCodec(level=3, checksum=True),
        dimension_names=along,
        config={"write_empty_chunks": True},
    )
    made[...] = packed


def _dimensions(name: str, array: np.ndarray, results: Results, sizes: dict[str, int]) -> list[str]:
    """Names along the axes; one of another length has the name of its result before it."""
    item = results.get(name)
    owner = next((x.kind for x in results if name.startswith(f"{x.kind}_")), results.items[0].kind)
    if item is not None:
        along = list(item.dims)
    elif name.endswith("_times_s"):
        along = ["frame" if "frame" in results[owner].dims else "bin"]
    else:
        along = ["cell"]
    named = []
    for dimension, length in zip(along, array.shape, strict=True):
        one = dimension
        if sizes.setdefault(one, length) != length:
            one = f"{item.kind if item else owner}_{dimension}"
        named.append(one)
    return named


def is_ours(path: Path) -> bool:
    """Whether a folder ending in .zarr holds results of this program."""
    return path.suffix.lower() == ENDING and path.is_dir() and bool(_attributes(path))


def _attributes(path: Path) -> dict[str, Any]:
    """The facts in the root of a folder; {} where there are none."""
    try:
        facts = _metadata(path)["attributes"][FACTS]
    except (InputError, KeyError, TypeError):
        return {}
    return facts if isinstance(facts, dict) else {}


def read(path: Path, shape: tuple[int, int] | None = None) -> Results:
    """Read results; what this program did not write is not read.

    ``shape`` is that of the recording, as for the other forms.
    """
    with readable(path, _READABLE):
        facts = dict(_attributes(path))
        texts = facts.pop("texts", {})
        if not facts or not isinstance(texts, dict):
            raise InputError(_READABLE, "a folder that this program did not write", path)
        shapes = dict(_checked_arrays(path))
        zarr = require_zarr()
        group = zarr.open_group(str(path), mode="r", zarr_format=3, use_consolidated=False)
        arrays = {name: np.asarray(group[name][...]) for name in shapes}
    arrays |= {name: np.array([str(x) for x in words], np.str_) for name, words in texts.items()}
    return from_arrays({**arrays, "meta": np.array(json.dumps(facts))}, path, shape)


def _checked_arrays(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of each array, once all that is in the folder has been found sound."""
    total, found = 0, []
    _require_plain_files(path)
    for folder in sorted(x for x in path.iterdir() if x.is_dir()):
        shape, chunk, itemsize = _layout(folder)
        total += math.prod(shape) * itemsize
        require_plausible_size(total, path, folder, LARGEST_ARRAY)
        _require_chunks(folder, shape, chunk, itemsize)
        found.append((folder.name, shape))
    yield from found


def _require_plain_files(path: Path) -> None:
    """Refuse links, pipes and devices, and more files than any of ours has."""
    count, waiting = 0, [path]
    while waiting:
        for entry in waiting.pop().iterdir():
            count += 1
            mode = entry.lstat().st_mode
            if count > _MOST_FILES:
                raise InputError(f"at most {_MOST_FILES:,} files in a .zarr", "more", path)
            if stat.S_ISDIR(mode):
                waiting.append(entry)
            elif not stat.S_ISREG(mode):
                raise InputError("plain files in a .zarr", f"{entry.name}, which is none", path)


def _metadata(folder: Path) -> Mapping[str, Any]:
    place = folder / _METADATA
    if not place.is_file() or place.is_symlink():
        raise InputError(f"{_METADATA} in each folder of a .zarr", "none", folder, _DAMAGED)
    if place.stat().st_size > _LARGEST_METADATA:
        raise InputError(f"a {_METADATA} of at most 67 MB", "a larger one", folder)
    try:
        content = parsed_json(place.read_bytes())
    except ValueError as error:
        raise InputError("valid JSON", f"'{error}'", place, _DAMAGED) from error
    if not isinstance(content, dict) or content.get("zarr_format") != 3:
        raise InputError("zarr of format 3", "another", folder)
    return content


def _layout(folder: Path) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Shape, shape of a chunk and bytes of a number, of an array stored as we store them."""
    about = _metadata(folder)
    kind, codecs = about.get("data_type"), about.get("codecs")
    names = [codec.get("name") for codec in codecs] if isinstance(codecs, list) else codecs
    grid, key = about.get("chunk_grid", {}), about.get("chunk_key_encoding", {})
    plain = grid.get("name") == "regular" and key.get("name") == "default"
    separator = key.get("configuration", {}).get("separator", "/")
    own = names == ["bytes", "zstd"] and not about.get("storage_transformers")
    if about.get("node_type") != "array" or kind not in _TYPES or not plain or separator != "/":
        raise InputError("an array of numbers in regular chunks", f"{kind!r:.40}", folder)
    if not own:
        raise InputError("chunks packed with zstd", f"{names!r:.80}", folder)
    shape, chunk = about["shape"], grid["configuration"]["chunk_shape"]
    whole = [isinstance(n, int) and 0 <= n < 1 << 40 for n in (*shape, *chunk)]
    if not all(whole) or len(shape) != len(chunk) or min(chunk, default=1) < 1:
        raise InputError("whole numbers as the shape", f"{shape} in {chunk}", folder)
    itemsize = 1 if kind == "bool" else np.dtype(kind).itemsize
    if math.prod(chunk) * itemsize > _LARGEST_CHUNK:
        raise InputError("chunks of at most 0.27 GB", f"{chunk}", folder)
    return tuple(shape), tuple(chunk), itemsize


def _require_chunks(
    folder: Path, shape: tuple[int, ...], chunk: tuple[int, ...], itemsize: int
) -> None:
    """Every chunk is there and says that it unpacks to the size of a chunk."""
    counts = [-(-length // size) for length, size in zip(shape, chunk, strict=True)]
    if math.prod(counts) > _MOST_FILES:
        raise InputError(f"at most {_MOST_FILES:,} chunks", f"{math.prod(counts):,}", folder)
    expected = math.prod(chunk) * itemsize
    for place in itertools.product(*map(range, counts)):
        file = folder.joinpath("c", *map(str, place))
        if not file.is_file():
            raise InputError("all chunks of an array", f"none at {file.name}", folder, _DAMAGED)
        with open(file, "rb") as stream:
            size = _unpacked_size(stream.read(18))
        if size != expected:
            found = "none that says so" if size is None else f"one of {size:,}"
            raise InputError(f"a chunk of {expected:,} bytes", found, file, _DAMAGED)


def _unpacked_size(head: bytes) -> int | None:
    """What a zstd frame unpacks to, from the header of the frame (RFC 8878, 3.1.1.1)."""
    if len(head) < 6 or head[:4] != b"\x28\xb5\x2f\xfd":
        return None
    single, size_flag, dictionary = head[4] >> 5 & 1, head[4] >> 6, head[4] & 3
    n_bytes = 1 << size_flag if size_flag or single else 0
    begin = 5 + (not single) + (0, 1, 2, 4)[dictionary]
    if not n_bytes or len(head) < begin + n_bytes:
        return None
    size = int.from_bytes(head[begin : begin + n_bytes], "little")
    return size + 256 if n_bytes == 2 else size
