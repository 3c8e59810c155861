"""``deepcinac agreement``: how far experts agree, and what they should look at together."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import (
    add_settings_arguments,
    json_option,
    layers_option,
    out_option,
    print_json,
    refuse_existing,
    settings_from_args,
    share,
)
from deepcinac.errors import InputError
from deepcinac.labelling.consensus_settings import ConsensusSettings
from deepcinac.progress import Progress

if TYPE_CHECKING:
    from deepcinac.labelling.agreement import Agreement, Disagreement, Jitter, PairAgreement
    from deepcinac.labelling.layer_labels import Labels
    from deepcinac.labelling.session import Layer, Session

UNDEFINED = "–"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "agreement",
        help="how far experts agree with each other",
        description="Compare every two layers of labels, in one session or in several of the same "
        "recording: transients matched one to one, F1, Cohen's kappa on frames, and how far apart "
        "onsets and peaks were set. Only frames that both have judged count.",
    )
    parser.add_argument("sessions", nargs="+", type=Path, metavar="SESSION")
    layers_option(
        parser, "a layer to compare (default: those of experts), also of a classifier", "--layers"
    )
    parser.add_argument(
        "--threshold",
        type=share,
        metavar="P",
        help="probability at or above which a classifier says active (default: that of its layer, or 0.5)",
    )
    out_option(
        parser, "DIR", "write agreement.json, agreement.csv (by cell) and disagreements.csv there"
    )
    json_option(parser)
    parser.add_argument(
        "--consensus",
        metavar="NAME",
        help="put the consensus of the layers into the session, as a new layer of this name",
    )
    add_settings_arguments(parser, ConsensusSettings, title="with --consensus")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Compare, print, and write the requested files."""
    from deepcinac.labelling.agreement import compare_layers, disagreements

    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise InputError("a folder to write into", "a file", args.out)
    if args.out is not None:
        refuse_existing(args.out / "agreement.json", args.force)
    if args.consensus and len(args.sessions) > 1:
        raise InputError(
            "one session with --consensus", f"{len(args.sessions)}",
            hint="join them with 'deepcinac merge' first",
        )  # fmt: skip
    layers, rate = labels_of(args.sessions, args.layer, args.threshold)
    pairs = compare_layers(layers)
    differing = [one for pair in pairs for one in disagreements(pair, rate)]
    content = {
        "sessions": [str(path) for path in args.sessions],
        "frame_rate_hz": rate,
        "pairs": [_as_dict(pair, rate) for pair in pairs],
        "n_disagreements": len(differing),
    }
    if args.json:
        print_json(content)
    else:
        print(table(pairs, differing, rate))
    if args.out is not None:
        _write(args.out, content, pairs, differing, rate)
    if args.consensus:
        settings = settings_from_args(args, ConsensusSettings)
        line = _add_consensus(args.sessions[0], layers, args.consensus, settings)
        if not args.json:
            print(f"\n{line}")
    return 0


def labels_of(
    paths: Sequence[Path], names: Sequence[str] | None, threshold: float | None
) -> tuple[list[Labels], float]:
    """The layers to compare, with common numbers of the cells, and the frame rate in Hz.

    Layers of one name in several sessions are told apart by the names of the files.
    """
    from dataclasses import replace

    from deepcinac.labelling.merging import common_cells
    from deepcinac.labelling.session import Session

    sessions: list[Session] = []
    try:
        for path in paths:
            sessions.append(Session.open(path, read_only=True))
        cells, numbers = common_cells(sessions)
        found: list[tuple[Path, Labels]] = []
        for session, number in zip(sessions, numbers, strict=True):
            for layer in _chosen(session, names):
                labels = _labels(session, layer, threshold).renumbered(number, len(cells))
                found.append((session.path, labels))
        rate = sessions[0].recording.frame_rate_hz
        missing = [n for n in names or () if not any(_has(session, n) for session in sessions)]
    finally:
        for session in sessions:
            session.close()
    _require_found(missing, found, paths)
    times = Counter(labels.name for _, labels in found)
    layers = [
        replace(labels, name=f"{path.stem}: {labels.name}") if times[labels.name] > 1 else labels
        for path, labels in found
    ]
    return layers, rate


def _chosen(session: Session, names: Sequence[str] | None) -> list[Layer]:
    if names is None:
        return session.layers("expert")
    return [session.find_layer(name) for name in dict.fromkeys(names) if _has(session, name)]


def _has(session: Session, name: str) -> bool:
    """Whether a session has a layer that could be meant."""
    layers = session.layers()
    held = {x.name for x in layers} | {x.maker.name for x in layers if x.maker}
    return name in held | {f"#{x.id}" for x in layers}


