"""The types of what methods say: :class:`Result`, its :class:`Maker`, and all :class:`Results` of one run.

A result names its dimensions (``("cell", "frame")``), its units and its time base, and carries a typed
record of what made it. Two results belong to the same maker when :attr:`Maker.identity` is equal: the
task, the weights, the settings and the input, never the name alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.installation import how_to_install
from deepcinac.results.kinds import DEFAULT_THRESHOLD, DIMENSIONS, KINDS, TRANSIENTS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from deepcinac.recording.cells import Cells


@dataclass(frozen=True)
class Maker:
    """Which method made a result, from what, and when.

    ``task``: "activity", "cell_types", or "method" for another program. ``name``: the classifier or
    method. ``version``: that of the classifier or method; ``program_version``: that of DeepCINAC.
    ``weights_sha256``: "" for a method without weights. ``settings``: everything chosen that changes
    the values, JSON only. ``input_fingerprint``: see ``inputs.fingerprint``; "" where it is unknown.
    ``made_at``: ISO 8601, UTC.
    """

    task: str
    name: str
    version: str = ""
    weights_sha256: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    input_fingerprint: str = ""
    program_version: str = ""
    made_at: str = ""

    @property
    def identity(self) -> str:
        """SHA-256 of task, weights (the name, for a method without any), settings and input."""
        what = [self.task, self.weights_sha256 or self.name, self.settings, self.input_fingerprint]
        text = json.dumps(what, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain containers for JSON."""
        return {**dataclasses.asdict(self), "settings": dict(self.settings)}

    @classmethod
    def from_dict(cls, values: Any, where: str | Path = "maker") -> Maker:
        """Check decoded JSON and build the record; an unknown field is an InputError."""
        if not isinstance(values, Mapping):
            raise InputError("a maker as a JSON object", f"a {type(values).__name__}", where)
        fields = {one.name for one in dataclasses.fields(cls)}
        unknown = sorted(set(values) - fields)
        if unknown or not {"task", "name"} <= set(values):
            found = ", ".join(unknown or map(str, values)) or "nothing"
            raise InputError(f"a maker with the fields {', '.join(sorted(fields))}", found, where)
        for name, value in values.items():
            wanted: type = Mapping if name == "settings" else str
            if not isinstance(value, wanted):
                raise InputError(f"{name} of another type", type(value).__name__, where)
        return cls(**{**values, "settings": dict(values.get("settings", {}))})


@dataclass(frozen=True, eq=False)
class TimeBase:
    """When the samples along a frame or bin dimension were taken.

    Either regular (``rate_hz`` from ``start_s`` on) or, with ``times_s`` (n,), at stated times.
    """

    rate_hz: float | None = None
    start_s: float = 0.0
    times_s: np.ndarray | None = None

    def __post_init__(self) -> None:
        if (self.rate_hz is None) == (self.times_s is None):
            raise InputError("a rate or the times of the samples", "both or neither", "time base")
        if self.rate_hz is not None and not 0 < self.rate_hz < float("inf"):
            raise InputError("a rate above 0 Hz", repr(self.rate_hz), "time base")

    def seconds(self, n_samples: int) -> np.ndarray:
        """The time of each sample, (n_samples,) float64 in seconds.

        >>> TimeBase(10.0).seconds(3).tolist()
        [0.0, 0.1, 0.2]
        """
        if self.times_s is not None:
            return np.asarray(self.times_s, float)[:n_samples]
        assert self.rate_hz is not None
        return self.start_s + np.arange(n_samples) / self.rate_hz


@dataclass(frozen=True)
class FileReference:
    """Values too large to carry along: where they lie, and the array in the file where it has several."""

    path: str
    dataset: str = ""
    sha256: str = ""


