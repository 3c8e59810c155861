"""Features of a cell in every frame, of its surroundings in every so many, joined block by block."""

import numpy as np
import pytest

from deepcinac.inputs.crops import CELL
from deepcinac.tasks.activity.model import load_network
from deepcinac.tasks.activity.running import FeatureBuffer, empty_features, encode

N_FRAMES, SIDE = 12, 15
PIXELS = np.arange(SIDE**2)[None]


@pytest.fixture(scope="module")
def network(tiny_classifier):
    return load_network(tiny_classifier)


@pytest.fixture(scope="module")
def block():
    frames = np.random.default_rng(0).normal(size=(N_FRAMES, SIDE**2 + 1)).astype(np.float32)
    frames[:, -1] = 0
    return frames


def masks(*, neighbour: bool) -> np.ndarray:
    """A cell of 5 x 5 px in the corner, a neighbour beside it or none, and the rest."""
    own, other = np.zeros((SIDE, SIDE), bool), np.zeros((SIDE, SIDE), bool)
    own[:5, :5], other[:5, 4:9] = True, neighbour
    return np.stack([own, other, ~(own | other)]).reshape(1, 3, -1)


def buffered(network, block, every, size, shown):
    buffer = FeatureBuffer(network, PIXELS, shown, N_FRAMES, every)
    for first in range(0, N_FRAMES, size):
        buffer.add(block[first : first + size], None)
    assert buffer.known == N_FRAMES
    return buffer.joined()[0][0]


@pytest.mark.parametrize("neighbour", [True, False])
@pytest.mark.parametrize("size", [1, 4, 5, 12])
def test_surroundings_are_looked_at_in_some_frames_and_interpolated(
    network, block, neighbour, size
):
    shown = masks(neighbour=neighbour)
    full = encode(network, block, PIXELS, shown, empty_features(network))[0]
    found = buffered(network, block, 3, size, shown)  # looks at frames 0, 3, 6, 9 and 11, the last
    assert np.allclose(found[:, CELL], full[:, CELL], atol=1e-5)
    around, expected = found[:, CELL + 1 :], full[:, CELL + 1 :]
    assert np.allclose(around[[0, 3, 6, 9, 11]], expected[[0, 3, 6, 9, 11]], atol=1e-5)
    assert np.allclose(around[4], (2 * expected[3] + expected[6]) / 3, atol=1e-5)
    assert np.allclose(around[10], (expected[9] + expected[11]) / 2, atol=1e-5)


def test_looking_at_every_frame_interpolates_nothing(network, block):
    shown = masks(neighbour=True)
    full = encode(network, block, PIXELS, shown, empty_features(network))[0]
    assert np.allclose(buffered(network, block, 1, 5, shown), full, atol=1e-5)


def test_frames_wait_for_the_next_that_is_looked_at(network, block):
    buffer = FeatureBuffer(network, PIXELS, masks(neighbour=True), N_FRAMES, 3)
    buffer.add(block[:6], None)
    assert (buffer.base, buffer.known) == (0, 4)
    buffer.drop(6)  # frame 3 is still needed: 4 and 5 lie between it and 6
    assert buffer.base == 3
    buffer.add(block[6:8], None)
    assert buffer.known == 7
