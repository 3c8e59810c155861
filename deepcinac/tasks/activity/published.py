"""A classifier of ours from a network that DeepCINAC 1 has trained: the same weights, other inputs.

Our ``paper`` network has the same layers, except that it multiplies what attention has weighted by the
number of frames; the rows of the kernels that see it are divided by it, so the two give the same numbers for
the same inputs. DeepCINAC 1 fed its network otherwise, though: pixels in standard deviations of the whole
movie, and nearly the whole crop as second and third input. So such a classifier is a start for
``train --start-from``, and whoever predicts with it as it is is asked first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepcinac.files import folder_written_atomically
from deepcinac.formats.published_weights import N_INPUTS, PublishedNetwork, read_published
from deepcinac.learning.card import WEIGHTS_FILE, Card, write_card
from deepcinac.learning.zoo import ClassifierFolder, find_classifier
from deepcinac.questions import ask
from deepcinac.tasks.activity.model import Architecture, Network, activity_card, build_network

OTHER_INPUTS = "other-inputs"
"""What ``--accept`` is given to predict with such a classifier all the same."""
_MARK = "weights_of"
_PROGRAM = "DeepCINAC 1"
LIMITS = (
    "The weights were learnt from the inputs of DeepCINAC 1 (pixels in standard deviations of the whole "
    "movie; second and third input nearly the whole crop), which this program does not make: a start "
    "for training, not a classifier to predict with."
)


def make_classifier(architecture: Path, weights: Path, out: Path, name: str = "") -> Card:
    """Write the folder of a classifier with the weights of DeepCINAC 1; its card comes back."""
    published = read_published(architecture, weights)
    network = network_of_published(published)
    card = activity_card(
        name or out.name,
        network.architecture,
        description=f"network of {_PROGRAM} ({weights.name}), a start for training",
        limits=LIMITS,
        training={_MARK: _PROGRAM, "file": weights.name},
    )
    with folder_written_atomically(out) as temporary:
        network.whole.save_weights(temporary / WEIGHTS_FILE)
        card = write_card(temporary, card)
    return card


def network_of_published(published: PublishedNetwork) -> Network:
    """Our network with these weights."""
    architecture = Architecture(
        size="paper",
        window_frames=published.window_frames,
        patch_px=published.patch_px,
        n_scalars=0,
        filters=published.filters,
        frame_features=published.frame_features,
        recurrent="lstm",
        recurrent_units=published.recurrent_units,
        dropout=published.dropout,
        rate_head=False,
    )
    network = build_network(architecture)
    network.encoder.set_weights(list(published.arrays["encoder"]))
    for part, arrays in published.arrays.items():
        if part != "encoder":
            layer = network.sequence.get_layer(part)
            layer.set_weights(_for_our_attention(part, arrays, published))
    return network


def _for_our_attention(
    part: str, arrays: tuple[np.ndarray, ...], published: PublishedNetwork
) -> list[np.ndarray]:
    """Kernels whose rows for attended features are divided by the number of frames."""
    width, units = published.frame_features, published.recurrent_units
    own_rows = {"1": 0, "2": 2 * units}
    found = list(arrays)
    if part.startswith("recurrent"):
        attended = np.arange(own_rows[part[-1]], own_rows[part[-1]] + width)
        kernels = [0, 3]  # forwards and backwards
    elif part == "merge":
        block = 4 * units + width
        attended = np.concatenate(
            [np.arange(i * block + 4 * units, (i + 1) * block) for i in range(N_INPUTS)]
        )
        kernels = [0]
    else:
        return found
    for place in kernels:
        kernel = found[place].copy()
        kernel[attended] /= published.window_frames
        found[place] = kernel
    return found


def classifier_to_predict(
    classifier: ClassifierFolder | str | Path, accepted: frozenset[str] = frozenset()
) -> ClassifierFolder:
    """A classifier, by name or folder, after what there is to ask about it was accepted.

    Whoever predicts gets its classifier here: command line, window and library.

    Raises
    ------
    NeedsAnswer
        Weights that have learnt other inputs, and :data:`OTHER_INPUTS` is not accepted.
    """
    if not isinstance(classifier, ClassifierFolder):
        classifier = find_classifier(classifier)
    ask_about_inputs(classifier.card, accepted)
    return classifier


def ask_about_inputs(card: Card, accepted: frozenset[str] = frozenset()) -> None:
    """Ask before a prediction whether weights that learnt other inputs are meant as they are."""
    if has_other_inputs(card):
        ask(
            OTHER_INPUTS,
            "a classifier that has learnt from the inputs of this program",
            f"weights of {_PROGRAM}, which fed its network otherwise",
            f"classifier {card.name}",
            "train it first: deepcinac train SESSION --start-from FOLDER --out NEW",
            accepted,
        )


def has_other_inputs(card: Card) -> bool:
    """Whether the weights are those of DeepCINAC 1, not trained since."""
    return card.training.get(_MARK) == _PROGRAM
