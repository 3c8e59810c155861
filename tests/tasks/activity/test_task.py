"""The activity task: what is held out stays out, windows are right, few cells are told as such."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.train import outcome
from deepcinac.errors import InputError
from deepcinac.inputs.crops import N_INPUTS
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_ALL_SCALARS, cell_pixels
from deepcinac.learning.card import read_card
from deepcinac.learning.settings import TrainingSettings
from deepcinac.learning.splits import CELLS, NOTHING, NOTHING_HELD_OUT, TIME
from deepcinac.learning.trainer import train
from deepcinac.learning.zoo import find_classifier
from deepcinac.recording.cells import make_cells
from deepcinac.tasks.activity import task as task_module
from deepcinac.tasks.activity.augmentation import NO_AUGMENTATION
from deepcinac.tasks.activity.model import (
    RATE_SHARE,
    activity_and_rate_loss,
    load_network,
    parts_of,
)
from deepcinac.tasks.activity.settings import AugmentationSettings, PredictionSettings
from deepcinac.tasks.activity.sources import (
    LabelledFolder,
    data_fingerprint,
    find_labelled_folders,
    prepare_source,
)
from deepcinac.tasks.activity.targets import CORRECTIONS, Example, LabelledRecording, Targets
from deepcinac.tasks.activity.task import (
    ActivityTask,
    hold_out,
    n_transients,
    training_table,
)
from deepcinac.tasks.activity.windows import WindowDrawer


@pytest.fixture(scope="module")
def prepared(recording_folder, tmp_path_factory):
    (source,) = find_labelled_folders([recording_folder])
    folder = tmp_path_factory.mktemp("prepared")
    return prepare_source(source, "a", InputForm(), N_ALL_SCALARS, folder)


def _drawer(prepared, cells, augmentation=NO_AUGMENTATION):
    return WindowDrawer([prepared.of_cells(np.array(cells))], 40, 15, augmentation)


def test_windows_come_only_from_the_cells_that_train(prepared):
    """A held-out cell gives no window at all, so no frame of it can leak."""
    drawer = _drawer(prepared, [0, 2, 5])
    assert set(drawer.catalogues[0].cell.tolist()) <= {0, 2, 5}


def test_a_window_without_augmentation_is_the_recording_itself(prepared):
    batch = _drawer(prepared, [0]).draw(8, np.random.default_rng(0))
    assert batch.images.shape == (8, 40, N_INPUTS, 15, 15)
    assert batch.scalars is not None
    assert batch.scalars.shape == (8, 40, N_ALL_SCALARS)
    # cell, overlap and rest never show the same pixel except where cells share it
    cell, _, rest = (np.abs(batch.images[:, :, k]).sum((0, 1)) > 0 for k in range(3))
    assert not (cell & rest).any()
    assert cell.sum() == prepared.input.source.own[0].sum()


def test_doubtful_frames_weigh_nothing_and_labels_fit_the_frames(prepared):
    batch = _drawer(prepared, range(6)).draw(64, np.random.default_rng(1))
    assert set(np.unique(batch.weight)) <= {0.0, 1.0, 1.5}
    assert set(np.unique(batch.active)) <= {0.0, 1.0}
    assert batch.active.any()


def test_augmented_copies_keep_the_weight_of_their_window(prepared):
    drawer = _drawer(prepared, range(6), AugmentationSettings())
    batch = drawer.draw(100, np.random.default_rng(2))
    false = ~batch.active.any(1) & (batch.weight.max(1) == 1.5)
    assert false.any()


def test_the_same_generator_draws_the_same_batch_and_another_differs(prepared):
    drawer = _drawer(prepared, range(6), AugmentationSettings())
    first, again, other = (drawer.draw(4, np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


def _score(active, doubtful, probability, trace, frame_rate_hz):
    assert active.shape == doubtful.shape == probability.shape == trace.shape
    return {"f1": 1 - float(np.abs(active - probability).mean())}


SETTINGS = {"windows_per_epoch": 8, "batch_windows": 4, "seed": 5, "name": "mine"}


def _task(folder, tiny_classifier, **others):
    return ActivityTask(
        find_labelled_folders([folder]), start_from=tiny_classifier, score=_score, **others
    )


@pytest.fixture(scope="module")
def run_folder(recording_folder, tiny_classifier, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    train(_task(recording_folder, tiny_classifier), out, TrainingSettings(epochs=1, **SETTINGS))
    return out


def test_a_run_leaves_a_classifier_a_log_and_no_scraps(run_folder):
    card = read_card(run_folder)
    assert (card.name, card.task) == ("mine", "activity")
    assert card.training["settings"]["seed"] == 5
    assert card.training["held_out"] == {"by": "cells", "units": 1, "words": "1 cell held out"}
    assert 0 < card.scores["score"] == card.scores["validation"]["f1"] <= 1
    log = [json.loads(line) for line in (run_folder / "training.jsonl").read_text().splitlines()]
    assert log[-1]["stage"] == "validated"
    assert {path.name for path in run_folder.iterdir()} == {
        *("card.json", "model.weights.h5", "training.jsonl"),
        *("state.json", "best.weights.h5", "last-1.weights.h5"),
    }


def test_augmentation_and_prediction_settings_are_in_the_card(
    recording_folder, tiny_classifier, tmp_path
):
    task = _task(recording_folder, tiny_classifier, augmentation=AugmentationSettings(rotate=False))
    card = task.card("any")
    assert card.training["augmentation"]["rotate"] is False
    assert card.prediction == dataclasses.asdict(PredictionSettings())


def _few(recording_folder, tiny_classifier, cells=(0, 3), **others):
    few = [LabelledFolder(recording_folder, judged=cells)]
    return ActivityTask(few, start_from=tiny_classifier, **others)


def test_with_a_few_labelled_cells_the_end_of_the_recording_is_held_out(
    recording_folder, tiny_classifier, tmp_path, monkeypatch
):
    """230 frames at 10 Hz: the last fifth (46 frames) is judged, the 50 before it are a gap."""
    monkeypatch.setattr(task_module, "MIN_TRANSIENTS_TO_JUDGE", 1)
    task = _few(recording_folder, tiny_classifier, score=_score)
    card = train(task, tmp_path / "tuned", TrainingSettings(epochs=1, **SETTINGS))
    assert card.training["started_from"] == "tiny"
    said = "the last 5 s of 1 recording held out, after a gap of 5 s"
    assert card.training["held_out"] == {"by": "time", "units": 1, "words": said}
    assert card.scores["score"] is not None
    assert card.calibration == tiny_classifier.card.calibration


def test_windows_never_reach_into_the_gap_or_the_block_that_is_judged(prepared):
    few = prepared.of_cells(np.array([0, 3]))
    train_part, held, split = hold_out([few], 0.2, 40, np.random.default_rng(0))
    assert split.by == TIME
    assert train_part[0].input.n_frames <= 230 - 46 - 50
    first = 230 - held[0].input.n_frames
    assert first - train_part[0].input.n_frames == 50
    assert np.array_equal(held[0].targets.active, prepared.targets.active[:, first:])
    drawer = WindowDrawer(train_part, 40, 15, NO_AUGMENTATION)
    latest = max((table.start + 40).max() for table in drawer.catalogues)
    assert latest <= train_part[0].input.n_frames


def test_a_recording_too_short_to_cut_leaves_the_start_as_it_is(
    recording_folder, tiny_classifier, tmp_path
):
    """With two labelled cells, as below: nothing could tell whether training them did harm."""
    task = _few(recording_folder, tiny_classifier, score=_score)
    card = train(task, tmp_path / "kept", TrainingSettings(epochs=2, held_out=0.1, **SETTINGS))
    assert (card.training["best_epoch"], card.training["epochs_run"]) == (0, 0)
    assert "too short to hold a part of them out, so nothing could judge" in outcome(card)


def test_a_recording_too_short_to_cut_trains_whole_and_has_no_score(
    recording_folder, tiny_classifier, tmp_path
):
    """A window of 40 frames does not fit into a tenth of 230 frames: nothing can be held out."""
    few = _few(recording_folder, tiny_classifier, score=_score)
    task = dataclasses.replace(few, start_from=None, sizes=few.architecture)
    settings = TrainingSettings(epochs=2, held_out=0.1, **SETTINGS)
    events = []
    card = train(task, tmp_path / "tuned", settings, progress=events.append)
    assert card.training["held_out"]["by"] == NOTHING
    assert card.scores["score"] is None
    assert (card.training["best_epoch"], card.training["held_out_cells"]) == (2, 0)
    validated = [event.values for event in events if event.stage == "validated"]
    assert [values["score"] for values in validated] == [None, None]
    assert parts_of(card).architecture == parts_of(tiny_classifier.card).architecture
    with pytest.raises(InputError, match="cell 9"):
        LabelledFolder(recording_folder, judged=(0, 9)).read()


def test_the_card_says_what_was_learned_from(prepared):
    """Six cells in 230 frames at 10 Hz; of two of them, as corrections, the first 100 frames."""
    some = dataclasses.replace(prepared.of_cells(np.array([0, 3])), kind=CORRECTIONS).part(0, 100)
    whole = dataclasses.replace(prepared, kind="")
    labelled, corrections = training_table([whole, some])
    assert labelled == {
        "kind": "labelled",
        "recordings": 1,
        "cells": 6,
        "transients": n_transients([whole]),
        "frames": 230,
        "hours": 0.006,
    }
    assert (corrections["cells"], corrections["frames"], corrections["hours"]) == (2, 100, 0.003)


def test_of_recordings_with_many_cells_cells_are_held_out_and_the_others_train_whole(prepared):
    few = prepared.of_cells(np.array([0, 3]))
    training, held, split = hold_out([prepared, few], 0.34, 40, np.random.default_rng(0))
    assert (split.by, split.n_units) == (CELLS, 2)
    assert len(training[0].cells) == 4
    assert set(training[0].cells) & set(held[0].cells) == set()
    assert training[1] is few or training[1].cells.tolist() == [0, 3]
    assert training[1].input.n_frames == 230


def test_a_held_out_part_without_transients_ends_no_training_and_has_no_score(
    recording_folder, tiny_classifier, tmp_path
):
    def undefined(*_):
        return {"f1": None, "average_precision": None}

    few = parts_of(tiny_classifier.card).architecture
    task = dataclasses.replace(_task(recording_folder, None, sizes=few), score=undefined)
    card = train(task, tmp_path / "run", TrainingSettings(epochs=2, **SETTINGS))
    assert card.scores["score"] is None
    assert card.scores["validation"] == {}
    assert card.training["best_epoch"] == 2


def test_a_start_that_cannot_be_judged_stays_as_it_is(recording_folder, tiny_classifier, tmp_path):
    """Cells are held out, and none of them has a transient: nothing could show that training helped."""

    def undefined(*_):
        return {"f1": None, "average_precision": None}

    task = dataclasses.replace(_task(recording_folder, tiny_classifier), score=undefined)
    out, settings = tmp_path / "run", TrainingSettings(epochs=2, **SETTINGS)
    for _ in range(2):  # the second time the folder is gone on with
        card = train(task, out, settings)
        assert (card.training["best_epoch"], card.training["epochs_run"]) == (0, 0)
    start, kept = load_network(tiny_classifier).whole, load_network(find_classifier(out)).whole
    assert all(map(np.array_equal, start.get_weights(), kept.get_weights()))
    assert outcome(card) == (
        "tiny was kept as it is: nothing could judge another one (1 cell held out, too few transients); "
        "label more, best five cells or more"
    )


def test_folders_without_truth_are_sentences(tmp_path):
    with pytest.raises(InputError, match=r"truth\.npz"):
        find_labelled_folders([tmp_path])
    with pytest.raises(InputError, match="neither"):
        find_labelled_folders([tmp_path / "nothing"])


def test_the_loss_ignores_doubtful_frames_and_unknown_spikes():
    """Two frames: the first active and judged, the second doubtful, spikes known in the second only."""
    truth = np.array([[[1.0, 1.0, -1.0], [1.0, 0.0, 2.0]]], np.float32)
    outputs = np.zeros((1, 2, 2), np.float32)
    # mean over two frames of log 2 (first) and 0 (second), plus a tenth of the Poisson loss of one frame
    rate = np.log(2) + 1e-4
    expected = np.log(2) / 2 + RATE_SHARE * (rate - 2 * np.log(rate)) / 2
    assert float(activity_and_rate_loss(truth, outputs)) == pytest.approx(expected, rel=1e-5)
    other = outputs.copy()
    other[0, 1, 0] = 9.0  # says nothing about the doubtful frame
    assert float(activity_and_rate_loss(truth, other)) == pytest.approx(expected, rel=1e-5)


def test_training_shows_the_network_what_prediction_shows_it(prepared):
    """The same masks and pixels on both sides: a window of a cell, cut out both ways."""
    drawer = _drawer(prepared, range(6))
    pixels, masks = cell_pixels(prepared.input.source, 15)
    block, scalars = prepared.input.block(30, 70)
    for cell in range(6):
        images, seen = drawer._inputs(prepared.input, cell, 30, np.random.default_rng(0))
        expected = block[:, pixels[cell]][:, None, :] * masks[cell]
        assert np.array_equal(images.reshape(40, 3, -1), expected)
        assert scalars is not None
        assert np.allclose(seen, scalars[cell], atol=1e-3)


def test_half_of_the_start_stays_where_it_is_asked_for(
    tmp_path, recording_folder, tiny_classifier, monkeypatch
):
    """Weights w at the start and t after training: the result is w / 2 + t / 2. Nothing is judged."""

    def undefined(*_):
        return {"f1": None, "average_precision": None}

    monkeypatch.setattr(task_module, "hold_out", lambda whole, *_: (whole, [], NOTHING_HELD_OUT))
    task = dataclasses.replace(_task(recording_folder, tiny_classifier), score=undefined)
    results = {}
    for keep in (0.0, 0.5):
        settings = TrainingSettings(
            epochs=1, windows_per_epoch=16, batch_windows=8, average=0.5, keep_of_start=keep
        )
        out = tmp_path / str(keep)
        train(task, out, settings)
        results[keep] = load_network(find_classifier(out)).whole.get_weights()
    before = load_network(tiny_classifier).whole.get_weights()
    for whole, half, start in zip(results[0.0], results[0.5], before, strict=True):
        assert np.allclose(half, (whole + start) / 2, atol=1e-5)
    assert any(not np.allclose(*pair) for pair in zip(results[0.0], before, strict=True))


@dataclasses.dataclass(frozen=True)
class _Known:
    """A source that is read already."""

    labels: LabelledRecording
    path: Path = Path("m")

    def read(self):
        return self.labels


def _fingerprint(*valid):
    """Of three cells of which the first two overlap."""
    places = [([1, 1], [1, 2], None), ([1, 1], [2, 3], None), ([5], [5], None)]
    cells = make_cells(places, 8, 8, valid=valid)
    active, crosstalk = np.zeros((3, 4), bool), np.zeros((0, 4), np.int64)
    judged = np.array([0], np.int64)
    known = LabelledRecording("m.tif", cells, 10.0, 2.0, active, active, judged, crosstalk)
    return data_fingerprint([_Known(known)])


def test_an_outline_that_no_longer_masks_its_neighbour_is_other_data():
    """Runs on recordings without invalid cells, or whose invalid ones touch no other, stay the same."""
    as_ever = _fingerprint(True, True, True)
    assert as_ever.startswith("3911b4158e44")  # of version 2.0.0.dev0: such runs go on
    assert _fingerprint(True, True, False) == as_ever
    assert len({as_ever, _fingerprint(True, False, True), _fingerprint(False, True, True)}) == 3


def test_a_few_lively_cells_say_nothing_of_where_to_cut_in_others():
    """Twenty transients in each cell: two cells have more than enough transients, and are two cells."""
    row = np.tile([True, False], 20)

    def held(cells):
        active = np.tile(row, (cells, 1))
        targets = Targets(active, np.zeros_like(active), np.zeros((0, 4), int))
        return [Example(None, targets, np.arange(cells))]

    assert not task_module.can_calibrate(held(2))
    assert task_module.can_calibrate(held(5))
    assert task_module.chance_difference(40, 2) > 0.1 > task_module.chance_difference(100, 5)
