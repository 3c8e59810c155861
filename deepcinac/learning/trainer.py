"""Training a Keras network, whatever the task: epochs, moving average, early stop, resume, reports.

Each epoch ends with the task's judgement of what was held out; the epoch with the best score is kept, or
the last one where nothing was held out. A classifier to start from is judged first, as epoch 0: it stays
unless an epoch is better by more than chance, and it stays untrained where what is held out cannot judge
it. What is judged and kept is the moving average of the weights (Keras' ``use_ema``), of which a share of
the start may remain (for fine-tuning). A stopped run goes on after the last finished epoch with the same
numbers as one that was never stopped.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import shutil
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from deepcinac.learning.backend import compiles, load_keras, load_weights, one_blas_thread
from deepcinac.learning.calibration import Calibration
from deepcinac.learning.card import Card, read_card, write_card
from deepcinac.learning.run_folder import RunFolder, open_run, save_weights
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import NOTHING_HELD_OUT
from deepcinac.learning.task import Judgement, Material, NetworkTask
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.version import __version__

SLOWEST_SHARE = 0.02
"""The learning rate ends at this share of its highest value."""
_REPORT_S = 1.0
UNTOLD: Mapping[str, Any] = {}
_BATCHES_AHEAD = 6
LEAST_GAIN = 0.01
"""By how much an epoch's score must be above that of the classifier to start from, at the least."""

T = TypeVar("T")
Optimizer = Callable[[TrainingSettings], Any]
"""Makes a Keras optimizer from settings."""


@one_blas_thread()
def train(
    task: NetworkTask,
    out: str | Path,
    settings: TrainingSettings | None = None,
    *,
    force: bool = False,
    progress: Progress = silent,
    optimizer: Optimizer | None = None,
) -> Card:
    """Train a classifier into the folder ``out`` and return its card.

    ``optimizer`` is made from the settings, :func:`rmsprop` by default.

    The same call goes on with a run of the same settings and data that was stopped, whenever that was;
    one that is complete is only read, unless ``settings`` ask for more epochs. Anything else in ``out`` is
    an InputError; with ``force`` a run that is there is replaced.
    """
    settings = settings or TrainingSettings()
    own = task.card(settings.name)
    identity = {
        "task": task.name,
        "settings": {
            **dataclasses.asdict(settings),
            "architecture": own.architecture,
            "input_form": own.input_form,
            "prediction": own.prediction,
            "of_task": own.training,
        },
        "data": task.data_fingerprint(),
    }
    folder = open_run(Path(out), identity, force)
    if folder.is_complete and folder.state["epoch"] >= settings.epochs:
        return read_card(folder.path)
    try:
        material = task.prepare(folder.work, settings, progress)
        run = Run(task, settings, material, folder, progress, optimizer)
        run.fit()
        return _finish(run, own)
    finally:
        shutil.rmtree(folder.work, ignore_errors=True)


