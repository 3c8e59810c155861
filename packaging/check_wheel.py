"""Check that a wheel holds the whole program, and nothing outside its one namespace.

``python packaging/check_wheel.py WHEEL``, run at the root of the repository.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SOURCES = {
    "deepcinac": "deepcinac",
    "gui": "deepcinac/gui",
    "models": "deepcinac/models",
    "data": "deepcinac/data",
}


def expected_files(root: Path) -> set[str]:
    """The names in the wheel of everything that ships."""
    names = set()
    for folder, target in SOURCES.items():
        for path in (root / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and ships(folder, path):
                names.add(f"{target}/{path.relative_to(root / folder).as_posix()}")
    for page in ("guide.md", "licences.md"):  # the window shows them
        if (root / "docs" / page).is_file():
            names.add(f"deepcinac/gui/{page}")
    return names


def ships(folder: str, path: Path) -> bool:
    """Code always; of classifiers the card and the weights; of the recordings everything; icons."""
    if path.suffix == ".py" or path.name == "py.typed" or folder == "data":
        return True
    if folder == "gui":
        return path.suffix == ".png"
    return folder == "models" and (path.name == "card.json" or path.name.endswith(".weights.h5"))


def faults(held: set[str], expected: set[str]) -> list[str]:
    """What is missing from a wheel with these files, and what does not belong there."""
    inside = {name for name in held if name.split("/")[0].split("-")[0] == "deepcinac"}
    return [
        *(f"missing: {name}" for name in sorted(expected - held)),
        *(f"outside the package: {name}" for name in sorted(held - inside)),
        *(f"not in the repository: {name}" for name in sorted(unknown(inside, expected))),
    ]


def unknown(inside: set[str], expected: set[str]) -> set[str]:
    """Files of the package without a source, such as those of a stale build."""
    return {name for name in inside - expected if name.startswith("deepcinac/")}


def main(wheel: str) -> int:
    """Print the faults of a wheel, or its size."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.endswith("/")}
    found = faults(held, expected_files(Path.cwd()))
    for fault in found:
        print(fault)
    size = Path(wheel).stat().st_size / 1e6
    print(f"{Path(wheel).name}: {len(held)} files, {size:.1f} MB, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
