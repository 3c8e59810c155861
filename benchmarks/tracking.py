"""How well moving cells are followed: joined gaps of true fragments, and all of it from pixels.

    python benchmarks/tracking.py fragments [--seeds 0 1 2 3 4]
    python benchmarks/tracking.py pixels --work FOLDER [--seeds 1 2 3 4 5] [--other PYTHON]
    python benchmarks/tracking.py sinetra --work FOLDER --other PYTHON [--seeds 1 2 3]

``fragments`` takes the true places (with 0.3 px of noise) and asks which gaps are joined rightly. ``pixels``
renders the movies, finds spots and tracks them; with ``--other``, the Python of an environment that holds
byotrack, that program links and stitches the same spots (``benchmarks/tracking_byotrack.py``). Seed 0 of
``pixels`` was used to choose the defaults, the others were not. ``sinetra`` does the same with movies of that
simulator, which that Python needs as well (``benchmarks/tracking_sinetra.py``).
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np

from deepcinac.evaluation.units import bootstrap_mean
from deepcinac.simulation.elastic import PIXEL_UM, draw_scene, render
from deepcinac.simulation.elastic_settings import ElasticSettings
from deepcinac.tracking.fragments import Fragment
from deepcinac.tracking.joining import join, paths_of
from deepcinac.tracking.score import Counts, TrackingScore, score_joins, score_tracks
from deepcinac.tracking.settings import TrackingSettings
from deepcinac.tracking.spots import find_spots
from deepcinac.tracking.tracking import track_spots

NOISE_PX = 0.3
WITHIN_PX = 3.0
PARTS = ("detection", "links", "silent", "hidden")


def fragments_of(
    positions: np.ndarray, shown: np.ndarray, shortest: int = 4
) -> tuple[list[Fragment], list[int]]:
    """A fragment for each stretch in which a cell is shown, and the cell of each."""
    found, owners = [], []
    for cell, row in enumerate(shown):
        edges = np.flatnonzero(np.diff(np.pad(row.astype(int), 1))).reshape(-1, 2)
        for first, end in edges.tolist():
            if end - first >= shortest:
                found.append(Fragment(first, positions[cell, first:end]))
                owners.append(cell)
    return found, owners


def from_fragments(seeds: list[int]) -> None:
    """Print precision and recall of joined gaps for each seed, and their means."""
    settings = TrackingSettings()
    cap = settings.join_um / PIXEL_UM
    table: dict[str, list[Counts]] = {"elastic": [], "constant position": []}
    for seed in seeds:
        generator = np.random.default_rng([seed, 0])
        scene = draw_scene(ElasticSettings(), generator)
        measured = scene.positions + generator.normal(0, NOISE_PX, scene.positions.shape)
        fragments, owners = fragments_of(measured, scene.shown)
        n_frames = scene.shown.shape[1]
        for name, own in table.items():
            paths = paths_of(fragments, n_frames, settings.gap_frames, name == "elastic")
            joins = join(fragments, paths, n_frames, settings.gap_frames, cap)
            pairs = [(one.before, one.after) for one in joins]
            own.append(score_joins(owners, [one.first for one in fragments], pairs))
            print(f"seed {seed}, {name}: {_in_words(own[-1])}", flush=True)
    for name, own in table.items():
        print(f"{name}: {_mean(own)}")


def from_pixels(seeds: list[int], work: Path, other: Path | None) -> None:
    """Print detection and association for each seed, ours and byotrack's on the same spots."""
    work.mkdir(parents=True, exist_ok=True)
    table: dict[str, list[TrackingScore]] = {}
    for seed in seeds:
        settings = ElasticSettings()
        scene = draw_scene(settings, np.random.default_rng([seed, 0]))
        shape = (settings.moving_field_px,) * 2
        movie = render(scene, settings, np.random.default_rng([seed, 1]))
        _compare(
            table, movie, scene.positions, scene.shown, shape, PIXEL_UM, work / f"{seed}", other
        )
    report(table)


SINETRA_PIXEL_UM = 1.28
"""So that a cell of the usual 10 um has the size of theirs: Gaussians of 2 to 3.5 px."""


def from_sinetra(seeds: list[int], work: Path, other: Path) -> None:
    """The same of movies that another group's program makes."""
    work.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("tracking_sinetra.py")
    table: dict[str, list[TrackingScore]] = {}
    for seed in seeds:
        path = work / f"sinetra-{seed}.movie.npz"
        if not path.is_file():
            subprocess.run([str(other), str(script), str(path), str(seed)], check=True)
        held = np.load(path)
        movie, positions, shown = held["movie"], held["positions"].astype(float), held["shown"]
        _compare(
            table, movie, positions, shown, movie.shape[1:], SINETRA_PIXEL_UM,
            work / f"sinetra-{seed}", other,
        )  # fmt: skip
    report(table)


def _compare(
    table: dict[str, list[TrackingScore]],
    movie: np.ndarray,
    positions: np.ndarray,
    shown: np.ndarray,
    shape: tuple[int, ...],
    pixel_um: float,
    stem: Path,
    other: Path | None,
) -> None:
    tracking = TrackingSettings()
    diameter = tracking.diameter_um / pixel_um
    spots = [find_spots(frame, diameter, tracking.threshold_sd) for frame in movie]
    for name, elastic in (("elastic", True), ("constant position", False)):
        tracks = track_spots(spots, tracking, pixel_um, elastic).tracks
        score = score_tracks(tracks.positions, tracks.seen, positions, shown, WITHIN_PX, shape)
        table.setdefault(name, []).append(score)
    if other is not None:
        rows = [(frame, *place) for frame, own in enumerate(spots) for place in own.tolist()]
        np.savez(stem.with_suffix(".npz"), spots=np.array(rows), n_frames=len(movie), shape=shape)
        script = Path(__file__).with_name("tracking_byotrack.py")
        subprocess.run([str(other), str(script), str(stem.with_suffix(".npz"))], check=True)
        for path in sorted(stem.parent.glob(f"{stem.name}-by-*.npz")):
            held = np.load(path)
            score = score_tracks(
                held["positions"], held["seen"], positions, shown, WITHIN_PX, shape
            )
            table.setdefault(path.stem.split("-by-")[1], []).append(score)
    for name, own in table.items():
        parts = ", ".join(f"{part} {_in_words(getattr(own[-1], part))}" for part in PARTS)
        print(f"{stem.name}, {name}: {parts}", flush=True)


def report(table: dict[str, list[TrackingScore]]) -> None:
    """Means over movies with their intervals."""
    for part in PARTS:
        for name, own in table.items():
            print(f"{part}, {name}: {_mean([getattr(one, part) for one in own])}")


def _in_words(one: Counts) -> str:
    return f"{one.precision or 0:.3f}/{one.recall or 0:.3f}"


def _mean(counts: list[Counts]) -> str:
    words = []
    for what in ("precision", "recall", "f1"):
        values = np.array([getattr(one, what) or 0.0 for one in counts])
        low, high = bootstrap_mean(values, np.random.default_rng(0)) or (np.nan, np.nan)
        words.append(f"{what} {values.mean():.3f} ({low:.3f} to {high:.3f})")
    return ", ".join(words)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("fragments", "pixels", "sinetra"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--work", type=Path, default=Path("tracking-work"))
    parser.add_argument("--other", type=Path)
    given = parser.parse_args()
    if given.what == "fragments":
        from_fragments(given.seeds)
    elif given.what == "sinetra":
        if given.other is None:
            parser.error("sinetra needs --other PYTHON")
        from_sinetra(given.seeds, given.work, given.other)
    else:
        from_pixels(given.seeds, given.work, given.other)
