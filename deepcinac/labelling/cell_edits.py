"""Edits of what is known about cells, of marks, and of the recording itself."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.labelling import history, locking, movie_reference, transients
from deepcinac.labelling.editing import SessionEditor, as_json


class CellEdits(SessionEditor):
    """Validity, types and notes of cells; marks; the movie and its rates."""

    # Cells

    def set_valid(self, cell: int, valid: bool) -> None:
        """Say whether a cell is one."""
        self._set_cell(cell, {"valid": int(valid)}, "valid" if valid else "invalid")

    def set_reviewed(self, cell: int, reviewed: bool) -> None:
        """Say whether a cell has been gone through."""
        self._set_cell(
            cell, {"reviewed": int(reviewed)}, "reviewed" if reviewed else "not reviewed"
        )

    def set_note(self, cell: int, note: str) -> None:
        """Write a note on a cell; "" removes it."""
        self._set_cell(cell, {"note": str(note)}, "note")

    def set_cell_type(self, cell: int, name: str | None) -> None:
        """Give a cell one of :meth:`cell_types`, or none."""
        known = self.cell_types()
        if name is not None and name not in known:
            raise InputError(
                f"one of the cell types {', '.join(known)}",
                f"'{name}'",
                self.path,
                "Add it to the cell types first",
            )
        self._set_cell(cell, {"type": name}, f"type {name}" if name else "no type")

    def _set_cell(self, cell: int, values: dict[str, Any], what: str) -> None:
        self._require_writable()
        cell = self._checked_cell(cell)
        with self._edit(f"set cell {cell}: {what}") as edit:
            edit.put("cells", {"cell": cell}, values)

    def add_cell_type(self, name: str) -> None:
        """A new word for a kind of cell."""
        name = str(name).strip()
        known = self.cell_types()
        if not name or name in known:
            found = f"'{name}'" if name else "none"
            raise InputError("a new name for a cell type", found, self.path)
        position = int(self._rows("SELECT coalesce(max(position), -1) FROM cell_types")[0][0]) + 1
        with self._edit(f"add cell type {name}") as edit:
            edit.put("cell_types", {"name": name}, {"position": position})

    def remove_cell_type(self, name: str) -> None:
        """Forget a word that no cell has."""
        if name not in self.cell_types():
            raise InputError(f"one of {', '.join(self.cell_types())}", f"'{name}'", self.path)
        users = [
            str(row[0]) for row in self._rows("SELECT cell FROM cells WHERE type = ?", (name,))
        ]
        if users:
            raise InputError(
                "a cell type that no cell has", f"'{name}' of cells {', '.join(users[:10])}"
            )
        with self._edit(f"remove cell type {name}") as edit:
            edit.put("cell_types", {"name": name}, None)

    # Marks

    def add_mark(
        self,
        cell: int,
        onset: int,
        peak: int,
        kind: str,
        note: str = "",
        author: str = "",
        info: dict[str, Any] | None = None,
        created: str = "",
    ) -> None:
        """Note something on frames of a cell; the same mark again gets the new note and ``info``.

        ``created``: when, by default now.
        """
        self._require_writable()
        onset, peak = transients.checked_frames(onset, peak, self.recording.n_frames)
        key = _mark_key(self._checked_cell(cell), onset, peak, kind, author)
        text = f"mark {kind}, cell {cell}, {transients.describe(onset, peak)}"
        with self._edit(text) as edit:
            values = {
                "note": note,
                "created": created or history.now(),
                "info": as_json(info or {}),
            }
            edit.put("marks", key, values)

    def remove_mark(self, cell: int, onset: int, peak: int, kind: str, author: str = "") -> None:
        """Remove a mark; nothing happens when there is none."""
        self._require_writable()
        text = f"remove mark {kind}, cell {cell}, {transients.describe(onset, peak)}"
        with self._edit(text) as edit:
            edit.put("marks", _mark_key(cell, onset, peak, kind, author), None)

    # The recording

    def relink(self, movie_path: str | Path, accept_other: bool = False) -> None:
        """Say where the movie is now.

        A movie with another fingerprint is refused, unless ``accept_other`` and its frames are of
        the same number and size (a movie that was cropped at its end or saved in another format).
        """
        self._require_writable()
        recording = self.recording
        new = movie_reference.refer_to(movie_path, self.path)
        same = (new.movie_bytes, new.fingerprint) == (recording.movie_bytes, recording.fingerprint)
        if not same:
            if not accept_other:
                raise InputError(
                    f"the movie of {recording.movie_bytes:,} bytes that the session was made from",
                    f"another one of {new.movie_bytes:,} bytes",
                    movie_path,
                    "Accept it explicitly if it shows the same recording in another file",
                )
            self._require_same_shape(movie_path)
        values: dict[str, Any] = dict(vars(new))
        if same and not new.dataset:
            values["dataset"] = recording.dataset
        with self._edit(f"relink movie to {Path(new.movie_absolute).name}") as edit:
            edit.put("recording", {"id": 1}, values)

    def _require_same_shape(self, movie_path: str | Path) -> None:
        from deepcinac.recording.movie_readers import open_movie

        recording = self.recording
        wanted = (recording.n_frames, recording.height, recording.width)
        with open_movie(movie_path, working_copy=False, axes_known=True) as movie:
            found = movie.shape
        if found != wanted:
            raise InputError(f"a movie of {_shape_text(wanted)}", _shape_text(found), movie_path)

    def set_rates(self, frame_rate_hz: float, pixel_size_um: float) -> None:
        """Correct the frame rate (Hz) and the pixel size (um) of the recording."""
        self._require_writable()
        values = {
            "frame_rate_hz": checked_size(frame_rate_hz, "frame rate", "Hz"),
            "pixel_size_um": checked_size(pixel_size_um, "pixel size", "um"),
        }
        with self._edit(f"set {frame_rate_hz:g} Hz and {pixel_size_um:g} um") as edit:
            edit.put("recording", {"id": 1}, values)


def _mark_key(cell: int, onset: int, peak: int, kind: str, author: str) -> dict[str, Any]:
    return {
        "cell": int(cell),
        "onset": int(onset),
        "peak": int(peak),
        "kind": str(kind),
        "author": author or locking.user_name(),
    }


def checked_size(value: float, what: str, unit: str) -> float:
    """A rate or size as a number above 0, otherwise an InputError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"a {what} above 0 {unit}", repr(value))
    return number


def _shape_text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) + " (frames x height x width)"
