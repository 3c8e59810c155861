"""Kill a program that edits sessions, again and again, at random moments: is any label lost?

    python benchmarks/session_kill.py [--kills 1000] [--creations 100] [--commands 100] [--seed 0]
                                      [--folder DIR] [--json FILE]

A process opens a session, edits it without a pause and says on its standard output when each call has
returned; it is killed with SIGKILL. A model in plain Python that knows the same random edits then says
what the file must hold: everything that was acknowledged, and of the one edit that was not, all or
nothing. The edits are those of an expert (add, move and remove transients, notes, groups, undo, redo),
a classifier's predictions, and the copy of the day. Processes that create, import, export and merge are
killed too: what they write is whole or not there. Unix only: processes are forked to start quickly.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # noqa: F401  (a session needs it where a lock is left behind; forks start faster with it)

from deepcinac.cli.main import main as command_line
from deepcinac.formats import labels_csv
from deepcinac.labelling import backup, database, merging  # noqa: F401  (merging: forks start faster)
from deepcinac.labelling.layer_labels import read_labels
from deepcinac.labelling.session import Session
from deepcinac.recording.cells import make_cells

N_CELLS, N_FRAMES = 4, 400
LONGEST_LIFE_S = 0.2
MOST_TRANSIENTS = 40
EXPERT, CLASSIFIER = 1, 2
ROWS = [[cell, onset, onset + 3] for cell in range(N_CELLS) for onset in range(5, 395, 10)]
"""Transients that are imported, exported and merged."""


@dataclass
class Labels:
    """What the session must hold."""

    transients: dict[int, list[tuple[int, int]]]
    notes: dict[int, str]


@dataclass
class Model:
    """The session in plain Python: labels, prediction and what undo and redo know."""

    labels: Labels = field(
        default_factory=lambda: Labels(
            {cell: [] for cell in range(N_CELLS)}, dict.fromkeys(range(N_CELLS), "")
        )
    )
    prediction: float = 0.0
    undone_by: list[Labels] = field(default_factory=list)
    redone_by: list[Labels] = field(default_factory=list)

    def state(self) -> tuple[Any, ...]:
        """Labels and prediction, to compare with the file."""
        return self.labels.transients, self.labels.notes, self.prediction

    def apply(self, step: tuple[Any, ...]) -> None:
        """Do in the model what :func:`perform` does in the session."""
        name, *values = step
        if name == "predict":
            self.prediction = values[0]
        elif name == "undo":
            self.redone_by.append(self.labels)
            self.labels = self.undone_by.pop()
        elif name == "redo":
            self.undone_by.append(self.labels)
            self.labels = self.redone_by.pop()
        else:
            self.undone_by.append(copy.deepcopy(self.labels))
            self.redone_by.clear()
            self._edit(name, *values)

    def _edit(self, name: str, cell: int, *values: Any) -> None:
        rows = self.labels.transients[cell]
        if name == "note":
            self.labels.notes[cell] = values[0]
        elif name == "add":
            rows.append(values[0])
        elif name == "remove":
            rows.remove(values[0])
        elif name == "move":
            rows.remove(values[0])
            rows.append(values[1])
        elif name == "group":
            rows[:] = values[0]
            self.labels.notes[cell] = values[1]
        rows.sort()


def next_step(dice: random.Random, model: Model) -> tuple[Any, ...]:
    """A random edit that is possible now and changes something."""
    cell = dice.randrange(N_CELLS)
    rows = model.labels.transients[cell]
    free = _free_stretch(dice, rows)
    choices: list[tuple[Any, ...]] = [
        ("note", cell, f"note {dice.random()}"),
        ("predict", float(np.float32(dice.random()))),
        ("group", cell, [(place, place + 3) for place in range(dice.randrange(20), 300, 40)],
         f"group {dice.random()}"),
    ]  # fmt: skip
    if free and len(rows) < MOST_TRANSIENTS:
        choices += [("add", cell, free)] * 6
    if rows:
        choices.append(("remove", cell, dice.choice(rows)))
        if free:
            choices += [("move", cell, dice.choice(rows), free)] * 2
    if model.undone_by:
        choices += [("undo",)] * 2
    if model.redone_by:
        choices += [("redo",)] * 2
    return dice.choice(choices)


def _free_stretch(dice: random.Random, rows: list[tuple[int, int]]) -> tuple[int, int] | None:
    onset = dice.randrange(N_FRAMES)
    peak = min(onset + dice.randrange(8), N_FRAMES - 1)
    return None if any(a <= peak and b >= onset for a, b in rows) else (onset, peak)


def perform(session: Session, step: tuple[Any, ...]) -> None:
    """One step in the session."""
    name, *values = step
    if name == "predict":
        session.write_prediction(CLASSIFIER, [0], np.full((1, N_FRAMES), values[0], np.float32))
    elif name == "undo":
        session.undo()
    elif name == "redo":
        session.redo()
    elif name == "note":
        session.set_note(*values)
    elif name == "add":
        session.add_transient(EXPERT, values[0], *values[1])
    elif name == "remove":
        session.remove_transient(EXPERT, values[0], values[1][0])
    elif name == "move":
        session.move_transient(EXPERT, values[0], values[1][0], *values[2])
    elif name == "group":
        cell, rows, note = values
        with session.group("group"):
            session.replace_transients(EXPERT, cell, rows)
            session.set_note(cell, note)


def state_of(session: Session) -> tuple[Any, ...]:
    """What the file holds, in the form of :meth:`Model.state`."""
    transients: dict[int, list[tuple[int, int]]] = {cell: [] for cell in range(N_CELLS)}
    for cell, onset, peak in session.all_transients(EXPERT).tolist():
        transients[cell].append((onset, peak))
    notes = {cell: state.note for cell, state in enumerate(session.cell_states())}
    probability = session.prediction(CLASSIFIER, 0)
    assert probability is not None
    assert (probability == probability[0]).all()
    return transients, notes, float(probability[0])


def make_session(path: Path) -> Session:
    """A small session with the layer of an expert and that of a classifier."""
    movie = path.parent / "movie.npy"
    if not movie.exists():
        np.save(movie, np.zeros((N_FRAMES, 8, 8), np.uint8))
    cells = make_cells([([cell], [cell], None) for cell in range(N_CELLS)], 8, 8)
    session = Session.create(path, movie, (N_FRAMES, 8, 8), cells, 10.0, 2.0)
    session.add_layer("expert", "anna")
    session.add_layer("classifier", "general")
    session.write_prediction(CLASSIFIER, [0], np.zeros((1, N_FRAMES)))
    return session


# The process that is killed


def edit_for_ever(path: Path, seed: str, model: Model) -> None:
    """Open the session and edit it; one line on standard output for each call that returned."""
    dice = random.Random(seed)
    with Session.open(path) as session:
        if session.read_only:
            raise RuntimeError(session.read_only_reason)
        while True:
            step = next_step(dice, model)
            perform(session, step)
            model.apply(step)
            os.write(1, b".\n")


def create_for_ever(folder: Path) -> None:
    """Create one session after the other."""
    for number in range(10**9):
        make_session(folder / f"s{number}.deepcinac").close()
        os.write(1, b".\n")


def run_commands_for_ever(folder: Path) -> None:
    """Import labels, export them and merge the session with another, again and again."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until it is killed)
    session, other = str(folder / "a.deepcinac"), str(folder / "b.deepcinac")
    for number in range(10**9):
        layer = ["--layer", f"l{number}"]
        for command in (
            ["import", session, str(folder / "labels.csv"), *layer],
            ["export", session, *layer, "--out", str(folder / f"l{number}.csv")],
            ["merge", session, other, "--out", str(folder / f"m{number}.deepcinac")],
        ):
            if command_line(command) != 0:
                raise RuntimeError(" ".join(command))
            os.write(1, b".\n")


