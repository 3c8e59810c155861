"""Many movies into one folder, several at a time, so that an interrupted corpus goes on where it stopped."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.simulation.recorded import RecordedTrial, read_recordings
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import SimulationSettings

_recordings: list[RecordedTrial] | None = None  # of a worker process


def make_corpus(
    movies: Sequence[SimulationSettings],
    out: str | Path,
    traces: str | Path | None = None,
    part: str = "training",
    jobs: int = 1,
    progress: Progress = silent,
) -> list[Path]:
    """Simulate each movie into a folder of its own, ``0000``, ``0001`` and so on.

    A folder gets its name when it is complete; those that are there already are kept. ``traces`` is a
    folder of recorded traces, of which the neurons of ``part`` are used.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    folders = [out / f"{number:04d}" for number in range(len(movies))]
    wanted = [
        (settings, folder)
        for settings, folder in zip(movies, folders, strict=True)
        if not (folder / "meta.json").is_file()
    ]
    for done, _ in enumerate(_made(wanted, traces, part, min(jobs, len(wanted))), start=1):
        progress(ProgressEvent("simulating movies", done, len(wanted)))
    return folders


def _made(
    wanted: list[tuple[SimulationSettings, Path]],
    traces: str | Path | None,
    part: str,
    jobs: int,
) -> Iterator[None]:
    read = partial(_read, traces, part)
    if jobs <= 1:
        read()
        yield from map(_make_one, wanted)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=read) as pool:
        yield from pool.map(_make_one, wanted)


def _read(traces: str | Path | None, part: str) -> None:
    global _recordings
    _recordings = read_recordings(traces, part) if traces else None


def _make_one(movie: tuple[SimulationSettings, Path]) -> None:
    settings, folder = movie
    unfinished = folder.with_name(f".{folder.name}.part")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    simulate(settings, unfinished, _recordings)
    os.replace(unfinished, folder)
