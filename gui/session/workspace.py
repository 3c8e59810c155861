"""What the window is looking at, without the window: session, cell, frame, range, layer, threshold.

Views and menus observe it: every change names its topics, and changes made inside :meth:`changing`
arrive together. Nothing here knows Tk, so all of it is tested without a screen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepcinac.gui.session.live_prediction import LivePrediction
from deepcinac.gui.session.remembering import int_in, names_from, pair_or
from deepcinac.gui.session.said import SaidOfSession
from deepcinac.gui.session.topics import (
    ALL_TOPICS,
    BLIND,
    CELLS,
    LABELS,
    LAYER,
    OUTLINES,
    PENDING,
    PREDICTION,
    SELECTION,
    SESSION,
    THRESHOLD,
    TOOL,
)
from deepcinac.labelling.locking import user_name
from deepcinac.labelling.session import Layer, Session
from deepcinac.results.kinds import DEFAULT_THRESHOLD

TOOLS = (
    "select",
    "onset",
    "peak",
    "both",
    "transient",
    "erase",
    "labelled",
    "doubtful",
    "movement",
)
FIRST_RANGE_S = 40.0
"""How much of a recording is visible at first: enough for several transients, with room to click."""


class Workspace(SaidOfSession):
    """The state of the window; see the module's text.

    Attributes
    ----------
    session, cells, data
        What is open; None before that (``data`` also until the traces are there).
    cell, frame
        Current cell and frame.
    visible
        First and last visible frame, both included.
    layer_id, prediction_id, compared_id
        The layer that labels go into, the result layer that is drawn, and the layer it is compared
        with; None where there is none.
    live
        A prediction that is still arriving.
    threshold
        Probability from which on a frame counts as active.
    blind
        Whether other people's labels and all results are hidden.
    tool
        What a click does, one of ``TOOLS``.
    pending_onset
        An onset that waits for its peak.
    selected
        Onset of the selected transient.
    hovered_frame
        The frame under the mouse, where it is over the traces.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known_layers: list[tuple[Any, ...]] = []
        self._reset()
        self.snap = True
        self.tool = "select"

    def _reset(self) -> None:
        self._go_to_the_start()
        self.layer_id: int | None = None
        self.prediction_id: int | None = None
        self.compared_id: int | None = None
        self.live: LivePrediction | None = None
        self.threshold = DEFAULT_THRESHOLD
        self.blind = False
        self.map_name = ""

    # The session

    def open(self, session: Session, remembered: dict[str, Any] | None = None) -> None:
        """Look at a session, where it was left according to ``remembered``."""
        with self.changing():
            self.close()
            self.session, self.cells = session, session.cells()
            self._recording = session.recording
            self._restore(remembered or {})
            self._known_layers = self._layers_now()
            self.changed(*ALL_TOPICS)

    def close(self) -> None:
        """Look at nothing; the session itself is the caller's to close."""
        self.session = self.cells = self.data = self._recording = self._doubts = None
        self._forget_results()
        self._reset()
        self.changed(*ALL_TOPICS)

    def _restore(self, remembered: dict[str, Any]) -> None:
        first_range = round(FIRST_RANGE_S * self.frame_rate_hz)
        self.visible = self._within(*pair_or(remembered.get("visible"), (0, first_range - 1)))
        self.cell = int_in(remembered.get("cell"), self.n_cells)
        self.frame = int_in(remembered.get("frame"), self.n_frames)
        self.blind = remembered.get("blind") is True
        layers = {layer.id: layer for layer in self.require_session().layers()}
        wanted = layers.get(remembered.get("layer"))  # type: ignore[arg-type]
        own = [x for x in self.label_layers(always=True) if x.author == user_name()]
        known = own or (
            [] if not self.require_session().read_only else self.label_layers(always=True)
        )
        is_label = wanted is not None and wanted.kind in ("expert", "consensus")
        self.layer_id = wanted.id if wanted and is_label else known[0].id if known else None
        self.choose_prediction(remembered.get("prediction"))
        threshold = remembered.get("threshold")
        kept = self.prediction_layer is not None and self.prediction_layer.threshold is not None
        if not kept and isinstance(threshold, (int, float)) and 0 <= threshold <= 1:
            self.threshold = float(threshold)

    def remembered(self) -> dict[str, Any]:
        """What to give to :meth:`open` the next time."""
        return {
            "cell": self.cell,
            "frame": self.frame,
            "visible": list(self.visible),
            "layer": self.layer_id,
            "prediction": self.prediction_id,
            "threshold": self.threshold,
            "blind": self.blind,
        }

    # Tools and marks

    def set_tool(self, tool: str) -> None:
        """Choose what a click does."""
        if tool not in TOOLS:
            raise ValueError(tool)
        if tool != self.tool:
            self.tool = tool
            self.changed(TOOL)

    def set_pending_onset(self, frame: int | None) -> None:
        """Remember an onset until its peak is given."""
        if frame != self.pending_onset:
            self.pending_onset = frame
            self.changed(PENDING)

    def select(self, onset: int | None) -> None:
        """Select the transient that begins at ``onset``."""
        if onset != self.selected:
            self.selected = onset
            self.changed(SELECTION)

    def set_threshold(self, threshold: float) -> None:
        """Choose the probability from which on a frame counts as active; the layer keeps it."""
        threshold = min(max(float(threshold), 0.0), 1.0)
        if threshold == self.threshold:
            return
        if self.can_edit and self.prediction_id is not None:
            self.require_session().set_threshold(self.prediction_id, threshold)
            self.threshold = threshold
            self.changed(THRESHOLD, LABELS)
        else:
            self.threshold = threshold
            self.changed(THRESHOLD)

    @property
    def prediction_layer(self) -> Layer | None:
        """The layer that is the prediction; None without any, and in blind mode."""
        return next((x for x in self.result_layers() if x.id == self.prediction_id), None)

    def set_blind(self, blind: bool) -> None:
        """Hide or show other people's labels and all results."""
        if blind != self.blind:
            self.blind = blind
            self.changed(BLIND, LAYER, PREDICTION, LABELS)

    # Layers

    @property
    def compared_layer(self) -> Layer | None:
        """The layer that the prediction is compared with; None without any, and in blind mode."""
        if self.session is None or self.blind:
            return None
        return next((x for x in self.session.layers() if x.id == self.compared_id), None)

    def compare_with(self, layer_id: int | None) -> None:
        """Mark where the prediction and this layer differ; None: no more."""
        if layer_id != self.compared_id:
            self.compared_id = layer_id
            self.changed(LABELS, LAYER)

    def label_layers(self, always: bool = False) -> list[Layer]:
        """Layers of people; in blind mode only the current one, unless ``always``."""
        if self.session is None:
            return []
        layers = [x for x in self.session.layers() if x.kind in ("expert", "consensus")]
        return layers if always or not self.blind else [x for x in layers if x.id == self.layer_id]

    def choose_layer(self, layer_id: int) -> None:
        """Labels go into this layer from now on."""
        if layer_id != self.layer_id:
            self.layer_id, self.selected, self.pending_onset = layer_id, None, None
            self.changed(LAYER, LABELS, SELECTION, PENDING)

    def require_layer(self) -> int:
        """The layer that labels go into; a new one in the user's name when there is none yet."""
        if self.layer_id is None:
            names = {layer.name for layer in self.require_session().layers()}
            name = next(n for n in names_from(user_name()) if n not in names)
            self.layer_id = self.require_session().add_layer("expert", name).id
            self.changed(LAYER)
        return self.layer_id

    def choose_prediction(self, layer_id: int | None) -> None:
        """Draw this result layer; one that is not there gives the newest, if any."""
        known = [x for x in self.require_session().layers("classifier") if x.kind == "classifier"]
        found = [x for x in known if x.id == layer_id] or known[-1:]
        layer = found[0] if found else None
        self.prediction_id = layer.id if layer else None
        if layer is not None:
            self.threshold = layer.cut
        self.changed(PREDICTION, THRESHOLD, LABELS)

    def transients(self, cell: int | None = None) -> np.ndarray:
        """Transients (k, 2) of a cell (default: the current one) in the current layer."""
        if self.session is None or self.layer_id is None:
            return np.empty((0, 2), np.int64)
        return self.session.transients(self.layer_id, self.cell if cell is None else cell)

    def spans(self, kind: str) -> np.ndarray:
        """Spans (k, 2) of the current cell and of the whole field in the current layer."""
        if self.session is None or self.layer_id is None:
            return np.empty((0, 2), np.int64)
        parts = [self.session.spans(self.layer_id, cell, kind) for cell in (self.cell, -1)]
        return np.concatenate(parts)

    def prediction(self, cell: int | None = None) -> np.ndarray | None:
        """Probability (n_frames,) of a cell (default: the current one); None in blind mode or without any.

        While a prediction arrives, its cells show what is there of it: NaN stands for the rest.
        """
        cell = self.cell if cell is None else cell
        if self.session is None or self.blind:
            return None
        arriving = None if self.live is None else self.live.row(cell)
        if arriving is not None:
            return arriving
        if self.prediction_id is None:
            return None
        return self.session.prediction(self.prediction_id, cell)

    def predicted_cells(self) -> list[int]:
        """Cells that have a prediction, also one that is still arriving; none in blind mode."""
        if self.session is None or self.blind:
            return []
        known = set() if self.live is None else set(self.live.arrived_cells())
        if self.prediction_id is not None:
            known |= set(self.session.predicted_cells(self.prediction_id).tolist())
        return sorted(known)

    def prediction_name(self) -> str:
        """What the curve of the current cell is called."""
        if self.live is not None and self.live.row(self.cell) is not None:
            return f"{self.live.name}, arriving"
        layer = self.prediction_layer
        return layer.name if layer is not None else ""

    def follow(self, live: LivePrediction | None) -> None:
        """Show a prediction while it arrives; None: no more, it has become a layer or was given up."""
        if live is not self.live:
            self.live = live
            self.changed(PREDICTION)

    def edited(self, *topics: str) -> None:
        """Say that the session was edited; takes care of what an undo may have removed."""
        if self.session is not None:
            self._recording = self.session.recording
            self._follow_cells(self.session)
            self._follow_prediction()
        if self.layer_id is not None and self.session is not None:
            if self.layer_id not in {layer.id for layer in self.session.layers()}:
                self.layer_id = next((x.id for x in self.label_layers(always=True)), None)
        elif self.session is not None:  # an edit that is done again may bring a first layer back
            own = [x for x in self.label_layers(always=True) if x.author == user_name()]
            self.layer_id = own[0].id if own else None
        if self.selected is not None and self.selected not in self.transients()[:, 0].tolist():
            self.selected = None
            self.changed(SELECTION)
        layers = self._layers_now()
        if layers != self._known_layers:
            self._known_layers = layers
            self._forget_results()
            self.changed(LAYER, PREDICTION)
        self.changed(*(topics or (LABELS, CELLS)))

    def _follow_cells(self, session: Session) -> None:
        """A cell may have been added, or its addition undone."""
        if session.n_cells == self.n_cells:
            return
        self.cells, self.data, self._doubts = session.cells(), None, None
        self._forget_results()
        self.cell = min(self.cell, self.n_cells - 1)
        self.changed(*ALL_TOPICS - {SESSION}, OUTLINES)

    def _follow_prediction(self) -> None:
        """The layer may be gone, and an undo may have changed its threshold."""
        known = {x.id: x for x in self.require_session().layers("classifier")}
        layer = known.get(self.prediction_id) if self.prediction_id is not None else None
        if layer is None and self.prediction_id is not None:
            self.choose_prediction(None)
        elif layer is not None and layer.threshold not in (None, self.threshold):
            self.threshold = layer.cut
            self.changed(THRESHOLD)

    def _layers_now(self) -> list[tuple[Any, ...]]:
        """Layers and signals, as far as a change of them changes what is drawn."""
        if self.session is None:
            return []
        layers = [(x.id, x.name, x.visible, x.position, x.colour) for x in self.session.layers()]
        return [*layers, *((name,) for name in self.session.signal_names())]
