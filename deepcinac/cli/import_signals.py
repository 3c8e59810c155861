"""``deepcinac import --kind signal``: what the animal did, or what it was shown, beside the movie."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepcinac.cli.common import positive_float
from deepcinac.errors import InputError

if TYPE_CHECKING:
    from deepcinac.labelling.session import Session


def add_signal_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``--kind signal``."""
    from deepcinac.recording.signals import WAYS

    group = parser.add_argument_group("signals (--kind signal)")
    group.add_argument(
        "--time-column", metavar="NAME", help="times of the samples (default: a column called time)"
    )
    group.add_argument(
        "--frame-column", metavar="NAME", help="frame of each sample (default: one called frame)"
    )
    group.add_argument(
        "--time-unit",
        choices=("s", "ms", "us", "min"),
        help="unit of the times (default: the one in the column's name, or s)",
    )
    group.add_argument(
        "--signal-rate", type=positive_float, metavar="HZ", help="of samples without a clock"
    )
    group.add_argument(
        "--offset",
        type=float,
        default=0.0,
        metavar="S",
        help="where frame 0 begins on the signal's clock (default: at 0)",
    )
    group.add_argument("--units", metavar="UNITS", help="of the values, such as cm/s")
    group.add_argument(
        "--way",
        choices=WAYS,
        help="how samples are brought to frames: their mean within each (the default), the value in "
        "between, the last one up to it (states), or their sum (events)",
    )


def import_signals(session: Session, args: argparse.Namespace) -> list[str]:
    """Each signal of a file into the session; what was done, a line each."""
    from deepcinac.formats.signal_files import SignalOptions, read_signals
    from deepcinac.recording.signals import alignment

    if args.all_judged or args.author:
        raise InputError("a signal without --all-judged and --author", "one of them", args.labels)
    options = SignalOptions(
        args.variable, args.time_column, args.frame_column, args.time_unit, args.signal_rate,
        args.offset, args.units, args.way,
    )  # fmt: skip
    recording = session.recording
    frames = (recording.n_frames, recording.frame_rate_hz)
    signals = read_signals(args.labels, *frames, options)
    if args.layer:
        if len(signals) > 1:
            held = ", ".join(one.name for one in signals)
            raise InputError("one signal where --layer gives it a name", held, args.labels)
        signals = [replace(signals[0], name=args.layer)]
    said = []
    with session.group(f"import {args.labels.name}"):
        for one in signals:
            met = alignment(one, *frames)
            session.write_signal(one)
            said.append(f"signal {one.name}, {_facts(one)}; {met.in_words()}")
    return said


def _facts(signal: Any) -> str:
    """How many samples there are, in which range or classes, and what was left out."""
    text = f"{signal.n_samples} samples"
    if signal.classes:
        text += f" of {', '.join(signal.classes)}"
    else:
        low, high = float(signal.values.min()), float(signal.values.max())
        text += f" of {low:.4g} to {high:.4g}{'' if signal.units == '1' else f' {signal.units}'}"
    left_out = signal.info.get("left_out", 0)
    return f"{text}, {left_out} that are no numbers left out" if left_out else text