def _require_found(
    missing: Sequence[str], found: Sequence[tuple[Path, Labels]], paths: Sequence[Path]
) -> None:
    held = [labels.name for _, labels in found]
    where = ", ".join(map(str, paths))
    if missing:
        raise InputError(f"the layer {missing[0]}", "no such layer", where)
    if len(found) < 2:
        raise InputError(
            "at least two layers to compare", ", ".join(held) or "no layer of an expert", where,
            "name layers of other kinds with --layer",
        )  # fmt: skip


def _labels(session: Session, layer: Layer, threshold: float | None) -> Labels:
    from deepcinac.labelling.layer_labels import labels_from_prediction, read_labels

    cells, probability = session.predictions(layer.id)
    if not len(cells):
        return read_labels(session, layer.id)
    if threshold is None:
        threshold = layer.cut
    return labels_from_prediction(
        cells, probability, threshold, session.n_cells, name=layer.name, kind=layer.kind
    )


def table(pairs: Sequence[PairAgreement], differing: Sequence[Disagreement], rate: float) -> str:
    """One row a pair, columns aligned, and what the columns mean."""
    from deepcinac.evaluation.report import aligned, number

    heads = ["", "cells", "frames", "transients", "matched", "F1", "kappa", "onset", "peak"]
    rows = [heads]
    for pair in pairs:
        total = pair.total
        rows.append(
            [
                f"{pair.first}, {pair.second}",
                f"{total.n_cells}",
                f"{total.frames.n}",
                f"{total.n_first}, {total.n_second}",
                f"{total.n_matched}",
                number(total.f1),
                number(total.kappa),
                _jitter(total.onset_jitter, rate),
                _jitter(total.peak_jitter, rate),
            ]
        )
    return "\n".join(
        [
            "Agreement, over the frames that both have judged",
            aligned(rows),
            "F1 of transients matched one to one; Cohen's kappa of frames; onset and peak: median",
            "distance (quartiles) of matched ones in frames, and the median in seconds.",
            f"{len(differing)} disagreements to look at; {UNDEFINED}  undefined.",
        ]
    )


def _jitter(value: Jitter | None, rate: float) -> str:
    if value is None:
        return UNDEFINED
    frames = f"{value.median:g} ({value.q1:g} to {value.q3:g})"
    return f"{frames} {value.median / rate:.2f} s"


def _as_dict(pair: PairAgreement, rate: float) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "total": _numbers(pair.total, rate),
        "cells": {str(cell): _numbers(agreement, rate) for cell, agreement in pair.cells.items()},
    }


def _numbers(agreement: Agreement, rate: float) -> dict[str, Any]:
    """The numbers of an agreement; undefined ones are None."""
    numbers: dict[str, Any] = {
        "n_cells": agreement.n_cells,
        "n_frames": agreement.frames.n,
        "n_first": agreement.n_first,
        "n_second": agreement.n_second,
        "n_matched": agreement.n_matched,
        "f1": agreement.f1,
        "kappa": agreement.kappa,
    }
    for name, value in (("onset", agreement.onset_jitter), ("peak", agreement.peak_jitter)):
        for part in ("median", "q1", "q3", "shift"):
            frames = None if value is None else getattr(value, part)
            numbers[f"{name}_{part}_frames"] = frames
            numbers[f"{name}_{part}_s"] = None if frames is None else frames / rate
    return numbers


def _write(
    out: Path,
    content: dict[str, Any],
    pairs: Sequence[PairAgreement],
    differing: Sequence[Disagreement],
    rate: float,
) -> None:
    from deepcinac.evaluation.tables import write_csv
    from deepcinac.files import write_json

    write_json(out / "agreement.json", content)
    rows = [
        {"first": pair.first, "second": pair.second, "cell": cell, **_numbers(agreement, rate)}
        for pair in pairs
        for cell, agreement in [*pair.cells.items(), ("all", pair.total)]
    ]
    write_csv(out / "agreement.csv", rows)
    found = [
        {
            "cell": one.cell,
            "first_frame": one.first,
            "last_frame": one.last,
            "kind": one.kind,
            "marked_by": one.marked_by,
            "other": one.other,
            "n_frames": one.n_frames,
            "text": one.text,
        }
        for one in differing
    ]
    write_csv(out / "disagreements.csv", found)


def _add_consensus(
    path: Path, layers: Sequence[Labels], name: str, settings: ConsensusSettings
) -> str:
    from deepcinac.labelling.consensus import ACCEPTED, REJECTED, UNDECIDED, make_consensus
    from deepcinac.labelling.layer_labels import add_labels
    from deepcinac.labelling.session import Session

    made = make_consensus(layers, settings, name)
    with Session.open(path) as session:
        add_labels(session, made.labels)
    outcomes = Counter(decision.outcome for decision in made.decisions)
    return (
        f"{path}: layer {name}, {outcomes[ACCEPTED]} transients agreed, {outcomes[REJECTED]} "
        f"rejected, {outcomes[UNDECIDED]} undecided (doubtful)"
    )
