"""What is going to happen, in plain words, before a prediction or a training starts. No Tk.

Which cells and labels, what is held out and why, what speaks against it, how long it will take and on
what. Times follow from how fast the last run was on this computer; before the first, from a usual one.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.resampling import plan_resampling
from deepcinac.labelling.judgement import LayerJudgement, judgement
from deepcinac.labelling.session import Session
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import hold_out_time
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.selection import parse_selection
from deepcinac.settings import from_mapping

SPEEDS = "speeds"
PREDICTING, TRAINING = "cell frames a second", "windows a second"
USUAL_PER_CORE = {PREDICTING: 5000.0, TRAINING: 50.0}
"""Before anything has run here."""
START_S = 15.0
"""Loading the network and reading the movie for the first time."""
NETWORK_BYTES = 700e6
FEW_TRANSIENTS = 20
WINDOW_FRAMES = 100


@dataclass(frozen=True)
class PlanLine:
    """A row of a plan; a warning says what speaks against it."""

    name: str
    text: str
    is_warning: bool = False


class Speeds:
    """How fast the last runs were on this computer; kept in the settings."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    def note(self, what: str, per_second: float) -> None:
        """A run has ended that did so much in a second."""
        if per_second > 0:
            self._settings.set(SPEEDS, {**self._settings.get(SPEEDS, {}), what: float(per_second)})

    def time_for(self, what: str, amount: float) -> str:
        """How long something will take, and by what that is known."""
        known = self._settings.get(SPEEDS, {}).get(what)
        is_known = isinstance(known, (int, float)) and known > 0
        speed = float(known) if is_known else USUAL_PER_CORE[what] * n_cores()
        by = "by the last run" if is_known else "roughly: nothing has run on this computer yet"
        return f"{in_round_words(START_S + amount / speed)} ({by})"


