"""Classifiers as files to pass on: written as a folder or a .zip, read back, set aside, brought back.

Nothing of a stranger's archive is executed and nothing else of it is unpacked: a card is JSON that is
checked field by field, weights are numbers whose hash the card gives. A classifier that was removed is
set aside beside the user's own ones, with a note of where it was.
"""

from __future__ import annotations

import contextlib
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deepcinac.errors import InputError
from deepcinac.files import (
    folder_written_atomically,
    read_json,
    require_whole_list,
    write_json,
    written_atomically,
)
from deepcinac.learning.card import (
    CARD_FILE,
    LARGEST_CARD_BYTES,
    WEIGHTS_FILE,
    Card,
    read_card,
)
from deepcinac.learning.zoo import (
    OWN,
    ClassifierFolder,
    find_classifier,
    forget,
    own_folder,
    own_paths,
    remember,
    shipped_folder,
)

FILES = {CARD_FILE: LARGEST_CARD_BYTES, WEIGHTS_FILE: 2 << 30}
"""What a classifier consists of, and how large each part may be."""
REMOVED, NOTE = ".removed", "removed.json"

Check = Callable[[Card], None]
"""What the task of a card says of the parts that belong to it (:func:`deepcinac.tasks.check_card`)."""


def export_classifier(found: ClassifierFolder, out: str | Path) -> None:
    """Write a classifier into a folder, or into one file where ``out`` ends in ``.zip``."""
    out = Path(out)
    files = [found.path / name for name in FILES if (found.path / name).is_file()]
    if out.suffix.lower() != ".zip":
        with folder_written_atomically(out) as folder:
            for file in files:
                shutil.copyfile(file, folder / file.name)
        return
    with written_atomically(out) as path, zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, f"{found.name}/{file.name}")


def import_classifier(
    place: str | Path, check: Check, name: str | None = None, force: bool = False
) -> ClassifierFolder:
    """Make a folder or a .zip one of the user's own classifiers; it is checked before it is one.

    ``name``: another name than that of the folder or file. An InputError where one of the user's own
    has that name, unless ``force``, or where one that ships has it.
    """
    place = Path(place)
    name = _checked_name(name or place.name.removesuffix(".zip"))
    target = own_folder() / name
    if target.exists() and not force:
        hint = "give it another name, or overwrite it with --force"
        raise InputError("a name that none of your classifiers has", repr(name), place, hint)
    with folder_written_atomically(target) as folder:
        for part, stream_to in _parts(place):
            stream_to(folder / part)
        check(_read_as_of(folder, place))
    remember(target)
    return ClassifierFolder(name, target, read_card(target), OWN)


def _checked_name(name: str) -> str:
    if name != Path(name).name or name.startswith(".") or not name.strip():
        raise InputError("a name for a folder", repr(name), "the name of the classifier")
    if (shipped_folder() / name / CARD_FILE).is_file():
        raise InputError(
            "another name than that of a classifier that ships",
            repr(name),
            "the name of the classifier",
            "give it another name with --name",
        )
    return name


def _read_as_of(folder: Path, place: Path) -> Card:
    """The card in ``folder``; what is wrong is told of ``place``, which the user knows."""
    try:
        return read_card(folder)
    except InputError as error:
        raise InputError(error.expected, error.found, place, error.hint) from error


