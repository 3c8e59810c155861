"""Training: stratified, augmented windows from labelled recordings; whole cells or recordings held out.

Each epoch ends with a prediction of everything held out, in full and unstratified, and a score of its
transients; the epoch with the best score is kept. The weights that are scored and kept are a moving
average of those being trained. A run writes, into its folder, ``last`` (to resume), ``training.jsonl``
(one line per report) and, at each better epoch, the classifier itself.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import queue
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.classifier.augmentation import AugmentationSettings
from deepcinac.classifier.batches import Batch, WindowDrawer
from deepcinac.classifier.calibration import COARSE_SHIFTS
from deepcinac.classifier.card import (
    COMPACT,
    PAPER,
    WEIGHTS_FILE,
    Architecture,
    Calibration,
    Card,
    InputForm,
    write_card,
)
from deepcinac.classifier.demixing import N_SCALARS
from deepcinac.classifier.judging import (
    Held,
    Score,
    decision_calibration,
    held_scores,
    judge,
    predict_held,
)
from deepcinac.classifier.network import Network, build_network, load_keras
from deepcinac.classifier.options import TrainingSettings
from deepcinac.classifier.prediction import load_network
from deepcinac.classifier.sources import Source, prepare_source
from deepcinac.classifier.zoo import ClassifierFolder
from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json, written_atomically
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.version import __version__

LAST_WEIGHTS = "last.weights.h5"
STATE_FILE = "state.json"
LOG_FILE = "training.jsonl"
RATE_SHARE = 0.1
# With fewer labelled cells than this, each is worth more for learning than for choosing an epoch.
MIN_CELLS_TO_HOLD_OUT = 5
_REPORT_STEPS = 20
_QUEUE_BATCHES = 6


def architecture_of(settings: TrainingSettings) -> Architecture:
    """The network's sizes for these settings."""
    base = PAPER if settings.size == "paper" else COMPACT
    return dataclasses.replace(base, n_scalars=N_SCALARS if settings.scalars else 0)


def train(
    sources: Sequence[Source],
    out: str | Path,
    settings: TrainingSettings,
    score: Score,
    validation: Sequence[Source] | None = None,
    start_from: ClassifierFolder | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Card:
    """Train a classifier into the folder ``out`` and return its card.

    Parameters
    ----------
    sources, validation
        Labelled recordings to learn from and to be judged on. Without ``validation`` a share of each
        recording's cells is held out; with fewer than five labelled cells none is, and the last epoch
        is kept.
    score
        Turns truth and probability of a recording into named scores (``evaluation`` offers one).
    start_from
        A classifier whose weights and input form are taken over (fine-tuning).
    resume
        Go on with the run in ``out`` where it stopped.
    """
    out = Path(out)
    state = _open_run(out, settings, resume)
    architecture = start_from.card.architecture if start_from else architecture_of(settings)
    form = start_from.card.input_form if start_from else InputForm()
    work = out / "prepared"
    try:
        drawer, held = prepare_material(
            sources, validation or [], form, architecture, settings, work, progress
        )
        if start_from:
            load_keras().utils.set_random_seed(settings.seed)  # of dropout
            network = load_network(start_from)
        else:
            network = build_network(architecture, settings.seed)
        calibration = start_from.card.calibration if start_from else Calibration()
        run = Run(network, settings, drawer, held, score, out, progress, state, calibration)
        if resume and state["epoch"] > 0:
            run.restore()
        run.fit()
        return _finish(run, form, sources, validation or [], start_from)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _open_run(out: Path, settings: TrainingSettings, resume: bool) -> dict[str, Any]:
    if resume:
        state = read_json(out / STATE_FILE)
        fixed = {
            k: v for k, v in dataclasses.asdict(settings).items() if k not in ("epochs", "patience")
        }
        changed = sorted(k for k, v in fixed.items() if state["settings"].get(k) != v)
        if changed:
            raise InputError(
                "the settings that the run was started with",
                f"another {', '.join(changed)}",
                out / STATE_FILE,
                "leave these options as they were, or start a new run",
            )
        return dict(state)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "a new or empty folder",
            "something there already",
            out,
            "choose another, or add --resume",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "a folder that can be made", f"'{error.strerror}'", out, "choose another place"
        ) from error
    return {
        "epoch": 0,
        "best_epoch": 0,
        "best": None,
        "history": [],
        "seconds": 0.0,
        "settings": dataclasses.asdict(settings),
    }


