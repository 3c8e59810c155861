"""Series and arrays that belong to the recording itself: behaviour, the times of its rows, a mask.

What is stored has a checksum, which is verified when it is read. Bringing in or removing a signal is a step
of undo; the arrays are computed, so that undo leaves them alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling import stored_arrays
from deepcinac.labelling.editing import SessionEditor, as_json
from deepcinac.recording.signals import Signal

RECORDING_ARRAYS = ("nan_mask", "row_times_s")
"""``nan_mask`` (height, width) bool: pixels without a value in some frame; ``row_times_s``: when each row
of a frame was scanned, in s after the frame's start, (height,) or (n_frames, height)."""

_REGULAR = 1e-9  # s by which samples at a fixed rate may differ from it


class SignalStore(SessionEditor):
    """Signals and arrays of a session; see :class:`deepcinac.labelling.session.Session`."""

    def signal_names(self) -> list[str]:
        """The names of all signals, in alphabetical order."""
        return [str(row[0]) for row in self._rows("SELECT name FROM signals ORDER BY name")]

    def signal(self, name: str) -> Signal:
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
        when, more = self._json(clock), self._json(info)
        way, classes = more.pop("way", "mean"), tuple(map(str, more.pop("classes", ())))
        if "times" in when:  # the last column holds them
            times = values[:, -1].astype(float)
            values = values[:, :-1].reshape(when["times"])
        else:
            times = when["start_s"] + np.arange(len(values)) / when["rate_hz"]
        return Signal(name, values, str(units), times, way, classes, more)

    def write_signal(self, signal: Signal) -> None:
        """Write a signal in the place of the one of its name; one step of undo."""
        self._require_writable()
        values = np.asarray(signal.values)
        clock = _regular_clock(signal.times_s)
        if clock is None:
            clock = {"times": list(values.shape)}
            table = values.astype(float).reshape(len(values), -1)
            values = np.column_stack([table, signal.times_s])
        info: dict[str, Any] = dict(signal.info)
        if signal.way != "mean":
            info["way"] = signal.way
        if signal.classes:
            info["classes"] = list(signal.classes)
        row = self._array_row((signal.name, signal.units, as_json(clock)), values, as_json(info))
        columns = ("units", "clock", "dtype", "shape", "info", "sha256", "data")
        with self._edit(f"bring in signal {signal.name}") as edit:
            edit.put("signals", {"name": signal.name}, dict(zip(columns, row[1:], strict=True)))

    def remove_signal(self, name: str) -> None:
        """Remove a signal, one step of undo; nothing happens when there is none."""
        with self._edit(f"remove signal {name}") as edit:
            edit.put("signals", {"name": name}, None)

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


def _regular_clock(times_s: np.ndarray) -> dict[str, Any] | None:
    """Rate and start of samples at a fixed rate; None for any others.

    >>> _regular_clock(np.array([0.5, 0.6, 0.7]))
    {'rate_hz': 10.0, 'start_s': 0.5}
    """
    n = len(times_s)
    if n < 2:
        return None
    rate = round((n - 1) / float(times_s[-1] - times_s[0]), 9)
    expected = times_s[0] + np.arange(n) / rate
    if np.abs(expected - times_s).max() > _REGULAR:
        return None
    return {"rate_hz": rate, "start_s": float(times_s[0])}
