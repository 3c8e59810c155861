"""``deepcinac latents``: activity between and beyond the samples, from the dynamics that cells share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    aligned,
    positive_float,
    print_json,
    progress_option,
    settings_from_args,
)
from deepcinac.cli.planned import add_plan_options, run_planned, write_into
from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING
from deepcinac.learning.settings import OF_A_METHOD, TrainingSettings
from deepcinac.progress import Progress
from deepcinac.tasks.latents.settings import KINDS_OF_VALUES, PRESETS, LatentsSettings

if TYPE_CHECKING:
    from deepcinac.tasks.latents.inferring import Plan
    from deepcinac.tasks.latents.samples import Samples


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "latents",
        help="infer activity between the samples from the dynamics that cells share",
        description="Learn the dynamics that the cells of a recording share, and tell from them the activity "
        "of each cell in every bin, also in those in which it was not observed: between frames (the laser "
        "passes each cell once a frame), or where a sensor reads a few cells at a time. From predicted "
        "activity, traces, or spike counts in a file. Smoothing, and interpolation with factor analysis, "
        "stand beside the network in the same table. A run that was stopped goes on when the same command "
        "is given again.",
    )
    parser.add_argument(
        "source_file", type=Path, metavar="SESSION|FILE.npz",
        help="a session; or 'values' of trials x bins x cells, NaN where nothing was observed",
    )  # fmt: skip
    add_plan_options(
        parser,
        "folder of the report, the network and the rates",
        "put the answers into the session, as a layer of their own",
    )
    parser.add_argument(
        "--from", dest="source", metavar="NAME",
        help="of a session: a layer of a classifier or method, or the traces raw, dff, minus_neuropil, ... "
        "(default: the only classifier's layer, or dff)",
    )  # fmt: skip
    parser.add_argument(
        "--values", choices=KINDS_OF_VALUES,
        help="what the values are: spike counts, deconvolved events, fluorescence (the answer is then "
        "fluorescence and no rate), or the probability of activity (default: as the session or file says)",
    )  # fmt: skip
    parser.add_argument(
        "--bin-s", type=positive_float, metavar="S",
        help="of a file: length of a bin, or of a frame where bins are finer (default: as the file says)",
    )  # fmt: skip
    parser.add_argument(
        "--trials", metavar="A-B", help="of a file: use these trials only, such as 0-499"
    )
    parser.add_argument(
        "--start-from", type=Path, metavar="DIR",
        help="adapt a network of the same cells, such as one that learnt from complete samples",
    )  # fmt: skip
    parser.add_argument(
        "--apply", type=Path, metavar="DIR",
        help="use a network that was trained before, and train nothing",
    )  # fmt: skip
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default="standard",
        help="how long the network is trained",
    )
    add_settings_arguments(parser, LatentsSettings, title="dynamics")
    add_settings_arguments(
        parser, TrainingSettings, (*OF_A_METHOD, "name"), title="training of the network"
    )
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Plan, learn, report."""
    is_session = args.source_file.suffix == SESSION_ENDING
    if args.write and not is_session:
        raise InputError("--write with a session", "a file", args.source_file)
    if args.apply is not None:
        return _apply(args, progress)
    return run_planned(
        args,
        lambda: _plan(args, progress),
        _plan_in_words,
        lambda plan: _learn(args, plan, progress),
        [args.source_file],
    )


def _samples(args: argparse.Namespace, bins_per_frame: int, progress: Progress) -> Samples:
    from deepcinac.recording.selection import parse_selection
    from deepcinac.tasks.latents.samples import checked_samples, read_file, read_session

    path = args.source_file
    if path.suffix == SESSION_ENDING:
        if args.trials or args.bin_s:
            raise InputError("--trials and --bin-s with a file", "a session", path)
        return read_session(path, args.source, args.values, bins_per_frame, progress)
    if args.source:
        raise InputError("--from with a session", "a file", path)
    one = read_file(path, args.values, args.bin_s, bins_per_frame)
    if not args.trials:
        return one
    try:
        trials = parse_selection(args.trials, len(one.values))
    except InputError as error:  # it speaks of cells
        expected = f"trials from 0 to {len(one.values) - 1}, such as 0-499"
        raise InputError(expected, repr(args.trials), "option --trials") from error
    return checked_samples(one.chosen(trials))


def _plan(args: argparse.Namespace, progress: Progress) -> Plan:
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.tasks.latents.inferring import make_plan

    settings = settings_from_args(args, LatentsSettings)
    training = settings_from_args(args, TrainingSettings, PRESETS[args.preset])
    start = None if args.start_from is None else find_classifier(args.start_from)
    one = _samples(args, settings.bins_per_frame, progress)
    return make_plan(one, settings, training, start)


def _plan_in_words(plan: Plan) -> str:
    from deepcinac.tasks.latents.report import data_in_words

    minutes = max(1, round(plan.seconds / 60))
    return (
        f"{data_in_words(plan.samples)}\nJudged: {plan.division.words}.\n"
        f"{plan.training.epochs} epochs at most; about {minutes} minutes on a quiet machine."
    )


def _learn(args: argparse.Namespace, plan: Plan, progress: Progress) -> int:
    from deepcinac.results.files import write_results
    from deepcinac.tasks.latents.inferring import find_latents, network_of
    from deepcinac.tasks.latents.report import as_dict, notes_on, tables_of, write_report
    from deepcinac.tasks.latents.task import results_of

    found = find_latents(plan, args.out / "network", args.force, progress)
    page = write_report(args.out, found)
    results = results_of(found.inferred, plan.samples, network_of(args.out / "network"))
    rates = args.out / "latents.npz"
    write_results(rates, results)
    said = [f"report {page}", f"network {args.out / 'network'}", f"answers {rates}"]
    if args.write:
        said.append(write_into(args.source_file, results))
    if args.json:
        print_json(as_dict(found))
        return 0
    for title, rows in tables_of(found):
        print(f"\n{title}\n\n{aligned(rows, '  ')}")
    print("\n" + "\n".join(notes_on(found)))
    print("\n".join(said))
    return 0


def _apply(args: argparse.Namespace, progress: Progress) -> int:
    """What a trained network says of a session or a file."""
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.results.files import write_results
    from deepcinac.tasks.latents.model import parts_of
    from deepcinac.tasks.latents.task import LoadedNetwork, results_of

    if args.start_from or not (args.out or args.write):
        raise InputError("--apply DIR with --out or --write", "neither, or --start-from as well")
    network = find_classifier(args.apply)
    _, rules = parts_of(network.card, args.apply)
    one = _samples(args, rules.bins_per_frame, progress)
    results = results_of(LoadedNetwork(network).infer(one), one, network)
    if args.out is not None:
        from deepcinac.cli.common import refuse_existing

        path = args.out / "latents.npz"
        refuse_existing(path, args.force)
        args.out.mkdir(parents=True, exist_ok=True)
        write_results(path, results)
        print(f"answers {path}")
    if args.write:
        print(write_into(args.source_file, results))
    return 0
