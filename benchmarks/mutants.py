"""Damaged files of every format through all readers: no crash, no traceback, nothing that takes for ever.

    python benchmarks/mutants.py [--total 20000] [--seed 0] [--workers 2] [--only TEXT] [--keep DIR]

Each mutant is made from its target and number alone, so that a run can be repeated. It is read in a
process with a limit of memory; a process that dies is a crash, one that takes longer than 20 s is ended.
What was read is compared with the undamaged file: "other form" is another number of frames, cells or
events or another type; "told" either of them with a warning; "other values" the same form with other
numbers, which no reader can notice where
a format keeps no checksum.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from mutant_targets import TARGETS, digest

SLOW_S, ENDED_S = 5.0, 20.0
MEMORY_BYTES = 6 << 30
CHANGES = ("flip", "bytes", "zeros", "cut", "splice", "insert", "number")
KINDS = (
    "refused",
    "same",
    "told",
    "other values",
    "other form",
    "slow",
    "mistake",
    "memory",
    "crash",
)
FAULTS = ("slow", "mistake", "memory", "crash")


def mutant(content: bytes, chance: random.Random) -> bytearray:
    """A damaged copy: flipped bits, other bytes, a dead block, a cut, a piece moved, extreme numbers."""
    changed = bytearray(content)
    how = chance.choice(CHANGES)
    reach = min(600, len(content)) if chance.random() < 0.4 else len(content)
    place = chance.randrange(reach)
    if how == "flip":
        for _ in range(chance.choice([1, 1, 4])):
            changed[chance.randrange(reach)] ^= 1 << chance.randrange(8)
    elif how == "bytes":
        for _ in range(chance.choice([1, 3, 16])):
            changed[chance.randrange(reach)] = chance.randrange(256)
    elif how == "zeros":
        stop = min(len(content), place + chance.choice([8, 64, 512]))
        changed[place:stop] = bytes(stop - place)
    elif how == "cut":
        del changed[chance.randrange(len(content)) :]
    elif how == "splice":
        start = chance.randrange(len(content))
        piece = content[start : start + chance.choice([4, 32, 256])]
        changed[place : place + len(piece)] = piece
    elif how == "insert":
        changed[place:place] = bytes(
            chance.randrange(256) for _ in range(chance.choice([1, 4, 33]))
        )
    else:
        width = chance.choice([1, 2, 4, 8])
        value = chance.choice([0, 1, (1 << 8 * width - 1) - 1, (1 << 8 * width) - 1])
        changed[place : place + width] = value.to_bytes(width, chance.choice(["little", "big"]))
    return changed


def serve(connection: Connection, folder: str) -> None:
    """Read mutants until told to stop; one process of the pool."""
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    made: dict[str, tuple[Path, bytes, tuple[str, str]]] = {}
    while (task := connection.recv()) is not None:
        connection.send(outcome(task[0], task[1], Path(folder), made))


def outcome(name: str, number: int, folder: Path, made: dict[str, Any]) -> tuple[str, str]:
    """What became of one mutant, and a few words about it."""
    from deepcinac.errors import InputError

    target = TARGETS[name]
    if name not in made:
        place = folder / f"{list(TARGETS).index(name)}"
        place.mkdir(parents=True)
        path = target.make(place)
        made[name] = (path, path.read_bytes(), digest(target.read(path)))
    path, content, whole = made[name]
    changed = mutant(content, random.Random(f"{name} {number}"))
    path.write_bytes(changed)
    start = time.monotonic()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = digest(target.read(path))
        kind = (
            "same" if found == whole else "other form" if found[0] != whole[0] else "other values"
        )
        about = " ".join(str(warning.message) for warning in told)
        if told and kind != "same":
            kind = "told"
    except InputError as error:
        kind, about = "refused", str(error)
        try:
            about.encode()
        except UnicodeEncodeError:
            kind = "mistake"
    except MemoryError as error:
        kind, about = "memory", str(error)
    except BaseException as error:
        kind, about = "mistake", "".join(traceback.format_exception(error)[-3:])
    took = time.monotonic() - start
    if took > SLOW_S:
        kind, about = "slow", f"{took:.1f} s, {kind} {about}"
    path.write_bytes(content)
    return kind, about


class Worker:
    """One process of the pool, begun again when it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.task, self.since = folder, ("", 0), 0.0
        self.start()

    def start(self) -> None:
        """Begin a process with an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(other, str(self.folder)), daemon=True
        )
        self.process.start()
        other.close()

    def give(self, task: tuple[str, int]) -> None:
        """Send the next mutant."""
        self.task, self.since = task, time.monotonic()
        self.pipe.send(task)


def run(
    tasks: list[tuple[str, int]], n_workers: int, folder: Path
) -> list[tuple[str, int, str, str]]:
    """All outcomes as (target, number, kind, words)."""
    waiting, done = list(reversed(tasks)), []
    idle = [Worker(folder / f"worker-{number}") for number in range(n_workers)]
    busy: list[Worker] = []
    while waiting or busy:
        while idle and waiting:
            worker = idle.pop()
            worker.give(waiting.pop())
            busy.append(worker)
        ready = wait([worker.pipe for worker in busy], timeout=1.0)
        for worker in list(busy):
            if worker.pipe in ready:
                try:
                    found = worker.pipe.recv()
                except (EOFError, OSError):
                    worker.process.join()
                    found = ("crash", f"exit {worker.process.exitcode}")
                    worker.start()
            elif time.monotonic() - worker.since > ENDED_S + 20 * (worker.since == 0):
                worker.process.kill()
                worker.process.join()
                found = ("slow", f"ended after {ENDED_S:g} s")
                worker.start()
            else:
                continue
            done.append((*worker.task, *found))
            if found[0] in FAULTS:
                print(*done[-1], file=sys.stderr, flush=True)
            if len(done) % 500 == 0:
                print(f"{len(done)} of {len(tasks)}", file=sys.stderr, flush=True)
            busy.remove(worker)
            idle.append(worker)
    for worker in idle:
        worker.pipe.send(None)
    return done


def table(done: list[tuple[str, int, str, str]]) -> str:
    """One row a target, one column a kind, as Markdown."""
    lines = ["| target | " + " | ".join(KINDS) + " |", "| --- |" + " --- |" * len(KINDS)]
    for name in [*dict.fromkeys(item[0] for item in done), ""]:
        counts = Counter(item[2] for item in done if name in ("", item[0]))
        cells = " | ".join(str(counts[kind] or "") for kind in KINDS)
        lines.append(f"| {name or 'all'} | {cells} |")
    return "\n".join(lines)


def main() -> int:
    """Run, print the table and every mutant that shows a fault; exit 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--total", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="part of a target's name")
    parser.add_argument("--keep", type=Path, help="folder for the mutants that show a fault")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    names = [name for name in TARGETS if arguments.only in name]
    each = max(1, arguments.total // len(names))
    tasks = [(name, arguments.seed + number) for number in range(each) for name in names]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        done = run(tasks, arguments.workers, Path(folder))
    print(table(done))
    faults = [item for item in done if item[2] in FAULTS]
    for name, number, kind, about in faults:
        print(f"\n{name} {number}: {kind} {about}")
        if arguments.keep:
            _keep(arguments.keep, name, number)
    if arguments.json:
        arguments.json.write_text(json.dumps(done))
    return 1 if faults else 0


def _keep(folder: Path, name: str, number: int) -> None:
    place = folder / f"{name.replace(' ', '_').replace('/', '_')}-{number}"
    place.mkdir(parents=True, exist_ok=True)
    path = TARGETS[name].make(place)
    path.write_bytes(mutant(path.read_bytes(), random.Random(f"{name} {number}")))


if __name__ == "__main__":
    sys.exit(main())
