"""How a movie is named in one line of text: its file, the dataset in it, the series, what was accepted.

``folder#ChanA`` is one series of several, ``file.h5:/imaging`` a dataset. A session adds what was said when
it was made, so that the movie opens again without a question::

    folder#ChanA?accept=missing-frames&mask-nan

A file that is really called so comes first.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_HDF5_WITH_DATASET = re.compile(r"^(.+\.(?:h5|hdf5|hdf|nwb|mat|cinac)):/?(.+)$", re.IGNORECASE)
_MASK = "mask-nan"


@dataclass(frozen=True)
class MovieAddress:
    """A movie as somebody named it.

    ``dataset``: inside an HDF5 file; ``series``: which of several movies in one place; ``accepted``:
    the questions that were answered; ``mask_nan``: pixels that are not numbers are filled.
    """

    path: Path
    dataset: str | None = None
    series: str | None = None
    accepted: frozenset[str] = frozenset()
    mask_nan: bool = False

    @classmethod
    def parse(cls, address: str | Path) -> MovieAddress:
        """Take a line of text apart.

        >>> MovieAddress.parse("rec#ChanA?accept=header").series
        'ChanA'
        """
        text = str(address)
        if os.path.lexists(text):
            return cls(Path(text))
        text, mark, inside = text.rpartition("#") if "#" in text else (text, "", "")
        series, _, options = inside.partition("?")
        given = options.split("&") if mark and options else []
        accepted = next((one[7:].split(",") for one in given if one.startswith("accept=")), [])
        path, dataset = Path(text), None
        match = None if os.path.lexists(text) else _HDF5_WITH_DATASET.match(text)
        if match:
            path, dataset = Path(match[1]), match[2].replace("\\", "/")
        return cls(path, dataset, series or None, frozenset(accepted), _MASK in given)

    @property
    def inside(self) -> str:
        """Everything but the path, as a session keeps it: "" for a plain file."""
        options = [f"accept={','.join(sorted(self.accepted))}"] if self.accepted else []
        options += [_MASK] if self.mask_nan else []
        text = f"?{'&'.join(options)}" if options else ""
        mark = f"#{self.series or ''}{text}" if self.series or text else ""
        return f"{self.dataset or ''}{mark}"

    def __str__(self) -> str:
        return joined(str(self.path), self.inside)


def joined(path: str | Path, inside: str) -> str:
    """The address of a path and what :attr:`MovieAddress.inside` gave."""
    return f"{path}{'' if not inside or inside.startswith('#') else ':'}{inside}"
