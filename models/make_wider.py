"""Give a classifier more scalars per frame, for training to fill: until then it answers as before.

    python models/make_wider.py CLASSIFIER OUT

The weights of the new scalars are 0. Used by ``make_general.py`` to go from the demixed scalars to those
with the evidence of light without a mask.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.inputs.network_input import N_ALL_SCALARS
from deepcinac.learning.card import WEIGHTS_FILE, write_card
from deepcinac.learning.run_folder import save_weights
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.settings import to_mapping
from deepcinac.tasks.activity.model import build_network, load_network, parts_of


def padded(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """``old`` with zeros after its last entries, in the shape of ``new``."""
    return np.pad(old, [(0, b - a) for a, b in zip(old.shape, new.shape, strict=True)])


def widened(classifier: ClassifierFolder, n_scalars: int = N_ALL_SCALARS) -> tuple[Any, Any]:
    """The architecture with so many scalars, and its network with the classifier's weights.

    The scalars are the last of what any layer takes, so that zeros at the end leave the answers as they are.
    """
    architecture = dataclasses.replace(parts_of(classifier.card).architecture, n_scalars=n_scalars)
    old, new = load_network(classifier).whole, build_network(architecture, seed=0).whole
    weights = zip(old.get_weights(), new.get_weights(), strict=True)
    new.set_weights([padded(before, after) for before, after in weights])
    return architecture, new


def main(classifier: str, out: Path) -> None:
    """Write the widened classifier into the new folder ``out``."""
    found = find_classifier(classifier)
    architecture, model = widened(found)
    out.mkdir(parents=True)
    save_weights(model, out / WEIGHTS_FILE)
    write_card(out, dataclasses.replace(found.card, architecture=to_mapping(architecture)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("classifier")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    main(arguments.classifier, arguments.out)
