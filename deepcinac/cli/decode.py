"""``deepcinac decode``: what the animal did, from the activity of its cells or regions."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    aligned,
    positive_int,
    print_json,
    progress_option,
    settings_from_args,
)
from deepcinac.cli.planned import add_plan_options, run_planned, write_into
from deepcinac.errors import InputError
from deepcinac.learning.settings import OF_A_METHOD, TrainingSettings
from deepcinac.learning.splits import counted
from deepcinac.progress import Progress
from deepcinac.tasks.behaviour.settings import (
    MOVIE_NETWORKS,
    MOVIE_PRESETS,
    NETWORKS,
    PRESETS,
    STEPS,
    DecodingSettings,
)

if TYPE_CHECKING:
    from deepcinac.tasks.behaviour.decoding import Plan
    from deepcinac.tasks.behaviour.recordings import DecodedRecording
    from deepcinac.tasks.behaviour.targets import Target


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "decode",
        help="decode behaviour from the activity of cells or regions",
        description="Decode a signal that was recorded beside the movie ('deepcinac import --kind "
        "signal') from predicted activity or from traces. A recurrent network stands beside regression on "
        "the same window and beside the mean of all inputs, each beside what it scores when behaviour is "
        "shifted in time. Whole animals are held out where regions correspond by name, whole "
        "sessions of one animal where the cells are the same, blocks of time with gaps otherwise. "
        "A run that was stopped goes on when the same command is given again.",
    )
    parser.add_argument(
        "sessions", nargs="+", type=Path, metavar="SESSION", help=".deepcinac files"
    )
    parser.add_argument(
        "--signal",
        metavar="WORDS",
        help="what to decode: a signal ('position'), or a comparison ('speed > 0.5')",
    )
    add_plan_options(
        parser,
        "folder of the report, the held-out answers and the decoder",
        "put the held-out answers and what was important into the sessions, as a layer",
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="NAME",
        help="what to decode from: a layer of a classifier or method, or the traces raw, dff, "
        "minus_neuropil, ... (default: the only classifier's layer, or raw)",
    )
    parser.add_argument(
        "--by",
        choices=("time", "recording", "animal", "device", "condition"),
        help="what is held out (default: what leaks least)",
    )
    parser.add_argument(
        "--network",
        nargs="+",
        action="extend",
        choices=(*NETWORKS, *MOVIE_NETWORKS, "none"),
        help="kinds of network (default: gru; with --movie cnn and cnn-gru); none: regression alone, "
        "in a minute",
    )
    parser.add_argument(
        "--movie",
        action="store_true",
        help="decode from the pictures themselves (networks: cnn, cnn-gru, cnn-lstm), of animals whose "
        "movies are registered to each other",
    )
    parser.add_argument(
        "--pixels", type=positive_int, default=32, metavar="N",
        help="with --movie: height and width of the pictures (default: 32)",
    )  # fmt: skip
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), default="standard", help="how long networks are trained"
    )
    parser.add_argument(
        "--no-importance", action="store_true", help="leave out which inputs matter"
    )
    parser.add_argument(
        "--apply",
        type=Path,
        metavar="DIR",
        help="decode with a decoder that was trained before, into the sessions, and train nothing",
    )
    add_settings_arguments(parser, DecodingSettings, title="decoding")
    add_settings_arguments(parser, TrainingSettings, OF_A_METHOD, title="training of the networks")
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Plan, decode, report."""
    if args.apply is not None:
        return _apply(args, progress)
    return run_planned(
        args,
        lambda: _plan(args, progress),
        lambda plan: _plan_in_words(plan, not args.no_importance),
        lambda plan: _decode(args, plan, progress),
        args.sessions,
    )


def _plan(args: argparse.Namespace, progress: Progress) -> Plan:
    from deepcinac.tasks.behaviour.decoding import make_plan
    from deepcinac.tasks.behaviour.recordings import read_recording
    from deepcinac.tasks.behaviour.targets import parsed_target

    if not args.signal:
        raise InputError("what to decode", "nothing", hint="add --signal 'speed > 0.5'")
    target = parsed_target(args.signal)
    if args.movie:
        return _movie_plan(args, target, progress)
    settings = settings_from_args(args, DecodingSettings)
    training = settings_from_args(args, TrainingSettings, PRESETS[args.preset])
    networks = [name for name in args.network or ["gru"] if name != "none"]
    recordings = [
        read_recording(path, target, args.source, settings.baseline_s, settings.causal, progress)
        for path in args.sessions
    ]
    return make_plan(recordings, target, settings, training, networks, args.by)


