"""How the outline of a cell says its state: by its line and a mark, never by colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.gui.drawing.look import Look, mixed, px

PLAIN, LABELLED, PREDICTED, INVALID, REVIEW = "plain", "labelled", "predicted", "invalid", "review"
ODD = "odd"
STATES = (PLAIN, LABELLED, PREDICTED, INVALID, REVIEW, ODD)

ON_IMAGE = {
    PLAIN: "#c8c8c8",
    LABELLED: "#00c08b",
    PREDICTED: "#56b4e9",
    INVALID: "#8a8a8a",
    REVIEW: "#f0e442",
    ODD: "#e8833a",
}
"""Images are grey on any theme, so these colours are those that stand out against grey."""

SELECTED, NEIGHBOUR, PROPOSAL = "#ffffff", "#e69f00", "#cc79a7"


@dataclass(frozen=True)
class OutlineStyle:
    """Colour, width (px), dash, and the ``mark`` at the cell's centre: "", "x", "!" or "?"."""

    colour: str
    width: int
    dash: tuple[int, ...] = ()
    mark: str = ""


def outline_style(
    state: str, look: Look, selected: bool = False, near: bool = False
) -> OutlineStyle:
    """The outline of a cell: ``selected`` is thick, ``near`` marks an overlapping neighbour.

    Labelled cells are solid, predicted ones dashed, those due for review dotted with "!", those that
    can hardly be cells solid with "?", invalid ones dim and crossed.
    """
    thin, thick = px(look, 1.2), px(look, 2.6)
    unit = max(1, round(look.scale))
    dashes = {PREDICTED: (5 * unit, 3 * unit), REVIEW: (2 * unit, 3 * unit)}
    marks = {INVALID: "x", REVIEW: "!", ODD: "?"}
    colour, dash = ON_IMAGE.get(state, ON_IMAGE[PLAIN]), dashes.get(state, ())
    width = px(look, 1.8) if state in (LABELLED, REVIEW, ODD) else thin
    if selected:
        return OutlineStyle(SELECTED, thick, dash, marks.get(state, ""))
    if near:
        return OutlineStyle(NEIGHBOUR, px(look, 1.8), dash, marks.get(state, ""))
    if state == INVALID:
        colour = mixed(colour, "#000000", 0.15)
    return OutlineStyle(colour, width, dash, marks.get(state, ""))


def proposal_style(look: Look, chosen: bool = False) -> OutlineStyle:
    """The outline of what may be a cell and is none yet: long dashes."""
    unit = max(1, round(look.scale))
    width = px(look, 2.6) if chosen else px(look, 1.4)
    return OutlineStyle(SELECTED if chosen else PROPOSAL, width, (8 * unit, 4 * unit))