def serve() -> None:
    """For every task on standard input (JSON) start a child and report its number and its end."""
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                if task["work"] == "create":
                    create_for_ever(Path(task["path"]))
                elif task["work"] == "commands":
                    run_commands_for_ever(Path(task["path"]))
                else:
                    edit_for_ever(Path(task["path"]), task["seed"], _model_from(task["model"]))
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        os.write(1, f"pid {child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


def _model_to(model: Model) -> dict[str, Any]:
    def plain(labels: Labels) -> list[Any]:
        return [list(labels.transients.values()), list(labels.notes.values())]

    return {
        "labels": plain(model.labels),
        "prediction": model.prediction,
        "undone_by": [plain(labels) for labels in model.undone_by],
        "redone_by": [plain(labels) for labels in model.redone_by],
    }


def _model_from(content: dict[str, Any]) -> Model:
    def labels(plain: list[Any]) -> Labels:
        rows = [[(onset, peak) for onset, peak in cell] for cell in plain[0]]
        return Labels(dict(enumerate(rows)), dict(enumerate(plain[1])))

    return Model(
        labels(content["labels"]),
        content["prediction"],
        [labels(plain) for plain in content["undone_by"]],
        [labels(plain) for plain in content["redone_by"]],
    )


# The process that kills and looks


class Executioner:
    """Starts children through the server and kills them after a while."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def life(self, task: dict[str, Any], seconds: float, after_a_call: bool = False) -> int:
        """How many calls of one child had returned when it was killed.

        ``seconds`` count from its start, or from the first call that returned: on a busy machine a
        child may not get that far by itself.
        """
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(task).encode() + b"\n")
        self._server.stdin.flush()
        lines: list[str] = []
        while not (lines and lines[-1].startswith("pid ")):
            lines.append(self._line())
        child = int(lines[-1].split()[1])
        while after_a_call and lines[-1] != ".\n" and not lines[-1].startswith("ended "):
            lines.append(self._line())
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        while not lines[-1].startswith("ended "):
            lines.append(self._line())
        if lines[-1] != f"ended {-signal.SIGKILL}\n":
            raise RuntimeError("the editing process failed by itself; see its traceback")
        return lines.count(".\n")

    def _line(self) -> str:
        assert self._server.stdout is not None
        line = self._server.stdout.readline().decode()
        if not line:
            raise RuntimeError("the server of editing processes ended; see its traceback")
        return line

    def close(self) -> None:
        """Wait until the process has ended."""
        self._server.communicate()


def kill_editors(folder: Path, n_kills: int, seed: int = 0) -> dict[str, int]:
    """Kill ``n_kills`` editing processes and compare the file with the model after each.

    Every life starts a new session after a while, so that the history of one stays short.
    """
    dice = random.Random(seed)
    found = dict.fromkeys(
        ("kills", "acknowledged", "unacknowledged_but_whole", "lost", "unreadable"), 0
    )
    path, model = folder / "none", Model()
    with contextlib.closing(Executioner()) as executioner:
        for number in range(n_kills):
            if number % 25 == 0:
                path, model = folder / f"session{number}.deepcinac", Model()
                make_session(path).close()
            if number % 3 == 0:
                for daily in backup.copies_of(path):
                    daily.unlink()  # so that this life makes one
            task = {"work": "edit", "path": str(path), "seed": f"{seed}-{number}",
                    "model": _model_to(model)}  # fmt: skip
            acknowledged = executioner.life(
                task, dice.uniform(0, LONGEST_LIFE_S), after_a_call=number % 2 == 1
            )
            found["kills"] += 1
            found["acknowledged"] += acknowledged
            before, after = _two_possible(model, f"{seed}-{number}", acknowledged)
            try:
                with Session.open(path) as session:
                    assert not session.read_only
                    state = state_of(session)
                for daily in backup.copies_of(path):
                    database.check(daily)
            except Exception:
                traceback.print_exc()
                found["unreadable"] += 1
                path, model = folder / f"session{number}b.deepcinac", Model()
                make_session(path).close()
                continue
            if state == after.state():
                found["unacknowledged_but_whole"] += 1
                model = after
            else:
                found["lost"] += state != before.state()
                model = before
        _check_undo_to_the_start(path, model)
    return found


def _two_possible(model: Model, seed: str, acknowledged: int) -> tuple[Model, Model]:
    """The model after the edits that were acknowledged, and with the next one."""
    dice, before = random.Random(seed), copy.deepcopy(model)
    for _ in range(acknowledged):
        before.apply(next_step(dice, before))
    after = copy.deepcopy(before)
    after.apply(next_step(dice, after))
    return before, after


def _check_undo_to_the_start(path: Path, model: Model) -> None:
    with Session.open(path) as session:
        while model.undone_by:
            model.apply(("undo",))
            session.undo()
            assert state_of(session) == model.state()


def kill_creators(folder: Path, n_kills: int, seed: int = 0) -> dict[str, int]:
    """Kill processes that create sessions: each file is complete or not there."""
    dice = random.Random(seed)
    found = dict.fromkeys(("kills", "acknowledged", "lost", "unreadable"), 0)
    with contextlib.closing(Executioner()) as executioner:
        for number in range(n_kills):
            place = folder / f"creations{number}"
            place.mkdir()
            task = {"work": "create", "path": str(place)}
            acknowledged = executioner.life(
                task, dice.uniform(0, LONGEST_LIFE_S), after_a_call=number % 2 == 1
            )
            found["kills"] += 1
            found["acknowledged"] += acknowledged
            for path in place.glob("s*.deepcinac"):
                try:
                    Session.open(path).close()
                except Exception:
                    traceback.print_exc()
                    found["unreadable"] += 1
            made = [place / f"s{index}.deepcinac" for index in range(acknowledged)]
            found["lost"] += sum(not path.exists() for path in made)
    return found


def kill_commands(folder: Path, n_kills: int, seed: int = 0) -> dict[str, int]:
    """Kill processes that import, export and merge: layers and files are whole or not there."""
    dice = random.Random(seed)
    found = dict.fromkeys(("kills", "acknowledged", "lost", "unreadable"), 0)
    rows = "".join(f"{cell},{onset},{peak}\n" for cell, onset, peak in ROWS)
    with contextlib.closing(Executioner()) as executioner:
        for number in range(n_kills):
            place = folder / f"commands{number}"
            place.mkdir()
            for name in ("a", "b"):
                make_session(place / f"{name}.deepcinac").close()
            (place / "labels.csv").write_text("cell,onset_frame,peak_frame\n" + rows)
            acknowledged = executioner.life(
                {"work": "commands", "path": str(place)},
                dice.uniform(0, LONGEST_LIFE_S),
                after_a_call=number % 2 == 1,
            )
            found["kills"] += 1
            found["acknowledged"] += acknowledged
            try:
                made = _what_commands_made(place)
            except Exception:
                traceback.print_exc()
                found["unreadable"] += 1
                continue
            found["lost"] += len({_name_of(index) for index in range(acknowledged)} - made)
    return found


def _name_of(call: int) -> str:
    number, which = divmod(call, 3)
    return (f"layer l{number}", f"l{number}.csv", f"m{number}.deepcinac")[which]


def _what_commands_made(place: Path) -> set[str]:
    """Layers and files that are whole; an AssertionError for one that is not."""
    made = set()
    with Session.open(place / "a.deepcinac") as session:
        assert not session.read_only
        for layer in session.layers():
            if layer.name.startswith("l"):
                assert read_labels(session, layer.id).transients.tolist() == ROWS
                made.add(f"layer {layer.name}")
        for path in place.glob("l[0-9]*.csv"):
            (labels,) = labels_csv.read_labels(path, N_CELLS, N_FRAMES)
            assert labels.transients.tolist() == ROWS
            made.add(path.name)
    for path in place.glob("m*.deepcinac"):
        with Session.open(path) as merged:
            layer = merged.layer("l0")
            assert read_labels(merged, layer.id).transients.tolist() == ROWS
        made.add(path.name)
    return made


def main() -> int:
    """Kill, count, print; 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--creations", type=int, default=100)
    parser.add_argument("--commands", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary folder)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        found: dict[str, Any] = {
            "editing": kill_editors(Path(name), arguments.kills, arguments.seed),
            "creating": kill_creators(Path(name), arguments.creations, arguments.seed),
            "commands": kill_commands(Path(name), arguments.commands, arguments.seed),
        }
    bad = sum(found[part][what] for part in found for what in ("lost", "unreadable"))
    found["wall_s"] = round(time.monotonic() - began, 1)
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
