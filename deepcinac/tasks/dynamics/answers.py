"""What a classification leaves in the sessions that it judged: the class that each was taken for."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from pathlib import Path

import numpy as np

from deepcinac.results.kinds import KINDS, RECORDING_CLASS
from deepcinac.results.result import Maker, Result, Results
from deepcinac.tasks.dynamics.classifying import Classification
from deepcinac.tasks.dynamics.model import TASK
from deepcinac.tasks.dynamics.rasters import RasterRecording
from deepcinac.tasks.dynamics.settings import RECORDINGS
from deepcinac.version import __version__


def class_results(found: Classification) -> dict[Path, Results]:
    """The shares of the last method by the path of each recording, told while it was left out."""
    plan, method = found.plan, found.methods[-1]
    shares = [own.mean(axis=0) for own in found.answers[method]]
    table = [
        {"name": one.name, "class": one.label, "told": plan.classes[int(own.argmax())],
         "share": round(float(own.max()), 4)}
        for one, own in zip(plan.recordings, shares, strict=True)
    ]  # fmt: skip
    facts = {RECORDINGS: table, "held_out": plan.words, "method": method}
    return {
        one.path: Results((_result(found, method, one, own),), info=facts)
        for one, own in zip(plan.recordings, shares, strict=True)
    }


def _result(
    found: Classification, method: str, recording: RasterRecording, shares: np.ndarray
) -> Result:
    plan = found.plan
    settings = {
        "classes": list(plan.classes),
        "held_out": plan.words,
        **dataclasses.asdict(plan.settings),
    }
    digest = hashlib.sha256()
    for one in plan.recordings:
        digest.update(one.spikes.times_s.tobytes() + one.spikes.channels.tobytes())
    made = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    maker = Maker(
        TASK, f"{', '.join(plan.classes)} ({method}, left out)", settings={**settings, "method": method},
        input_fingerprint=digest.hexdigest(), program_version=__version__, made_at=made,
    )  # fmt: skip
    values = (shares / max(float(shares.sum()), 1e-12)).astype(np.float32)
    return Result(
        RECORDING_CLASS, np.clip(values, 0, 1), KINDS[RECORDING_CLASS].dims, "1", maker,
        labels={"class": plan.classes},
    )  # fmt: skip
