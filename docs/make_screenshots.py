"""Make the pictures of docs/guide.md from the running window and the recording that ships.

    xvfb-run -a -s "-screen 0 1366x768x24" python docs/make_screenshots.py

Works on any X display of at least 1366 x 768 pixels that shows nothing else. The session, the settings
and the cache are in a temporary folder; nothing of the user's own is read or changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcinac.errors import InputError

if TYPE_CHECKING:
    from deepcinac.gui.app import App

IMAGES = Path(__file__).parent / "images"
SIZE = (1366, 768)
MENU_HEIGHT = 28
"""A menu bar comes on top of the height that Tk is asked for."""
EXPERT = "anna"
FRAME_RATE_HZ, PIXEL_SIZE_UM = 10.0, 2.0
N_VISIBLE = 400
N_PREDICTED = 12
"""Cells that get a prediction: enough for a table and a queue, and a minute on one core."""
N_ADDED = 3
DOUBT_AROUND = 6
"""Frames on both sides of what is doubted."""
PATIENCE_S = 180.0


def wait_for(app: App, condition: Callable[[], Any]) -> None:
    """Let the window work until something is true."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        app.root.update()
        time.sleep(0.01)
        if time.monotonic() > until:
            raise SystemExit(f"The window did not get there in time. It says: {app.notice.text!r}")


def settle(app: App) -> None:
    """Let everything that waits for an idle moment, or for a short timer, happen."""
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        app.root.update()
        time.sleep(0.01)


def write_picture(path: Path) -> None:
    """Write what the screen shows as a PNG."""
    from PIL import Image, ImageGrab

    if shutil.which("import"):
        subprocess.run(["import", "-window", "root", str(path)], check=True)
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    else:
        try:
            picture = ImageGrab.grab(xdisplay=os.environ.get("DISPLAY", "")).convert("RGB")
        except OSError as error:
            raise InputError(
                "a way to take a picture of the screen",
                f"neither ImageMagick's 'import' nor a Pillow that can ({error})",
                hint="install ImageMagick",
            ) from error
    picture = picture.crop((0, 0, *SIZE))
    picture.save(path, optimize=True)


def shoot(app: App, name: str) -> None:
    """One picture of the window as it is now, without a passing notice."""
    app.notice.hide()
    settle(app)
    path = IMAGES / f"guide-{name}.png"
    write_picture(path)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def busiest_stretch(transients: np.ndarray, n_frames: int) -> tuple[int, int]:
    """Cell and first frame of the stretch with the most whole transients (rows: cell, onset, peak).

    Of equal ones the latest, so that the last transients are not under the legend at the right.
    """

    def held(cell: int, first: int) -> int:
        inside = (transients[:, 1] >= first) & (transients[:, 2] < first + N_VISIBLE)
        return int((inside & (transients[:, 0] == cell)).sum())

    starts = range(n_frames - N_VISIBLE, -1, -5)
    cells = np.unique(transients[:, 0]).tolist()
    return max(((c, s) for c in cells for s in starts), key=lambda place: held(*place))


def make_session(folder: Path, cell: int) -> Path:
    """The demo recording as a session with a prediction of ``cell`` and some others."""
    from deepcinac.classifier.prediction import predict
    from deepcinac.classifier.zoo import find_classifier
    from deepcinac.gui.results import add_prediction
    from deepcinac.labelling.session import Session
    from deepcinac.recording.cells import read_cells
    from deepcinac.recording.movie import open_movie

    cells = read_cells(folder / "cells.npz")
    others = [other for other in range(len(cells)) if other != cell][: N_PREDICTED - 1]
    select = np.array(sorted([cell, *others]))
    with open_movie(folder / "movie.tif") as movie:
        found = predict(
            movie, cells, FRAME_RATE_HZ, PIXEL_SIZE_UM, find_classifier("general"), select=select
        )
        shape = (movie.n_frames, movie.height, movie.width)
    path = folder / "mouse7.deepcinac"
    rates = (FRAME_RATE_HZ, PIXEL_SIZE_UM)
    with Session.create(path, folder / "movie.tif", shape, cells, *rates) as session:
        add_prediction(session, found.cells, found.probability, found.meta)
        session.add_layer("expert", EXPERT, EXPERT)
    return path


