"""The classifiers to choose from: those that ship, those used before, and those beside the session. No Tk."""

from __future__ import annotations

from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.learning.card import CARD_FILE
from deepcinac.learning.zoo import DEFAULT_CLASSIFIER, find_classifier, list_classifiers

OWN, LAST = "own_classifiers", "last_classifier"
MOST_KEPT = 20


class KnownClassifiers:
    """Remembers in the settings what was trained or used, so that a restart forgets nothing."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    @property
    def last(self) -> str:
        """The one that was used or trained last; the shipped one where that is gone."""
        name = str(self._settings.get(LAST, DEFAULT_CLASSIFIER))
        return name if self._is_there(name) else DEFAULT_CLASSIFIER

    def used(self, name: str) -> None:
        """Put one at the head. A name that leads to no classifier is not remembered."""
        if not self._is_there(name):
            return
        if not self._ships(name):
            name = str(Path(name).absolute())
            own = [held for held in self._settings.get(OWN, []) if held != name]
            self._settings.set(OWN, [name, *own][:MOST_KEPT])
        self._settings.set(LAST, name)

    def names(self, session: Path | None = None) -> list[str]:
        """Names and folders, the last used first; with those in the folder of a session."""
        own = [str(held) for held in self._settings.get(OWN, [])]
        beside = []
        if session is not None:
            beside = [str(card.parent.absolute())
                      for card in sorted(session.absolute().parent.glob(f"*/{CARD_FILE}"))]  # fmt: skip
        shipped = [found.name for found in list_classifiers()] or [DEFAULT_CLASSIFIER]
        there = [name for name in (*own, *beside) if self._is_there(name)]
        return list(dict.fromkeys([self.last, *shipped, *there]))

    def _ships(self, name: str) -> bool:
        return any(found.name == name for found in list_classifiers())

    def _is_there(self, name: str) -> bool:
        try:
            find_classifier(name)
        except (InputError, OSError):
            return False
        return True
