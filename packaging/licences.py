"""The licences of everything that DeepCINAC stands on, from the metadata of what is installed.

    python packaging/licences.py --table docs/licences.md    one line a package, for the documentation
    python packaging/licences.py --texts LICENCES.txt         every text in full, for an executable

Run it in an environment made for an executable (``make bundle`` does): what is not installed is not listed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PROGRAM = "deepcinac"
ENGINES = ("tensorflow", "tensorflow-cpu")
"""Extras of the program that belong to it."""

NEVER_INCLUDED = (
    ("suite2p", "GPL-3.0", "finds cells; a program of its own, which is started and not linked"),
    ("oasis-deconv", "GPL-3.0", "a yardstick in `benchmarks/`; the program does not know it"),
)
"""GPL packages: never needed, never in an executable."""

OPTIONAL = (
    ("pynwb", "BSD-3-Clause", "writes .nwb"),
    ("nwbinspector", "BSD-3-Clause", "checks .nwb"),
    ("zarr", "MIT", "writes and reads .zarr"),
    ("distributed", "BSD-3-Clause", "many recordings on a cluster"),
    ("dask-jobqueue", "BSD-3-Clause", "the same through Slurm"),
    ("bokeh", "BSD-3-Clause", "figures in its dashboard"),
    ("tkinterdnd2", "MIT", "files dropped on the window"),
    ("pandas", "BSD-3-Clause", "results as data frames"),
    ("xarray", "Apache-2.0", "results as labelled arrays"),
    ("pynapple", "MIT", "results as time series"),
)
BESIDE_PYTHON = (
    ("Python", "PSF-2.0", "with OpenSSL (Apache-2.0), SQLite (public domain), zlib, libffi, expat"),
    ("Tcl/Tk", "TCL", "draws the window"),
    ("PyInstaller's start code", "GPL-2.0 with an exception for what is built with it", ""),
)
"""What an executable holds besides packages."""


def needed() -> dict[str, Distribution]:
    """Everything installed that the program needs, by name, itself left out."""
    found: dict[str, Distribution] = {}
    waiting = [(PROGRAM, ENGINES)]
    while waiting:
        name, extras = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # another platform's, or the engine that was not chosen
        key = package.name.lower().replace("_", "-")
        if key in found:
            continue
        found[key] = package
        waiting += _requirements(package, extras)
    del found[PROGRAM]
    return dict(sorted(found.items()))


def _requirements(
    package: Distribution, extras: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for text in package.requires or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement.name, tuple(requirement.extras)


def licence_of(package: Distribution) -> str:
    """The licence in a few words, from whichever field of the metadata holds it."""
    about = package.metadata
    expression = about.get("License-Expression")
    if expression:
        return expression
    classifiers = [
        line.split(" :: ")[-1]
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    first_line = (about.get("License") or "").strip().splitlines()[:1]
    return ", ".join(classifiers or first_line) or "not stated in its metadata"


def texts_of(package: Distribution) -> list[tuple[str, str]]:
    """Name and content of the licence files that a package brings."""
    found = []
    for entry in package.files or []:
        in_metadata = ".dist-info" in entry.parts[0]
        named_so = entry.name.lower().startswith(("licen", "copying", "notice", "copyright"))
        of_a_library = "licenses" in entry.parts[:-1]  # as those of the codecs in imagecodecs
        if of_a_library or (in_metadata and named_so):
            path = Path(str(entry.locate()))
            found.append((entry.name, path.read_text(encoding="utf-8", errors="replace").strip()))
    return found


def table() -> str:
    """The page for the documentation."""
    lines = [
        "# Licences",
        "",
        "DeepCINAC is free software under the BSD 3-Clause licence. Made by `packaging/licences.py` from the",
        "metadata of the packages.",
        "",
        "## What it needs",
        "",
        "| package | licence |",
        "|---|---|",
        *(f"| {name} | {licence_of(package)} |" for name, package in needed().items()),
        "",
        "## What an executable holds besides",
        "",
        "| part | licence | |",
        "|---|---|---|",
        *(f"| {name} | {licence} | {what} |" for name, licence, what in BESIDE_PYTHON),
        "",
        "`LICENCES.txt` in its folder holds every text in full.",
        "",
        "## Used where it is installed",
        "",
        "| package | licence | what for |",
        "|---|---|---|",
        *(f"| {name} | {licence} | {what} |" for name, licence, what in OPTIONAL),
        "",
        "## GPL: optional, in no executable",
        "",
        "| package | licence | what for |",
        "|---|---|---|",
        *(f"| {name} | {licence} | {what} |" for name, licence, what in NEVER_INCLUDED),
        "",
    ]
    return "\n".join(lines)


def texts(root: Path) -> str:
    """Every licence in full, the program's own first."""
    parts = [f"DeepCINAC\n\n{(root / 'LICENSE').read_text(encoding='utf-8').strip()}"]
    parts += [f"{name}: {licence}. {what}".strip() for name, licence, what in BESIDE_PYTHON]
    for name, package in needed().items():
        heading = f"{name} {package.version}: {licence_of(package)}"
        parts.append("\n\n".join([heading, *(text for _, text in texts_of(package))]))
    return ("\n\n" + "=" * 80 + "\n\n").join(parts) + "\n"


def main() -> int:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description="List the licences of what is installed.")
    parser.add_argument("--table", type=Path, metavar="FILE.md", help="one line a package")
    parser.add_argument("--texts", type=Path, metavar="FILE.txt", help="every text in full")
    args = parser.parse_args()
    if args.table:
        args.table.write_text(table(), encoding="utf-8")
    if args.texts:
        args.texts.write_text(texts(Path(__file__).resolve().parents[1]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