def _parts(place: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Name of each part of a classifier, and what writes it to a path."""
    if place.is_dir():
        for name in FILES:
            source = place / name
            if source.is_file() and not source.is_symlink():
                yield name, lambda path, source=source: _copied(source, path)  # type: ignore[misc]
        return
    if not zipfile.is_zipfile(place):
        found = "a file that is none" if place.exists() else "nothing"
        raise InputError("a folder or a .zip with a classifier", found, place)
    with zipfile.ZipFile(place) as archive:
        require_whole_list(archive, place)
        for entry in _entries(archive, place):
            name = PurePosixPath(entry.filename).name
            yield name, lambda path, entry=entry: _unpacked(archive, entry, path, place)  # type: ignore[misc]


def _copied(source: Path, path: Path) -> None:
    if source.stat().st_size > FILES[path.name]:
        raise _too_large(path.name, source)
    shutil.copyfile(source, path)


def _entries(archive: zipfile.ZipFile, place: Path) -> list[zipfile.ZipInfo]:
    """The parts of the one classifier in an archive, at its top or in a folder of it."""
    found = [x for x in archive.infolist() if PurePosixPath(x.filename).name in FILES]
    folders = {str(PurePosixPath(entry.filename).parent) for entry in found}
    if len(folders) != 1 or len(found) > len(FILES):
        expected = f"a .zip with one classifier ({' and '.join(FILES)})"
        raise InputError(expected, f"{len(folders)} of them", place)
    return found


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, place: Path) -> None:
    """Write an entry, counting what really comes out of it."""
    left = FILES[path.name]
    try:
        with archive.open(entry) as packed, open(path, "wb") as stream:
            while chunk := packed.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise _too_large(path.name, place)
                stream.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError("a .zip that can be read", str(error), place) from error


def _too_large(name: str, place: Path) -> InputError:
    return InputError(f"a {name} of at most {FILES[name]:,} bytes", "a larger one", place)


@dataclass(frozen=True)
class RemovedClassifier:
    """One that was set aside: its name, its folder now, the folder it was in, and when (a date)."""

    name: str
    path: Path
    was_in: Path
    when: str


def remove_classifier(found: ClassifierFolder) -> RemovedClassifier:
    """Set one of the user's own aside, to be brought back by :func:`restore_classifier`.

    Only the card and the weights go; the records of a training, and whatever else is in the folder,
    stay where they are.
    """
    where, own = found.path.absolute(), [path.absolute() for path in own_paths()]
    if where not in own:
        hint = "classifiers that ship, or that others made, are not removed from here"
        raise InputError("one of your own classifiers", found.name, where, hint)
    when = time.strftime("%Y-%m-%d")
    number, aside = 1, own_folder() / REMOVED / found.name
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{found.name}-{number}")
    with folder_written_atomically(aside) as folder:
        write_json(folder / NOTE, {"was_in": str(where), "when": when})
        for name in FILES:
            if (where / name).is_file():
                shutil.copyfile(where / name, folder / name)
    for name in FILES:  # only now that the copy is complete
        (where / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        where.rmdir()  # where nothing else is in it
    forget(where)
    return RemovedClassifier(aside.name, aside, where, when)


def removed_classifiers() -> list[RemovedClassifier]:
    """What was set aside, by name."""
    found = []
    for path in sorted((own_folder() / REMOVED).glob(f"*/{NOTE}")):
        with contextlib.suppress(InputError, KeyError, TypeError):
            note = read_json(path)
            was_in, when = Path(str(note["was_in"])), str(note["when"])
            found.append(RemovedClassifier(path.parent.name, path.parent, was_in, when))
    return found


def restore_classifier(name: str) -> ClassifierFolder:
    """Bring one back to where it was; an InputError where another classifier is there by now."""
    removed = {one.name: one for one in removed_classifiers()}
    if name not in removed:
        known = ", ".join(removed) or "there is none"
        raise InputError(f"the name of a removed classifier ({known})", repr(name), "--restore")
    one = removed[name]
    if (one.was_in / CARD_FILE).exists():
        raise InputError("a free place for the classifier", "another classifier", one.was_in)
    read_card(one.path)
    one.was_in.mkdir(parents=True, exist_ok=True)
    for part in (WEIGHTS_FILE, CARD_FILE):  # a folder with a card counts: the card comes last
        if (one.path / part).is_file():
            with written_atomically(one.was_in / part) as path:
                shutil.copyfile(one.path / part, path)
    remember(one.was_in)
    shutil.rmtree(one.path)
    return find_classifier(one.was_in)