def n_cores() -> int:
    """Processor cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device_in_words() -> str:
    """What the network will run on."""
    cores = counted(n_cores(), "core")
    if shutil.which("nvidia-smi"):
        return f"the graphics card where TensorFlow can use it, or else the processor ({cores})"
    return f"the processor ({cores})"


def in_round_words(seconds: float) -> str:
    """A duration that is only roughly known.

    >>> in_round_words(20), in_round_words(130), in_round_words(5000)
    ('under a minute', 'about 2 min', 'about 1 h 25 min')
    """
    if seconds < 50:
        return "under a minute"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    return f"about {hours} h" + (f" {rest} min" if rest else "")


# Prediction


def prediction_plan(
    work: Workspace, speeds: Speeds, select: str, classifier: str
) -> list[PlanLine]:
    """What a prediction of some cells will do; what cannot be is a warning."""
    try:
        cells = parse_selection(select, work.n_cells)
        found = find_classifier(classifier)
        form = from_mapping(InputForm, found.card.input_form, found.path)
    except InputError as error:
        return [PlanLine("Not possible", str(error), is_warning=True)]
    n_frames = work.n_frames
    minutes = n_frames / work.frame_rate_hz / 60
    lines = [
        PlanLine(
            "Predicts",
            f"{len(cells)} of {counted(work.n_cells, 'cell')}, {n_frames:,} frames ({minutes:.1f} min)",
        ),
        PlanLine("Result", _result_layer(work, found)),
        PlanLine("Quality", quality_of(found)),
        *_fit(work, form),
        PlanLine("Takes", speeds.time_for(PREDICTING, len(cells) * n_frames)),
        *_needs(NETWORK_BYTES + 12.0 * len(cells) * n_frames),
        PlanLine("Runs on", device_in_words()),
    ]
    return lines


def _result_layer(work: Workspace, found: ClassifierFolder) -> str:
    same = [
        layer
        for layer in work.require_session().layers("classifier")
        if layer.maker is not None and layer.maker.weights_sha256 == found.card.weights_sha256
    ]
    if same:
        return f"joins the layer {same[0].name}; cells predicted before are predicted anew"
    return f"a new layer, {found.card.name}; no label is touched"


def quality_of(found: ClassifierFolder) -> str:
    """The scores of a classifier and what they were measured on."""
    scores, training = found.card.scores, found.card.training
    score = scores.get("score")
    if isinstance(score, (int, float)):
        held = training.get("held_out") or {}
        return f"{scores.get('score_name', 'F1')} {score:.2f} on {held.get('words', 'what was held out')}"
    known = {
        name: part["f1"]
        for name, part in scores.items()
        if isinstance(part, dict) and isinstance(part.get("f1"), (int, float))
    }
    tests = {name: f1 for name, f1 in known.items() if not name.startswith("validation")} or known
    if tests:
        return ", ".join(f"F1 {f1:.2f} ({name})" for name, f1 in list(tests.items())[:3])
    return "not known: nothing was held out when it was trained"


def _fit(work: Workspace, form: InputForm) -> list[PlanLine]:
    """Whether frame rate and pixel size suit the classifier."""
    cells, rate = work.cells, work.frame_rate_hz
    size = work.pixel_size_um
    if cells is None or size is None:
        return []
    plan = plan_resampling(cells.height, cells.width, rate, size, form)
    if plan.warnings:
        return [PlanLine("Suits it", text, is_warning=True) for text in plan.warnings]
    done = [f"{plan.time_bin} frames are averaged into one"] if plan.time_bin > 1 else []
    if (plan.height, plan.width) != (cells.height, cells.width):
        done.append(f"pixels are resampled to {plan.pixel_size_um:.2g} um")
    changed = f"; {' and '.join(done)}" if done else ", as they are"
    return [PlanLine("Suits it", f"yes: {rate:g} Hz and {size:g} um{changed}")]


def _needs(n_bytes: float) -> list[PlanLine]:
    import psutil

    free = psutil.virtual_memory().available
    text = f"about {n_bytes / 1e9:.1f} GB of memory ({free / 1e9:.1f} GB are free)"
    return [PlanLine("Needs", text, is_warning=n_bytes > free)]


# Training


def training_plan(
    work: Workspace,
    speeds: Speeds,
    source: str,
    start_from: str | None,
    settings: TrainingSettings,
) -> list[PlanLine]:
    """What a training will learn from and be judged by; what cannot be is a warning."""
    lines = []
    session = work.session
    if session is not None and Path(source) == session.path:
        lines += _own_labels(work, session, settings)
    else:
        lines.append(
            PlanLine("Learns from", f"what is judged in {source}: looked at when it starts")
        )
    amount = settings.epochs * settings.windows_per_epoch
    start = f"the weights of {start_from}" if start_from else "new weights, which needs many labels"
    lines += [
        PlanLine("Starts from", start),
        PlanLine("Takes", speeds.time_for(TRAINING, 1.3 * amount)),
        *_needs(1.5e9),
        PlanLine("Runs on", device_in_words()),
    ]
    return lines


def _own_labels(work: Workspace, session: Session, settings: TrainingSettings) -> list[PlanLine]:
    if work.layer_id is None:
        text = (
            "there is no layer with labels yet: mark transients and the frames that you have judged"
        )
        return [PlanLine("Not possible", text, is_warning=True)]
    layer = session.layer(work.layer_id)
    try:
        said = judgement(session, layer)
    except InputError:
        text = f"no frame of the layer {layer.name} is marked as judged: g marks what is in view"
        return [PlanLine("Not possible", text, is_warning=True)]
    counted_frames = ~said.doubtful[said.judged]
    inside = said.active[said.judged]
    n_transients = sum(
        1 for cell, onset, _ in said.transients.tolist() if not said.doubtful[cell, onset]
    )
    minutes = counted_frames.sum() / work.frame_rate_hz / 60
    lines = [
        PlanLine(
            "Learns from",
            f"the layer {layer.name}: {counted(n_transients, 'transient')} of "
            f"{counted(len(said.judged), 'judged cell')}, {minutes:.1f} min of judged frames "
            f"({inside.sum() / max(1, counted_frames.sum()):.0%} active)",
        ),
        held_out_line(said, settings, work.frame_rate_hz),
    ]
    if n_transients < FEW_TRANSIENTS:
        lines.append(
            PlanLine("Few labels", f"{FEW_TRANSIENTS} transients or more teach something that lasts; "
                     "with fewer the result may be worse than the start", is_warning=True)
        )  # fmt: skip
    return lines


def held_out_line(
    said: LayerJudgement, settings: TrainingSettings, frame_rate_hz: float
) -> PlanLine:
    """What the classifier is judged by, and why it is that."""
    from deepcinac.tasks.activity.task import GAP_S, MIN_CELLS_TO_HOLD_OUT

    n_cells = len(said.judged)
    if n_cells >= MIN_CELLS_TO_HOLD_OUT:
        n_held = min(max(1, round(settings.held_out * n_cells)), n_cells - 1)
        text = (
            f"{counted(n_held, 'cell')} of {n_cells}, drawn at random and held out whole: frames of "
            "one cell are too alike to train and judge with"
        )
        return PlanLine("Judged by", text)
    labelled = (~said.doubtful[said.judged]).sum(0)
    gap = round(GAP_S * frame_rate_hz)
    blocks = hold_out_time(np.asarray(labelled), settings.held_out, gap, WINDOW_FRAMES)
    few = f"fewer than {MIN_CELLS_TO_HOLD_OUT} judged cells"
    if blocks is None:
        text = f"nothing: {few}, and too few judged frames to hold some out. There will be no score"
        return PlanLine("Judged by", text, is_warning=True)
    seconds = (blocks.test_stop - blocks.test_start) / frame_rate_hz
    text = f"the last {seconds:.0f} s, after a gap of {GAP_S:g} s: {few}, so no cell can be spared"
    return PlanLine("Judged by", text)


def speed_of_training(history: list[dict[str, Any]]) -> float:
    """Windows a second, as a training reported them last; 0 where it never did."""
    said = [r["windows_per_second"] for r in history if r.get("windows_per_second")]
    return float(said[-1]) if said else 0.0
