"""``deepcinac simulate``: a movie with a known answer, or a corpus of them."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from deepcinac.cli.common import (
    add_settings_arguments,
    out_option,
    positive_int,
    progress_option,
    settings_from_args,
)
from deepcinac.errors import InputError
from deepcinac.progress import Progress
from deepcinac.simulation.corpus import CLASSIC, MIXTURES, corpus_settings
from deepcinac.simulation.cortex_settings import CORTEX_WIDE, CortexSettings
from deepcinac.simulation.culture_settings import CULTURE, CultureSettings
from deepcinac.simulation.days_settings import DAYS, DaysSettings
from deepcinac.simulation.elastic_settings import ELASTIC, ElasticSettings
from deepcinac.simulation.lorenz_settings import LORENZ, LorenzSettings
from deepcinac.simulation.presets import TISSUE_KINDS
from deepcinac.simulation.rhythm_settings import RHYTHM, RhythmSettings
from deepcinac.simulation.settings import (
    PRESETS,
    SimulationSettings,
    checked_ranges,
    preset_settings,
)
from deepcinac.simulation.stimulus_settings import STIMULUS, StimulusSettings

OTHER_KINDS = {
    CORTEX_WIDE: CortexSettings,
    CULTURE: CultureSettings,
    ELASTIC: ElasticSettings,
    DAYS: DaysSettings,
    STIMULUS: StimulusSettings,
    LORENZ: LorenzSettings,
    RHYTHM: RhythmSettings,
}


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "simulate",
        help="make a movie whose activity is known",
        description="Make a folder with movie.tif, cells.npz, truth.npz and meta.json. The same seed "
        "and settings make the same movie. With --corpus, many such folders with settings drawn "
        "widely from the seed, to train on.",
    )
    out_option(parser, "DIR", "a new or empty folder", required=True, force=False)
    parser.add_argument(
        "--preset",
        choices=(*MIXTURES, *PRESETS, *OTHER_KINDS),
        help="kind of movie to start from (default: ca1-pup); each setting below overrides it. For --corpus "
        "a mixture: classic (the default), fields in good order; or tissue, the kinds that recordings "
        "come in, faults and all, in equal shares: " + ", ".join(TISSUE_KINDS) + ". "
        f"{CORTEX_WIDE}: sessions of several mice that run, with drawn regions and running speed. "
        f"{ELASTIC}: tissue that stretches, with cells that go dark and come back. "
        f"{DAYS}: one field on several days. {STIMULUS}: a wave from an electrode. "
        f"{CULTURE}: spike times of cultures of five mixtures of excitatory and inhibitory cells. "
        f"{LORENZ}: spike counts of cells that a Lorenz system drives, in trials (no movie). "
        f"{RHYTHM}: a scanned movie of cells that share a rhythm faster than its frames",
    )
    parser.add_argument(
        "--traces",
        type=Path,
        metavar="FOLDER",
        help="recorded traces with spikes (.npz, or .mat of the CASCADE collection) to animate the "
        "cells with; see --recorded-share (then 1 unless it or the preset says otherwise)",
    )
    parser.add_argument(
        "--corpus",
        type=positive_int,
        metavar="N",
        help="make N movies, each with settings of its own; the settings given below hold for all. Run "
        "again, it goes on where it stopped",
    )
    parser.add_argument(
        "--jobs",
        type=positive_int,
        default=1,
        metavar="N",
        help="movies of a corpus to make at the same time (default: 1)",
    )
    names = [
        field.name for field in dataclasses.fields(SimulationSettings) if field.name != "preset"
    ]
    add_settings_arguments(parser, SimulationSettings, names, title="settings of the movie")
    for preset, kind in OTHER_KINDS.items():
        add_settings_arguments(parser, kind, title=f"settings of --preset {preset}")
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Simulate what was asked for."""
    if args.preset in OTHER_KINDS:
        return _other(args, progress)
    return _one(args, progress) if args.corpus is None else _corpus(args, progress)


def _other(args: argparse.Namespace, progress: Progress) -> int:
    """Recordings of another kind than movies of cells that stay where they are."""
    if args.corpus is not None or args.traces is not None:
        raise InputError(f"--preset {args.preset} alone", "--corpus or --traces as well")
    if args.out.exists() and any(args.out.iterdir()):
        raise InputError("a new or empty folder", "files", args.out)
    kind: Any = OTHER_KINDS[args.preset]
    settings: Any = settings_from_args(args, kind)
    seed = getattr(args, "seed", 0)
    for line in _MAKERS[args.preset](settings, args.out, seed, progress):
        print(line)
    return 0


