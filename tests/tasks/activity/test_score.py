"""The few numbers by which training compares one epoch with another."""

import numpy as np
import pytest

from deepcinac.tasks.activity.score import transient_scores


def test_scores_of_two_transients_of_which_one_is_found():
    """Frames 2 to 4 and 10 to 12 are active; only the first run is predicted."""
    active = np.zeros((1, 20), bool)
    active[0, 2:5] = active[0, 10:13] = True
    probability = np.zeros((1, 20))
    probability[0, 2:5] = 0.9
    named = transient_scores(active, None, probability, None, None)
    assert (named["recall"], named["precision"]) == (0.5, 1.0)
    assert named["f1"] == pytest.approx(2 / 3)


def test_without_any_transient_there_is_no_score():
    named = transient_scores(np.zeros((1, 20), bool), None, np.zeros((1, 20)), None, None)
    assert named["f1"] is None
