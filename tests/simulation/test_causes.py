"""Why a rise is false: ten frames per second, one cell, one part lifted at a time."""

import numpy as np
import pytest

from deepcinac.simulation import causes
from deepcinac.simulation.causes import false_rises

RATE, N = 10.0, 200


def _bump(at, height, length=4):
    """A rise over ``length`` frames that falls as fast."""
    course = np.zeros((1, N))
    course[0, at : at + length] = height * (np.arange(length) + 1) / length
    course[0, at + length : at + 2 * length] = height * (1 - (np.arange(length) + 1) / length)
    return course


def _found(seen, parts, own=None, busy=None, bleached=None):
    nothing = np.zeros((1, N))
    return false_rises(
        seen,
        np.zeros((1, N), bool) if busy is None else busy,
        parts,
        nothing if own is None else own,
        nothing if bleached is None else bleached,
        np.array([1.0]),
        RATE,
    )


@pytest.mark.parametrize(
    "cause", [causes.NEIGHBOUR, causes.DEPTH, causes.BORDER, causes.WHOLE_FIELD]
)
def test_the_part_that_rose_is_the_cause(cause):
    bump, nothing = _bump(50, 10.0), np.zeros((1, N))
    found = _found(bump, {causes.DRIFT: nothing, cause: bump, causes.NEUROPIL: -bump})
    assert found.cause.tolist() == [cause]
    (cell, onset, peak), z = found.rows[0].tolist(), float(found.z[0])
    assert (cell, peak) == (0, 53)
    assert 48 <= onset <= 50
    assert z == pytest.approx(8.5, abs=1.5)  # 10 SD, a little less after smoothing


def test_a_rise_that_touches_the_cells_own_activity_is_none():
    bump, busy = _bump(50, 10.0), np.zeros((1, N), bool)
    busy[0, 52] = True
    assert len(_found(bump, {causes.NEIGHBOUR: bump}, busy=busy).rows) == 0


def test_a_rise_over_more_than_six_seconds_is_none():
    slow = np.zeros((1, N))
    slow[0, 50:150] = np.linspace(0, 10, 100)
    assert len(_found(slow, {causes.DRIFT: slow}).rows) == 0


def test_a_bump_that_nothing_explains_is_noise_and_the_cause_says_where_it_stood():
    bump = _bump(50, 6.0)
    parts = {causes.NEIGHBOUR: np.zeros((1, N))}
    assert _found(bump, parts).cause.tolist() == [causes.NOISE]
    decay = 40 * np.exp(-np.arange(N) / 40)[None]  # at frame 50 still a quarter of its ceiling
    assert _found(bump, parts, own=decay).cause.tolist() == [causes.DECAY_BUMP]
    held = np.where(np.arange(N) < 120, 40.0, 0.0)[None]
    assert _found(bump, parts, own=held).cause.tolist() == [causes.PLATEAU]
    fading = -0.05 * np.arange(N)[None]  # loses 5 SD in 10 s
    assert _found(bump, parts, bleached=fading).cause.tolist() == [causes.BLEACHING]
