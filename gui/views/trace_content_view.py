"""What a trace view is told to show; :class:`deepcinac.gui.views.traces.TraceView` draws it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.decimate import Trace
from deepcinac.gui.drawing.look import Look
from deepcinac.gui.drawing.peak_marks import Verdicts
from deepcinac.gui.drawing.unsaved import UnsavedMark
from deepcinac.gui.drawing.view import View


class TraceContentView(View):
    """Everything about one cell that is drawn; each change is drawn at the next idle moment."""

    def __init__(self, parent: tk.Misc, look: Look, width: int, height: int) -> None:
        super().__init__(parent, look, width, height)
        self.content = picture.TraceContent()
        self.frame_rate_hz = 1.0
        self.unit = "F"
        self.note = ""
        self.focus_frames: tuple[int, int] | None = None
        self.invalid = False
        self.unsaved: Sequence[UnsavedMark] = []
        self._value_zoom = 1.0
        self._held: dict[str, tuple[float, float]] | None = None
        self.fits_height = False

    def _forget_content(self) -> None:
        """Nothing is known of the cell; which traces are on, and the threshold, stay."""
        shown, threshold = self.content.shown, self.content.threshold
        self.content = picture.TraceContent(shown=shown, threshold=threshold)
        self.unsaved = []

    def set_traces(self, traces: Mapping[str, np.ndarray], unit: str = "F") -> None:
        """Traces (n_frames,) by name (:data:`deepcinac.gui.drawing.trace_picture.TRACE_NAMES`)."""
        self.content.traces = {name: Trace(values) for name, values in traces.items()}
        self.unit = unit
        self._value_zoom, self._held = 1.0, None
        self.ask_to_draw()

    def show_trace(self, name: str, on: bool = True) -> None:
        """Show a trace or take it off."""
        (self.content.shown.add if on else self.content.shown.discard)(name)
        self.ask_to_draw()

    def shown(self) -> set[str]:
        """Names of the traces that are on."""
        return set(self.content.shown)

    def set_transients(self, transients: np.ndarray, selected: int = -1) -> None:
        """Transients (k, 2), onset and peak frames; ``selected`` is the index of one, -1 for none."""
        self.content.transients = np.asarray(transients, dtype=np.int64).reshape(-1, 2)
        self.content.selected = selected
        self.unsaved = []
        self.ask_to_draw()

    def set_selected(self, index: int | None) -> None:
        """Mark one transient."""
        self.content.selected = -1 if index is None else index
        self.ask_to_draw()

    def set_verdicts(self, verdicts: Verdicts | None) -> None:
        """Whose light the transients are, by (onset, peak); None marks every peak alike."""
        if verdicts != self.content.verdicts:
            self.content.verdicts = verdicts
            self.ask_to_draw()

    def set_invalid(self, invalid: bool) -> None:
        """A cell that counts for nothing has a grey ground and says so."""
        if invalid != self.invalid:
            self.invalid = invalid
            self.ask_to_draw()

    def set_focus(self, frames: tuple[int, int] | None) -> None:
        """Put a frame around these frames: the place that is asked about."""
        if frames != self.focus_frames:
            self.focus_frames = frames
            self.ask_to_draw()

    def set_pending_onset(self, frame: int | None) -> None:
        """An onset that has no peak yet."""
        self.content.pending_onset = frame
        self.ask_to_draw()

    def set_spans(self, spans: Iterable[tuple[str, int, int]]) -> None:
        """Spans (kind, first, last): "labelled", "doubtful", "movement"."""
        self.content.spans = [(kind, int(first), int(last)) for kind, first, last in spans]
        self.ask_to_draw()

    def set_prediction(self, probability: np.ndarray | None, name: str = "") -> None:
        """Probability (n_frames,) of being active, and whose; None takes the curve off."""
        self.content.prediction_name = name
        self.content.prediction = None if probability is None else Trace(probability)
        self.ask_to_draw()

    def set_threshold(self, threshold: float) -> None:
        """The probability from which a frame is active."""
        self.content.threshold = threshold
        self.ask_to_draw()

    def set_lanes(
        self,
        lanes: Sequence[tuple[str, np.ndarray]],
        colours: Sequence[int] = (),
        dimmed: Sequence[bool] = (),
        curves: Mapping[int, np.ndarray] | None = None,
    ) -> None:
        """Other layers, name and intervals (k, 2), one lane each; ``colours``: places in the series.

        ``dimmed``: which of them are drawn faintly; ``curves``: place of a lane -> what it says of every
        frame (n_frames,), from 0 to 1.
        """
        self.content.lane_curves = {i: Trace(values) for i, values in (curves or {}).items()}
        self.content.lane_colours, self.content.lane_dimmed = list(colours), list(dimmed)
        self.content.lanes = list(lanes)
        self.ask_to_draw()

    def set_note(self, note: str) -> None:
        """A text where there is nothing to show."""
        self.note = note
        self.ask_to_draw()
