"""A classifier that could not work is one sentence, before any work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.errors import InputError
from deepcinac.learning.backend import require_sound_weights
from deepcinac.learning.card import WEIGHTS_FILE, read_card
from deepcinac.learning.zoo import shipped_folder
from deepcinac.tasks.activity.model import COMPACT, PAPER, Architecture, n_parameters_of, parts_of

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("card.json", WEIGHTS_FILE):
        shutil.copyfile(shipped_folder() / "general" / name, tmp_path / name)
    return tmp_path


def with_card(folder: Path, change: Change) -> Path:
    content = json.loads((folder / "card.json").read_text())
    change(content)
    (folder / "card.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["calibration"].update(slope=float("nan")), "finite numbers"),
        (lambda c: c["calibration"].update(offset=float("inf")), "finite numbers"),
        (lambda c: c["calibration"].update(slope=1e9), "at most 1000"),
        (lambda c: c.update(threshold=float("nan")), "finite numbers"),
        (lambda c: c.update(threshold=7), "at most 1"),
        (lambda c: c.update(threshold=-1), "at least 0"),
        (lambda c: c["input_form"].update(frame_rate_range_hz="6 to 15"), "2 values"),
        (lambda c: c["input_form"].update(frame_rate_range_hz=[6.5]), "2 values"),
        (lambda c: c["input_form"].update(pixel_size_range_um=[3, 1]), "from low to high"),
        (lambda c: c["input_form"].update(frame_rate_hz=1e-300), "at least 0.001"),
        (lambda c: c["architecture"].update(filters=[1024] * 6, kernels=[25] * 6, strides=[1] * 6),
         "at most 200,000,000 parameters in all"),
        (lambda c: c["architecture"].update(window_frames=2000, patch_px=101, filters=[64, 8, 8],
                                            strides=[1, 25, 25]), "numbers in the first layer"),
        (lambda c: c["architecture"].update(patch_px=1 << 62), "at most 101"),
        (lambda c: c.update(training=json.loads("[" * 60 + "]" * 60)), "named values"),
    ],
)  # fmt: skip
def test_cards(folder: Path, change: Change, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parts_of(read_card(with_card(folder, change)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers(folder: Path, value: float) -> None:
    with h5py.File(folder / WEIGHTS_FILE, "r+") as file:
        names: list[str] = []
        file.visititems(lambda n, x: names.append(n) if isinstance(x, h5py.Dataset) else None)
        file[names[3]][..., 0] = value
    with pytest.raises(InputError, match="NaN or infinity in .*weights.h5"):
        require_sound_weights(folder / WEIGHTS_FILE)


def test_weights_that_lie_in_another_file(folder: Path) -> None:
    with h5py.File(folder / WEIGHTS_FILE, "r+") as file:
        file["more"] = h5py.ExternalLink("/etc/passwd", "/x")
    with pytest.raises(InputError, match="a link to another file"):
        require_sound_weights(folder / WEIGHTS_FILE)


def test_shipped_weights_are_sound() -> None:
    require_sound_weights(shipped_folder() / "general" / WEIGHTS_FILE)


def test_the_command_line_says_so_with_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_card(folder, lambda card: card.update(threshold=7))
    assert main(["classifiers", str(folder)]) == 2
    assert "Expected at most 1, found 7" in capsys.readouterr().err


def test_parameters_are_counted_before_the_network_is_built() -> None:
    assert n_parameters_of(PAPER) == pytest.approx(33_399_424, rel=0.1)
    assert n_parameters_of(COMPACT) == pytest.approx(148_803, rel=0.1)
    assert n_parameters_of(Architecture(filters=(8,), kernels=(5,), strides=(2,))) < 1_000_000