class Run:
    """The state of one training run.

    ``optimizer`` is made from the settings, RMSprop by default. Without ``resumable`` only the best weights
    are written: for runs of seconds, of which whoever makes them knows which are done.
    """

    def __init__(
        self,
        task: NetworkTask,
        settings: TrainingSettings,
        material: Material,
        folder: RunFolder,
        progress: Progress = silent,
        optimizer: Optimizer | None = None,
        resumable: bool = True,
    ) -> None:
        keras = load_keras()
        self.task, self.settings, self.material = task, settings, material
        self.folder, self.progress, self._resumable = folder, progress, resumable
        keras.utils.set_random_seed(
            settings.seed
        )  # of dropout, also where the weights are not fresh
        self.model = task.build(settings.seed)
        self.start = self.model.get_weights()
        self.optimizer = (optimizer or rmsprop)(settings)
        # A second view of the same layers carries the optimizer, so that the first is saved without it.
        self.trained = keras.Model(self.model.inputs, self.model.outputs)
        self.trained.compile(optimizer=self.optimizer, loss=task.loss, jit_compile=compiles())
        self.optimizer.build(self.trained.trainable_variables)
        if folder.last_weights is not None:
            load_weights(self.trained, folder.last_weights)

    def restart(self, material: Material, folder: RunFolder) -> None:
        """Begin anew with other material and the weights of the start; what was compiled stays."""
        self.material, self.folder = material, folder
        self.model.set_weights(self.start)
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))

    def fit(self) -> None:
        """All remaining epochs, until the last one or until patience ends."""
        state = self.folder.state
        if self.task.is_learnt_before and not state["history"]:
            self._judge_start()
        if self._start_stays:
            return
        for epoch in range(state["epoch"] + 1, self.settings.epochs + 1):
            if state["best"] is not None and epoch - state["best_epoch"] > self.settings.patience:
                break
            if self.folder.is_asked_to_stop or not self._epoch(epoch):
                break

    @property
    def _start_stays(self) -> bool:
        """Whether what is held out says nothing of the classifier to start from, nor then of any epoch."""
        history = self.folder.state["history"]
        return bool(history) and history[0]["epoch"] == 0 and history[0]["score"] is None

    def _judge_start(self) -> None:
        """The score to surpass; where nothing is held out on purpose there is none."""
        judged = self.task.judge(self.model, self.material, False, self.progress, is_start=True)
        if judged.score is None and self.material.split == NOTHING_HELD_OUT:
            return
        state, values = self.folder.state, _values_of(judged)
        state.update(best=judged.score, best_epoch=0)
        state["history"].append({"epoch": 0, **values})
        save_weights(self.model, self.folder.best_weights)
        self._report("validated", 0, self.settings.epochs, {"epoch": 0, **values})

    def _epoch(self, epoch: int) -> bool:
        """Train and judge; False for an epoch that was given up, because the run is to stop."""
        began = time.monotonic()
        loss = self._train(epoch, began)
        if self.folder.is_asked_to_stop:
            return False
        state = self.folder.state
        with self.averaged():
            judged = self.task.judge(self.model, self.material, False, self.progress)
            values = {**_values_of(judged), "loss": loss}
            state["epoch"] = epoch
            state["seconds"] += time.monotonic() - began
            state["history"].append({"epoch": epoch, **values})
            gain = max(LEAST_GAIN, judged.resolution) if state["best_epoch"] == 0 else 0.0
            if _is_best(judged, state["best"], gain):
                state.update(best=judged.score, best_epoch=epoch)
                save_weights(self.model, self.folder.best_weights)
        if self._resumable:
            self.folder.save_epoch(self.trained)
        told = {"mistakes": [dict(one) for one in judged.mistakes]} if judged.mistakes else {}
        self._report("validated", epoch, self.settings.epochs, {"epoch": epoch, **values}, told)
        return True

    def _train(self, epoch: int, began: float) -> float | None:
        """One pass; its mean loss."""
        settings, loss, told = self.settings, None, began
        self._begin(epoch)

        def draw(step: int) -> Any:
            generator = np.random.default_rng([settings.seed, 2, epoch, step])
            return self.material.draw(settings.batch_windows, generator)

        ahead = max(_BATCHES_AHEAD, 2 * settings.jobs)
        coming = read_ahead(draw, settings.steps, ahead, settings.jobs)
        with contextlib.closing(coming) as batches:
            for step, (inputs, targets) in enumerate(batches, 1):
                loss = _rounded(self.trained.train_on_batch(inputs, targets))
                now = time.monotonic()
                if now - told > _REPORT_S or step == settings.steps:
                    told = now
                    speed = step * settings.batch_windows / max(now - began, 1e-9)
                    values = {
                        "epoch": epoch,
                        "loss": loss,
                        "windows_per_second": round(speed, 1),
                    }
                    self._report(f"training epoch {epoch}", step, settings.steps, values)
                    if self.folder.is_asked_to_stop:
                        break
        return loss

    def _begin(self, epoch: int) -> None:
        """The loss is that of the epoch alone, and dropout depends on the epoch, not on those before."""
        self.trained.reset_metrics()
        generator = np.random.default_rng([self.settings.seed, 3, epoch])
        for variable in self.model.variables:
            if variable.name == "seed_generator_state":  # Keras saves these with no weights
                variable.assign(generator.integers(0, 2**31, 2).astype(variable.dtype))

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """Within it the model has the averaged weights, mixed with those of the start."""
        kept = self.model.get_weights()
        self.optimizer.finalize_variable_values(self.trained.trainable_variables)
        share, averages = self.settings.keep_of_start, self.model.get_weights()
        if share:
            averages = [
                share * start + (1 - share) * weight
                for start, weight in zip(self.start, averages, strict=True)
            ]
        # As copies also without a share: JAX gives up the arrays that it predicts with, and the
        # optimizer keeps its averages in these.
        self.model.set_weights(averages)
        try:
            yield
        finally:
            self.model.set_weights(kept)

    def _report(
        self,
        stage: str,
        done: int,
        total: int,
        values: Mapping[str, Any],
        told: Mapping[str, Any] = UNTOLD,
    ) -> None:
        """Log numbers and report them; ``told`` is for whoever listens now, and not for the log."""
        self.folder.log({"stage": stage, "done": done, "total": total, **values})
        self.progress(ProgressEvent(stage, done, total, values={**values, **told}))


