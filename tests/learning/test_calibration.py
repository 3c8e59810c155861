"""Calibration: biases that were put in are found, and 0.5 becomes the best threshold for transients."""

import numpy as np
import pytest

from deepcinac.learning.calibration import (
    Calibration,
    RecordingLevel,
    calibrated,
    centred_on_best,
    fit_calibration,
    following_recordings,
)


def test_calibration_finds_the_bias_that_was_put_in():
    generator = np.random.default_rng(0)
    true_logit = generator.normal(-2, 2, 40_000)
    active = generator.random(40_000) < 1 / (1 + np.exp(-true_logit))
    biased = 1 / (1 + np.exp(-(2.0 * true_logit + 1.0)))
    found = fit_calibration(active, biased)
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.offset == pytest.approx(-0.5, abs=0.06)


def test_with_one_kind_of_frame_there_is_nothing_to_fit():
    assert fit_calibration(np.zeros(5, bool), np.full(5, 0.3)) == Calibration()


def test_calibration_moves_probabilities_as_written():
    values = calibrated(np.array([0.5, 0.9]), Calibration(1.0, float(np.log(3))))
    # odds 1 become odds 3, odds 9 become odds 27
    assert values.tolist() == pytest.approx([0.75, 27 / 28])


def test_the_offset_is_moved_to_the_best_quality():
    start = Calibration(0.7, -1.0)
    best = centred_on_best(start, lambda c: -abs(c.offset - 0.4), shifts=(0.0, 1.0, 1.5, 2.0))
    assert best == Calibration(0.7, 0.5)


def test_of_nearly_equal_places_the_most_cautious_is_taken():
    quality = {-0.5: 0.60, 0.0: 0.795, 0.5: 0.80, 1.0: 0.799}
    best = centred_on_best(Calibration(), lambda c: quality[c.offset], shifts=tuple(quality))
    assert best.offset == 0.0


def test_the_offset_of_a_quiet_recording_is_lower_and_that_of_an_active_one_higher():
    """Mean probability 0.5, odds 1: nothing is added. 0.1, odds 1/9: 0.5 * ln(1/9) = -1.1 is."""
    following = Calibration(1.0, 0.2, by_activity=0.5)
    active, quiet = RecordingLevel(0.5, 4.0, 1), RecordingLevel(0.1, 4.0, 1)
    assert following.for_recording(active) == Calibration(1.0, 0.2)
    assert following.for_recording(quiet).offset == pytest.approx(0.2 - 1.0986, abs=1e-4)
    assert Calibration(1.0, 0.2).for_recording(quiet) == Calibration(1.0, 0.2)


def test_how_the_best_offset_follows_the_recordings_is_found():
    """The best shift of each of five recordings is 0.8 times what its log odds are above their mean."""
    means = np.array([0.01, 0.03, 0.05, 0.1, 0.3])
    levels = [RecordingLevel(mean, 4.0, 1) for mean in means]
    odds = np.log(means / (1 - means))
    best = 0.25 + 0.8 * (odds - odds.mean())
    found = following_recordings(Calibration(), levels, lambda s: -float(np.abs(s - best).sum()))
    assert (found.by_activity, found.by_reach, found.by_time_bin) == (0.8, 0.0, 0.0)
    assert found.offset == pytest.approx(0.25 - 0.8 * odds.mean(), abs=1e-4)
