"""Find the cells of a movie with suite2p, run in a process of its own, and make a session of them.

The movie is read by our readers and laid down as suite2p's ``data.bin``: whatever we open (compressed
TIFF, which suite2p 1.1 reads as noise, folders, HDF5, NWB) suite2p gets as the frames that we see. It is
registered in place, and the session refers to it.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import DeepCinacError, InputError
from deepcinac.formats import suite2p, suite2p_runner
from deepcinac.installation import is_executable
from deepcinac.labelling.movie_reference import identify
from deepcinac.labelling.session import Session
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.recording.movie import Movie
from deepcinac.results import Maker, Result, Results
from deepcinac.results.kinds import CURVE
from deepcinac.results.result import footprint_keys
from deepcinac.version import __version__

LAYER = "suite2p spks"
CELLS_IN_MOVIE = "cells in the movie"
"""What is missing, in the words of the error, where suite2p comes to its end and finds none."""
UNFINISHED = "unfinished"
LEAST_FRAMES = 50
"""What suite2p asks for; under 200 frames it warns itself."""

_CELL_UM = 12.0
_INT16 = np.iinfo(np.int16)
_FRAMES_AT_ONCE = 200
_RANGE_OF_FLOATS = 30_000.0
_COARSE = 500.0


@dataclass(frozen=True)
class Scaling:
    """How grey levels became those of ``data.bin`` (int16): ``(value - offset) * factor``."""

    offset: float = 0.0
    factor: float = 1.0

    def apply(self, frames: np.ndarray) -> np.ndarray:
        """Frames as int16; what is not a number becomes the lowest value."""
        if self == Scaling() and frames.dtype.kind in "biu":
            return frames.astype("<i2")
        if frames.dtype.kind in "biu":
            return np.floor(frames * self.factor).astype("<i2")
        values = (frames.astype(np.float64) - self.offset) * self.factor
        values = np.nan_to_num(values, nan=0.0, posinf=_INT16.max, neginf=_INT16.min)
        return np.clip(np.rint(values), _INT16.min, _INT16.max).astype("<i2")


def scaling_of(dtype: np.dtype[Any], low: float, high: float) -> Scaling:
    """How values from ``low`` to ``high`` are put into 16 bits with the least change.

    Whole numbers stay as they are where they fit and are divided by 2, 4, ... where they do not;
    other numbers stay where rounding costs less than a 500th of their range.

    >>> scaling_of(np.dtype("u2"), 0, 40_000)
    Scaling(offset=0.0, factor=0.5)
    """
    fits = _INT16.min <= low and high <= _INT16.max
    if fits and (dtype.kind in "biu" or high - low >= _COARSE):
        return Scaling()
    if dtype.kind in "biu":
        factor = 1.0
        while np.floor(high * factor) > _INT16.max or np.floor(low * factor) < _INT16.min:
            factor /= 2
        return Scaling(0.0, factor)
    span = high - low
    return Scaling(low, _RANGE_OF_FLOATS / span if span > 0 else 1.0)


def detect(
    movie: Movie,
    out: Path,
    frame_rate_hz: float,
    pixel_size_um: float,
    *,
    settings: Mapping[str, Any] | None = None,
    python: str | Path = sys.executable,
    progress: Progress = silent,
) -> tuple[Session, tuple[str, ...]]:
    """Register a movie, find its cells, and make the session ``out`` of both.

    Parameters
    ----------
    movie
        The movie, open.
    out
        The session. Beside it, in ``NAME-suite2p/suite2p/plane0``, lie the results of suite2p and
        the registered movie, which the session refers to.
    frame_rate_hz, pixel_size_um
        Of the movie.
    settings
        Settings of suite2p 1.1, nested as its own; what is not given is suite2p's default.
    python
        The interpreter that has suite2p.
    progress
        Receives the steps. An exception it raises, and Ctrl-C, stop the run; nothing is left.

    Returns
    -------
    Session
        All ROIs, those that suite2p rejects as invalid cells; the deconvolved activity is a layer.
    tuple of str
        What is worth knowing, a sentence each.
    """
    if out.exists():
        raise InputError("a name that is not used yet", "a file", out, "choose another name")
    if movie.n_frames < LEAST_FRAMES:
        raise InputError(
            f"a movie of at least {LEAST_FRAMES} frames, which suite2p needs",
            f"{movie.n_frames}",
            movie.path,
        )
    if is_executable() and Path(python) == Path(sys.executable):
        raise InputError("a Python that has suite2p", "none named", hint=how_to_install_suite2p())
    given = _checked_settings(copy.deepcopy(dict(settings or {})), frame_rate_hz)
    _set_scale(given, pixel_size_um)
    with _new_folder(out) as folder:
        plane = folder / "suite2p" / "plane0"
        plane.mkdir(parents=True)
        scaling = _write_data(movie, plane / "data.bin", progress)
        used, version = _run(plane, movie.shape, given, Path(python), progress)
        session = _session_of(plane, movie, out, frame_rate_hz, pixel_size_um)
        try:
            _keep_spikes(session, plane, movie, used, version, scaling)
        except BaseException:
            session.close()
            out.unlink(missing_ok=True)
            raise
    said = []
    if scaling != Scaling():
        said.append(
            f"The grey levels were made to fit 16 bits: (value - {scaling.offset:g}) x "
            f"{scaling.factor:g}."
        )
    if movie.n_frames < 200:
        said.append("With fewer than 200 frames suite2p finds cells unreliably.")
    return session, tuple(said)


def is_installed(python: str | Path = sys.executable) -> bool | None:
    """Whether a Python has suite2p; None where that cannot be told without starting it."""
    if Path(python) == Path(sys.executable):
        return importlib.util.find_spec("suite2p") is not None
    return None if Path(python).is_file() else False


def folder_of(out: Path) -> Path:
    """Where the results of suite2p lie beside a session."""
    return out.with_name(f"{out.stem}-suite2p")


@contextlib.contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """The folder of a run, removed when it fails; what an earlier run left unfinished is replaced."""
    folder = folder_of(out)
    mark = folder / UNFINISHED
    if mark.exists():
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise InputError(
            "a name that is not used yet", "a folder", folder, "choose another name for the session"
        ) from None
    try:
        mark.write_text("deepcinac detect did not come to its end here.\n", encoding="utf-8")
        yield folder
        mark.unlink()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _checked_settings(given: dict[str, Any], frame_rate_hz: float) -> dict[str, Any]:
    rate = given.setdefault("fs", float(frame_rate_hz))
    if rate != frame_rate_hz:
        raise InputError(
            f"fs {frame_rate_hz:g}, the frame rate of the movie", f"fs {rate}", "the settings",
            "leave fs out, or say --frame-rate",
        )  # fmt: skip
    for table, name, wanted in (
        ("run", "do_detection", True),
        ("run", "do_deconvolution", True),
        ("io", "delete_bin", False),
        ("io", "move_bin", False),
    ):
        inner = given.get(table, {})
        if isinstance(inner, dict) and inner.get(name, wanted) != wanted:
            expected = f"{table}.{name} = {str(wanted).lower()}, without which there is no session"
            raise InputError(expected, str(inner[name]), "the settings")
    return given


def spatial_scale(pixel_size_um: float) -> int:
    """suite2p's scale (1 to 4: 6, 12, 24 or 48 pixels) that is nearest to a cell of 12 um.

    >>> [spatial_scale(size) for size in (2.0, 1.0, 0.5)]
    [1, 2, 3]
    """
    return int(np.clip(np.rint(np.log2(_CELL_UM / pixel_size_um / 6)) + 1, 1, 4))


def _set_scale(given: dict[str, Any], pixel_size_um: float) -> None:
    """Say how large cells are, unless the user does; 0 lets suite2p guess.

    Its guess depends on chance in small fields: one movie, halved in brightness, gave 23 cells instead
    of 5. We know the size of a pixel.
    """
    detection = given.setdefault("detection", {})
    if isinstance(detection, dict):
        sparsery = detection.setdefault("sparsery_settings", {})
        if isinstance(sparsery, dict):
            sparsery.setdefault("spatial_scale", spatial_scale(pixel_size_um))


# The movie as suite2p wants it


def _write_data(movie: Movie, path: Path, progress: Progress) -> Scaling:
    needed = 2 * movie.n_frames * movie.height * movie.width
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise InputError(
            f"{needed / 1e9:.2g} GB free for the registered movie", f"{free / 1e9:.2g} GB", path
        )
    scaling = Scaling()
    if not np.can_cast(movie.dtype, np.int16):
        low, high = np.inf, -np.inf
        for frames in _blocks(movie, "looking at the grey levels", progress):
            finite = frames[np.isfinite(frames)] if frames.dtype.kind == "f" else frames
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        if low > high:
            raise InputError("a movie with numbers", "NaN or infinity in every pixel", movie.path)
        scaling = scaling_of(movie.dtype, low, high)
    with open(path, "wb") as stream:
        for frames in _blocks(movie, "copying the movie", progress):
            stream.write(scaling.apply(frames).tobytes())
    return scaling


def _blocks(movie: Movie, stage: str, progress: Progress) -> Iterator[np.ndarray]:
    for start in range(0, movie.n_frames, _FRAMES_AT_ONCE):
        stop = min(start + _FRAMES_AT_ONCE, movie.n_frames)
        yield movie.frames(start, stop)
        progress(ProgressEvent(stage, stop, movie.n_frames))


# suite2p in its own process


def _run(
    plane: Path,
    shape: tuple[int, int, int],
    settings: dict[str, Any],
    python: Path,
    progress: Progress,
) -> tuple[dict[str, Any], str]:
    """Run suite2p and wait; returns the settings that it used and its version."""
    job = plane.parent.parent / "job.json"
    job.write_text(
        json.dumps({"folder": str(plane.absolute()), "shape": shape, "settings": settings}),
        encoding="utf-8",
    )
    log = plane.parent.parent / "suite2p.log"
    progress(ProgressEvent("starting suite2p"))
    with open(log, "wb") as errors:
        process = _start(python, job, errors)
        try:
            last = _follow(process, progress)
        finally:
            _stop(process)
    job.unlink()
    if "finished" in last:
        return dict(last["settings"]), str(last["version"])
    raise _failure(last, process.returncode, python, log)


def how_to_install_suite2p() -> str:
    """The hint where there is no suite2p."""
    apart = "`pip install suite2p` in a Python environment of its own that --suite2p-python names"
    if is_executable():
        return f"run {apart}"
    return f"run `pip install suite2p`, or {apart}"


def _start(python: Path, job: Path, errors: Any) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            [str(python), str(Path(suite2p_runner.__file__)), str(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            # Ctrl-C is for us; we end the run ourselves.
            start_new_session=os.name != "nt",
        )
    except OSError as error:
        found = error.strerror or str(error)
        raise InputError(
            "a Python that has suite2p", found, python, how_to_install_suite2p()
        ) from error


def _follow(process: subprocess.Popen[str], progress: Progress) -> dict[str, Any]:
    """Pass on what the runner says; its last word that is no progress."""
    lines: queue.Queue[str | None] = queue.Queue()

    def collect() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=collect, daemon=True).start()
    last: dict[str, Any] = {}
    event = ProgressEvent("starting suite2p")
    while True:
        try:
            line = lines.get(timeout=1.0)
        except queue.Empty:
            progress(event)  # a chance to cancel, in stages that say nothing for minutes
            continue
        if line is None:
            process.wait()
            return last
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if "stage" in said:
            event = ProgressEvent(said["stage"], said.get("done", 0), said.get("total", 0))
            progress(event)
        else:
            last = said


def _stop(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    if process.poll() is None:
        process.kill()
    process.wait()


def _failure(last: dict[str, Any], status: int, python: Path, log: Path) -> DeepCinacError:
    """Why there are no results, as a sentence."""
    kind, text = last.get("failed"), str(last.get("text", ""))
    if kind == "import":
        return InputError("suite2p 1.1", f"none ({text})", python, how_to_install_suite2p())
    if kind == "torchvision":
        return InputError(
            "torch and torchvision of one kind, which suite2p imports", f"'{text[:120]}'", python,
            "install both from one place, such as "
            "'pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu'",
        )  # fmt: skip
    if kind == "setting":
        return InputError("settings of suite2p 1.1", f"'{text}'", "the settings")
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    reason = text or (said[-1] if said else f"it ended with status {status}")
    return InputError(
        "suite2p to come to its end", f"'{reason[:300]}'", "suite2p",
        "try other settings (--settings), or run suite2p itself on the movie",
    )  # fmt: skip


# The session


def _session_of(plane: Path, movie: Movie, out: Path, rate_hz: float, size_um: float) -> Session:
    hint = "lower detection.threshold_scaling in --settings, or check that the movie shows activity"
    stat = plane / "stat.npy"
    if not stat.is_file() or not (plane / "spks.npy").is_file():
        raise InputError(CELLS_IN_MOVIE, "none that suite2p could find", movie.path, hint)
    cells = suite2p.read_cells(plane, (movie.height, movie.width))
    return Session.create(out, plane / "data.bin", movie.shape, cells, rate_hz, size_um)


def _keep_spikes(
    session: Session,
    plane: Path,
    movie: Movie,
    settings: dict[str, Any],
    version: str,
    scaling: Scaling,
) -> None:
    """The deconvolved activity as a layer of the method that made it."""
    spikes = np.load(plane / "spks.npy", allow_pickle=False)
    numbers = np.arange(session.n_cells)
    maker = Maker(
        "method",
        LAYER,
        version,
        settings={
            "suite2p": settings,
            "input": {"offset": scaling.offset, "factor": scaling.factor},
        },
        input_fingerprint=identify(movie.path)[1],
        program_version=__version__,
    )
    keys = footprint_keys(session.cells(), numbers)
    item = Result(CURVE, spikes.astype(np.float32), ("cell", "frame"), "1", maker, numbers, keys)
    source = {"detected_in": movie.path.name}
    if movie.series:
        source["series"] = movie.series
    session.write_results(Results((item,), info=source), LAYER)
