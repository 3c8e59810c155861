"""What the user does to labels: clicks, drags and keys turned into edits of the session. No Tk.

Every method is one step of undo. A click may jump to a candidate nearby
(:mod:`deepcinac.labelling.candidates`), never farther than ``reach`` frames, which the trace view
chooses from its zoom.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepcinac.errors import InputError
from deepcinac.gui.session.marks import span_at, transient_at
from deepcinac.gui.session.topics import CELLS, LABELS
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling import candidates, transients
from deepcinac.labelling.session import Session
from deepcinac.recording.traces import noise_sd

AUTOMATIC_HEIGHT_SD = 2.0
"""How far a rise of the smoothed trace must stand out of its noise to be a candidate worth a visit."""
SPAN_KINDS = ("labelled", "doubtful", "movement")


class Labeller:
    """Edits of the workspace's current cell in its current layer."""

    def __init__(self, workspace: Workspace) -> None:
        self._work = workspace

    @property
    def _session(self) -> Session:
        return self._work.require_session()

    # Clicks

    def click(self, tool: str, frame: int, reach: int | None = None) -> None:
        """What a click, or the key "apply", does with a tool at a frame."""
        actions = {
            "onset": self.onset,
            "both": self.onset_with_peak,
            "transient": self.onset_with_peak,
            "peak": self.peak,
        }
        if tool in actions:
            actions[tool](frame, reach)
        elif tool == "erase":
            self.erase(frame, frame)
        elif tool in SPAN_KINDS:
            self.toggle_span(tool, frame)
        else:
            self.select_at(frame)

    def onset(self, frame: int, reach: int | None = None) -> None:
        """Begin a transient, which waits for its peak; inside a transient: begin a second one."""
        frame = self._snapped(frame, "onset", reach)
        held = self._held_by(frame)
        if held is None:
            self._work.set_pending_onset(frame)
        elif frame > held[0]:
            self._session.split_transient(self._layer(), self._work.cell, held[0], frame)
            self._done(frame)

    def peak(self, frame: int, reach: int | None = None) -> None:
        """End the transient that waits, or the one the frame lies in, or the rise it lies in."""
        frame = self._snapped(frame, "peak", reach)
        pending, held = self._work.pending_onset, self._held_by(frame)
        if pending is not None and pending <= frame:
            self.add(pending, frame)
        elif held is not None:
            self.move(held[0], held[0], frame)
        else:
            self.add(self._onset_before(frame), frame)

    def onset_with_peak(self, frame: int, reach: int | None = None) -> None:
        """A whole transient from one click: the peak is found in the trace.

        In a transient that is there already it is selected: nothing is lost by asking twice.
        """
        onset = self._snapped(frame, "onset", reach)
        held = self._held_by(onset)
        if held is not None:
            self._work.select(held[0])
            return
        self.add(onset, self._peak_after(onset))

    def select_at(self, frame: int) -> None:
        """Select the transient at a frame, or none."""
        held = self._held_by(frame)
        self._work.select(held[0] if held else None)

    # Edits

    def add(self, onset: int, peak: int) -> None:
        """Add a transient; it is shortened where another one is in the way."""
        onset, peak = min(onset, peak), max(onset, peak)
        layer = self._layer()
        before = self._work.transients()
        following = before[before[:, 0] > onset]
        if len(following) and peak >= following[0, 0] and self._held_by(onset) is None:
            peak = int(following[0, 0]) - 1
        self._session.add_transient(layer, self._work.cell, onset, peak)
        self._done(onset)

    def move(self, onset: int, new_onset: int, new_peak: int) -> None:
        """Give the transient that begins at ``onset`` new frames."""
        if self._held_by(onset) == (new_onset, new_peak):
            return
        layer = self._layer()
        self._session.move_transient(layer, self._work.cell, onset, new_onset, new_peak)
        self._done(new_onset)

    def move_end(self, end: str, frame: int) -> None:
        """Bring the "onset" or the "peak" of the selected transient, or of the one at a frame, there."""
        selected = self._work.selected
        held = self._held_by(frame if selected is None else selected)
        if held is None:
            raise InputError("a selected transient", "none", hint="go to one (n), or click it")
        onset, peak = (frame, held[1]) if end == "onset" else (held[0], frame)
        if onset > peak:
            side = f"up to its peak, {peak}" if end == "onset" else f"from its onset, {onset}, on"
            raise InputError(f"a frame {side}", f"frame {frame}")
        self.move(held[0], onset, peak)

    def erase(self, first: int, last: int) -> None:
        """Remove the transients that share a frame with ``first`` to ``last``."""
        touched = transients.overlapping(self._work.transients(), first, last)
        if self._work.pending_onset is not None and first <= self._work.pending_onset <= last:
            self._work.set_pending_onset(None)
        if touched.any():
            with self._work.changing():
                self._session.remove_transients(self._layer(), self._work.cell, first, last)
                self._done(None)

    def erase_selected(self) -> None:
        """Remove the selected transient, or the one at the current frame."""
        onset = self._work.selected
        held = (onset, onset) if onset is not None else self._held_by(self._work.frame)
        if held is not None:
            self._session.remove_transient(self._layer(), self._work.cell, held[0])
            self._done(None)

    def erase_weak(self, minimum_sd: float) -> int:
        """Remove transients in view whose rise is under ``minimum_sd`` noise SDs; how many."""
        return self._erase_some(
            lambda onset, peak: self._height_sd(onset, peak) < minimum_sd,
            f"transients under {minimum_sd:g} SD",
        )

    def erase_foreign(self, is_foreign: Callable[[int, int, int], bool]) -> int:
        """Remove transients in view of which ``is_foreign(cell, onset, peak)`` holds; how many."""
        return self._erase_some(
            lambda onset, peak: is_foreign(self._work.cell, onset, peak), "transients of neighbours"
        )

    def _erase_some(self, condition: Callable[[int, int], bool], what: str) -> int:
        found = [onset for onset, peak in self._in_view().tolist() if condition(onset, peak)]
        if found:
            with self._session.group(f"remove {len(found)} {what}, cell {self._work.cell}"):
                for onset in found:
                    self._session.remove_transient(self._layer(), self._work.cell, onset)
            self._done(None)
        return len(found)

    def add_candidates(self) -> int:
        """Add every candidate in view that touches no transient; returns how many."""
        first, last = self._work.visible
        found = self.candidates_of_cell()
        taken = self._work.transients()
        free = [
            (onset, peak)
            for onset, peak in found.tolist()
            if first <= onset
            and peak <= last
            and not transients.overlapping(taken, onset, peak).any()
        ]
        if free:
            text = f"add {len(free)} candidates, cell {self._work.cell}"
            with self._session.group(text):
                layer = self._layer()
                for onset, peak in free:
                    self._session.add_transient(layer, self._work.cell, onset, peak)
            self._done(None)
        return len(free)

    def add_predicted(self) -> int:
        """Take over the predicted transients in view that touch none of ours; returns how many."""
        probability = self._work.prediction()
        if probability is None:
            return 0
        runs = transients.runs(probability >= self._work.threshold)
        first, last = self._work.visible
        taken = self._work.transients()
        free = [
            (a, b)
            for a, b in runs.tolist()
            if a >= first and b <= last and not transients.overlapping(taken, a, b).any()
        ]
        if free:
            with self._session.group(f"accept {len(free)} predictions, cell {self._work.cell}"):
                layer = self._layer()
                for onset, peak in free:
                    self._session.add_transient(layer, self._work.cell, onset, peak)
            self._done(None)
        return len(free)

    # Spans

    def add_span(self, kind: str, first: int, last: int) -> None:
        """Add a span to the cell; movement is the whole field's."""
        first, last = min(first, last), max(first, last)
        self._session.add_span(self._layer(), self._owner(kind), kind, first, last)
        self._work.edited(LABELS, CELLS)

    def remove_span(self, kind: str, first: int, last: int) -> None:
        """Take frames out of the spans of a kind."""
        self._session.remove_span(self._layer(), self._owner(kind), kind, first, last)
        self._work.edited(LABELS, CELLS)

    def toggle_span(self, kind: str, frame: int) -> None:
        """Remove the span at a frame, or mark that one frame."""
        spans = self._work.spans(kind)
        inside = spans[transients.overlapping(spans, frame, frame)]
        if len(inside):
            self.remove_span(kind, *inside[0].tolist())
        else:
            self.add_span(kind, frame, frame)

    def doubt_at(self, frame: int) -> None:
        """Mark the transient, prediction or rise at a frame as doubtful, or that one frame; again: not."""
        spans = self._work.spans("doubtful")
        inside = spans[transients.overlapping(spans, frame, frame)]
        if len(inside):
            self.remove_span("doubtful", *inside[0].tolist())
        else:
            self.add_span("doubtful", *self._event_at(frame))

    def _event_at(self, frame: int) -> tuple[int, int]:
        """First and last frame of what lies at a frame."""
        probability = self._work.prediction()
        for found in (
            self._work.transients(),
            None if probability is None else transients.runs(probability >= self._work.threshold),
            self.candidates_of_cell(),
        ):
            place = None if found is None else transients.index_at(found, frame)
            if found is not None and place is not None:
                return int(found[place, 0]), int(found[place, 1])
        return frame, frame

    def erase_span_at(self, frame: int) -> None:
        """Remove the span at a frame, whatever its kind."""
        found = span_at(self._work, frame)
        if found is not None:
            self.remove_span(*found)

    def label_view(self) -> None:
        """Mark the frames in view as judged: they can train and score."""
        self.add_span("labelled", *self._work.visible)

    def unlabel_view(self) -> None:
        """Take the mark off again."""
        self.remove_span("labelled", *self._work.visible)

    def _owner(self, kind: str) -> int:
        return -1 if kind == "movement" else self._work.cell

    # Places to go to

    def candidates_of_cell(self) -> np.ndarray:
        """Putative transients (k, 2) of the cell that stand out of its noise."""
        data = self._work.data
        if data is None:
            return transients.no_transients()
        smoothed = data.smoothed(self._work.cell)
        found = data.candidates(self._work.cell)
        heights = smoothed[found[:, 1]] - smoothed[found[:, 0]]
        # The noise of the smoothed trace itself: that of a frame would be too strict.
        return found[heights >= AUTOMATIC_HEIGHT_SD * float(noise_sd(data.raw[self._work.cell]))]

    def places(self) -> np.ndarray:
        """Onsets worth a visit, sorted: transients, predictions and candidates of the cell."""
        parts = [self._work.transients()[:, 0], self.candidates_of_cell()[:, 0]]
        probability = self._work.prediction()
        if probability is not None:
            parts.append(transients.runs(probability >= self._work.threshold)[:, 0])
        return np.unique(np.concatenate(parts).astype(np.int64))

    def go_to_place(self, direction: int) -> bool:
        """Go to the next (1) or previous (-1) place; False when there is none."""
        places, frame = self.places(), self._work.frame
        first, last = self._work.visible
        if not first <= frame <= last:  # go on from what is seen
            frame = first - 1 if direction > 0 else last + 1
        ahead = places[places > frame] if direction > 0 else places[places < frame]
        if not len(ahead):
            return False
        frame = int(ahead[0] if direction > 0 else ahead[-1])
        with self._work.changing():
            self._work.go_to_frame(frame)
            self.select_at(frame)
        return True

    # Helpers

    def _layer(self) -> int:
        return self._work.require_layer()

    def _held_by(self, frame: int) -> tuple[int, int] | None:
        return transient_at(self._work, frame)

    def _snapped(self, frame: int, what: str, reach: int | None) -> int:
        frame = min(max(int(frame), 0), self._work.n_frames - 1)
        data = self._work.data
        if not self._work.snap or data is None:
            return frame
        limit = candidates.reach_frames(candidates.SNAP_REACH_S, self._work.frame_rate_hz)
        reach = limit if reach is None else min(reach, limit)
        column = 0 if what == "onset" else 1
        return candidates.snap(frame, data.candidates(self._work.cell)[:, column], reach)

    def _peak_after(self, onset: int) -> int:
        data = self._work.data
        if data is None:
            return onset
        reach = candidates.reach_frames(candidates.AUTOMATIC_PEAK_REACH_S, self._work.frame_rate_hz)
        return candidates.automatic_peak(data.smoothed(self._work.cell), onset, reach)

    def _onset_before(self, peak: int) -> int:
        """The onset of the rise that a peak lies in, not before the end of another transient."""
        data = self._work.data
        onset = peak
        if data is not None:
            rises = data.candidates(self._work.cell)
            inside = rises[transients.overlapping(rises, peak, peak)]
            onset = int(inside[0, 0]) if len(inside) else peak
        known = self._work.transients()
        earlier = known[known[:, 1] < peak]
        return max(onset, int(earlier[-1, 1]) + 1) if len(earlier) else onset

    def _in_view(self) -> np.ndarray:
        known = self._work.transients()
        return known[transients.overlapping(known, *self._work.visible)]

    def _height_sd(self, onset: int, peak: int) -> float:
        data = self._work.data
        if data is None:
            return float("inf")
        trace = data.smoothed(self._work.cell)
        noise = data.noise(self._work.cell)
        return float(trace[peak] - trace[onset]) / noise if noise > 0 else float("inf")

    def _done(self, select: int | None) -> None:
        with self._work.changing():
            self._work.set_pending_onset(None)
            self._work.edited(LABELS, CELLS)
            self._work.select(select)
