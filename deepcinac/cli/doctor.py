"""``deepcinac doctor``: what works on this machine, as text to paste into a bug report."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from deepcinac.cli.common import aligned, in_bytes
from deepcinac.errors import InputError
from deepcinac.installation import (
    ENGINES,
    how_to_install,
    how_to_install_an_engine,
    is_executable,
    version_of,
)
from deepcinac.progress import Progress
from deepcinac.version import __version__

Rows = list[tuple[str, str]]
Findings = tuple[Rows, list[str]]  # rows of the table, problems as sentences

NEEDED = (
    "numpy",
    "scipy",
    "tifffile",
    "imagecodecs",
    "h5py",
    "pillow",
    "matplotlib",
    "keras",
    "platformdirs",
    "psutil",
    "tqdm",
    "roifile",
    "scikit-learn",
    "threadpoolctl",
    "shtab",
)
OPTIONAL = {
    "suite2p": "finds cells ('deepcinac detect')",
    "pynwb": "writes .nwb",
    "nwbinspector": "checks .nwb",
    "zarr": "writes and reads .zarr",
    "distributed": "many recordings on a cluster ('deepcinac batch')",
    "dask-jobqueue": "'deepcinac batch' through Slurm",
    "bokeh": "figures in the dashboard of 'deepcinac batch'",
    "tkinterdnd2": "files dropped on the window",
    "pandas": "results as data frames",
    "xarray": "results as labelled arrays",
    "pynapple": "results as time series of pynapple",
}
"""What each package that is used where it is installed brings."""

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
LITTLE_MEMORY, LITTLE_DISK = 4 * 2**30, 2 * 2**30  # bytes
PATIENCE_SECONDS = 180

# In a process of its own: a broken installation may take the whole interpreter down.
TENSORFLOW_PROBE = """
import json, tensorflow, keras
gpus = [device.name for device in tensorflow.config.list_physical_devices("GPU")]
print(json.dumps({"backend": keras.backend.backend(), "gpus": gpus}))
"""
TK_PROBE = """
import json, tkinter
print(json.dumps({"version": tkinter.Tcl().call("info", "patchlevel")}))
"""


def add_parser(subparsers: Any) -> None:
    """Describe the command to argparse."""
    parser = subparsers.add_parser("doctor", help="what works on this machine, for a bug report")
    parser.add_argument("--quick", action="store_true", help="do not try to import TensorFlow")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Print the findings; warnings do not change the exit status."""
    rows, problems = [("deepcinac", __version__)], []
    checks = [machine, memory, disk, packages, engine, optional, screen, classifiers]
    if not args.quick:
        checks.append(tensorflow)
    for check in checks:
        found, sentences = check()
        rows += found
        problems += sentences
    print(aligned(rows))
    print("\nNo problem found." if not problems else "\nProblems:")
    for sentence in problems:
        print(f"- {sentence}")
    return 0


def machine() -> Findings:
    """Operating system, interpreter and cores."""
    python = platform.python_version()
    rows = [
        ("system", f"{platform.platform()}, {platform.machine()}"),
        ("python", f"{python}, within the executable" if is_executable() else python),
        ("program", sys.executable),
        ("cores", f"{_usable_cores()} usable of {os.cpu_count()}"),
    ]
    backend = os.environ.get("KERAS_BACKEND")
    return rows + ([("KERAS_BACKEND", backend)] if backend else []), []


def _usable_cores() -> int:
    if hasattr(
        os, "sched_getaffinity"
    ):  # a cluster's scheduler may have granted fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> Findings:
    """Memory of the machine."""
    try:
        import psutil
    except ImportError:
        return [], []  # packages() says that it is missing
    state = psutil.virtual_memory()
    rows = [("memory", f"{in_bytes(state.total)}, {in_bytes(state.available)} free")]
    if state.available < LITTLE_MEMORY:
        return rows, ["Less than 4 GiB of memory are free: training may need more."]
    return rows, []


