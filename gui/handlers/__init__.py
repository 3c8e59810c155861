"""What the commands of the table do: one class per group of the table, gathered in :class:`Handlers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deepcinac.gui.commands.table import Command
from deepcinac.gui.handlers.analysis import AnalysisHandlers
from deepcinac.gui.handlers.cell_types import TypeHandlers
from deepcinac.gui.handlers.classifier import ClassifierHandlers
from deepcinac.gui.handlers.evaluation import EvaluationHandlers
from deepcinac.gui.handlers.files import FileHandlers
from deepcinac.gui.handlers.helping import HelpHandlers
from deepcinac.gui.handlers.labels import CellHandlers, LabelHandlers, LayerHandlers
from deepcinac.gui.handlers.missing import MissingHandlers
from deepcinac.gui.handlers.places import MovieHandlers, PlaceHandlers, ViewHandlers
from deepcinac.gui.handlers.reviewing import ReviewHandlers
from deepcinac.gui.handlers.training import TrainingHandlers
from deepcinac.gui.handlers.zoo import ZooHandlers


@dataclass(frozen=True)
class Handlers:
    """The groups by the names that the command table uses."""

    files: FileHandlers
    labels: LabelHandlers
    layers: LayerHandlers
    cells: CellHandlers
    missing: MissingHandlers
    types: TypeHandlers
    places: PlaceHandlers
    view: ViewHandlers
    movie: MovieHandlers
    classifier: ClassifierHandlers
    training: TrainingHandlers
    zoo: ZooHandlers
    review: ReviewHandlers
    evaluation: EvaluationHandlers
    analysis: AnalysisHandlers
    help: HelpHandlers

    def of(self, command: Command) -> Callable[[], object]:
        """What a command does."""
        group, method = command.handler.split(".")
        found: Callable[[], object] = getattr(getattr(self, group), method)
        return found
