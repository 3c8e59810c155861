"""How the files in ``data`` were made. They are kept as they are and are not made again.

Every file was written by the program of version 2.0.0.dev0 itself, at the commits that
``data/made_by.json`` names; ``session-1.deepcinac`` by the last one whose session files had tables of
version 1. Later programs must read them all. The script needs the modules of that time, so it runs in
checkouts of these commits only:

    python make_fixtures.py FOLDER COMMIT                    (the later of the two)
    PYTHONPATH=CHECKOUT python make_fixtures.py --old FOLDER (the older one)
    python make_fixtures.py --finish FOLDER                  (the later one again)

Then ``tests/compatibility/data`` is a copy of the folder. What is said of a session in the ``.json``
beside it comes from ``contents.py``.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

QUIET = ("--progress", "none")
RATES = ("--frame-rate", "10", "--pixel-size", "2")

ANNA = [(0, 10, 14), (0, 30, 34), (1, 5, 9), (1, 40, 47), (2, 60, 66), (3, 20, 26), (4, 15, 30)]
BEN = [(0, 11, 15), (1, 5, 10), (1, 40, 46), (2, 50, 55), (3, 20, 25)]
METHOD = "cell,onset_frame,peak_frame\n0,10,13\n1,41,47\n5,2,2\n"


def deepcinac(folder: Path, *command: str) -> str:
    """Run a command of the program as a user does; what it printed."""
    environment = {**os.environ, "LOGNAME": "anna", "DEEPCINAC_CACHE": str(folder.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "deepcinac", *command],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def make_tiny(tiny: Path) -> None:
    """80 frames of 32 x 32 px with 12 cells, its truth, and what ``general`` says of it in all forms."""
    settings = "--preset small --seed 4 --n-frames 80 --height 32 --width 32 --n-cells 12"
    settings += " --radius-um 3,6 --event-rate-hz 0.2,0.5 --visibility 8,16 --missed-share 0"
    settings += " --out-of-focus-share 0 --vessels 0 --sudden-shifts-per-minute 0"
    deepcinac(tiny.parent, "simulate", "--out", tiny.name, *settings.split(), *QUIET)
    given = ("--movie", "movie.tif", "--cells", "cells.npz", *RATES, *QUIET)
    for ending in ("npz", "npy", "mat", "csv"):
        deepcinac(tiny, "predict", *given, "--out", f"general.{ending}")
    some = ("--select", "1,4,7", "--threshold", "0.4", "--out", "three-cells.npz")
    deepcinac(tiny, "predict", *given, *some)
    (tiny / "method.csv").write_text(METHOD)
    curve = np.random.default_rng(0).random((12, 80)).round(2).astype(np.float32)
    np.save(tiny / "curve.npy", curve)


def make_session(tiny: Path, name: str, with_types: bool) -> None:
    """A session with everything in it; the last three edits are undone."""
    from deepcinac.labelling.session import Session

    deepcinac(tiny, "create", name, "--movie", "movie.tif", "--cells", "cells.npz", *RATES)
    with Session.open(tiny / name) as session:
        _label(session)
    deepcinac(tiny, "agreement", name, "--consensus", "consensus")
    deepcinac(tiny, "import", name, "three-cells.npz")
    deepcinac(tiny, "import", name, "method.csv", "--kind", "method", "--layer", "events")
    kind = (
        ("--kind", "method") if with_types else ()
    )  # the older program knew curves of classifiers only
    deepcinac(tiny, "import", name, "curve.npy", *kind, "--layer", "curve")
    if with_types:
        deepcinac(tiny, "types", name, *QUIET)
    with Session.open(tiny / name) as session:
        _edit(session)


def _label(session) -> None:
    anna = session.add_layer("expert", "anna", "Anna").id
    ben = session.add_layer("expert", "ben", "Ben").id
    for cell, onset, peak in ANNA:
        session.add_transient(anna, cell, onset, peak, {"sure": True} if cell == 2 else None)
    for cell, onset, peak in BEN:
        session.add_transient(ben, cell, onset, peak)
    for cell in range(4):
        session.add_span(anna, cell, "labelled", 0, 79)
    session.add_span(anna, 0, "doubtful", 50, 55)
    session.add_span(anna, -1, "movement", 70, 72)
    session.add_span(ben, -1, "labelled", 0, 69)
    session.add_span(ben, 3, "doubtful", 40, 44)
    areas = [len(cell.ypix) for cell in session.cells().cells]
    for cell, area in enumerate(areas[:11]):  # the last cell has no type
        session.set_cell_type(cell, "pyramidal" if area > np.median(areas) else "interneuron")


def _edit(session) -> None:
    """Each kind of edit, a step that was undone and lost, and three that can be redone."""
    anna = session.layer("anna").id
    session.move_transient(anna, 0, 10, 9, 14)
    session.split_transient(anna, 4, 15, 22)
    session.remove_transient(anna, 1, 5)
    session.replace_transients(anna, 5, [(3, 6), (33, 38)])
    session.remove_transients(anna, 0, 28, 36)
    session.remove_span(anna, 0, "doubtful", 53, 55)
    session.set_valid(11, False)
    session.set_note(2, "bright; Übergang unclear")
    session.set_reviewed(1, True)
    session.add_cell_type("basket")
    session.set_cell_type(3, "basket")
    session.set_rates(10.0, 1.9)
    with session.group("review: accepted, cell 6, frames 12 to 18"):
        session.add_transient(anna, 6, 12, 18)
        session.add_mark(6, 12, 18, "reviewed", "accepted", "Anna")
    session.add_mark(0, 30, 34, "question", "two cells?", "Ben")
    session.add_mark(1, 40, 47, "reviewed", "rejected", "Ben")
    session.remove_mark(1, 40, 47, "reviewed", "Ben")
    carl = session.add_layer("expert", "carl", "Carl")
    session.add_transient(carl.id, 7, 1, 3)
    session.add_span(carl.id, 7, "labelled", 0, 79)
    session.remove_layer(carl.id)
    session.rename_layer(session.layer("ben").id, "ben (old)")
    session.add_transient(anna, 8, 0, 79)
    session.undo()  # lost with the next edit
    session.add_transient(anna, 8, 50, 52)
    session.set_note(8, "last edit that stands")
    session.add_transient(anna, 9, 60, 61)
    session.set_reviewed(9, True)
    session.remove_layer(session.layer("consensus").id)
    for _ in range(3):
        session.undo()


def make_classifier(folder: Path) -> None:
    """A classifier with few filters that ``train`` has taught for one epoch, and what it says."""
    from deepcinac.classifier.card import COMPACT, WEIGHTS_FILE, Card, write_card
    from deepcinac.classifier.network import build_network

    few = dataclasses.replace(
        COMPACT,
        window_frames=20,
        patch_px=15,
        filters=(3, 4),
        kernels=(5, 3),
        strides=(2, 2),
        frame_features=6,
        temporal_filters=8,
        recurrent_units=6,
    )
    fresh = folder / "fresh"
    fresh.mkdir()
    build_network(few, seed=1).whole.save_weights(fresh / WEIGHTS_FILE)
    write_card(fresh, Card("fresh", architecture=few))
    settings = "--epochs 1 --windows-per-epoch 200 --average 0 --keep-of-start 0 --seed 5"
    settings += " --learning-rate 0.01 --name few-filters"
    training = ("train", "tiny", "--start-from", "fresh", "--out", "trained", *settings.split())
    deepcinac(folder, *training, *QUIET)
    (folder / "few-filters").mkdir()
    for name in ("card.json", "model.weights.h5"):
        (folder / "trained" / name).replace(folder / "few-filters" / name)
    given = ("--movie", "tiny/movie.tif", "--cells", "tiny/cells.npz", *RATES, *QUIET)
    told = ("--classifier", "few-filters", "--out", "few-filters.npz")
    deepcinac(folder, "predict", *given, *told)


def make_demo(folder: Path) -> None:
    """What ``general`` says of the demo recording: six cells whole, and how many transients of each."""
    deepcinac(folder, "demo", "--no-gui", "--out", "demo", *QUIET)
    with np.load(folder / "demo" / "prediction.npz") as found:
        probability, rate = found["probability"], found["spike_rate_hz"]
        meta = json.loads(str(found["meta"]))
    above = np.pad(probability >= 0.5, ((0, 0), (1, 0)))
    some = np.array([0, 9, 18, 27, 36, 45])
    np.savez_compressed(
        folder / "demo.npz",
        cells=some,
        probability=probability[some],
        spike_rate_hz=rate[some],
        n_transients=(np.diff(above.astype(np.int8), axis=1) == 1).sum(1),
        mean_probability=probability.mean(1),
        weights_sha256=meta["weights_sha256"],
    )


def main() -> None:
    """See the text at the top."""
    if sys.argv[1] == "--old":
        make_session(Path(sys.argv[2]) / "tiny", "session-1.deepcinac", with_types=False)
        return
    if sys.argv[1] == "--finish":
        finish(Path(sys.argv[2]))
        return
    folder = Path(sys.argv[1])
    folder.mkdir()
    tiny = folder / "tiny"
    make_tiny(tiny)
    make_session(tiny, "session-2.deepcinac", with_types=True)
    learn = ("types", "tiny/session-2.deepcinac", "--learn", "types.json")
    deepcinac(folder, *learn, *QUIET)
    apply = ("types", "tiny/session-2.deepcinac", "--apply", "types.json", "--out", "types.csv")
    deepcinac(folder, *apply, *QUIET)
    make_classifier(folder)
    make_demo(folder)
    made_by = {"version": "2.0.0.dev0", "commit": sys.argv[2]}  # the older one was added by hand
    (folder / "made_by.json").write_text(json.dumps(made_by) + "\n")


def finish(folder: Path) -> None:
    """What is in the sessions, and the scores of the predictions."""
    from contents import all_states, kept_scores

    for version in (1, 2):
        path = folder / "tiny" / f"session-{version}.deepcinac"
        text = json.dumps(all_states(path, folder), ensure_ascii=False)
        path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    scores = {}
    for ending in ("npz", "npy", "mat", "csv"):
        given = ("--truth", "truth.npz", "--predictions", f"general.{ending}", *RATES[:2])
        said = deepcinac(folder / "tiny", "evaluate", *given, "--json", *QUIET)
        (method,) = json.loads(said)["methods"]
        scores[ending] = kept_scores(method)
    for order_of_frames in ("average_precision", "roc_auc"):  # a list of transients has none
        del scores["csv"]["frames"][order_of_frames]
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