@dataclass(frozen=True, eq=False)
class Result:
    """One thing that a method says about a recording.

    ``values`` has the shape that ``dims`` names. ``cells`` (n,): the number of each cell along "cell";
    ``footprints`` (n,): a short hash of each of these cells' pixels, so that a result finds its cells
    in a session whatever their order. ``labels`` names the places along a dimension
    (``{"class": ("interneuron", "pyramidal")}``). ``remarks``: what to say of a cell, by its number.
    """

    kind: str
    values: np.ndarray | FileReference
    dims: tuple[str, ...]
    units: str
    maker: Maker
    cells: np.ndarray | None = None
    footprints: tuple[str, ...] | None = None
    time: TimeBase | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"result {self.kind}"
        strange = [name for name in self.dims if name not in DIMENSIONS]
        if strange or len(set(self.dims)) != len(self.dims):
            known = ", ".join(DIMENSIONS)
            raise InputError(f"different dimensions among {known}", ", ".join(self.dims), where)
        if self.cells is not None:
            object.__setattr__(self, "cells", _cell_numbers(self.cells, where))
        if isinstance(self.values, FileReference):
            return
        object.__setattr__(self, "values", np.asarray(self.values))
        self._check_shape(where)
        self._check_kind(where)

    def _check_shape(self, where: str) -> None:
        shape = self.array.shape
        if len(shape) != len(self.dims):
            raise InputError(f"an array of {', '.join(self.dims)}", f"shape {shape}", where)
        for name, length in zip(self.dims, shape, strict=True):
            expected = len(self.labels[name]) if name in self.labels else None
            if name == "cell":
                if self.cells is None:
                    raise InputError("the numbers of the cells", "none", where)
                expected = len(self.cells)
            if expected is not None and expected != length:
                raise InputError(f"{expected} entries along {name}", f"{length}", where)
        if self.footprints is not None and len(self.footprints) != len(self.require_cells()):
            raise InputError("a footprint for each cell", f"{len(self.footprints)}", where)

    def _check_kind(self, where: str) -> None:
        kind = KINDS.get(self.kind)
        if kind is None:
            return
        if self.dims != kind.dims:
            expected, found = ", ".join(kind.dims), ", ".join(self.dims)
            raise InputError(f"values of {expected}", f"values of {found}", where)
        if "class" in self.dims and "class" not in self.labels:
            raise InputError("the names of the classes", "none", where)
        values = self.array
        if values.dtype.kind not in "biuf":
            raise InputError("numbers", f"values of type {values.dtype}", where)
        low, high = kind.minimum, kind.maximum
        if low is not None and (values < low).any() or high is not None and (values > high).any():
            limits = f"from {low:g} to {high:g}" if high is not None else f"of at least {low:g}"
            found = f"{np.nanmin(values):g} to {np.nanmax(values):g}"
            raise InputError(f"values {limits}", found, where)

    @property
    def array(self) -> np.ndarray:
        """The values; an InputError where they are a file that must be opened first."""
        if isinstance(self.values, FileReference):
            raise InputError("values in memory", f"a reference to {self.values.path}", self.kind)
        return self.values

    def require_cells(self) -> np.ndarray:
        """The cell numbers; an InputError for a result that is not about cells."""
        if self.cells is None:
            raise InputError("a result about cells", "one without them", f"result {self.kind}")
        return self.cells

    def coordinates(self) -> dict[str, np.ndarray]:
        """What stands along each dimension that has a meaning: cell numbers, times in s, words."""
        found: dict[str, np.ndarray] = {}
        for name, length in zip(self.dims, self.array.shape, strict=True):
            if name in self.labels:
                found[name] = np.array(self.labels[name], dtype=object)
            elif name == "cell" and self.cells is not None:
                found[name] = self.cells
            elif name in ("frame", "bin") and self.time is not None:
                found[name] = self.time.seconds(length)
            elif name == "field" and self.kind == TRANSIENTS:
                found[name] = np.array(["cell", "onset_frame", "peak_frame"], dtype=object)
        return found

    def to_frame(self) -> pd.DataFrame:
        """A pandas data frame.

        Of cells and frames: a row a frame (its time in s as index, where it is known), a column a
        cell. Any other two dimensions: rows and columns in their order. More: one column of values.
        """
        pandas = _optional("pandas")
        along = self.coordinates()
        sides = [along.get(name, np.arange(n)) for name, n in self._sides()]
        if len(self.dims) > 2:
            index = pandas.MultiIndex.from_product(sides, names=self.dims)
            return pandas.DataFrame({self.kind: self.array.ravel()}, index=index)
        names = ["time_s" if x in along and x in ("frame", "bin") else x for x in self.dims]
        rows = pandas.Index(sides[0], name=names[0])
        if len(self.dims) == 1:
            return pandas.DataFrame({self.kind: self.array}, index=rows)
        columns = pandas.Index(sides[1], name=names[1])
        frame = pandas.DataFrame(self.array, index=rows, columns=columns)
        return frame.T if self.dims[0] == "cell" and self.dims[1] in ("frame", "bin") else frame

    def to_xarray(self) -> xr.DataArray:
        """An xarray array with the dimensions' names; times in s along ``frame`` where they are known."""
        xarray = _optional("xarray")
        notes = {
            "units": self.units,
            "maker": self.maker.name,
            "maker_identity": self.maker.identity,
        }
        return xarray.DataArray(
            self.array, dims=self.dims, coords=self.coordinates(), name=self.kind, attrs=notes
        )

    def to_pynapple(self) -> Any:
        """A pynapple TsdFrame of values (time, cell), or a Tsd of one series."""
        nap = _optional("pynapple")
        if self.time is None or not {"frame", "bin"} & set(self.dims):
            raise InputError("a result over time whose times are known", f"{self.kind} without")
        axis = next(place for place, name in enumerate(self.dims) if name in ("frame", "bin"))
        values = np.moveaxis(self.array, axis, 0)
        times = self.time.seconds(len(values))
        if values.ndim == 1:
            return nap.Tsd(t=times, d=values)
        return nap.TsdFrame(t=times, d=values.reshape(len(times), -1), columns=self.cells)

    def _sides(self) -> list[tuple[str, int]]:
        return list(zip(self.dims, self.array.shape, strict=True))


