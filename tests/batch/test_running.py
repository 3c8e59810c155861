"""Rows on their way: what is sent to the workers, what becomes of it, what the next run does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcinac.batch import running
from deepcinac.batch.commands import Commands, Rules
from deepcinac.batch.job import Job, Outcome
from deepcinac.batch.parts import Planner, Split
from deepcinac.batch.running import Run, courses_of, outputs_of
from deepcinac.batch.states import only_writer, read_states
from deepcinac.batch.table import Row, read_table
from deepcinac.errors import InputError
from deepcinac.files import write_json
from deepcinac.progress import silent

KILLED = Outcome("killed", 2, "The worker that ran it died.", host="node2")
Answer = Callable[[Job], Outcome]


def parser() -> argparse.ArgumentParser:
    """A program of three commands."""
    whole = argparse.ArgumentParser(prog="toy")
    commands = whole.add_subparsers(dest="command")
    for name in ("make", "train", "look"):
        command = commands.add_parser(name)
        command.add_argument("--out", type=Path, metavar="FILE")
        command.add_argument("--force", action="store_true")
        command.add_argument("--source", type=Path, metavar="FILE")
        command.add_argument("--session", type=Path, metavar="SESSION")
    return whole


COMMANDS = Commands(parser(), Rules(resuming=["train"]))


class Future:
    def __init__(self, key: str, outcome: Outcome) -> None:
        self.key, self.status, self._outcome = key, "finished", outcome

    def add_done_callback(self, told: Callable[[Future], None]) -> None:
        told(self)

    def result(self) -> Outcome:
        return self._outcome

    def release(self) -> None: ...

    def cancel(self) -> None: ...


class Workers:
    """Workers that do every job at once, as ``answer`` says; also the client of them."""

    def __init__(self, answer: Answer, slots: int = 2) -> None:
        self.client, self._answer, self._slots = self, answer, slots
        self.sent: list[Job] = []

    def slots(self) -> int:
        return self._slots

    def subscribe_topic(self, topic: str, told: Any) -> None: ...

    def cancel(self, futures: list[Future], force: bool) -> None: ...

    def submit(self, function: Any, job: Job, topic: str, key: str, pure: bool) -> Future:
        self.sent.append(job)
        outcome = self._answer(job)
        if outcome.how == "ok":
            for word in job.arguments:
                if word.startswith("--out="):
                    Path(word[6:]).parent.mkdir(parents=True, exist_ok=True)
                    Path(word[6:]).touch()
            write_json(job.record, vars(outcome))
        return Future(key, outcome)


def fine(job: Job) -> Outcome:
    return Outcome("ok", 0, "made it", 2.0, 100, "node1")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(running, "LISTEN_S", 0.01)
    lines = ["command,out,source", "make,a,", "look,,a", "make,b,", "look,,b"]
    (tmp_path / "mice.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "mice.csv"


def run(
    table: Path, answer: Answer = fine, attempts: int = 3, split: Any = None, slots: int = 2
) -> tuple[dict[int, Any], list[Job]]:
    """One run; the states by row, and the jobs that were sent."""
    rows = read_table(table, COMMANDS)
    states_path = table.with_name("mice.states.csv")
    planner = Planner(COMMANDS, split or {}, table.with_name("mice.batch"), 1, None)
    courses = courses_of(rows, read_states(states_path), planner)
    workers = Workers(answer, slots)
    with only_writer(states_path) as lock:
        Run(courses, planner, states_path, lock, attempts, silent).go(workers)  # type: ignore[arg-type]
    return {state.row: state for state in read_states(states_path).values()}, workers.sent


def row_of(job: Job) -> int:
    return int(job.key.split("-")[1])


def test_rows_wait_for_what_they_read_and_are_done_once(table: Path) -> None:
    states, sent = run(table)
    assert {number: state.state for number, state in states.items()} == dict.fromkeys(
        (2, 3, 4, 5), "done"
    )
    order = [row_of(job) for job in sent]
    assert order.index(2) < order.index(3)
    assert order.index(4) < order.index(5)
    first = states[2]
    assert (first.attempts, first.seconds, first.memory_mb, first.host, first.message) == (
        *(1, 2.0, 100, "node1", "made it"),
    )
    assert first.output == str(table.with_name("a"))
    assert run(table)[1] == [], "the same command again has nothing to do"


def test_a_row_that_fails_stops_only_what_reads_from_it(table: Path) -> None:
    def answer(job: Job) -> Outcome:
        return Outcome("error", 2, "Expected a movie.") if row_of(job) == 2 else fine(job)

    states, sent = run(table, answer)
    assert [states[number].state for number in (2, 3, 4, 5)] == ["failed", "failed", "done", "done"]
    assert states[2].message == "Expected a movie."
    assert states[3].message == "Row 2, which makes what this row reads, failed."
    assert [row_of(job) for job in sent].count(2) == 1, "the user's mistakes are not repeated"
    states, sent = run(table)
    assert [row_of(job) for job in sent] == [2, 3]
    assert states[2].attempts == 2


def test_what_dies_is_started_again_and_not_for_ever(table: Path) -> None:
    dying = {2: 1, 4: 99}

    def answer(job: Job) -> Outcome:
        dying[row_of(job)] = dying.get(row_of(job), 0) - 1
        return KILLED if dying[row_of(job)] >= 0 else fine(job)

    states, sent = run(table, answer, attempts=3)
    assert (states[2].state, states[2].attempts, states[2].host) == ("done", 2, "node2 node1")
    assert (states[4].state, states[4].attempts) == ("failed", 3)
    assert "died. Started 3 times; its log is" in states[4].message
    assert (states[3].state, states[5].state) == ("done", "failed")
    begun = [job for job in sent if row_of(job) == 2]
    assert "--force" not in begun[0].arguments
    assert "--force" in begun[1].arguments, "what the first attempt wrote may be replaced"


def test_a_training_that_died_is_taken_up_and_not_begun_anew(table: Path) -> None:
    table.write_text("command,out\ntrain,model\n", encoding="utf-8")
    answers = iter([KILLED, Outcome("ok")])
    _, sent = run(table, lambda job: next(answers))
    assert [("--force" in job.arguments) for job in sent] == [False, False]
    table.write_text("command,out,source\ntrain,model,mice.csv\n", encoding="utf-8")
    _, (job,) = run(table)
    assert "--force" in job.arguments, "another training takes the folder"


def test_a_changed_row_runs_anew_with_what_reads_from_it(table: Path) -> None:
    run(table)
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("make,b,", "make,b,mice.csv"), encoding="utf-8")
    before = read_states(table.with_name("mice.states.csv"))
    assert outputs_of(before) == {table.with_name("a"), table.with_name("b")}
    states, sent = run(table)
    assert sorted(row_of(job) for job in sent) == [4, 5]
    assert "--force" in next(job for job in sent if row_of(job) == 4).arguments
    assert len(states) == 4


def test_a_changed_row_that_was_not_reached_may_still_replace_what_it_wrote(table: Path) -> None:
    run(table)
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("make,b,", "make,b,mice.csv"), encoding="utf-8")

    def stopped(job: Job) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(table, stopped)
    assert table.with_name("b") in outputs_of(read_states(table.with_name("mice.states.csv")))
    _, sent = run(table)
    assert "--force" in next(job for job in sent if row_of(job) == 4).arguments


def test_rows_may_move(table: Path) -> None:
    run(table)
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    moved = [header, "make,c,", *lines[2:], *lines[:2]]
    table.write_text("\n".join(moved) + "\n", encoding="utf-8")
    states, sent = run(table)
    assert [row_of(job) for job in sent] == [2]
    assert [states[number].state for number in range(2, 7)] == ["done"] * 5


def test_an_output_that_is_gone_is_made_again(table: Path) -> None:
    run(table)
    table.with_name("a").unlink()
    _, sent = run(table)
    assert sorted(row_of(job) for job in sent) == [2, 3]


def test_ctrl_c_leaves_rows_waiting_and_the_next_run_goes_on(table: Path) -> None:
    def answer(job: Job) -> Outcome:
        if row_of(job) == 4:
            raise KeyboardInterrupt
        return fine(job)

    with pytest.raises(KeyboardInterrupt):
        run(table, answer)
    found = read_states(table.with_name("mice.states.csv")).values()
    assert "running" not in {state.state for state in found}
    states, sent = run(table)
    assert 4 in [row_of(job) for job in sent]
    assert {state.state for state in states.values()} == {"done"}


def test_rows_of_one_session_run_one_after_another(table: Path) -> None:
    (table.parent / "m.deepcinac").touch()
    lines = ["command,session,source", "look,m.deepcinac,", "look,m.deepcinac,mice.csv"]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, second = read_table(table, COMMANDS)
    assert (first.after, second.after, second.needs) == (set(), {2}, set())

    def answer(job: Job) -> Outcome:
        return Outcome("error", 2, "no") if row_of(job) == 2 else fine(job)

    states, _ = run(table, answer)
    assert [states[number].state for number in (2, 3)] == ["failed", "done"]


def test_a_row_in_parts(table: Path) -> None:
    """Parts are put together once, by one writer; of a row that failed only missing parts are made."""
    table.write_text("command,out\nmake,a\n", encoding="utf-8")
    kept: list[list[bool]] = []

    def in_three(row: Row, folder: Path) -> Split:
        files = [folder / f"{number}.npz" for number in range(3)]

        def keep() -> str:
            kept.append([file.exists() for file in files])
            row.args.out.touch()
            return "three parts in one"

        return Split(tuple((("make", f"--out={file}"), file) for file in files), keep)

    def full(job: Job) -> Outcome:
        return Outcome("error", 2, "The disk is full.") if "part-1" in job.key else fine(job)

    states, sent = run(table, full, split={"make": in_three}, slots=1)
    assert (states[2].state, states[2].message) == ("failed", "The disk is full.")
    assert [job.key[:12] for job in sent] == ["row-2-part-0", "row-2-part-1"]
    assert kept == []
    states, sent = run(table, split={"make": in_three})
    assert (states[2].state, states[2].message) == ("done", "three parts in one")
    assert [job.key[:12] for job in sent] == ["row-2-part-1", "row-2-part-2"]
    assert kept == [[True, True, True]]
    assert list((table.with_name("mice.batch") / "parts").iterdir()) == []


def test_a_row_that_cannot_be_planned_or_kept_is_reported(table: Path) -> None:
    def bad(row: Row, folder: Path) -> Split:
        if row.number == 2:
            raise InputError("cells", "none", "a.npz")

        def keep() -> str:
            raise InputError("a session that can be written to", "one that anna has open")

        return Split(((("make", f"--out={folder}/x"), folder / "x"),), keep)

    states, _ = run(table, split={"make": bad})
    assert states[2].message == "Expected cells, found none in a.npz."
    assert "anna has open" in states[4].message
    assert [states[number].state for number in (2, 3, 4, 5)] == ["failed"] * 4
