"""The classifiers at hand: those that ship with the program, and any folder of the same form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.learning.card import CARD_FILE, Card, read_card

DEFAULT_CLASSIFIER = "general"


@dataclass(frozen=True)
class ClassifierFolder:
    """A classifier on disk: its short name, its folder and its verified card."""

    name: str
    path: Path
    card: Card


def shipped_folder() -> Path:
    """The folder of the classifiers that ship (``models`` of a checkout)."""
    from importlib.util import find_spec

    spec = find_spec("deepcinac.models")
    places = list(spec.submodule_search_locations or []) if spec else []
    if places:
        return Path(places[0])
    return Path(__file__).resolve().parents[2] / "models"


def list_classifiers() -> list[ClassifierFolder]:
    """Every shipped classifier, by name."""
    return [
        ClassifierFolder(path.parent.name, path.parent, read_card(path.parent))
        for path in sorted(shipped_folder().glob(f"*/{CARD_FILE}"))
    ]


def find_classifier(name_or_folder: str | Path = DEFAULT_CLASSIFIER) -> ClassifierFolder:
    """A shipped classifier by name, or any classifier folder by path."""
    shipped = shipped_folder() / str(name_or_folder)
    folder = Path(name_or_folder)
    if "/" not in str(name_or_folder) and (shipped / CARD_FILE).is_file():
        folder = shipped
    elif not folder.is_dir():
        known = ", ".join(path.parent.name for path in shipped_folder().glob(f"*/{CARD_FILE}"))
        raise InputError(
            f"the name of a shipped classifier ({known or 'none ships'}) or a classifier folder",
            repr(str(name_or_folder)),
            "option classifier",
        )
    return ClassifierFolder(folder.name, folder, read_card(folder))
