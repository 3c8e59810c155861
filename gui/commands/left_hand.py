"""Keys for the left hand alone, while the right one holds the mouse or rests: a set to choose. No Tk."""

from __future__ import annotations

LEFT_HAND: dict[str, tuple[str, ...]] = {
    "next_place": ("d", "n"),
    "previous_place": ("s", "b"),
    "apply": ("f", "Enter"),
    "doubt": ("c", "Shift+X"),
    "accept": ("e", "y"),
    "reject": ("r",),
    "skip": ("w",),
    "next_review": ("t",),
    "next_cell": ("v", "Ctrl+Right", "Down"),
    "next_unjudged": ("Shift+Z", "Ctrl+Down"),
    # What gave its key away has another one, on the right.
    "tool_doubtful": ("0",),
    "tool_erase": ("9",),
    "tool_movement": ("Shift+M",),
    "find_cell": ("Ctrl+G",),
    "next_same_type": ("Shift+J",),
    "whole": ("Home",),
}
"""Command -> its keys; every other command keeps those of the table, of which Space plays, ``g`` says
judged, ``a`` and ``q`` turn the page, and Ctrl+Z takes back."""
