"""The kinds of layers: who may say something in a session."""

from __future__ import annotations

LABEL_KINDS = ("expert", "consensus")
"""Layers that people write, by edits that can be undone; they may hold spans."""
RESULT_KINDS = ("classifier", "method")
"""Layers that programs write; people change their name and threshold, and remove them."""
LAYER_KINDS = LABEL_KINDS + RESULT_KINDS


def kind_of_layer(said: str) -> str:
    """The kind of a layer as a file says it: an expert where it says nothing.

    A word that is none of ours is another program's: what it says never becomes an expert.

    >>> kind_of_layer(""), kind_of_layer("classifier"), kind_of_layer("network")
    ('expert', 'classifier', 'method')
    """
    if not said:
        return "expert"
    return said if said in LAYER_KINDS else "method"
