"""Which files of a folder belong together, by their names: series, copies, files of something else.

A name is text and numbers in turn. Files whose text is the same differ in numbers only; one of those
counts the frames, the others (``_ch2_``, ``Cycle00003``, ThorImage's plane) make series.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepcinac.recording.lost_frames import holes

_COPY = re.compile(r"^(.+?)(?: ?\(\d+\)| - copy(?: ?\(\d+\))?|[ _-]copy\d*)$", re.IGNORECASE)
_PROJECTION = re.compile(r"^(?:avg|max|min|sum|std|med|mean|average|projection)[_-]", re.IGNORECASE)
_THOR = re.compile(r"^(chan[a-d])_(\d+)_(\d+)_(\d+)_(\d+)$", re.IGNORECASE)
_SERIES_WORD = re.compile(
    r"(?:^|[^a-z])(ch|chan|channel|c|z|plane|slice|cycle|pos|position|roi|region|w|series|s)[ _-]?$",
    re.IGNORECASE,
)
_TIME_WORD = re.compile(r"(?:^|[^a-z])(t|time|frame|f)[ _-]?$", re.IGNORECASE)
_WORDS = re.compile(r"[ _.\-]+")


@dataclass(frozen=True)
class FileSeries:
    """Files that follow each other. ``numbers`` count the files, None where nothing counts."""

    name: str
    files: tuple[Path, ...]
    numbers: np.ndarray | None = None

    @property
    def lost(self) -> list[tuple[int, int]]:
        """Holes in the numbering: (index of the file before, how many)."""
        return [] if self.numbers is None else holes(self.numbers)


@dataclass(frozen=True)
class FolderContent:
    """What the names of a folder say. ``known``: they are those of a known program, or say ``ch2``."""

    series: tuple[FileSeries, ...]
    copies: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    known: bool = True


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that compares runs of digits as numbers: ``img2`` comes before ``img10``."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((1, int(part), part) if i % 2 else (0, 0, part) for i, part in enumerate(parts))


def stem_of(path: Path) -> str:
    """The name without .tif and .ome."""
    return re.sub(r"\.ome$", "", path.stem, flags=re.IGNORECASE)


def sort_files(files: Sequence[Path]) -> FolderContent:
    """Sort the files of a folder (in natural order) into series and what is left out."""
    stems = {stem_of(path).lower() for path in files}
    copies = [
        path
        for path in files
        if (match := _COPY.match(stem_of(path))) and match[1].lower() in stems
    ]
    kept = [path for path in files if path not in copies]
    projections = [path for path in kept if _PROJECTION.match(path.stem)]
    if len(projections) < len(kept):
        kept = [path for path in kept if path not in projections]
    else:
        projections = []
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in kept:
        groups[re.sub(r"\d+", "#", stem_of(path).lower())].append(path)
    firsts = _unnumbered_first_files(groups)
    foreign = list(projections)
    if any(len(group) > 1 for group in groups.values()):
        alone = [key for key, group in groups.items() if len(group) == 1]
        foreign += [groups.pop(key)[0] for key in alone]
    prefixes = _distinguishing([stem_of(group[0]) for group in groups.values()])
    series: list[FileSeries] = []
    known = True
    for prefix, (key, group) in zip(prefixes, groups.items(), strict=True):
        inner, inner_known = _by_numbers(group, prefix, firsts.get(key))
        series += inner
        known = known and inner_known
    return FolderContent(tuple(series), tuple(copies), tuple(foreign), known)


def _unnumbered_first_files(groups: dict[str, list[Path]]) -> dict[str, Path]:
    """``mov.tif`` goes before ``mov_1.tif``, where it is a piece of the same kind (of like size)."""
    firsts = {}
    for key in [key for key, group in groups.items() if len(group) == 1]:
        for after in (f"{key}_#", f"{key}-#", f"{key}#", f"{key}_file#"):
            others = groups.get(after)
            if others and key in groups:
                numbers = [int(re.findall(r"\d+", stem_of(path))[-1]) for path in others]
                size, typical = groups[key][0].stat().st_size, others[0].stat().st_size
                if min(numbers) >= 1 and size >= 0.5 * typical and typical > 0:
                    firsts[after] = groups.pop(key)[0]
    return firsts


def _distinguishing(stems: list[str]) -> list[str]:
    """What tells names with other texts apart: "green" of rec_green_0001, "" of an only one."""
    if len(stems) == 1:
        return [""]
    words = [[word for word in _WORDS.split(stem) if word] for stem in stems]
    texts = [[re.sub(r"\d+", "#", word.lower()) for word in of_one] for of_one in words]
    if len({len(of_one) for of_one in words}) != 1:
        common = os.path.commonprefix(stems)
        return [re.sub(r"[\W\d_]+$", "", stem[len(common) :]) or stem for stem in stems]
    differing = [i for i in range(len(words[0])) if len({text[i] for text in texts}) > 1]
    return ["-".join(of_one[i] for i in differing) for of_one in words]


def _by_numbers(
    group: list[Path], prefix: str, first: Path | None
) -> tuple[list[FileSeries], bool]:
    """Series of files that differ in numbers only."""
    pieces = [re.split(r"(\d+)", stem_of(path)) for path in group]
    columns = [
        i for i in range(1, len(pieces[0]), 2) if len({int(parts[i]) for parts in pieces}) > 1
    ]
    before = [path for path in (first,) if path is not None]
    if not columns:
        return [FileSeries(prefix or stem_of(group[0]), (*before, *group))], True
    time = _time_column(pieces, columns, group)
    others = [i for i in columns if i != time]
    keys = [tuple(int(parts[i]) for i in others) for parts in pieces]
    if len(set(keys)) == len(group):  # 1-to-1: a time of the day beside a number
        numbers = None if others else np.array([int(parts[time]) for parts in pieces])
        return [FileSeries(prefix or "movie", (*before, *group), numbers)], True
    thor = _THOR.match(stem_of(group[0])) is not None
    found = []
    for key in sorted(set(keys)):
        inside = [i for i, one in enumerate(keys) if one == key]
        inside.sort(key=lambda i: int(pieces[i][time]))
        labels = [
            _label(pieces[0], column, value, thor)
            for column, value in zip(others, key, strict=True)
        ]
        name = "-".join(filter(None, [prefix, *labels])) or "movie"
        numbers = np.array([int(pieces[i][time]) for i in inside])
        found.append(FileSeries(name, (*before, *(group[i] for i in inside)), numbers))
        before = []
    words = all(thor or _SERIES_WORD.search(pieces[0][column - 1]) for column in others)
    return found, bool(words)


def _time_column(pieces: list[list[str]], columns: list[int], group: list[Path]) -> int:
    """The number that counts the frames: the last of a known kind, else the one that varies most."""
    named = [i for i in columns if _TIME_WORD.search(pieces[0][i - 1])]
    if named and not _THOR.match(stem_of(group[0])):
        return named[-1]
    free = [i for i in columns if not _SERIES_WORD.search(pieces[0][i - 1])] or columns
    if _THOR.match(stem_of(group[0])):
        return columns[-1]
    return max(free, key=lambda i: (len({int(parts[i]) for parts in pieces}), i))


def _label(parts: list[str], column: int, value: int, thor: bool) -> str:
    if thor:
        return {3: "region", 5: "plane"}.get(column, "part") + str(value)
    word = _SERIES_WORD.search(parts[column - 1])
    return f"{word[1].lower() if word else 'part'}{value}"
