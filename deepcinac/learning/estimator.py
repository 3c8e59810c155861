"""Learning with a scikit-learn estimator, whatever the task: fit, cross-validate, keep as plain numbers.

What an estimator has learnt goes into the card as lists of numbers, never as a pickle: a stranger's file
can be wrong, but it cannot run anything.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.learning.card import Card
from deepcinac.learning.splits import (
    CELLS,
    GROUPS,
    RECORDINGS,
    Split,
    counted,
    folds_by_class,
    folds_by_group,
)
from deepcinac.learning.task import EstimatorTask, Judgement
from deepcinac.version import __version__

N_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Learned:
    """A fitted estimator and what is known of it.

    ``held_out`` (n, n_classes): the answer to each example by an estimator that had not seen it, in the
    order of ``classes``.
    """

    card: Card
    estimator: Any
    classes: tuple[Any, ...]
    held_out: np.ndarray
    split: Split
    judgement: Judgement


def learn(task: EstimatorTask, name: str = "my-classifier") -> Learned:
    """Fit the task's estimator to all examples, and judge it by cross-validation.

    With two groups or more each is held out whole in turn, else a fifth of the examples of each class.
    """
    examples = task.examples()
    inputs, targets = np.asarray(examples.inputs), list(examples.targets)
    n_groups = len(set(examples.groups))
    if n_groups > 1:
        folds = folds_by_group(examples.groups)
        by = RECORDINGS if examples.unit == "recording" else GROUPS
        split = Split(by, n_groups, f"{counted(n_groups, examples.unit)}, each held out in turn")
    else:
        folds = folds_by_class(targets, N_FOLDS)
        held = counted(len(targets), "example")
        split = Split(CELLS, len(targets), f"{held}, a fifth of each class held out in turn")
    classes = tuple(sorted(set(targets)))
    held_out = cross_validated(task.build, inputs, targets, folds)
    judged = task.judge(targets, classes, held_out)
    estimator = task.build().fit(inputs, np.asarray(targets))
    own = task.card(name)
    card = dataclasses.replace(
        own,
        arrays=dict(task.arrays(estimator)),
        version=__version__,
        made_by=f"deepcinac {__version__}",
        made_on=datetime.date.today().isoformat(),
        training={**own.training, "examples": len(targets), "held_out": split.to_dict()},
        scores={"score": judged.score, "score_name": task.score_name, **judged.details},
    )
    return Learned(card, estimator, classes, held_out, split, judged)


def cross_validated(
    build: Callable[[], Any], inputs: np.ndarray, targets: Sequence[Any], folds: np.ndarray
) -> np.ndarray:
    """Answers (n, n_classes) to each example by an estimator that has not seen its fold, (n,) int.

    Classes are in ascending order. One that does not occur outside the fold gets 0; with one class left,
    that one gets 1.
    """
    names = sorted(set(targets))
    given = np.asarray(targets)
    found = np.zeros((len(targets), len(names)))
    for fold in np.unique(folds).tolist():
        out = folds == fold
        inside = np.unique(given[~out]).tolist()
        if len(inside) == 1:
            found[out, names.index(inside[0])] = 1.0
        elif inside:
            known = build().fit(inputs[~out], given[~out])
            columns = [names.index(name) for name in np.asarray(known.classes_).tolist()]
            found[np.ix_(out, columns)] = known.predict_proba(inputs[out])
    return found


def fitted_arrays(estimator: Any, names: Sequence[str]) -> dict[str, Any]:
    """The fitted attributes of a plain scikit-learn estimator (``coef_``, …) in the types of JSON."""
    return {name: np.asarray(getattr(estimator, name)).tolist() for name in names}


def with_arrays(estimator: Any, arrays: Mapping[str, Any], names: Sequence[str]) -> Any:
    """A new estimator with those attributes put back."""
    for name in names:
        if name not in arrays:
            raise InputError(f"the numbers {', '.join(names)}", ", ".join(arrays) or "none", "card")
        setattr(estimator, name, np.asarray(arrays[name]))
    return estimator


def numbers(values: Any, shape: tuple[int, ...], where: str | Path) -> np.ndarray:
    """An array of finite numbers of a shape from decoded JSON; anything else is an InputError."""
    try:
        array = np.asarray(values, dtype=float)
        fits = array.shape == shape and bool(np.isfinite(array).all())
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise InputError(f"finite numbers of shape {shape}", f"{values!r:.60}", where)
    return array
