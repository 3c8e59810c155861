"""Make the pictures of docs/guide.md from the running window and the recording that ships.

    xvfb-run -a -s "-screen 0 1366x768x24" python docs/make_screenshots.py

Works on any X display of at least 1366 x 768 pixels that shows nothing else. The session, the settings
and the cache are in a temporary folder that stands for the home folder; nothing of the user's own is
read or changed.
"""

from __future__ import annotations

import datetime
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
    from deepcinac.gui.shell.app import App

IMAGES = Path(__file__).resolve().parent / "images"
SIZE = (1366, 768)
MENU_HEIGHT = 28
"""A menu bar comes on top of the height that Tk is asked for."""
EXPERT, FOLDER = "anna", "recordings"
FRAME_RATE_HZ, PIXEL_SIZE_UM = 10.0, 2.0
N_VISIBLE = 400
N_PREDICTED = 12
"""Cells that get a prediction: enough for a table and a queue, and a minute on one core."""
N_ADDED = 3
N_TAUGHT = 6
"""Cells whose truth becomes labels for the training that is shown."""
DOUBT_AROUND = 6
"""Frames on both sides of what is doubted."""
PATIENCE_S = 600.0


def wait_for(app: App, condition: Callable[[], Any]) -> None:
    """Let the window work until something is true."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        app.root.update()
        time.sleep(0.01)
        if time.monotonic() > until:
            raise SystemExit(
                f"The window did not get there in time. It says: {app.talk.notice.text!r}"
            )


def settle(app: App) -> None:
    """Let everything that waits for an idle moment, or for a short timer, happen."""
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        app.root.update()
        time.sleep(0.01)


def write_picture(path: Path, box: tuple[int, int, int, int]) -> None:
    """Write what the screen shows in ``box`` (left, top, right, bottom) as a PNG."""
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
    picture.crop(box).save(path, optimize=True)


def shoot(app: App, name: str, part: Any = None) -> None:
    """One picture of the window as it is now, or of a ``part`` of it, without a passing notice."""
    app.talk.notice.hide()
    settle(app)
    path = IMAGES / f"guide-{name}.png"
    box = (0, 0, *SIZE)
    if part is not None:
        left, top = part.winfo_rootx(), part.winfo_rooty()
        box = (left, top, left + part.winfo_width(), top + part.winfo_height())
    write_picture(path, box)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def busiest_stretch(transients: np.ndarray, n_frames: int) -> tuple[int, int]:
    """Cell and first frame of the stretch with the most whole transients (rows: cell, onset, peak).

    Of equal ones the middle, so that the transients are not at the border.
    """

    def held(cell: int, first: int) -> int:
        inside = (transients[:, 1] >= first) & (transients[:, 2] < first + N_VISIBLE)
        return int((inside & (transients[:, 0] == cell)).sum())

    starts = range(0, n_frames - N_VISIBLE + 1, 5)
    cells = np.unique(transients[:, 0]).tolist()
    counts = {(cell, start): held(cell, start) for cell in cells for start in starts}
    most = max(counts.values())
    cell = next(cell for (cell, _), count in counts.items() if count == most)
    equal = [start for start in starts if counts[cell, start] == most]
    return cell, equal[len(equal) // 2]


def make_session(folder: Path, cell: int) -> Path:
    """The demo recording as a session with a prediction of ``cell`` and some others."""
    from deepcinac.labelling.session import Session
    from deepcinac.learning.zoo import find_classifier
    from deepcinac.recording.cells import read_cells
    from deepcinac.recording.movie_readers import open_movie
    from deepcinac.tasks.activity.prediction import predict

    cells = read_cells(folder / "cells.npz")
    others = [other for other in range(len(cells)) if other != cell][: N_PREDICTED - 1]
    select = np.array(sorted([cell, *others]))
    with open_movie(folder / "mouse7.tif") as movie:
        found = predict(
            movie, cells, FRAME_RATE_HZ, PIXEL_SIZE_UM, find_classifier("general"), select=select
        )
        shape = (movie.n_frames, movie.height, movie.width)
    path = folder / "mouse7.deepcinac"
    rates = (FRAME_RATE_HZ, PIXEL_SIZE_UM)
    with Session.create(path, folder / "mouse7.tif", shape, cells, *rates) as session:
        session.write_results(found)
        session.add_layer("expert", EXPERT, EXPERT)
    return path


def add_older_sessions(app: App, session: Path) -> None:
    """Two more sessions for the list of recent ones: copies, with what would have been noted of them."""
    from deepcinac.gui.session import recent

    now = datetime.datetime.now()
    for name, days, image, facts in (
        ("mouse3", 12, np.fliplr, {"cell": 45, "frame": 1180, "n_reviewed": 46, "n_transients": 331,
                                   "n_judged": 46}),
        ("mouse5", 3, np.flipud, {"cell": 17, "frame": 640, "n_reviewed": 9, "n_transients": 148,
                                  "n_judged": 21}),
    ):  # fmt: skip
        path = session.with_name(f"{name}.deepcinac")
        shutil.copy(session, path)
        app.settings.add_recent(path)
        when = (now - datetime.timedelta(days=days)).isoformat(timespec="seconds")
        known = {"when": when, "movie": f"{name}.tif", "n_cells": 46, "n_frames": 1200,
                 "frame_rate_hz": FRAME_RATE_HZ}  # fmt: skip
        recent.note(app.settings, path, {**known, **facts})
        assert app.work.data is not None
        recent.write_thumbnail(path, image(app.work.data.images["mean"]))
    app.settings.add_recent(session)


def shoot_create(app: App) -> None:
    """The form for a new session, with paths as they look from the home folder."""
    app.run_command("create")
    form = app.host.start.form
    assert form is not None
    form.fill(movie=f"{FOLDER}/mouse7.tif", cells=f"{FOLDER}/cells.npz")
    form.fill(
        rate=f"{FRAME_RATE_HZ:g}", size=f"{PIXEL_SIZE_UM:g}", out=f"{FOLDER}/mouse7.deepcinac"
    )
    wait_for(app, lambda: form.preview is not None)
    shoot(app, "create")
    app.host.start.hide_form()


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
    app.run_command("make_queue")
    wait_for(app, lambda: app.queue.items)
    app.run_command("next_review")
    shoot(app, "review")
    app.run_command("keys")
    shoot(app, "keys")
    app.run_command("keys")


def shoot_classifiers(app: App) -> None:
    """The classifiers with the card of the one that ships."""
    app.run_command("classifiers")
    window = app.handlers.zoo.window
    assert window is not None
    window.buttons["Look at the signal"].invoke()
    wait_for(app, lambda: "above their noise, within" in window.card_text)
    shoot(app, "classifiers", window)
    window.destroy()


def shoot_jobs(app: App, transients: np.ndarray) -> None:
    """A training of a minute on six cells, its curves and what it gets wrong."""
    work = app.work
    session, layer = work.require_session(), work.require_layer()
    for cell in range(N_TAUGHT):
        own = transients[transients[:, 0] == cell, 1:].tolist()
        for onset, peak in own:
            session.add_transient(layer, cell, onset, peak)
        session.add_span(layer, cell, "labelled", 0, work.n_frames - 1)
    work.edited()
    app.run_command("train")
    dialog = app.handlers.classifier.dialog
    assert dialog is not None
    out = f"{FOLDER}/mouse7-classifier"
    dialog.fill({"New classifier": out, "Epochs": "3", "Windows per epoch": "320"})
    settle(app)
    shoot(app, "train", dialog)
    dialog.accept()
    wait_for(app, lambda: not app.jobs.running)
    app.run_command("jobs")
    window = app.handlers.classifier.jobs_window
    assert window is not None
    wait_for(app, lambda: window.curve.scores)
    shoot(app, "jobs", window)
    window.destroy()


def shoot_missing(app: App) -> None:
    """Places without a mask, dashed in the field, and their list."""
    app.run_command("missing")
    wait_for(app, lambda: app.handlers.missing.window is not None)
    window = app.handlers.missing.window
    assert window is not None
    shoot(app, "missing")
    window.destroy()


def doubtful_light(app: App) -> tuple[int, int]:
    """Cell and first frame of a stretch whose rises are the cell's own and a neighbour's."""
    from deepcinac.gui.panels.cells_rows import largest_overlaps

    cells, profiles = app.work.cells, app.presenter.profiles
    assert cells is not None
    assert profiles is not None
    best = (0, 0, 0)
    for cell in np.flatnonzero(largest_overlaps(cells)).tolist():
        app.work.go_to_cell(cell)
        rises = app.labeller.candidates_of_cell().tolist()
        origins = [profiles.peak_verdict(cell, *rise).origin for rise in rises]
        for first, _ in rises:
            start = max(0, first - N_VISIBLE // 8)
            seen = [origin for (onset, peak), origin in zip(rises, origins, strict=True)
                    if start <= onset and peak < start + N_VISIBLE]  # fmt: skip
            best = max(best, (len(set(seen)), cell, start))
    return best[1], best[2]


def shoot_whose_light(app: App) -> None:
    """A cell that overlaps others, all its rises marked: what the classifier sees, whose light it is."""
    cell, first = doubtful_light(app)
    app.work.go_to_cell(cell)
    app.work.show_range(first, first + N_VISIBLE - 1)
    app.run_command("add_candidates")
    known = app.work.transients()
    frames = known[known[:, 0] >= app.work.visible[0], 1]
    app.work.go_to_frame(int(frames[0]))
    options = ("inputs", "smooth_movie", "judge_peaks", "trace_raw")
    for command in options:
        app.run_command(command)
    settle(app)
    app.presenter.slices.finish()
    shoot(app, "light", app.main.panes["centre"])
    app.run_command("undo")
    for command in options:
        app.run_command(command)


def make_pictures(home: Path) -> None:
    """All pictures; ``home`` stands for the home folder of the expert."""
    from deepcinac.data import shipped

    folder = home / FOLDER
    folder.mkdir()
    for file, name in (("movie.tif", "mouse7.tif"), ("cells.npz", "cells.npz")):
        shutil.copy(shipped("demo") / file, folder / name)
    with np.load(shipped("demo") / "truth.npz") as truth:
        transients, height = truth["transients"], truth["transient_height"]
        n_frames = truth["active"].shape[1]
    place = busiest_stretch(transients, n_frames)
    session = make_session(folder, place[0])

    from deepcinac.gui.shell.app import App

    app = App()
    app.root.geometry(f"{SIZE[0]}x{SIZE[1] - MENU_HEIGHT}+0+0")
    settle(app)
    try:
        IMAGES.mkdir(exist_ok=True)
        shoot(app, "first")
        shoot_create(app)
        shoot_session(app, session, place, transients, height)
        shoot_whose_light(app)
        shoot_classifiers(app)
        shoot_missing(app)
        shoot_jobs(app, transients)
        add_older_sessions(app, session)
        app.host.close_session()
        shoot(app, "start")
    finally:
        app.leave()


def main() -> int:
    """Make all pictures in a folder that is gone afterwards."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="guide-") as name:
        home = Path(name).resolve()
        os.environ["DEEPCINAC_SETTINGS"] = str(home / "settings")
        os.environ["DEEPCINAC_CACHE"] = str(home / "cache")
        os.environ["DEEPCINAC_CLASSIFIERS"] = str(home / "classifiers")
        os.environ.update(HOME=str(home), LOGNAME=EXPERT, USER=EXPERT)
        os.chdir(home)
        try:
            make_pictures(home)
        finally:
            os.chdir(before)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as problem:
        sys.exit(str(problem))
