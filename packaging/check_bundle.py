"""The executable does what the plain install does, on a machine that seems to have no Python.

    packaging/check_bundle.sh [FOLDER [PART ...]]    the executable's folder (default: dist/deepcinac)

It is copied to a place with a blank in its name and started with an empty PATH and nothing else in the
environment. The plain install, which runs this script, tells what is right. The last part drives the window
with the keyboard, as a user would, and wants a screen and xdotool.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np
import tifffile
from PIL import ImageGrab

from deepcinac.data import shipped
from deepcinac.gui.commands.mnemonics import OF_COMMANDS, OF_MENUS
from deepcinac.gui.commands.table import BY_ID
from deepcinac.labelling.session import Session

TOLERANCE = 1e-5
"""Of a probability; TensorFlow and tensorflow-cpu may add numbers up in another order."""

PATIENCE_S = 900
DEMO = shipped("demo")
RATE = ("--frame-rate", "10", "--pixel-size", "2")


class Executable:
    """The copied program; it and its settings live below ``folder``."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.folder = folder
        copy = folder / "some where else"
        shutil.copytree(bundle, copy, symlinks=True)
        self.program = copy / "deepcinac"
        (folder / "home").mkdir()
        self.environment = {"HOME": str(folder / "home"), "PATH": ""}

    def run(self, *arguments: str | Path, fails: bool = False) -> str:
        """What the command prints; it must succeed, or, with ``fails``, refuse."""
        command = [str(self.program), *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if (done.returncode == 2) != fails or done.returncode not in (0, 2):
            sys.exit(f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def open_window(self, session: Path) -> subprocess.Popen[bytes]:
        """Start the window as a desktop does: without a console, and without streams."""
        screen = {
            name: os.environ[name] for name in ("DISPLAY", "XAUTHORITY") if name in os.environ
        }
        command = [
            "/bin/sh",
            "-c",
            'exec "$0" gui "$1" <&- >&- 2>&-',
            str(self.program),
            str(session),
        ]
        return subprocess.Popen(command, cwd="/", env={**self.environment, **screen})


def check(what: str, is_right: bool, found: object = "") -> None:
    """End with a sentence where something is wrong."""
    print(f"  {'ok' if is_right else 'WRONG'}  {what}", flush=True)
    if not is_right:
        sys.exit(f"{what}: found {found}")


def same_numbers(name: str, ours: Path, theirs: Path) -> None:
    """The executable's probabilities are those of the plain install."""
    with np.load(ours) as a, np.load(theirs) as b:
        apart = float(np.abs(a["probability"] - b["probability"]).max())
    check(f"{name}: the same probabilities (largest difference {apart:.1g})", apart <= TOLERANCE)


def check_commands(bundle: Executable) -> None:
    """The command line, and what runs in other processes of it."""
    check("--help", "COMMAND" in bundle.run("--help"))
    said = bundle.run("doctor")
    print(said)
    check("doctor: within the executable", "within the executable" in said)
    for word in ("missing", "damaged", "cannot be loaded", "does not load"):
        check(f"doctor: nothing {word}", word not in said)
    check("detect: suite2p is named", "suite2p-python" in bundle.run(
        "detect", DEMO / "movie.tif", "--out", "x.deepcinac", *RATE, fails=True))  # fmt: skip


def check_files(bundle: Executable) -> None:
    """Compressed movies, and HDF5, whose texts are first read in another process."""
    frames = tifffile.imread(DEMO / "movie.tif")[:300]
    for codec in ("lzw", "zstd", "deflate", "jpegxl"):
        path = bundle.folder / f"{codec}.tif"
        tifffile.imwrite(path, frames, compression=codec)
        check(f"{codec} TIFF", "300" in bundle.run("info", path))
    out = bundle.folder / "few.npz"
    cells = ("--cells", DEMO / "cells.npz", "--select", "0-1", "--out")
    bundle.run("predict", "--movie", bundle.folder / "lzw.tif", *RATE, *cells, out)
    plain = bundle.folder / "few-plain.npz"
    plainly("predict", "--movie", bundle.folder / "lzw.tif", *RATE, *cells, plain)
    same_numbers("a compressed movie", out, plain)
    with h5py.File(bundle.folder / "movie.h5", "w") as file:
        file["movie"] = frames
        file["movie"].attrs["made by"] = "a microscope"
    check("HDF5", "300" in bundle.run("info", bundle.folder / "movie.h5"))


def check_training(bundle: Executable) -> None:
    """One short epoch, from a movie that it simulates itself."""
    toy = (
        "--preset",
        "small",
        "--n-frames",
        "300",
        "--height",
        "64",
        "--width",
        "64",
        "--n-cells",
        "6",
    )
    bundle.run("simulate", "--out", "toy", *toy, "--seed", "3", "--quiet")
    short = ("--epochs", "1", "--windows-per-epoch", "32", "--progress", "none")
    bundle.run("train", "toy", "--start-from", "general", "--out", "learned", *short)
    check("train", (bundle.folder / "learned" / "card.json").is_file())


def plainly(*arguments: str | Path) -> None:
    """Run the plain install."""
    subprocess.run(
        [sys.executable, "-m", "deepcinac", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def check_demo(bundle: Executable) -> None:
    """``demo`` without a window, against the plain install."""
    bundle.run("demo", "--no-gui", "--out", "demo", "--progress", "none")
    plainly("demo", "--no-gui", "--out", bundle.folder / "plain", "--progress", "none")
    same_numbers(
        "demo", bundle.folder / "demo/prediction.npz", bundle.folder / "plain/prediction.npz"
    )


def check_desktop(bundle: Executable) -> None:
    """The install script: menu entry, kind of file, icons, link; and nothing of it after --uninstall."""
    home = bundle.folder / "desktop"
    home.mkdir()
    script = bundle.program.with_name("install.sh")
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    subprocess.run([script], env=environment, check=True)
    share = home / ".local/share"
    entry = (share / "applications/deepcinac.desktop").read_text(encoding="utf-8")
    check("the menu entry starts it", f'Exec="{bundle.program}" gui %f\n' in entry, entry)
    check("an icon", (share / "icons/hicolor/48x48/apps/deepcinac.png").is_file())
    if shutil.which("update-mime-database"):
        kinds = (share / "mime/globs2").read_text(encoding="utf-8")
        check("the kind of file", "application/x-deepcinac:*.deepcinac" in kinds, kinds)
    if shutil.which("xdg-mime"):
        ask = ["xdg-mime", "query", "default", "application/x-deepcinac"]
        said = subprocess.run(
            ask, env=environment, capture_output=True, text=True, check=True
        ).stdout
        check("files open with it", said.strip() == "deepcinac.desktop", said)
    link = home / ".local/bin/deepcinac"
    said = subprocess.run(
        [link, "--version"], env=environment, capture_output=True, text=True
    ).stdout
    check("the link in ~/.local/bin", said.startswith("deepcinac "), said)
    subprocess.run([script, "--uninstall"], env=environment, check=True)
    left = [path for path in home.rglob("*") if "deepcinac" in path.name and not path.is_dir()]
    check("nothing is left after --uninstall", left == [], left)


# The window


def xdotool(*words: str) -> list[str]:
    """The lines that xdotool prints."""
    command = ["xdotool", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    return done.stdout.split()


def wait_for(what: str, is_there: Callable[[], object]) -> None:
    """Until something is there; much later it is a fault."""
    if not seen_within(PATIENCE_S, is_there):
        take_picture("fault.png")
        check(what, False, f"nothing after {PATIENCE_S} s")
    check(what, True)


def take_picture(name: str) -> None:
    """The screen, for people to look at."""
    folder = Path("dist/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(folder / name)


def windows(title: str) -> list[str]:
    """The numbers of the windows with this title that are seen."""
    return xdotool("search", "--onlyvisible", "--name", title)


def any_menu() -> list[str]:
    """The menu that is open."""
    return xdotool("search", "--maxdepth", "1", "--onlyvisible", "--class", "^Menu$")


def seen_within(seconds: float, is_there: Callable[[], object]) -> bool:
    """Whether something comes within so many seconds."""
    until = time.monotonic() + seconds
    while not is_there() and time.monotonic() < until:
        time.sleep(0.3)
    return bool(is_there())


def press(key: str, window: str = "") -> None:
    """Press a key in a window; without one, where the keyboard is, such as in an open menu."""
    if window:
        xdotool("windowfocus", window)
    xdotool("key", "--clearmodifiers", key)
    time.sleep(0.3)


def choose(window: str, command_id: str, title: str) -> None:
    """Choose an entry of the menu bar, by the underlined letters of both, and press Return in its dialog.

    An entry is grey until what it needs is there, such as the movie; so this is tried until the dialog
    opens.
    """
    to_menu = f"alt+{OF_MENUS[BY_ID[command_id].menu]}"

    def is_open() -> bool:
        if not any_menu():
            press(to_menu, window)
        if seen_within(20, any_menu):  # a letter without a menu would be a key of the window
            press(OF_COMMANDS[command_id])
        if seen_within(20, lambda: windows(f"^{title}$")):
            return True
        if any_menu():
            press("Escape")
        return False

    wait_for(f"the dialog {title}", is_open)
    time.sleep(1)
    take_picture(f"{title.lower()}.png")
    press("Return", windows(f"^{title}$")[-1])


def layers(session: Path) -> list[str]:
    """The names of the layers and predictions of a session."""
    with Session.open(session, read_only=True) as opened:
        return [layer.kind for layer in opened.layers()]


def check_window(bundle: Executable) -> None:
    """Open the demo with the truth as an expert's labels, predict from the menu, evaluate, close."""
    session = bundle.folder / "mouse.deepcinac"
    bundle.run(
        "create", session, "--movie", DEMO / "movie.tif", "--cells", DEMO / "cells.npz", *RATE
    )
    bundle.run("import", session, DEMO / "truth.npz", "--all-judged")
    process = bundle.open_window(session)
    try:
        use_window(process, session, bundle.folder / "mouse-report" / "report.html")
    finally:
        process.kill()


def use_window(process: subprocess.Popen[bytes], session: Path, report: Path) -> None:
    """What a user does in the open window, with the keyboard."""
    before = len(layers(session))
    wait_for("the window", lambda: windows("mouse") or process.poll() is not None)
    check("it stays open", process.poll() is None, f"it ended with {process.poll()}")
    window = windows("mouse")[-1]
    time.sleep(5)
    take_picture("opened.png")
    choose(window, "predict_all", "Predict")
    wait_for("the prediction has arrived as a layer", lambda: len(layers(session)) > before)
    time.sleep(2)
    take_picture("predicted.png")
    choose(window, "evaluate", "Evaluate")
    wait_for("the report", report.is_file)
    time.sleep(2)
    take_picture("evaluated.png")
    press("ctrl+q", window)
    check("the window closes", process.wait(timeout=PATIENCE_S) == 0)


CHECKS = {
    "commands": check_commands,
    "files": check_files,
    "demo": check_demo,
    "training": check_training,
    "desktop": check_desktop,
    "window": check_window,
}


def main(bundle: Path, work: Path, parts: Sequence[str]) -> int:
    """All of it, or some parts."""
    executable = Executable(bundle, work)
    for name in parts or CHECKS:
        CHECKS[name](executable)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
