"""What signals and results say of the open recording, read once and kept until layers change. No Tk."""

from __future__ import annotations

import numpy as np

from deepcinac.gui.drawing.field_map import FieldMap
from deepcinac.gui.session.behaviour_lanes import SignalLane, behaviour_curve, signal_lanes
from deepcinac.gui.session.field_maps import field_maps
from deepcinac.gui.session.place import Place
from deepcinac.gui.session.told_classes import ToldClasses, told_classes
from deepcinac.gui.session.topics import MAP
from deepcinac.labelling.session import Layer
from deepcinac.labelling.type_predictions import TypePrediction
from deepcinac.tracking.positions import Positions, read_positions


class SaidOfSession(Place):
    """Layers of results and what they say; ``blind`` hides them, ``map_name`` lies over the field."""

    def __init__(self) -> None:
        super().__init__()
        self.blind = False
        self.map_name = ""
        self._forget_results()

    def _forget_results(self) -> None:
        """What was read of signals and results may be another now."""
        self._signal_lanes: list[SignalLane] | None = None
        self._behaviour: dict[int, np.ndarray | None] = {}
        self._positions: list[Positions | None] = []
        self._maps: list[FieldMap] | None = None
        self._told: list[ToldClasses] | None = None

    def result_layers(self) -> list[Layer]:
        """Layers of programs; none in blind mode."""
        if self.session is None or self.blind:
            return []
        return [x for x in self.session.layers() if x.kind in ("classifier", "method")]

    def type_predictions(self) -> dict[int, TypePrediction]:
        """Suggested types by cell, from the newest layer that has any; none in blind mode."""
        if self.session is None or self.blind:
            return {}
        layers = self.session.type_layers()
        return self.session.type_predictions(layers[-1].id) if layers else {}

    def signal_lanes(self) -> list[SignalLane]:
        """The signals of the recording as curves, read once."""
        if self._signal_lanes is None:
            self._signal_lanes = [] if self.session is None else signal_lanes(self.session)
        return self._signal_lanes

    @property
    def positions(self) -> Positions | None:
        """Where the cells were tracked, read once; None where nobody tracked them."""
        if not self._positions and self.session is not None:
            self._positions = [read_positions(self.session)]
        return self._positions[0] if self._positions else None

    def field_maps(self) -> list[FieldMap]:
        """What results say about cells or places of the field, read once; none in blind mode."""
        if self.session is None or self.cells is None or self.blind:
            return []
        if self._maps is None:
            layers = self.result_layers()
            self._maps = [x for own in layers for x in field_maps(self.session, own, self.cells)]
        return self._maps

    @property
    def field_map(self) -> FieldMap | None:
        """The map that lies over the field; None for none."""
        return next((one for one in self.field_maps() if one.name == self.map_name), None)

    def choose_map(self, name: str) -> None:
        """Lay another map over the field, or none ("")."""
        if name != self.map_name:
            self.map_name = name
            self.changed(MAP)

    def told_classes(self) -> list[ToldClasses]:
        """What was said of the class of this recording, read once; nothing in blind mode."""
        if self.session is None or self.blind:
            return []
        if self._told is None:
            found = [told_classes(self.session, layer) for layer in self.result_layers()]
            self._told = [one for one in found if one is not None]
        return self._told

    def behaviour_curve(self, layer: Layer) -> np.ndarray | None:
        """What a layer says the animal did, 0 to 1 for each frame; None: nothing of the kind."""
        if layer.id not in self._behaviour:
            self._behaviour[layer.id] = behaviour_curve(self.require_session(), layer)
        return self._behaviour[layer.id]
