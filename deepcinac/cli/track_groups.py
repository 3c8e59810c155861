"""What ``deepcinac track`` does with sessions: cells across days, ensembles."""

from __future__ import annotations

import argparse
from pathlib import Path

from deepcinac.cli.common import aligned, print_json, settings_from_args
from deepcinac.errors import InputError
from deepcinac.files import SESSION_ENDING
from deepcinac.progress import Progress
from deepcinac.tracking.settings import DaysMatchingSettings, EnsembleSettings


def run_days(args: argparse.Namespace, progress: Progress) -> int:
    """Match the cells of several sessions of one field."""
    from deepcinac.tracking.across_days import follow_days
    from deepcinac.tracking.days_report import (
        DAY_HEAD,
        HEAD,
        as_dict,
        day_lines,
        notes_on,
        turnover_lines,
        write_report,
    )

    paths = _sessions(args.inputs)
    if len(set(paths)) < len(paths):
        raise InputError("each session once", "one of them twice", "--days")
    found = follow_days(paths, settings_from_args(args, DaysMatchingSettings), progress)
    page = write_report(args.out, found)
    if args.json:
        print_json(as_dict(found))
        return 0
    print(aligned([HEAD, *turnover_lines(found)], "  "))
    print("\n" + aligned([DAY_HEAD, *day_lines(found)], "  "))
    print("\n" + "\n".join(notes_on(found)))
    print(f"report {page}")
    return 0


def run_ensembles(args: argparse.Namespace, progress: Progress) -> int:
    """Group the cells of a session by their activity."""
    import numpy as np

    from deepcinac.opening import open_recording
    from deepcinac.recording.signals import frame_edges, per_frame
    from deepcinac.tracking.activity import activity_of
    from deepcinac.tracking.ensembles import find_ensembles, fit_signal
    from deepcinac.tracking.ensembles_report import HEAD, as_dict, notes_on, summary, write_report

    paths = _sessions(args.inputs)
    if len(paths) > 1:
        raise InputError("one session with --ensembles", f"{len(paths)}")
    settings = settings_from_args(args, EnsembleSettings)
    generator = np.random.default_rng(0)
    with open_recording(paths[0], working_copy=False, progress=progress) as recording:
        numbers, activity = activity_of(recording, args.source)
        found = find_ensembles(activity, settings, generator)
        rate, signal, fits = recording.frame_rate_hz, None, []
        if args.signal:
            edges = frame_edges(recording.shape[0], rate)
            held = recording.require_session().signal(args.signal)
            values = per_frame(held, edges)
            if values.ndim > 1:
                raise InputError("a signal of one value", f"one of {values.shape[1]}", args.signal)
            signal = (args.signal, values)
            fits = fit_signal(found.activity, values, 10 * settings.shuffles, generator)
        mean = np.array(recording.traces_with_images.images["mean"])
        centres = recording.cells.centres()[numbers]
    page = write_report(args.out, found, fits, numbers, centres, mean, signal, rate)
    if args.json:
        print_json(as_dict(found, fits))
        return 0
    print(aligned([HEAD, *summary(found, fits)], "  "))
    print("\n" + "\n".join(notes_on(found)))
    print(f"report {page}")
    return 0


def _sessions(inputs: list[str]) -> list[Path]:
    paths = [Path(one) for one in inputs]
    if others := [path for path in paths if path.suffix != SESSION_ENDING]:
        raise InputError("sessions (.deepcinac)", f"{others[0].name}", others[0])
    return paths