def _mice(settings: Any, out: Path, seed: int, progress: Progress) -> list[str]:
    from deepcinac.simulation.cortex_wide import simulate_mice

    n_frames = round(settings.seconds * settings.rate_hz)
    made = simulate_mice(settings, out, seed, progress)
    return [f"{path}: {n_frames} frames, running speed" for path in made]


def _cultures(settings: Any, out: Path, seed: int, progress: Progress) -> list[str]:
    from deepcinac.simulation.culture import write_cultures

    table = write_cultures(settings, out, seed, progress)
    return [f"{table}: {settings.devices} devices, {settings.length_s:g} s each"]


def _elastic(settings: Any, out: Path, seed: int, progress: Progress) -> list[str]:
    from deepcinac.simulation.elastic import PIXEL_UM, RATE_HZ, simulate_elastic

    simulate_elastic(settings, out, seed, progress)
    about = f"{settings.moving_frames} frames, {settings.moving_cells} cells that move"
    return [f"{out}: {about}, {RATE_HZ:g} Hz, {PIXEL_UM:g} um a pixel, seed {seed}"]


def _days(settings: Any, out: Path, seed: int, progress: Progress) -> list[str]:
    from deepcinac.simulation.days import simulate_days

    return [
        f"{path}: {settings.day_frames} frames"
        for path in simulate_days(settings, out, seed, progress)
    ]


def _stimulus(settings: Any, out: Path, seed: int, progress: Progress) -> list[str]:
    from deepcinac.simulation.stimulus import simulate_stimulus

    made = simulate_stimulus(settings, out, seed, progress)
    return [f"{path}: {2 * settings.stimuli} stimuli" for path in made]


def _lorenz(settings: Any, out: Path, seed: int, _progress: Progress) -> list[str]:
    from deepcinac.simulation.lorenz import simulate_lorenz

    n_trials = settings.conditions * settings.repeats
    return [
        f"{simulate_lorenz(settings, out, seed)}: {n_trials} trials of {settings.neurons} cells"
    ]


def _rhythm(settings: Any, out: Path, seed: int, _progress: Progress) -> list[str]:
    from deepcinac.simulation.rhythm import simulate_rhythm

    made = simulate_rhythm(settings, out, seed)
    return [f"{made}: {settings.rhythm_hz:g} Hz in frames at {settings.scan_rate_hz:g} Hz"]


_MAKERS = {
    CORTEX_WIDE: _mice,
    CULTURE: _cultures,
    ELASTIC: _elastic,
    DAYS: _days,
    STIMULUS: _stimulus,
    LORENZ: _lorenz,
    RHYTHM: _rhythm,
}


def _one(args: argparse.Namespace, progress: Progress) -> int:
    from deepcinac.simulation.recorded import read_recordings
    from deepcinac.simulation.rendering import simulate

    if args.preset in MIXTURES:
        raise InputError(
            "a kind of movie, or --corpus N", args.preset, "option --preset", "add --corpus N"
        )
    base = preset_settings(args.preset or "ca1-pup")
    if args.traces and not base.recorded_share:
        base = dataclasses.replace(base, recorded_share=1.0)
    settings = _with_given(args, base, ("seed", "recorded_part"))
    recordings = read_recordings(args.traces, settings.recorded_part) if args.traces else None
    simulate(settings, args.out, recordings, progress)
    print(f"{args.out}: {settings.n_frames} frames, seed {settings.seed}")
    return 0


def _with_given(
    args: argparse.Namespace, settings: SimulationSettings, own: tuple[str, ...] = ()
) -> SimulationSettings:
    """The settings with what the command line gives on top.

    ``preset``, ``seed`` and ``recorded_part`` chose these settings; only those in ``own`` are taken.
    """
    given = argparse.Namespace(**vars(args))
    for name in {"preset", "seed", "recorded_part"} - set(own):
        if hasattr(given, name):
            delattr(given, name)
    return checked_ranges(settings_from_args(given, SimulationSettings, settings))


def _corpus(args: argparse.Namespace, progress: Progress) -> int:
    from deepcinac.simulation.corpus_folder import make_corpus

    part = "validation" if getattr(args, "recorded_part", "") == "validation" else "training"
    seed = getattr(args, "seed", 0)
    drawn = corpus_settings(args.corpus, seed, part, bool(args.traces), args.preset or CLASSIC)
    movies = [_with_given(args, settings) for settings in drawn]
    folders = make_corpus(movies, args.out, args.traces, part, args.jobs, progress)
    for folder, settings in zip(folders, movies, strict=True):
        print(f"{folder}: {settings.preset}, {settings.n_frames} frames")
    return 0
