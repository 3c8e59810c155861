"""Series and arrays that belong to the recording itself: behaviour, the times of its rows, a mask.

They are measured or computed, not edited, so that undo leaves them alone. Each has a checksum, which is
verified when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling import stored_arrays
from deepcinac.labelling.editing import SessionEditor, as_json
from deepcinac.results.result import TimeBase

RECORDING_ARRAYS = ("nan_mask", "row_times_s")
"""``nan_mask`` (height, width) bool: pixels without a value in some frame; ``row_times_s``: when each row
of a frame was scanned, in s after the frame's start, (height,) or (n_frames, height)."""


@dataclass(frozen=True, eq=False)
class StoredSignal:
    """A named series (n,) or (n, k) on its own clock: running speed, licking, a stimulus."""

    name: str
    values: np.ndarray
    units: str
    clock: TimeBase
    info: Mapping[str, Any] = field(default_factory=dict)


class SignalStore(SessionEditor):
    """Signals and arrays of a session; see :class:`deepcinac.labelling.session.Session`."""

    def signal_names(self) -> list[str]:
        """The names of all signals, in alphabetical order."""
        return [str(row[0]) for row in self._rows("SELECT name FROM signals ORDER BY name")]

    def signal(self, name: str) -> StoredSignal:
        """A signal by its name."""
        rows = self._rows(
            "SELECT units, clock, dtype, shape, info, sha256, data FROM signals WHERE name = ?",
            (name,),
        )
        if not rows:
            held = ", ".join(self.signal_names()) or "no signal"
            raise InputError(f"a signal '{name}'", held, self.path)
        units, clock, dtype, shape, info, sha256, data = rows[0]
        head = (name, units, clock, dtype, shape, info)
        values = self._verified_array(f"the signal {name}", head, dtype, shape, sha256, data)
        when = self._json(clock)
        if "times" in when:  # the last column holds them
            base = TimeBase(times_s=values[:, -1].astype(float))
            values = values[:, :-1].reshape(when["times"])
        else:
            base = TimeBase(**when)
        return StoredSignal(name, values, str(units), base, self._json(info))

    def write_signal(self, signal: StoredSignal) -> None:
        """Write a signal in the place of the one of its name."""
        self._require_writable()
        values = np.asarray(signal.values)
        if values.ndim not in (1, 2) or values.dtype.kind not in "biuf":
            found = f"shape {values.shape} of {values.dtype}"
            raise InputError("a series of numbers (n,) or (n, k)", found, f"signal {signal.name}")
        clock: dict[str, Any] = {"rate_hz": signal.clock.rate_hz, "start_s": signal.clock.start_s}
        if signal.clock.times_s is not None:
            times = np.asarray(signal.clock.times_s, float)
            if times.shape != values.shape[:1]:
                found = f"{times.size} for {len(values)}"
                raise InputError("a time for each sample", found, f"signal {signal.name}")
            clock = {"times": list(values.shape)}
            values = np.column_stack([values.astype(float).reshape(len(values), -1), times])
        row = self._array_row(
            (signal.name, signal.units, as_json(clock)), values, as_json(dict(signal.info))
        )
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO signals "
                "(name, units, clock, dtype, shape, info, sha256, data) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def remove_signal(self, name: str) -> None:
        """Remove a signal; nothing happens when there is none."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM signals WHERE name = ?", (name,))

    def recording_array(self, name: str) -> np.ndarray | None:
        """One of ``RECORDING_ARRAYS``; None where it was never stored."""
        rows = self._rows(
            "SELECT dtype, shape, sha256, data FROM recording_arrays WHERE name = ?", (name,)
        )
        if not rows:
            return None
        dtype, shape, sha256, data = rows[0]
        return self._verified_array(name, (name, dtype, shape), dtype, shape, sha256, data)

    def set_recording_array(self, name: str, values: np.ndarray | None) -> None:
        """Store one of ``RECORDING_ARRAYS``, or remove it (None)."""
        if name not in RECORDING_ARRAYS:
            raise InputError(f"one of {', '.join(RECORDING_ARRAYS)}", repr(name))
        with self._transaction() as connection:
            connection.execute("DELETE FROM recording_arrays WHERE name = ?", (name,))
            if values is not None:
                connection.execute(
                    "INSERT INTO recording_arrays (name, dtype, shape, sha256, data) "
                    "VALUES (?, ?, ?, ?, ?)",
                    self._array_row((name,), np.asarray(values)),
                )

    @staticmethod
    def _array_row(head: tuple[str, ...], values: np.ndarray, *after: str) -> tuple[Any, ...]:
        dtype, shape = stored_arrays.dtype_of(values), stored_arrays.as_text(list(values.shape))
        data = stored_arrays.bytes_of(values)
        row = (*head, dtype, shape, *after)
        return (*row, stored_arrays.checksum(row, data), data)

    def _verified_array(
        self, what: str, head: tuple[Any, ...], dtype: Any, shape: Any, sha256: Any, data: Any
    ) -> np.ndarray:
        try:
            if stored_arrays.checksum(head, data) != sha256:
                raise ValueError("its checksum does not match")
            return stored_arrays.array_from(dtype, shape, data)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{what} as it was written",
                f"damage ({error})",
                self.path,
                "the labels can still be read; store it again",
            ) from error
