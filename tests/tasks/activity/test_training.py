"""Training: what is held out stays out, windows are what they should be, a run can be taken up again."""

import json

import numpy as np
import pytest

from deepcinac.errors import InputError
from deepcinac.inputs.crops import N_INPUTS
from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import cell_pixels
from deepcinac.learning.card import read_card
from deepcinac.learning.zoo import find_classifier
from deepcinac.tasks.activity.augmentation import NO_AUGMENTATION, AugmentationSettings
from deepcinac.tasks.activity.model import COMPACT
from deepcinac.tasks.activity.prediction import load_network
from deepcinac.tasks.activity.score import validation_scores
from deepcinac.tasks.activity.settings import TrainingSettings
from deepcinac.tasks.activity.sources import LabelledFolder, find_labelled_folders, prepare_source
from deepcinac.tasks.activity.task import RATE_SHARE, activity_and_rate_loss, learning_rate, train
from deepcinac.tasks.activity.windows import WindowDrawer


@pytest.fixture(scope="module")
def prepared(recording_folder, tmp_path_factory):
    (source,) = find_labelled_folders([recording_folder])
    folder = tmp_path_factory.mktemp("prepared")
    return prepare_source(source, "a", InputForm(), COMPACT, folder)[0]


def _drawer(prepared, cells, augmentation=NO_AUGMENTATION):
    return WindowDrawer([prepared], [np.array(cells)], 40, 15, augmentation)


def test_windows_come_only_from_the_cells_that_train(prepared):
    """A held-out cell gives no window at all, so no frame of it can leak."""
    drawer = _drawer(prepared, [0, 2, 5])
    assert set(drawer.catalogues[0].cell.tolist()) <= {0, 2, 5}


def test_a_window_without_augmentation_is_the_recording_itself(prepared):
    batch = _drawer(prepared, [0]).draw(8, np.random.default_rng(0))
    assert batch.images.shape == (8, 40, N_INPUTS, 15, 15)
    assert batch.scalars is not None
    assert batch.scalars.shape == (8, 40, 7)
    # cell, overlap and rest never show the same pixel except where cells share it
    cell, _, rest = (np.abs(batch.images[:, :, k]).sum((0, 1)) > 0 for k in range(3))
    assert not (cell & rest).any()
    assert cell.sum() == prepared.recording.own[0].sum()


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


@pytest.fixture(scope="module")
def run_folder(recording_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    sources = find_labelled_folders([recording_folder])
    train(sources, out, TrainingSettings(epochs=1, **SETTINGS), _score)
    return out


def test_a_run_leaves_a_classifier_a_log_and_no_scraps(run_folder):
    card = read_card(run_folder)
    assert card.name == "mine"
    assert card.training["settings"]["seed"] == 5
    assert 0 < card.scores["validation"]["f1"] <= 1
    log = [json.loads(line) for line in (run_folder / "training.jsonl").read_text().splitlines()]
    assert log[-1]["stage"] == "validated"
    assert not (run_folder / "prepared").exists()


def test_a_run_can_be_taken_up_again_but_not_with_other_settings(run_folder, recording_folder):
    sources = find_labelled_folders([recording_folder])
    train(sources, run_folder, TrainingSettings(epochs=2, **SETTINGS), _score, resume=True)
    state = json.loads((run_folder / "state.json").read_text())
    assert [row["epoch"] for row in state["history"]] == [1, 2]
    with pytest.raises(InputError, match="seed"):
        train(
            sources,
            run_folder,
            TrainingSettings(epochs=3, **{**SETTINGS, "seed": 6}),
            _score,
            resume=True,
        )


def test_a_folder_with_something_in_it_is_not_written_to(run_folder, recording_folder):
    with pytest.raises(InputError, match="empty folder"):
        train(find_labelled_folders([recording_folder]), run_folder, TrainingSettings(), _score)


def test_with_a_few_labelled_cells_all_of_them_train_and_the_last_epoch_is_kept(
    recording_folder, tiny_classifier, tmp_path
):
    few = [LabelledFolder(recording_folder, judged=(0, 3))]
    settings = TrainingSettings(epochs=2, **SETTINGS)
    card = train(few, tmp_path / "tuned", settings, _score, start_from=tiny_classifier)
    assert card.architecture == tiny_classifier.card.architecture
    assert card.calibration == tiny_classifier.card.calibration
    assert card.training["started_from"] == "tiny"
    assert (card.training["best_epoch"], card.training["held_out_cells"]) == (2, 0)
    with pytest.raises(InputError, match="cell 9"):
        LabelledFolder(recording_folder, judged=(0, 9)).read()


def test_a_held_out_part_without_transients_ends_no_training(recording_folder, tmp_path):
    def undefined(*_):
        return {"f1": float("nan"), "average_precision": float("nan")}

    sources = find_labelled_folders([recording_folder])
    card = train(sources, tmp_path / "run", TrainingSettings(epochs=2, **SETTINGS), undefined)
    assert card.scores["validation"] == {"f1": 0.0}
    assert card.training["best_epoch"] == 2


def test_folders_without_truth_are_sentences(tmp_path):
    with pytest.raises(InputError, match=r"truth\.npz"):
        find_labelled_folders([tmp_path])
    with pytest.raises(InputError, match="neither"):
        find_labelled_folders([tmp_path / "nothing"])


def test_the_learning_rate_falls_from_full_to_a_fiftieth():
    settings = TrainingSettings(epochs=10, learning_rate=1e-3)
    rates = [learning_rate(settings, epoch) for epoch in range(1, 11)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(2e-5)
    assert rates == sorted(rates, reverse=True)


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
    pixels, masks = cell_pixels(prepared.recording, 15)
    block, scalars = prepared.block(30, 70)
    for cell in range(6):
        images, seen = drawer._inputs(prepared, cell, 30, np.random.default_rng(0))
        expected = block[:, pixels[cell]][:, None, :] * masks[cell]
        assert np.array_equal(images.reshape(40, 3, -1), expected)
        assert scalars is not None
        assert np.allclose(seen, scalars[cell], atol=1e-3)


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path, recording_folder):
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "classifier"
    with pytest.raises(InputError, match="a folder that can be made"):
        train(find_labelled_folders([recording_folder]), out, TrainingSettings(), lambda *_: {})


def test_half_of_the_start_stays_where_it_is_asked_for(tmp_path, recording_folder, tiny_classifier):
    """Weights w at the start and t after training: the result is w / 2 + t / 2."""
    source = find_labelled_folders([recording_folder])
    results = {}
    for keep in (0.0, 0.5, 1.0):
        settings = TrainingSettings(
            epochs=1, windows_per_epoch=16, batch_windows=8, average=0.5, keep_of_start=keep
        )
        out = tmp_path / str(keep)
        train(source, out, settings, validation_scores, start_from=tiny_classifier)
        results[keep] = load_network(find_classifier(out)).whole.get_weights()
    for whole, half, start in zip(*(results[keep] for keep in (0.0, 0.5, 1.0)), strict=True):
        assert np.allclose(half, (whole + start) / 2, atol=1e-5)
    assert any(
        not np.allclose(whole, start)
        for whole, start in zip(results[0.0], results[1.0], strict=True)
    )
