"""The network's parts: sizes, and that its two halves give what the whole gives."""

import dataclasses

import numpy as np
import pytest

from deepcinac.tasks.activity.model import COMPACT, PAPER, build_network

SMALL = dataclasses.replace(
    COMPACT,
    window_frames=20,
    patch_px=15,
    filters=(3, 4),
    kernels=(5, 3),
    strides=(2, 2),
    frame_features=5,
    recurrent_units=4,
)


def test_the_published_sizes():
    """33.4 million parameters, 259,008 of them in the CNN (PAPER: 3 x 10,100 in the attention)."""
    network = build_network(PAPER)
    assert network.whole.count_params() == 33_399_424
    assert network.encoder.count_params() == 259_008


@pytest.mark.parametrize("n_scalars", [0, 7])
@pytest.mark.parametrize("recurrent", ["gru", "lstm"])
def test_encoder_and_sequence_model_give_the_same_as_the_whole(n_scalars, recurrent):
    architecture = dataclasses.replace(SMALL, n_scalars=n_scalars, recurrent=recurrent)
    network = build_network(architecture, seed=0)
    generator = np.random.default_rng(0)
    images = generator.normal(size=(2, 20, 3, 15, 15)).astype(np.float32)
    scalars = generator.normal(size=(2, 20, n_scalars)).astype(np.float32)
    whole = network.whole.predict_on_batch([images, scalars] if n_scalars else images)
    features = network.encoder.predict_on_batch(images.reshape(-1, 15, 15, 1))
    features = features.reshape(2, 20, 3, 5)
    parts = network.sequence.predict_on_batch([features, scalars] if n_scalars else features)
    assert whole.shape == (2, 20, 2)  # activity and spikes
    assert np.allclose(whole, parts, atol=1e-5)


def test_a_seed_gives_the_same_weights():
    first, again = (build_network(SMALL, seed=3).whole.get_weights() for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_attention_does_not_silence_a_fresh_network():
    """A softmax over time divides features by the number of frames; the factor must undo that."""
    network = build_network(dataclasses.replace(COMPACT, n_scalars=0), seed=0)
    generator = np.random.default_rng(0)
    features = generator.normal(size=(4, 100, 3, COMPACT.frame_features)).astype(np.float32)
    logits = np.asarray(network.sequence.predict_on_batch(features))
    assert logits.std() > 0.02
