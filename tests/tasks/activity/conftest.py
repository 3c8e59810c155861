"""A scene for the classifier's tests: a tiny labelled recording and a tiny classifier of fresh weights."""

import dataclasses

import pytest

from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.zoo import find_classifier
from deepcinac.simulation.rendering import simulate
from deepcinac.simulation.settings import preset_settings
from deepcinac.tasks.activity.model import COMPACT, activity_card, build_network

TINY = dataclasses.replace(
    COMPACT,
    window_frames=40,
    patch_px=15,
    filters=(3, 4),
    kernels=(5, 3),
    strides=(2, 2),
    frame_features=6,
    temporal_filters=8,
    recurrent_units=6,
)


@pytest.fixture(scope="session")
def recording_folder(tmp_path_factory):
    """230 frames of 40 x 36 px at 10 Hz with 6 cells."""
    settings = preset_settings(
        "small", seed=11, n_frames=230, height=40, width=36, n_cells=6, event_rate_hz=(0.1, 0.3)
    )
    return simulate(settings, tmp_path_factory.mktemp("recording") / "a")


@pytest.fixture(scope="session")
def tiny_classifier(tmp_path_factory):
    """A classifier folder whose weights have learnt nothing (seed 1)."""
    folder = tmp_path_factory.mktemp("zoo") / "tiny"
    folder.mkdir()
    build_network(TINY, seed=1).whole.save_weights(folder / WEIGHTS_FILE)
    write_card(folder, activity_card("tiny", TINY))
    return find_classifier(folder)
