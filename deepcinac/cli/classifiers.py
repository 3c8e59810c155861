"""``deepcinac classifiers [NAME]``: the classifiers that ship, and the card of one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepcinac.cli.common import aligned, json_option, out_option, print_json, refuse_existing
from deepcinac.cli.info import flattened
from deepcinac.errors import InputError
from deepcinac.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser("classifiers", help="the classifiers that ship, and their cards")
    parser.add_argument("name", nargs="?", metavar="NAME", help="show the whole card of this one")
    parser.add_argument(
        "--from-published",
        nargs=2,
        type=Path,
        metavar=("MODEL.json", "WEIGHTS.h5"),
        help="make a classifier folder of a network that DeepCINAC 1 saved, to start training from",
    )
    out_option(parser, "DIR", "with --from-published: the new folder")
    json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Print the list, or one card."""
    from deepcinac.learning.zoo import find_classifier, list_classifiers
    from deepcinac.tasks.activity.model import parts_of

    if (args.from_published is None) != (args.out is None):
        raise InputError("--from-published and --out together", "only one of them")
    if args.from_published is not None:
        from deepcinac.tasks.activity.published import make_classifier

        refuse_existing(args.out, args.force)
        architecture, weights = args.from_published
        card = make_classifier(architecture, weights, args.out)
        print(f"{args.out}: {card.description}")
        return 0
    if args.name is not None:
        found = find_classifier(args.name)
        if args.json:
            print_json(found.card.to_dict())
            return 0
        print(f"Classifier {found.path}")
        print(aligned(flattened(found.card.to_dict()), indent="  "))
        return 0
    if args.json:
        print_json([found.card.to_dict() for found in list_classifiers()])
        return 0
    rows = [("name", "frame rate", "pixel size", "what it is for")]
    for found in list_classifiers():
        form = parts_of(found.card).input_form
        rows.append(
            (
                found.name,
                "{:g} to {:g} Hz".format(*form.frame_rate_range_hz),
                "{:g} to {:g} um".format(*form.pixel_size_range_um),
                found.card.description,
            )
        )
    print(aligned(rows) if len(rows) > 1 else "No classifier ships with this installation.")
    return 0