def rmsprop(settings: TrainingSettings) -> Any:
    """RMSprop whose learning rate falls by a cosine, with the moving average of the weights."""
    make = load_keras().optimizers.RMSprop
    return make(_falling(settings), clipnorm=1.0, use_ema=True, ema_momentum=settings.average)


def adam(settings: TrainingSettings) -> Any:
    """Adam with the same course of the learning rate, for recurrent networks that need larger steps."""
    make = load_keras().optimizers.Adam
    return make(_falling(settings), clipnorm=5.0, use_ema=True, ema_momentum=settings.average)


def _falling(settings: TrainingSettings) -> Any:
    """A learning rate that falls by a cosine.

    It counts steps, and the optimizer keeps its count: a resumed run is on course.
    """
    return load_keras().optimizers.schedules.CosineDecay(
        settings.learning_rate, settings.epochs * settings.steps, alpha=SLOWEST_SHARE
    )


def read_ahead(
    make: Callable[[int], T], count: int, ahead: int, threads: int = 1
) -> Generator[T, None, None]:
    """``make(0)``, ``make(1)``, … in this order, made by threads while the caller works.

    At most ``ahead`` wait to be taken; the threads end with the iterator.
    """
    coming: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads, "batches") as worker:
        try:
            for number in range(count + ahead):
                if number < count:
                    coming.append(worker.submit(make, number))
                if number >= ahead:
                    yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()


def _values_of(judged: Judgement) -> dict[str, Any]:
    """What the history keeps of a judgement."""
    values: dict[str, Any] = {"score": judged.score, **judged.values}
    if judged.interval is not None:
        values["score_interval"] = [round(end, 4) for end in judged.interval]
    return values


def _is_best(judged: Judgement, best: float | None, gain: float) -> bool:
    """Whether an epoch is kept; as long as nothing could be judged, the latest is."""
    return best is None or (judged.score is not None and judged.score >= best + gain)


def _rounded(value: Any) -> float | None:
    """Five decimals; None for a loss that is no number any more, which JSON cannot hold."""
    number = float(value)
    return round(number, 5) if np.isfinite(number) else None


def _finish(run: Run, own: Card) -> Card:
    """Judge the best epoch finely and write the card."""
    state, folder = run.folder.state, run.folder
    load_weights(run.model, folder.best_weights)
    is_start = state["best_epoch"] == 0
    judged = run.task.judge(run.model, run.material, True, run.progress, is_start=is_start)
    split = run.material.split
    training: dict[str, Any] = {
        "settings": dataclasses.asdict(run.settings),
        **own.training,
        **run.material.facts,
        "held_out": split.to_dict(),
        "epochs_run": state["epoch"],
        "best_epoch": state["best_epoch"],
        "hours": round(state["seconds"] / 3600, 2),
    }
    card = dataclasses.replace(
        own,
        input_form={**own.input_form, **run.material.input_ranges},
        calibration=judged.calibration or Calibration(),
        version=__version__,
        made_by=f"deepcinac {__version__} train",
        made_on=datetime.date.today().isoformat(),
        training=training,
        scores={
            "score": judged.score,
            "score_name": run.task.score_name,
            **({"score_interval": list(judged.interval)} if judged.interval else {}),
            **judged.details,
        },
    )
    folder.finish()
    card = write_card(folder.path, card)
    folder.completed()
    return card