def disk() -> Findings:
    """The cache folder and the room on its disk."""
    from deepcinac.files import cache_folder

    try:
        folder = cache_folder()
        free = shutil.disk_usage(folder).free
    except (OSError, InputError) as error:
        return [], [
            f"The cache folder cannot be used: {error}. Set DEEPCINAC_CACHE to another one."
        ]
    rows = [("cache", f"{folder}, {in_bytes(free)} free")]
    if not os.access(folder, os.W_OK):
        return rows, [f"The cache folder {folder} cannot be written to."]
    if free < LITTLE_DISK:
        return rows, ["Less than 2 GiB are free for working copies of movies."]
    return rows, []


def packages() -> Findings:
    """Versions of the packages the program needs, without importing them."""
    rows, problems = [], []
    for name in NEEDED:
        version = version_of(name)
        rows.append((name, version or "missing"))
        if version is None:
            problems.append(f"The package {name} is missing: {how_to_install(name)}.")
    return rows, problems


def engine() -> Findings:
    """The package that runs the network; exactly one is right."""
    found = {name: version for name in ENGINES if (version := version_of(name))}
    if not found:
        hint = how_to_install_an_engine()
        sentence = f"Nothing can be predicted or trained without TensorFlow: {hint}."
        return [("engine", "missing")], [sentence]
    rows = [("engine", f"{name} {version}") for name, version in found.items()]
    if len(found) == 1:
        return rows, []
    sentence = (
        f"{' and '.join(found)} overwrite each other: run `pip uninstall {' '.join(found)}`, "
        "then install one of them."
    )
    return rows, [sentence]


def optional() -> Findings:
    """Packages that are used where they are installed, and what those that are not would bring."""
    rows = []
    for name, brings in OPTIONAL.items():
        rows.append((name, version_of(name) or f"not installed; {brings}"))
    return rows, []


def screen() -> Findings:
    """Tk, and whether there is a screen for the window."""
    found, error = _probe(TK_PROBE)
    if found is None:
        version, problems = "missing", [f"Tk cannot be loaded, so no window: {error}."]
    else:
        version, problems = str(found["version"]), []
    display = "native"
    if sys.platform.startswith("linux"):
        display = os.environ.get("DISPLAY") or "none (DISPLAY is not set): no window"
    return [("tk", version), ("screen", display)], problems


def tensorflow() -> Findings:
    """Whether TensorFlow and Keras load, how long that takes, and the GPUs they see."""
    started = time.monotonic()
    found, error = _probe(TENSORFLOW_PROBE)
    seconds = time.monotonic() - started
    if found is None:
        return [("network", "does not load")], [f"TensorFlow cannot be loaded: {error}."]
    gpus = ", ".join(found["gpus"]) or "no GPU, the CPU computes"
    rows = [("network", f"Keras on {found['backend']} loads in {seconds:.1f} s; {gpus}")]
    unused = not found["gpus"] and NVIDIA_DRIVER.exists()
    return rows, [_why_no_gpu()] if unused else []


def _why_no_gpu() -> str:
    """What to do where the machine has a GPU that TensorFlow does not see (as a rule for want of CUDA)."""
    how = how_to_install('"tensorflow[and-cuda]"')
    if version_of("tensorflow-cpu") and not is_executable():
        how = f"run `pip uninstall tensorflow-cpu`, then {how}"
    return f"TensorFlow does not see the NVIDIA GPU of this machine: {how}."


def _probe(code: str) -> tuple[dict[str, Any] | None, str]:
    """What ``code`` prints as JSON in another process; otherwise None and the reason."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error).rstrip(".")
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return json.loads(lines[-1]), ""
    said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return None, said[-1].rstrip(".")


def classifiers() -> Findings:
    """The shipped classifiers; reading a card compares the hash of its weights."""
    from deepcinac.learning.card import CARD_FILE, read_card
    from deepcinac.learning.zoo import shipped_folder
    from deepcinac.tasks import check_card

    rows, problems = [], []
    for path in sorted(shipped_folder().glob(f"*/{CARD_FILE}")):
        try:
            card = read_card(path.parent)
            check_card(card)
            rows.append(("classifier", f"{path.parent.name} {card.version}".strip() + ", intact"))
        except InputError as error:
            rows.append(("classifier", f"{path.parent.name}, damaged"))
            problems.append(str(error))
    if not rows:
        problems.append("No classifier ships with this installation.")
    return rows, problems
