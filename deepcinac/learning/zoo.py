"""The classifiers at hand: those that ship, those of the user, and any folder of the same form.

The user's own are those that were trained or imported on this computer. Imported ones lie in
:func:`own_folder`; of the others its ``known.json`` names the folders, the last used first.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from deepcinac.errors import InputError
from deepcinac.files import read_json, write_json
from deepcinac.learning.card import CARD_FILE, TASK_OF_FORMAT_1, Card, read_card

DEFAULT_CLASSIFIER = "general"
SHIPPED, OWN, BESIDE = "shipped", "own", "beside the session"
KNOWN_FILE = "known.json"
MOST_KNOWN = 50


@dataclass(frozen=True)
class ClassifierFolder:
    """A classifier on disk: its short name, its folder, its verified card, and where it is from."""

    name: str
    path: Path
    card: Card
    origin: str = ""


def shipped_folder() -> Path:
    """The folder of the classifiers that ship (``models`` of a checkout)."""
    from importlib.util import find_spec

    spec = find_spec("deepcinac.models")
    places = list(spec.submodule_search_locations or []) if spec else []
    if places:
        return Path(places[0])
    return Path(__file__).resolve().parents[2] / "models"


def own_folder() -> Path:
    """Where imported classifiers lie; ``DEEPCINAC_CLASSIFIERS`` overrides it. It may not exist yet."""
    chosen = os.environ.get("DEEPCINAC_CLASSIFIERS")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_data_dir("deepcinac", appauthor=False)) / "classifiers"


def list_classifiers(task: str | None = TASK_OF_FORMAT_1) -> list[ClassifierFolder]:
    """Every shipped classifier of a task (of activity, unless said otherwise; None: of all), by name."""
    shipped = [
        ClassifierFolder(path.parent.name, path.parent, read_card(path.parent), SHIPPED)
        for path in sorted(shipped_folder().glob(f"*/{CARD_FILE}"))
    ]
    return [one for one in shipped if task in (None, one.card.task)]


def own_classifiers() -> list[ClassifierFolder]:
    """The user's own, the last used first; folders that are gone or damaged are left out."""
    return _readable(own_paths(), OWN)


def classifiers_beside(session: str | Path) -> list[ClassifierFolder]:
    """Those in the folder of a session, by name."""
    cards = sorted(Path(session).absolute().parent.glob(f"*/{CARD_FILE}"))
    return _readable([card.parent for card in cards], BESIDE)


def _readable(folders: list[Path], origin: str) -> list[ClassifierFolder]:
    found = []
    for folder in folders:
        with contextlib.suppress(InputError, OSError):
            found.append(ClassifierFolder(folder.name, folder, read_card(folder), origin))
    return found


def own_paths() -> list[Path]:
    """Folders of the user's own classifiers, whether they are still there or not."""
    inside = sorted(card.parent for card in own_folder().glob(f"*/{CARD_FILE}"))
    return list(dict.fromkeys([*_known(), *inside]))


def _known() -> list[Path]:
    try:
        folders = read_json(own_folder() / KNOWN_FILE)["folders"]
        return [Path(folder) for folder in folders if isinstance(folder, str)]
    except (InputError, OSError, KeyError, TypeError):
        return []


def remember(folder: str | Path) -> None:
    """Put a classifier at the head of the user's own. A list that cannot be written is no failure."""
    folder = Path(folder).absolute()
    if folder.parent == shipped_folder():
        return
    _write_known([folder, *(held for held in _known() if held != folder)])


def forget(folder: str | Path) -> None:
    """Take a folder off the list; the folder itself stays."""
    _write_known([held for held in _known() if held != Path(folder).absolute()])


def _write_known(folders: list[Path]) -> None:
    with contextlib.suppress(OSError, InputError):
        own_folder().mkdir(parents=True, exist_ok=True)
        write_json(own_folder() / KNOWN_FILE, {"folders": [str(x) for x in folders[:MOST_KNOWN]]})


def find_classifier(name_or_folder: str | Path = DEFAULT_CLASSIFIER) -> ClassifierFolder:
    """A shipped classifier or one of the user's own by name, or any classifier folder by path."""
    text, folder = str(name_or_folder), Path(name_or_folder)
    if "/" not in text and (shipped_folder() / text / CARD_FILE).is_file():
        shipped = shipped_folder() / text
        return ClassifierFolder(text, shipped, read_card(shipped), SHIPPED)
    own = own_paths()
    if not folder.is_dir():
        named = [path for path in own if path.name == text and path.is_dir()]
        if not named:
            raise _unknown(text, own)
        folder = named[0]
    origin = OWN if folder.absolute() in own else ""
    return ClassifierFolder(folder.name, folder, read_card(folder), origin)


def _unknown(text: str, own: list[Path]) -> InputError:
    known = [path.parent.name for path in sorted(shipped_folder().glob(f"*/{CARD_FILE}"))]
    known += [path.name for path in own if path.is_dir()]
    names = ", ".join(dict.fromkeys(known)) or "none is known"
    return InputError(
        f"the name of a classifier ({names}) or a classifier folder",
        repr(text),
        "option classifier",
    )
