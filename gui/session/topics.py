"""What can change in the state of the window: observers are told by these names."""

SESSION, CELL, FRAME, RANGE, LAYER, LABELS = "session", "cell", "frame", "range", "layer", "labels"
CELLS, PREDICTION, THRESHOLD, BLIND = "cells", "prediction", "threshold", "blind"
TOOL, PENDING, SELECTION, DATA, QUEUE = "tool", "pending", "selection", "data", "queue"
HOVER, OUTLINES, MAP = "hover", "outlines", "map"
"""Outlines: the session has more cells, or fewer, than before; traces have to be made anew. Map: what lies
over the field."""
ALL_TOPICS = frozenset(
    (SESSION, CELL, FRAME, RANGE, LAYER, LABELS, CELLS, PREDICTION, THRESHOLD, BLIND, TOOL)
    + (PENDING, SELECTION, DATA, QUEUE, HOVER, MAP)
)
