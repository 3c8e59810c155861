"""What the commands of the table do: one class per group, made by :func:`make_actions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcinac.gui.app import App


def make_actions(app: App) -> dict[str, Any]:
    """Group name -> object whose methods the table names."""
    from deepcinac.gui.actions.cell_types import TypeActions
    from deepcinac.gui.actions.classifier import ClassifierActions
    from deepcinac.gui.actions.files import FileActions
    from deepcinac.gui.actions.helping import HelpActions
    from deepcinac.gui.actions.labels import CellActions, LabelActions, LayerActions
    from deepcinac.gui.actions.places import MovieActions, PlaceActions, ViewActions
    from deepcinac.gui.actions.reviewing import ReviewActions

    return {
        "files": FileActions(app),
        "labels": LabelActions(app),
        "layers": LayerActions(app),
        "cells": CellActions(app),
        "types": TypeActions(app),
        "places": PlaceActions(app),
        "view": ViewActions(app),
        "movie": MovieActions(app),
        "classifier": ClassifierActions(app),
        "review": ReviewActions(app),
        "help": HelpActions(app),
    }