def prepare_material(
    sources: Sequence[Source],
    validation: Sequence[Source],
    form: InputForm,
    architecture: Architecture,
    settings: TrainingSettings,
    work: Path,
    progress: Progress,
) -> tuple[WindowDrawer, list[Held]]:
    """The drawer of training windows and what is held out, computed into the folder ``work``."""
    generator = np.random.default_rng([settings.seed, 1])
    prepared, cells, held = [], [], []
    everything = [(source, True) for source in sources] + [(source, False) for source in validation]
    for number, (source, learns) in enumerate(everything):
        progress(ProgressEvent("preparing recordings", number, len(everything), source.path.name))
        own = progress if len(everything) == 1 else silent
        recording, labelled = prepare_source(source, f"{number:04d}", form, architecture, work, own)
        judged = labelled.judged
        if not learns:
            held.append(Held(recording, judged, labelled.kind))
            continue
        learning = np.ones(len(judged), bool)
        if not validation and len(judged) >= MIN_CELLS_TO_HOLD_OUT:
            n_held = max(1, round(settings.held_out * len(judged)))
            learning[generator.permutation(len(judged))[:n_held]] = False
            held.append(Held(recording, judged[~learning], labelled.kind))
        prepared.append(recording)
        cells.append(judged[learning])
    drawer = WindowDrawer(
        prepared,
        cells,
        architecture.window_frames,
        architecture.patch_px,
        AugmentationSettings(),
        settings.multiple_share,
        settings.cropped_share,
        settings.false_weight,
    )
    if not drawer.available.any():
        raise InputError("labelled windows to train on", "none", "the training folders")
    return drawer, held