def _movie_plan(args: argparse.Namespace, target: Target, progress: Progress) -> Plan:
    from deepcinac.tasks.behaviour.decoding import make_plan
    from deepcinac.tasks.behaviour.movies import read_movie

    if args.source:
        raise InputError("--movie without --from", "both")
    if args.out is None:  # pictures are kept there
        raise InputError("a folder for the report", "none", hint="add --out DIR")
    networks = [name for name in args.network or ["cnn", "cnn-gru"] if name != "none"]
    if others := [name for name in networks if name not in MOVIE_NETWORKS]:
        raise InputError(
            f"networks among {', '.join(MOVIE_NETWORKS)}", ", ".join(others), "--movie"
        )
    base = dataclasses.replace(DecodingSettings(), window_frames=STEPS + 2, baseline_s=0.0)
    settings = settings_from_args(args, DecodingSettings, base)
    if settings.window_frames < 3:
        raise InputError("a window of at least 3 frames", f"{settings.window_frames}", "--movie")
    training = settings_from_args(args, TrainingSettings, MOVIE_PRESETS[args.preset])
    pictures = args.out / "work" / "pictures"
    movies = [read_movie(path, target, args.pixels, pictures, progress) for path in args.sessions]
    recordings = [one.pictures for one in movies]
    named = {one.pictures.name: one for one in movies}
    return make_plan(recordings, target, settings, training, networks, args.by, named)


def _plan_in_words(plan: Plan, with_importance: bool) -> str:
    fits = f"{plan.n_fits} fits: {plan.n_folds} folds, {2 + len(plan.networks)} methods"
    if not plan.movies:
        fits += (
            f", {1 + plan.settings.shifts} times (once as it is, the others with shifted behaviour)"
        )
    long = f"about {_long(plan.seconds)} on a quiet machine"
    if with_importance and plan.importance_seconds:
        what = "to see where a network looks" if plan.movies else "to see which inputs matter"
        long += f", and {_long(plan.importance_seconds)} {what} (--no-importance leaves it out)"
    recordings = counted(len(plan.recordings), "recording")
    return f"Decoding {plan.target.text} from {recordings}: {plan.words}.\n{fits}; {long}."


def _long(seconds: float) -> str:
    minutes = seconds / 60
    return (
        f"{minutes / 60:.1f} hours" if minutes > 90 else counted(max(1, round(minutes)), "minute")
    )


def _decode(args: argparse.Namespace, plan: Plan, progress: Progress) -> int:
    import shutil

    from deepcinac.results.files import write_results
    from deepcinac.tasks.behaviour.answers import answers_of
    from deepcinac.tasks.behaviour.decoding import (
        decode,
        importances,
        maps_of,
        train_decoder,
    )
    from deepcinac.tasks.behaviour.report import HEAD, as_dict, notes_on, summary, write_report

    work = args.out / "work"
    found = decode(plan, work, progress)
    wanted = not args.no_importance
    inputs = importances(plan, work, progress) if wanted and not plan.movies else []
    maps = maps_of(plan, work, progress) if wanted and plan.movies and plan.networks else []
    page = write_report(args.out, found, sum(inputs, []), sum(maps, []))
    answers = answers_of(plan, found, inputs, maps)
    for name, results in answers.items():
        write_results(args.out / "answers" / f"{name}.npz", results)
    said = [f"report {page}"]
    if plan.networks and not plan.movies:
        for part in plan.parts:
            name = "decoder" if len(plan.parts) == 1 else f"decoder-{part.recordings[0].name}"
            train_decoder(plan, part, args.out / name, progress)
            said.append(f"decoder {args.out / name}")
    if args.write:
        said += [write_into(one.path, answers[one.name]) for one in plan.recordings]
    shutil.rmtree(work, ignore_errors=True)
    if args.json:
        print_json(as_dict(found))
        return 0
    print(f"\n{found.measure}, {plan.words}\n")
    print(aligned([HEAD, *summary(found)], "  "))
    print("\n" + "\n".join(notes_on(found)))
    print("\n".join(said))
    return 0


def _apply(args: argparse.Namespace, progress: Progress) -> int:
    """Decode sessions with a decoder that is there."""
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.tasks.behaviour.model import parts_of
    from deepcinac.tasks.behaviour.task import decode_with

    if args.signal or args.out or args.write:
        raise InputError("--apply DIR with sessions alone", "--signal, --out or --write as well")
    decoder = find_classifier(args.apply)
    architecture, rules, _ = parts_of(decoder.card, args.apply)
    for path in args.sessions:
        recording = _inputs_like(path, rules, architecture.causal, progress)
        results = decode_with(decoder, recording)
        print(f"{write_into(path, results)}, {recording.n_frames} frames decoded")
    return 0


def _inputs_like(path: Path, rules: Any, causal: bool, progress: Progress) -> DecodedRecording:
    from deepcinac.tasks.behaviour.recordings import read_recording

    return read_recording(path, None, rules.source, rules.baseline_s, causal, progress)