def shoot_start(app: App, folder: Path) -> None:
    """The start screen, and the form for a new session."""
    shoot(app, "start")
    app.run_command("create")
    form = app.start.form
    assert form is not None
    form.fill(movie=str(folder / "movie.tif"), cells=str(folder / "cells.npz"))
    form.fill(
        rate=f"{FRAME_RATE_HZ:g}", size=f"{PIXEL_SIZE_UM:g}", out=str(folder / "new.deepcinac")
    )
    wait_for(app, lambda: form.preview is not None)
    shoot(app, "create")
    app.start.hide_form()


def label(app: App, cell: int, first: int, transients: np.ndarray, height: np.ndarray) -> None:
    """The three highest transients in view, the lowest as doubtful, and the view as judged."""
    work = app.work
    work.go_to_cell(cell)
    work.show_range(first, first + N_VISIBLE - 1)
    inside = (transients[:, 1] >= first) & (transients[:, 2] < first + N_VISIBLE)
    own = np.flatnonzero(inside & (transients[:, 0] == cell))
    own = own[np.argsort(-height[own])]
    for _cell, onset, peak in transients[own[:N_ADDED]].tolist():
        app.labeller.add(onset, peak)
    app.labeller.label_view()
    _cell, onset, peak = transients[own[-1]].tolist()
    app.labeller.add_span("doubtful", onset - DOUBT_AROUND, peak + DOUBT_AROUND)
    highest = int(transients[own[0], 1])
    work.go_to_frame(highest)
    app.labeller.select_at(highest)


def shoot_session(
    app: App, session: Path, place: tuple[int, int], transients: np.ndarray, height: np.ndarray
) -> None:
    """The views of an open session, light and dark, with the queue and with the keys."""
    app.open_path(session)
    wait_for(app, lambda: app.presenter.movie is not None)
    label(app, *place, transients, height)
    app.presenter.slices.finish()
    shoot(app, "window")
    app.run_command("dark")
    shoot(app, "dark")
    app.run_command("dark")
    app.work.select(None)  # the profiles then follow the queue
    app.run_command("make_queue")
    wait_for(app, lambda: app.queue.items)
    app.run_command("next_review")
    shoot(app, "review")
    app.run_command("keys")
    shoot(app, "keys")


def main() -> int:
    """Make all pictures."""
    from deepcinac.data import shipped

    with tempfile.TemporaryDirectory(prefix="guide-") as name:
        folder = Path(name)
        os.environ["DEEPCINAC_SETTINGS"] = str(folder / "settings")
        os.environ["DEEPCINAC_CACHE"] = str(folder / "cache")
        os.environ.update(LOGNAME=EXPERT, USER=EXPERT)
        for file in ("movie.tif", "cells.npz", "truth.npz"):
            shutil.copy(shipped("demo") / file, folder)
        with np.load(folder / "truth.npz") as truth:
            transients, height = truth["transients"], truth["transient_height"]
            n_frames = truth["active"].shape[1]
        place = busiest_stretch(transients, n_frames)
        session = make_session(folder, place[0])

        from deepcinac.gui.app import App
        from deepcinac.gui.settings_store import SettingsStore

        settings = SettingsStore()
        settings.add_recent(session)
        app = App(settings=settings)
        app.root.geometry(f"{SIZE[0]}x{SIZE[1] - MENU_HEIGHT}+0+0")
        settle(app)
        try:
            IMAGES.mkdir(exist_ok=True)
            shoot_start(app, folder)
            shoot_session(app, session, place, transients, height)
        finally:
            app.leave()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as problem:
        sys.exit(str(problem))
