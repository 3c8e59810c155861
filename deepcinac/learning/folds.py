"""Folds of a cross-validation: which stretches of which recordings train, choose the epoch, and are judged.

Two ways. Whole groups are left out (an animal, a recording, a device) where all recordings have the same
inputs. Otherwise each recording is cut into blocks of time with a gap between those that train and those
that are judged: neighbouring frames are nearly the same, and whatever is computed over a window reaches
across the cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.errors import InputError

_TRAIN, _VALIDATION, _TEST = 1, 2, 3
INNER_SHARE = 0.2
"""Of the training recordings, at their end, chooses the epoch where no whole group can be spared."""


@dataclass(frozen=True)
class Piece:
    """Frames ``start`` to ``stop`` (not included) of the recording with this number."""

    recording: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Fold:
    """One division; ``name``: what is judged, ``unit``: the independent unit that this belongs to."""

    name: str
    unit: str
    train: tuple[Piece, ...]
    validation: tuple[Piece, ...]
    test: tuple[Piece, ...]


def leave_groups_out(
    lengths: Sequence[int],
    groups: Sequence[str],
    gap_frames: int,
    choices: int = 1,
    labels: Sequence[str] | None = None,
) -> list[Fold]:
    """Every group is judged by what the others taught, with ``choices`` groups in turn as validation.

    ``lengths`` (n,) frames and ``groups`` (n,) of each recording. With two groups the end of the other
    group's recordings is the validation. With ``labels`` (n,) of the recordings one group of each label is
    the validation; where that would leave none to learn a label from, the ends of all recordings are.
    """
    names = sorted(set(groups))
    if len(names) < 2:
        raise InputError("at least two groups, one to learn from and one to judge", f"{len(names)}")
    found = []
    for place, tested in enumerate(names):
        others = names[place + 1 :] + names[:place]
        test = _whole(lengths, groups, {tested})
        if labels is not None:
            chosen_ones = _one_of_each(others, groups, labels)
            train, validation = _divided(lengths, groups, others, chosen_ones, gap_frames)
            found.append(Fold(tested, tested, train, validation, test))
            continue
        if len(others) < 2:
            train, validation = _inner(lengths, groups, others[0], gap_frames)
            found.append(Fold(tested, tested, train, validation, test))
            continue
        for chosen in others[: max(1, choices)]:
            train = _whole(lengths, groups, set(others) - {chosen})
            name = tested if choices == 1 else f"{tested}, validated on {chosen}"
            found.append(Fold(name, tested, train, _whole(lengths, groups, {chosen}), test))
    return found


def _whole(lengths: Sequence[int], groups: Sequence[str], wanted: set[str]) -> tuple[Piece, ...]:
    pairs = enumerate(zip(lengths, groups, strict=True))
    return tuple(Piece(n, 0, length) for n, (length, group) in pairs if group in wanted)


def _one_of_each(others: Sequence[str], groups: Sequence[str], labels: Sequence[str]) -> set[str]:
    """Groups that show every label between them and leave others that do; nothing where there are none."""
    shown: dict[str, set[str]] = {name: set() for name in others}
    for label, group in zip(labels, groups, strict=True):
        if group in shown:
            shown[group].add(label)
    wanted: set[str] = set().union(*shown.values())
    chosen: set[str] = set()
    seen: set[str] = set()
    for name in others:
        rest = [shown[one] for one in others if one not in chosen and one != name]
        if not shown[name] <= seen and shown[name] <= set().union(*rest):
            chosen.add(name)
            seen |= shown[name]
    return chosen if seen == wanted else set()


def _divided(
    lengths: Sequence[int],
    groups: Sequence[str],
    others: Sequence[str],
    chosen: set[str],
    gap_frames: int,
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Training and validation: the ``chosen`` groups, or the ends of all recordings without any."""
    if chosen:
        rest = _whole(lengths, groups, set(others) - chosen)
        return rest, _whole(lengths, groups, chosen)
    parts = [_inner(lengths, groups, name, gap_frames) for name in others]
    return tuple(p for part in parts for p in part[0]), tuple(p for part in parts for p in part[1])


def _inner(
    lengths: Sequence[int], groups: Sequence[str], group: str, gap_frames: int
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    train, validation = [], []
    for piece in _whole(lengths, groups, {group}):
        cut = round(len(piece) * (1 - INNER_SHARE))
        train.append(Piece(piece.recording, 0, max(1, cut - gap_frames)))
        validation.append(Piece(piece.recording, cut, piece.stop))
    return tuple(train), tuple(validation)


def leave_blocks_out(
    number: int,
    name: str,
    n_frames: int,
    gap_frames: int,
    n_blocks: int,
    unit: str = "",
    where: str | Path | None = None,
) -> list[Fold]:
    """Each of ``n_blocks`` contiguous blocks of a recording is judged in turn, the next one validates.

    ``gap_frames`` are left out on each side of a block that is judged or validates. ``unit``: what the
    blocks belong to; "" where each counts for itself.

    >>> fold = leave_blocks_out(0, "s", 90, 5, 3)[0]
    >>> [(p.start, p.stop) for p in (*fold.test, *fold.validation, *fold.train)]
    [(0, 30), (35, 60), (65, 90)]
    """
    if n_blocks < 3:
        raise InputError(
            "at least 3 blocks: to learn, to choose and to judge", f"{n_blocks}", where
        )
    edges = np.linspace(0, n_frames, n_blocks + 1).round().astype(int)
    shortest = int(np.diff(edges).min())
    if shortest < 3 * gap_frames:
        needed = 3 * gap_frames * n_blocks
        raise InputError(
            f"at least {needed} frames for {n_blocks} blocks with gaps of {gap_frames} frames",
            f"{n_frames}",
            where or name,
            "take fewer blocks (--blocks), a shorter baseline (--baseline-s) or a longer recording",
        )
    found = []
    for block in range(n_blocks):
        roles = np.full(n_frames, _TRAIN)
        following = (block + 1) % n_blocks
        for role, place in ((_VALIDATION, following), (_TEST, block)):
            first, last = edges[place], edges[place + 1]
            roles[max(0, first - gap_frames) : last + gap_frames] = 0
            roles[first:last] = role
        first, last = edges[block], edges[block + 1]
        near = np.zeros(n_frames, bool)
        near[max(0, first - gap_frames) : last + gap_frames] = True
        roles[near & (roles == _VALIDATION)] = 0
        train, validation, test = (
            tuple(Piece(number, *run) for run in _runs(roles == role))
            for role in (_TRAIN, _VALIDATION, _TEST)
        )
        called = f"{name}, block {block + 1} of {n_blocks}"
        found.append(Fold(called, unit or called, train, validation, test))
    return found


def _runs(chosen: np.ndarray) -> Iterator[tuple[int, int]]:
    """Start and stop (not included) of each run of True."""
    steps = np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]]))
    yield from zip(
        np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True
    )
