"""``deepcinac dynamics``: what kind of network a recording shows, from its raster."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    aligned,
    print_json,
    progress_option,
    settings_from_args,
)
from deepcinac.cli.planned import add_plan_options, run_planned, write_into
from deepcinac.errors import InputError
from deepcinac.progress import Progress
from deepcinac.recording.spike_detection import SpikeDetectionSettings
from deepcinac.tasks.dynamics.settings import PRESETS, DynamicsSettings

if TYPE_CHECKING:
    from deepcinac.learning.backbones import Backbone
    from deepcinac.results import Results
    from deepcinac.tasks.dynamics.classifying import Plan

NONE = "none"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "dynamics",
        help="tell classes of recordings (age, genotype, culture) from their rasters",
        description="Tell the class of recordings (their condition: age, genotype, mixture of cells) from "
        "when their cells or electrodes are active. Windows are drawn as images and described by a "
        "network that was trained on photographs; twenty statistics of the activity with a random "
        "forest and logistic regression stand beside it, each beside what it scores when classes are "
        "exchanged. Whole animals or devices are left out in turn. A run that was stopped goes on when "
        "the same command is given again.",
    )
    parser.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="RECORDING",
        help="sessions (.deepcinac), or a table (.csv) with the columns file, class, and device or "
        "animal, whose files are sessions, results, spike times (.csv, .npz, .mat, .nwb), or raw "
        "recordings of electrodes (.h5 of Multi Channel Systems)",
    )
    add_plan_options(
        parser,
        "folder of the report and of what was told of each recording",
        "put the class that each session was taken for into it, as a layer",
    )
    parser.add_argument(
        "--from", dest="source", metavar="NAME",
        help="the layer of the sessions (default: the only classifier's)",
    )  # fmt: skip
    parser.add_argument(
        "--classes", default="condition", metavar="KEY",
        help="what the class is: the condition, or a column of the table such as age",
    )  # fmt: skip
    parser.add_argument(
        "--by",
        choices=("animal", "device", "recording"),
        help="what is left out whole (default: animals where they are known, then devices)",
    )
    parser.add_argument(
        "--merge", action="append", default=[], metavar="NEW=OLD,OLD",
        help="put classes together; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--backbone", default="efficientnet-lite0", metavar="NAME",
        help="the network that describes images: efficientnet-lite0, efficientnet-b0, efficientnet-b1, "
        "mobilenet-v2, densenet-121, densenet-201, xception, or none (default: efficientnet-lite0)",
    )  # fmt: skip
    parser.add_argument(
        "--weights", type=Path, metavar="FILE",
        help="its weights, which you have; random ones are the control and stand beside them",
    )  # fmt: skip
    parser.add_argument(
        "--weights-sha256", metavar="HEX", help="refuse a file of weights with another SHA-256"
    )
    parser.add_argument(
        "--no-control", action="store_true", help="with --weights: leave out random weights"
    )
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), default="standard",
        help="small: fewer and smaller images, minutes instead of an hour",
    )  # fmt: skip
    add_settings_arguments(parser, DynamicsSettings, title="windows, images and methods")
    add_settings_arguments(parser, SpikeDetectionSettings, title="spikes of electrodes")
    progress_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Plan, classify, report."""
    from deepcinac.files import SESSION_ENDING

    return run_planned(
        args,
        lambda: _plan(args, progress),
        _plan_in_words,
        lambda plan: _classify(args, plan, progress),
        [path for path in args.recordings if path.suffix == SESSION_ENDING],
    )


def _plan(args: argparse.Namespace, progress: Progress) -> Plan:
    from deepcinac.tasks.dynamics.classifying import make_plan
    from deepcinac.tasks.dynamics.rasters import merged, parsed_merge, read_raster, rows_of

    base, looks = PRESETS[args.preset]
    settings = settings_from_args(args, DynamicsSettings, base)
    backbones = _backbones(args, settings.seed)
    rows = rows_of(args.recordings)
    detection = settings_from_args(args, SpikeDetectionSettings)
    recordings = [
        read_raster(row, args.source, args.classes, args.by, detection, progress) for row in rows
    ]
    if args.merge:
        recordings = merged(recordings, dict(parsed_merge(text) for text in args.merge))
    return make_plan(recordings, settings, backbones, looks)


def _backbones(args: argparse.Namespace, seed: int) -> list[Backbone]:
    """The control with random weights, and the backbone with the weights that the user has."""
    from deepcinac.learning.backbones import backbone_of

    if args.backbone == NONE:
        if args.weights is not None:
            raise InputError("a backbone for the weights", "--backbone none")
        return []
    if args.weights is None:
        return [backbone_of(args.backbone, None, args.weights_sha256, seed)]
    control = [] if args.no_control else [backbone_of(args.backbone, seed=seed)]
    return [*control, backbone_of(args.backbone, args.weights, args.weights_sha256)]


def _plan_in_words(plan: Plan) -> str:
    from deepcinac.tasks.dynamics.report import electrode_notes

    minutes = plan.seconds / 60
    long = f"{minutes / 60:.1f} hours" if minutes > 90 else f"{max(1, round(minutes))} minutes"
    n_exchanges = len(plan.null_labels)
    return (
        f"Telling {', '.join(plan.classes)} in {len(plan.recordings)} recordings: {plan.words}.\n"
        f"{plan.n_windows} windows, {plan.n_fits} fits: {len(plan.folds)} folds, "
        f"{3 + len(plan.backbones)} methods, {1 + n_exchanges} times (once as it is, the others with "
        f"exchanged classes); about {long} on a quiet machine."
        + "".join(f"\n{note}" for note in electrode_notes(plan))
    )


def _classify(args: argparse.Namespace, plan: Plan, progress: Progress) -> int:
    import shutil

    from deepcinac.tasks.dynamics.answers import class_results
    from deepcinac.tasks.dynamics.classifying import classify
    from deepcinac.tasks.dynamics.report import (
        HEAD,
        as_dict,
        notes_on,
        summary,
        write_report,
    )

    work = args.out / "work"
    found = classify(plan, work, progress)
    page = write_report(args.out, found)
    said = _keep(args, class_results(found))
    shutil.rmtree(work, ignore_errors=True)
    if args.json:
        print_json(as_dict(found))
        return 0
    print(f"\nTold while left out: {plan.words}\n")
    print(aligned([HEAD, *summary(found)], "  "))
    print("\n" + "\n".join(notes_on(found)))
    if found.images_per_second is not None:
        print(f"{found.images_per_second:.0f} images a second were described.")
    print("\n".join([f"report {page}", *said]))
    return 0


def _keep(args: argparse.Namespace, answers: dict[Path, Results]) -> list[str]:
    """Write what was told of each recording beside the report and, when asked, into its session."""
    from deepcinac.files import SESSION_ENDING
    from deepcinac.results.files import write_results

    said = []
    for path, results in answers.items():
        write_results(args.out / "answers" / f"{path.stem}.npz", results)
        if args.write and path.suffix == SESSION_ENDING:
            said.append(write_into(path, results))
    return said
