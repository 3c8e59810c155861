"""Edits of transients and spans, in the layers of experts and of consensus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcinac.errors import InputError
from deepcinac.labelling import spans, transients
from deepcinac.labelling.editing import SessionEditor, as_json, span_key, transient_key
from deepcinac.labelling.reading import checked_kind


class LabelEdits(SessionEditor):
    """Transients and spans; frames are counted from 0, both ends included."""

    # Transients

    def add_transient(
        self, layer_id: int, cell: int, onset: int, peak: int, info: dict[str, Any] | None = None
    ) -> None:
        """A new transient, which may touch others of its cell and layer but not overlap them."""
        before, n_frames = self._labelled_before(layer_id, cell)
        onset, peak = transients.checked_frames(onset, peak, n_frames)
        after = transients.add(before, onset, peak, n_frames)
        text = f"add transient, cell {cell}, {transients.describe(onset, peak)}"
        noted = {} if info is None else {onset: as_json(info)}
        self._store_transients(layer_id, cell, before, after, text, noted)

    def remove_transient(self, layer_id: int, cell: int, onset: int) -> None:
        """Remove the transient that begins at ``onset``."""
        before, _ = self._labelled_before(layer_id, cell)
        frames = before[transients.index_of_onset(before, onset)].tolist()
        text = f"remove transient, cell {cell}, {transients.describe(*frames)}"
        self._store_transients(layer_id, cell, before, transients.remove(before, onset), text)

    def remove_transients(self, layer_id: int, cell: int, first: int, last: int) -> None:
        """Remove all transients that share a frame with ``first`` to ``last``, both included."""
        before, _ = self._labelled_before(layer_id, cell)
        after = transients.remove_within(before, first, last)
        text = (
            f"remove {len(before) - len(after)} transients, cell {cell}, "
            f"{transients.describe(first, last)}"
        )
        self._store_transients(layer_id, cell, before, after, text)

    def move_transient(
        self, layer_id: int, cell: int, onset: int, new_onset: int, new_peak: int
    ) -> None:
        """Give the transient that begins at ``onset`` new frames; what is noted with it moves too."""
        before, n_frames = self._labelled_before(layer_id, cell)
        place = transients.index_of_onset(before, onset)
        new_onset, new_peak = transients.checked_frames(new_onset, new_peak, n_frames)
        after = transients.move(before, onset, new_onset, new_peak, n_frames)
        text = (
            f"move transient, cell {cell}, {transients.describe(*before[place].tolist())} "
            f"to {transients.describe(new_onset, new_peak)}"
        )
        noted = {new_onset: as_json(self.transient_info(layer_id, cell)[place])}
        self._store_transients(layer_id, cell, before, after, text, noted)

    def split_transient(self, layer_id: int, cell: int, onset: int, second_onset: int) -> None:
        """Cut a transient in two that touch: the second begins at ``second_onset``."""
        before, _ = self._labelled_before(layer_id, cell)
        place = transients.index_of_onset(before, onset)
        after = transients.split(before, onset, second_onset)
        text = (
            f"split transient, cell {cell}, {transients.describe(*before[place].tolist())} "
            f"at frame {second_onset}"
        )
        noted = {int(second_onset): as_json(self.transient_info(layer_id, cell)[place])}
        self._store_transients(layer_id, cell, before, after, text, noted)

    def replace_transients(
        self,
        layer_id: int,
        cell: int,
        intervals: Any,
        info: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        """Put these transients (k, 2) in the place of all that the cell has in the layer.

        ``info``: one dict for each, in the order given; without it, a transient that keeps its
        onset keeps what is noted with it.
        """
        before, n_frames = self._labelled_before(layer_id, cell)
        after = transients.as_transients(intervals, n_frames)
        noted = {}
        if info is not None:
            if len(info) != len(after):
                raise InputError(f"one note for each of {len(after)} transients", f"{len(info)}")
            noted = {
                int(onset): as_json(note) for (onset, _), note in zip(intervals, info, strict=True)
            }
        text = f"replace transients, cell {cell}"
        self._store_transients(layer_id, cell, before, after, text, noted)

    def _labelled_before(self, layer_id: int, cell: int) -> tuple[np.ndarray, int]:
        """The transients that an edit starts from, and the number of frames; checks the address."""
        self._require_writable()
        self._label_layer(layer_id)
        return self.transients(layer_id, self._checked_cell(cell)), self.recording.n_frames

    def _store_transients(
        self,
        layer_id: int,
        cell: int,
        before: np.ndarray,
        after: np.ndarray,
        text: str,
        noted: dict[int, str] | None = None,
    ) -> None:
        """Write the difference; ``noted`` is the JSON for onsets whose note changes."""
        noted = noted or {}
        with self._edit(text) as edit:
            kept = set(after[:, 0].tolist())
            for onset in before[:, 0].tolist():
                if onset not in kept:
                    edit.put("transients", transient_key(layer_id, cell, onset), None)
            known = dict(before.tolist())
            for onset, peak in after.tolist():
                values = {"peak": peak}
                if onset in noted or onset not in known:
                    values["info"] = noted.get(onset, "{}")
                if values != {"peak": known.get(onset)}:
                    edit.put("transients", transient_key(layer_id, cell, onset), values)

    # Spans

    def add_span(self, layer_id: int, cell: int, kind: str, first: int, last: int) -> None:
        """Add frames to the spans of a cell, or of the whole field (cell -1). They merge."""
        self._change_spans("add", layer_id, cell, kind, first, last)

    def remove_span(self, layer_id: int, cell: int, kind: str, first: int, last: int) -> None:
        """Take the frames ``first`` to ``last`` out of the spans, cutting them where needed."""
        self._change_spans("remove", layer_id, cell, kind, first, last)

    def _change_spans(
        self, verb: str, layer_id: int, cell: int, kind: str, first: int, last: int
    ) -> None:
        self._require_writable()
        self._label_layer(layer_id)
        if cell != spans.WHOLE_FIELD:
            cell = self._checked_cell(cell)
        first, last = transients.checked_frames(first, last, self.recording.n_frames)
        before = self.spans(layer_id, cell, checked_kind(kind))
        change = spans.union if verb == "add" else spans.subtract
        after = change(before, np.array([[first, last]]))
        whose = "whole field" if cell == spans.WHOLE_FIELD else f"cell {cell}"
        text = f"{verb} {kind} span, {whose}, {transients.describe(first, last)}"
        with self._edit(text) as edit:
            left = dict(after.tolist())
            for start in before[:, 0].tolist():
                if start not in left:
                    edit.put("spans", span_key(layer_id, kind, cell, start), None)
            for start, end in left.items():
                edit.put("spans", span_key(layer_id, kind, cell, start), {"last": end})
