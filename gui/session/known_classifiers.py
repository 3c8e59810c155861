"""The classifiers to choose from: those that ship, the user's own, and those beside the session. No Tk."""

from __future__ import annotations

from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.learning.zoo import (
    DEFAULT_CLASSIFIER,
    SHIPPED,
    ClassifierFolder,
    classifiers_beside,
    find_classifier,
    list_classifiers,
    own_classifiers,
    remember,
)

LAST = "last_classifier"


class KnownClassifiers:
    """Which one was used last is in the settings; the user's own are known to the library."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    @property
    def last(self) -> str:
        """The one that was used or trained last; the shipped one where that is gone."""
        name = str(self._settings.get(LAST, DEFAULT_CLASSIFIER))
        return DEFAULT_CLASSIFIER if _found(name) is None else name

    def used(self, name: str) -> None:
        """Put one at the head. A name that leads to no classifier is not remembered."""
        found = _found(name)
        if found is None:
            return
        if found.origin != SHIPPED:
            remember(found.path)
            name = str(found.path.absolute())
        self._settings.set(LAST, name)

    def listed(self, session: Path | None = None) -> list[ClassifierFolder]:
        """All of them, each once: shipped, own, then those in the folder of a session."""
        found = [*list_classifiers(), *own_classifiers()]
        found += [] if session is None else classifiers_beside(session)
        return list({one.path: one for one in reversed(found)}.values())[::-1]

    def names(self, session: Path | None = None) -> list[str]:
        """What to give to :func:`find_classifier`, the last used first."""
        listed = [
            one.name if one.origin == SHIPPED else str(one.path) for one in self.listed(session)
        ]
        return list(dict.fromkeys([self.last, *(listed or [DEFAULT_CLASSIFIER])]))


def _found(name: str) -> ClassifierFolder | None:
    try:
        return find_classifier(name)
    except (InputError, OSError):
        return None
