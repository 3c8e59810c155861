"""Backbones with random weights on tiny images, and files of weights that are not what they should be."""

from __future__ import annotations

import pickle
import struct

import numpy as np
import pytest

from deepcinac.containers.torch_weights import read_torch_weights
from deepcinac.errors import InputError
from deepcinac.files import sha256_of
from deepcinac.learning import backbones
from deepcinac.learning.backbones import LITE0, Describer, backbone_of


class Storage:
    """What PyTorch calls a storage, for a pickle that names it as PyTorch does."""


def saved_by_torch(path, name="weight", refused=""):
    """A file as PyTorch 1.5 wrote it, with one tensor 0 to 5 of shape (2, 3), byte for byte by hand."""
    head = b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {}))
    word = refused or "torch._utils\n_rebuild_tensor_v2"
    body = (
        b"\x80\x02}X" + struct.pack("<I", len(name)) + name.encode()
        + b"c" + word.encode() + b"\n"
        + b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x06NtQ"
        + b"K\x00K\x02K\x03\x86K\x03K\x01\x86\x89NtRs."
    )  # fmt: skip
    numbers = struct.pack("<q6f", 6, *range(6))
    path.write_bytes(head + body + pickle.dumps(["7"], 2) + numbers)
    return path


def test_weights_of_pytorch_are_read_without_it(tmp_path):
    found = read_torch_weights(saved_by_torch(tmp_path / "a.pth"))
    assert found["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_tensor_that_repeats_a_number_for_ever_is_refused(tmp_path):
    path = saved_by_torch(tmp_path / "a.pth")
    shape, strides = b"K\x02K\x03\x86", b"K\x03K\x01\x86"
    assert shape + strides in path.read_bytes()
    endless = b"K\xffK\xff\x86" + b"K\x00K\x00\x86"
    path.write_bytes(path.read_bytes().replace(shape + strides, endless))
    with pytest.raises(InputError, match="weights saved by PyTorch"):
        read_torch_weights(path)


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    path = saved_by_torch(tmp_path / "a.pth", refused="os\nsystem")
    with pytest.raises(InputError, match="refused: os.system"):
        read_torch_weights(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="weights saved by PyTorch"):
        read_torch_weights(path)


def test_a_backbone_is_what_the_user_names(tmp_path):
    path = saved_by_torch(tmp_path / "a.pth")
    digest = sha256_of(path)
    assert backbone_of(LITE0, path, digest).sha256 == digest
    assert backbone_of(LITE0).name == "efficientnet-lite0, random weights"
    for given, complaint in (
        (("resnet",), "one of efficientnet-lite0, efficientnet-b0"),
        ((LITE0, path, "0" * 64), f"weights with the SHA-256 {'0' * 64}, found {digest}"),
        ((LITE0, None, digest), "a file of weights, found its SHA-256 alone"),
    ):
        with pytest.raises(InputError, match=complaint):
            backbone_of(*given)
    images = np.zeros((1, 32, 32), np.uint8)
    with pytest.raises(InputError, match="the weights of EfficientNet-Lite0"):
        Describer(backbone_of(LITE0, path), tmp_path / "cache").features(images)


def test_features_are_kept_by_hash(tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 2, (3, 32, 32)).astype(np.uint8) * 255
    describer = Describer(backbone_of(LITE0, seed=1), tmp_path)
    found = describer.features(images)
    assert found.shape == (3, 1280)
    assert describer.n_drawn == 3
    assert (found.std(0) > 0).any()

    def refuse(*_):
        raise AssertionError("described again")

    monkeypatch.setattr(backbones, "_built", refuse)
    again = Describer(backbone_of(LITE0, seed=1), tmp_path)
    np.testing.assert_array_equal(again.features(images), found)
    with pytest.raises(AssertionError):
        Describer(backbone_of(LITE0, seed=2), tmp_path).features(images)
