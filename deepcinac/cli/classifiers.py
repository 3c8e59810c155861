"""``deepcinac classifiers [NAME]``: the classifiers at hand, their cards, and what can be done with them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import aligned, json_option, out_option, print_json, refuse_existing
from deepcinac.cli.info import flattened
from deepcinac.errors import InputError
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.learning.zoo import ClassifierFolder

PLACE = "the command line"


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser(
        "classifiers",
        help="the classifiers at hand: their cards, what suits a recording, copies",
        description="List the classifiers that ship and your own ones (those that were trained or "
        "imported on this computer), or show the whole card of one. Imported ones are checked "
        "completely and nothing in them is executed. What is removed is set aside and can be restored.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME|DIR", help="the card of this one")
    parser.add_argument(
        "--fits",
        type=Path,
        metavar="SESSION",
        help="say of NAME, or of all, whether it suits this recording; looks at the movie",
    )
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="SESSION",
        help="list the classifiers in the folder of this session as well",
    )
    parser.add_argument(
        "--import",
        dest="imported",
        type=Path,
        metavar="DIR|FILE.zip",
        help="make the classifier in a folder or .zip one of your own; NAME gives it another name",
    )
    parser.add_argument(
        "--remove", action="store_true", help="set NAME, one of your own, aside (see --restore)"
    )
    parser.add_argument(
        "--restore",
        metavar="REMOVED",
        help="bring back what was removed; '?' lists what there is",
    )
    parser.add_argument(
        "--from-published",
        nargs=2,
        type=Path,
        metavar=("MODEL.json", "WEIGHTS.h5"),
        help="make a classifier folder of a network that DeepCINAC 1 saved, to start training from",
    )
    out_option(parser, "DIR|FILE.zip", "write a copy of NAME, or what --from-published makes")
    json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Do the one thing that was asked for."""
    _check(args)
    if args.from_published is not None:
        return _from_published(args)
    if args.imported is not None:
        return _import(args)
    if args.restore is not None:
        return _restore(args.restore)
    if args.remove:
        return _remove(args.name)
    if args.out is not None:
        return _export(args)
    if args.fits is not None:
        return _fits(args, progress)
    return _show(args) if args.name is not None else _list(args)


def _check(args: argparse.Namespace) -> None:
    asked = {
        "--from-published": args.from_published is not None,
        "--import": args.imported is not None,
        "--restore": args.restore is not None,
        "--remove": args.remove,
        "--fits": args.fits is not None,
        "--beside": args.beside is not None,
    }
    named = [option for option, is_asked in asked.items() if is_asked]
    if args.out is not None and "--from-published" not in named:
        named.append("--out")
    if len(named) > 1:
        raise InputError("one of these options at a time", " and ".join(named), PLACE)
    if args.from_published is not None and args.out is None:
        raise InputError("--from-published and --out together", "only one of them", PLACE)
    needs_name = [option for option in named if option in ("--remove", "--out")]
    if needs_name and args.name is None:
        raise InputError(f"the name of a classifier with {needs_name[0]}", "none", PLACE)


def _from_published(args: argparse.Namespace) -> int:
    from deepcinac.tasks.activity.published import make_classifier

    refuse_existing(args.out, args.force)
    architecture, weights = args.from_published
    card = make_classifier(architecture, weights, args.out)
    print(f"{args.out}: {card.description}")
    return 0


def _import(args: argparse.Namespace) -> int:
    from deepcinac.learning.zoo_files import import_classifier
    from deepcinac.tasks import check_card

    found = import_classifier(args.imported, check_card, args.name, args.force)
    print(f"{found.path}: {found.name} is one of your classifiers now")
    return 0


def _restore(name: str) -> int:
    from deepcinac.learning.zoo_files import removed_classifiers, restore_classifier

    if name == "?":
        rows = [(one.name, one.when, str(one.was_in)) for one in removed_classifiers()]
        print(aligned([("name", "removed", "was in"), *rows]) if rows else "Nothing was removed.")
        return 0
    print(f"{restore_classifier(name).path}: it is back")
    return 0


def _remove(name: str) -> int:
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.learning.zoo_files import remove_classifier

    removed = remove_classifier(find_classifier(name))
    print(
        f"{removed.was_in}: set aside; 'deepcinac classifiers --restore {removed.name}' brings it back"
    )
    return 0


def _export(args: argparse.Namespace) -> int:
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.learning.zoo_files import export_classifier

    found = find_classifier(args.name)
    refuse_existing(args.out, args.force)
    export_classifier(found, args.out)
    print(f"{args.out}: a copy of {found.name}")
    return 0


def _fits(args: argparse.Namespace, progress: Progress) -> int:
    """A line for each thing that was looked at, of each classifier."""
    from deepcinac.learning.zoo import find_classifier, list_classifiers, own_classifiers
    from deepcinac.opening import open_recording
    from deepcinac.tasks.activity.fit import fits_recording

    if args.name is not None:
        asked = [find_classifier(args.name)]
    else:
        asked = [*list_classifiers(), *own_classifiers()]
    with open_recording(args.fits, progress=progress) as recording:
        found = {one.name: fits_recording(one.card, recording, progress) for one in asked}
    if args.json:
        print_json({name: [vars(fit) for fit in fits] for name, fits in found.items()})
        return 0
    for name, fits in found.items():
        for fit in fits:
            print(f"{name}: {'' if fit.suits else '! '}{fit.text}")
    return 0


def _show(args: argparse.Namespace) -> int:
    from deepcinac.learning.zoo import find_classifier

    found = find_classifier(args.name)
    if args.json:
        print_json(found.card.to_dict())
        return 0
    print(f"Classifier {found.path}")
    print(aligned(flattened(found.card.to_dict()), indent="  "))
    return 0


def _list(args: argparse.Namespace) -> int:
    from deepcinac.learning.zoo import classifiers_beside, list_classifiers, own_classifiers

    listed = [*list_classifiers(None), *own_classifiers()]
    if args.beside is not None:
        known = {one.path for one in listed}
        listed += [one for one in classifiers_beside(args.beside) if one.path not in known]
    if args.json:
        print_json([found.card.to_dict() for found in listed])
        return 0
    rows = [("name", "frame rate", "pixel size", "what it is for"), *map(_row, listed)]
    print(aligned(rows) if listed else "No classifier ships with this installation.")
    return 0


def _row(found: ClassifierFolder) -> tuple[str, str, str, str]:
    from deepcinac.learning.zoo import SHIPPED
    from deepcinac.tasks.activity.model import TASK, parts_of

    ranges = ("", "")
    if found.card.task == TASK:
        form = parts_of(found.card).input_form
        ranges = (
            "{:g} to {:g} Hz".format(*form.frame_rate_range_hz),
            "{:g} to {:g} um".format(*form.pixel_size_range_um),
        )
    about = found.card.description or f"started from {found.card.training.get('started_from')}"
    said = about if found.origin == SHIPPED else f"{found.origin}: {about} ({found.path})"
    return found.name, *ranges, said