class Run:
    """The state of one training run."""

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        drawer: WindowDrawer,
        held: list[Held],
        score: Score,
        out: Path,
        progress: Progress,
        state: dict[str, Any],
        calibration: Calibration,
    ) -> None:
        import keras

        self.network, self.settings, self.drawer, self.held = network, settings, drawer, held
        self.score, self.out, self.progress, self.state = score, out, progress, state
        self.steps = max(1, settings.windows_per_epoch // settings.batch_windows)
        self.optimizer = keras.optimizers.RMSprop(settings.learning_rate, clipnorm=1.0)
        network.whole.compile(
            optimizer=self.optimizer,
            loss=activity_and_rate_loss,
            jit_compile=False,
        )
        self.optimizer.build(network.whole.trainable_variables)
        # A twin without an optimizer holds the moving average: it is what is judged and shipped.
        self.averaged = build_network(network.architecture)
        self.start = [np.array(weight) for weight in network.whole.get_weights()]
        self.average = [weight.copy() for weight in self.start]
        self.calibration = calibration

    def restore(self) -> None:
        """Take up the weights and the moving average of the last finished epoch."""
        self.network.whole.load_weights(self.out / LAST_WEIGHTS)
        with np.load(self.out / "last.average.npz") as arrays:
            self.average = [arrays[f"w{k}"] for k in range(len(arrays.files))]

    def fit(self) -> None:
        """All remaining epochs, until the last one or until patience ends."""
        for epoch in range(self.state["epoch"] + 1, self.settings.epochs + 1):
            if (
                self.state["best_epoch"]
                and epoch - self.state["best_epoch"] > self.settings.patience
            ):
                break
            self._epoch(epoch)

    def _epoch(self, epoch: int) -> None:
        began = time.monotonic()
        self.optimizer.learning_rate.assign(learning_rate(self.settings, epoch))
        losses = []
        for step, batch in enumerate(self._batches(epoch), 1):
            losses.append(self._step(batch))
            if step % _REPORT_STEPS == 0 or step == self.steps:
                speed = step * self.settings.batch_windows / (time.monotonic() - began)
                self._report(
                    ProgressEvent(
                        f"training epoch {epoch}",
                        step,
                        self.steps,
                        values={
                            "epoch": epoch,
                            "loss": round(float(np.mean(losses[-_REPORT_STEPS:])), 5),
                            "windows_per_second": round(speed, 1),
                        },
                    )
                )
        values = self._validate()
        values["loss"] = round(float(np.mean(losses)), 5)
        self.state["seconds"] += time.monotonic() - began
        self.state["history"].append({"epoch": epoch, **values})
        self.state["epoch"] = epoch
        if self.state["best"] is None or values["f1"] >= self.state["best"]:
            self.state.update(
                best=values["f1"],
                best_epoch=epoch,
                calibration=dataclasses.asdict(self.calibration),
            )
            _save_weights(self.averaged, self.out / WEIGHTS_FILE)
        self._save_last()
        self._report(
            ProgressEvent(
                "validated", epoch, self.settings.epochs, values={"epoch": epoch, **values}
            )
        )

    def _step(self, batch: Batch) -> float:
        inputs = batch.images if batch.scalars is None else [batch.images, batch.scalars]
        loss = self.network.whole.train_on_batch(
            inputs, np.stack([batch.active, batch.weight, batch.spikes], axis=-1)
        )
        keep = self.settings.average
        for average, weight in zip(self.average, self.network.whole.get_weights(), strict=True):
            average *= keep
            average += (1 - keep) * weight
        return float(loss)

    def _batches(self, epoch: int) -> Iterator[Batch]:
        """Batches of an epoch, drawn by a thread while the network computes; the same for the same seed."""
        waiting: queue.Queue[Batch | BaseException] = queue.Queue(_QUEUE_BATCHES)

        def fill() -> None:
            try:
                for step in range(self.steps):
                    generator = np.random.default_rng([self.settings.seed, 2, epoch, step])
                    waiting.put(self.drawer.draw(self.settings.batch_windows, generator))
            except BaseException as error:
                waiting.put(error)

        threading.Thread(target=fill, daemon=True).start()
        for _ in range(self.steps):
            batch = waiting.get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch

    def _validate(self) -> dict[str, float]:
        """Mean scores of the averaged, calibrated weights over everything held out."""
        keep = self.settings.keep_of_start
        self.averaged.whole.set_weights(
            [
                keep * start + (1 - keep) * average
                for start, average in zip(self.start, self.average, strict=True)
            ]
        )
        if not self.held:  # a handful of labelled cells: every epoch counts as the best so far
            return {"f1": float(self.state["epoch"])}
        probabilities = []
        for number, held in enumerate(self.held, 1):
            self.progress(ProgressEvent("validating", number, len(self.held)))
            probabilities.append(
                predict_held(self.averaged, held.prepared, held.cells, Calibration())
            )
        calibration = decision_calibration(self.held, probabilities, self.score, COARSE_SHIFTS)
        self.calibration = calibration
        return held_scores(self.held, probabilities, calibration, self.score)

    def _save_last(self) -> None:
        _save_weights(self.network, self.out / LAST_WEIGHTS)
        with written_atomically(self.out / "last.average.npz") as temporary:
            arrays: dict[str, Any] = {f"w{k}": weight for k, weight in enumerate(self.average)}
            np.savez(temporary, **arrays)
        write_json(self.out / STATE_FILE, self.state)

    def _report(self, event: ProgressEvent) -> None:
        record = {"stage": event.stage, "done": event.done, "total": event.total, **event.values}
        with open(self.out / LOG_FILE, "a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")
        self.progress(event)


def _save_weights(network: Network, path: Path) -> None:
    """Keras insists on the ending .weights.h5, so the temporary file has it too."""
    temporary = path.with_name(f".part-{path.name}")
    network.whole.save_weights(temporary, overwrite=True)
    temporary.replace(path)


def reach_range(reach_sd: Sequence[float | None]) -> tuple[float, float] | None:
    """The range in which all but the outermost twentieth of the recordings lie; None for a handful.

    >>> reach_range([2.0, 3.0]), reach_range([float(n) for n in range(1, 42)])
    (None, (2.0, 40.0))
    """
    known = [value for value in reach_sd if value is not None]
    if len(known) < 20:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return round(float(low), 2), round(float(high), 2)


def activity_and_rate_loss(truth: Any, outputs: Any) -> Any:
    """Binary cross-entropy of activity, weighted frame by frame, and a share of Poisson loss of spikes.

    ``truth`` (n, frames, 3) holds active, weight and spikes (-1: not known); ``outputs`` (n, frames, 1 or
    2) are those of the network.
    """
    from keras import ops

    active, weight, spikes = truth[..., 0], truth[..., 1], truth[..., 2]
    logit = outputs[..., 0]
    entropy = ops.softplus(logit) - active * logit
    loss = ops.mean(weight * entropy)
    if outputs.shape[-1] == 2:
        rate = ops.softplus(outputs[..., 1]) + 1e-4
        known = ops.cast(spikes >= 0, rate.dtype)
        loss = loss + RATE_SHARE * ops.mean(known * (rate - spikes * ops.log(rate)))
    return loss


def learning_rate(settings: TrainingSettings, epoch: int) -> float:
    """Half a cosine from the full rate in the first epoch to a fiftieth in the last.

    >>> learning_rate(TrainingSettings(epochs=11), 6)
    0.00051
    """
    share = (epoch - 1) / max(settings.epochs - 1, 1)
    low = settings.learning_rate / 50
    return round(low + (settings.learning_rate - low) * (1 + float(np.cos(np.pi * share))) / 2, 9)


def _finish(
    run: Run,
    form: InputForm,
    sources: Sequence[Source],
    validation: Sequence[Source],
    start_from: ClassifierFolder | None,
) -> Card:
    """Calibrate the best epoch finely, score it by kind of recording, and write the card."""
    state = run.state
    run.averaged.whole.load_weights(run.out / WEIGHTS_FILE)
    calibration, scores = judge(run.averaged, run.held, run.score, state["calibration"])
    reach = [one.recording.reach_sd for one in run.drawer.recordings]
    card = Card(
        name=run.settings.name,
        architecture=run.network.architecture,
        input_form=dataclasses.replace(
            form, reach_range_sd=reach_range(reach) or form.reach_range_sd
        ),
        calibration=calibration,
        version=__version__,
        made_by=f"deepcinac {__version__} train",
        made_on=datetime.date.today().isoformat(),
        training={
            "settings": dataclasses.asdict(run.settings),
            "recordings": len(sources),
            "validation_recordings": len(validation),
            "held_out_cells": sum(len(one.cells) for one in run.held),
            "started_from": start_from.card.name if start_from else "",
            "epochs_run": state["epoch"],
            "best_epoch": state["best_epoch"],
            "hours": round(state["seconds"] / 3600, 2),
        },
        scores=scores,
    )
    return write_card(run.out, card)