@dataclass(frozen=True, eq=False)
class Results:
    """All that one maker says of one recording: what becomes a layer of a session, or one file.

    ``threshold`` is where the probability is cut into transients; None for results that are not cut.
    ``warnings`` are sentences for the user (a movie outside of the classifier's range). ``info`` holds
    facts about the run that decide nothing (frame rate and pixel size of the movie, resampling).
    """

    items: tuple[Result, ...]
    threshold: float | None = None
    warnings: tuple[str, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = [item.kind for item in self.items]
        if not kinds or len(set(kinds)) != len(kinds):
            raise InputError("one result of each kind, at least one", ", ".join(kinds) or "none")
        if len({item.maker.identity for item in self.items}) > 1:
            raise InputError("results of one maker", "several makers")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise InputError("a threshold from 0 to 1", f"{self.threshold!r}")

    def __iter__(self) -> Iterator[Result]:
        return iter(self.items)

    def __contains__(self, kind: object) -> bool:
        return any(item.kind == kind for item in self.items)

    def __getitem__(self, kind: str) -> Result:
        found = self.get(kind)
        if found is None:
            held = ", ".join(item.kind for item in self.items)
            raise InputError(f"a result of the kind {kind}", held, self.maker.name)
        return found

    def get(self, kind: str) -> Result | None:
        """The result of a kind, or None."""
        return next((item for item in self.items if item.kind == kind), None)

    @property
    def cut(self) -> float:
        """The threshold, or the default where none is stated."""
        return DEFAULT_THRESHOLD if self.threshold is None else self.threshold

    @property
    def maker(self) -> Maker:
        """Who made them."""
        return self.items[0].maker


def footprint_keys(cells: Cells, numbers: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    """A short hash of the pixels of each of these cells, the same in any order of the pixels.

    Weights do not count: another program may scale them.
    """
    keys = []
    for number in np.asarray(numbers, int).tolist():
        cell = cells[number]
        pixels = np.sort(cell.ypix.astype(np.int64) * cells.width + cell.xpix)
        keys.append(hashlib.sha256(pixels.astype("<i8").tobytes()).hexdigest()[:16])
    return tuple(keys)


def _optional(name: str) -> Any:
    """A package that is used where it is installed and never required."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        hint = how_to_install(name)
        raise InputError(f"the package {name}", "none installed", hint=hint) from error


def _cell_numbers(cells: Any, where: str) -> np.ndarray:
    numbers = np.asarray(cells)
    whole = numbers.dtype.kind in "iu" and numbers.ndim == 1
    if numbers.size == 0:
        return np.empty(0, np.int64)
    if not whole or (numbers < 0).any() or len(np.unique(numbers)) != len(numbers):
        raise InputError("whole cell numbers from 0, each once", f"{numbers!r:.80}", where)
    return numbers.astype(np.int64)
