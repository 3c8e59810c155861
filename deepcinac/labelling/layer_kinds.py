"""The kinds of layers: who may say something in a session."""

from __future__ import annotations

LABEL_KINDS = ("expert", "consensus")
"""Layers that people write, by edits that can be undone; they may hold spans."""
RESULT_KINDS = ("classifier", "method")
"""Layers that programs write; no edit reaches them but a change of the threshold."""
LAYER_KINDS = LABEL_KINDS + RESULT_KINDS
