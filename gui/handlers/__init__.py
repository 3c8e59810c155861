"""What the commands of the table do: one class per group, made by :func:`make_actions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcinac.gui.shell.app import App


def make_actions(app: App) -> dict[str, Any]:
    """Group name -> object whose methods the table names."""
    from deepcinac.gui.handlers.cell_types import TypeActions
    from deepcinac.gui.handlers.classifier import ClassifierActions
    from deepcinac.gui.handlers.files import FileActions
    from deepcinac.gui.handlers.helping import HelpActions
    from deepcinac.gui.handlers.labels import CellActions, LabelActions, LayerActions
    from deepcinac.gui.handlers.places import MovieActions, PlaceActions, ViewActions
    from deepcinac.gui.handlers.reviewing import ReviewActions

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
