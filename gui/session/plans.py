"""What is going to happen, in plain words, before a prediction or a training starts. No Tk.

Which cells and labels, what is held out and why, what speaks against it, how long it will take and on
what. Times follow from how fast the last run was on this computer; before the first, from a usual one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.widgets.counting import counted
from deepcinac.inputs.form import InputForm
from deepcinac.labelling.corrections import corrections
from deepcinac.labelling.judgement import LayerJudgement, judgement
from deepcinac.labelling.session import Session
from deepcinac.learning.card_words import quality_in_words
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import hold_out_time
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.recording.selection import VALID, parse_selection
from deepcinac.settings import from_mapping
from deepcinac.tasks.activity.fit import fit_of

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


def lines_of(plan: Sequence[PlanLine]) -> list[tuple[str, str, bool]]:
    """A plan as a dialog takes it."""
    return [(line.name, line.text, line.is_warning) for line in plan]


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
    work: Workspace,
    speeds: Speeds,
    select: str,
    classifier: str,
    others: Sequence[Path] = (),
) -> list[PlanLine]:
    """What a prediction of some cells will do; what cannot be is a warning.

    ``others``: sessions that are predicted afterwards, all or the valid cells of each.
    """
    try:
        valid = work.require_session().cells().valid
        cells = parse_selection(select, work.n_cells, valid)
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
        *_afterwards(work, others, select == VALID),
        PlanLine("Quality", quality_in_words(found.card)),
        *_fit(work, form),
        PlanLine("Takes", speeds.time_for(PREDICTING, len(cells) * n_frames)),
        *_needs(NETWORK_BYTES + 12.0 * len(cells) * n_frames),
        PlanLine("Runs on", device_in_words()),
    ]
    return lines


def _afterwards(work: Workspace, others: Sequence[Path], valid_only: bool) -> list[PlanLine]:
    """The other sessions, as far as can be told before they are opened."""
    if not others:
        return []
    own = work.require_session().path.absolute()
    for path in others:
        if not path.is_file() or path.absolute() == own:
            why = "is the session that is open" if path.absolute() == own else "is not there"
            return [PlanLine("Not possible", f"{path} {why}", is_warning=True)]
    which = "the valid cells" if valid_only else "all cells"
    text = f"{counted(len(others), 'other session')}, {which} of each, straight into it; they must be closed"
    return [PlanLine("Then", text)]


def _result_layer(work: Workspace, found: ClassifierFolder) -> str:
    same = [
        layer
        for layer in work.require_session().layers("classifier")
        if layer.maker is not None and layer.maker.weights_sha256 == found.card.weights_sha256
    ]
    if same:
        return f"joins the layer {same[0].name}; cells predicted before are predicted anew"
    return f"a new layer, {found.card.name}; no label is touched"


def _fit(work: Workspace, form: InputForm) -> list[PlanLine]:
    """Whether frame rate and pixel size suit the classifier."""
    cells, size = work.cells, work.pixel_size_um
    if cells is None or size is None:
        return []
    found = fit_of(form, (cells.height, cells.width), work.frame_rate_hz, size)
    return [PlanLine("Suits it", fit.text, is_warning=not fit.suits) for fit in found]


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
    answered = corrections(session, layer.id)
    if answered:
        by = sorted({str(one.proposal.get("name")) for one in answered if one.proposal})
        whose = f" to what {' and '.join(by)} proposed" if by else ""
        text = (
            f"{counted(len(answered), 'answer')}{whose}; what the start is sure of between them counts "
            "as it says, so that nothing is forgotten"
        )
        lines.append(PlanLine("Corrections", text))
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
