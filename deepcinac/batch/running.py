"""Bring the rows of a table to the workers, keep what becomes of them, and carry on after anything."""

from __future__ import annotations

import queue
import shutil
import time
import uuid
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.batch.clusters import Workers
from deepcinac.batch.job import KILLED, OK, Job, Outcome, run_job
from deepcinac.batch.parts import Plan, Planner
from deepcinac.batch.states import (
    DONE,
    FAILED,
    RUNNING,
    WAITING,
    RowState,
    write_states,
)
from deepcinac.batch.table import Row
from deepcinac.errors import DeepCinacError, InputError
from deepcinac.labelling.locking import Lock
from deepcinac.progress import Progress, ProgressEvent

if TYPE_CHECKING:
    from distributed import Future

LISTEN_S = 1.0
MOST_TOLD = 200
"""Letters of a failure that are told while others go on; the states hold all of it."""
OURS, THE_USERS = 1, 2
_BETWEEN = "; "


@dataclass
class Course:
    """A row on its way: its state, the jobs that remain, how often each was sent and has begun.

    ``before``: attempts of earlier runs. ``anew``: what they left unfinished does not count.
    ``status``: the exit status that a failure means.
    """

    row: Row
    state: RowState
    before: int = 0
    anew: bool = False
    plan: Plan | None = None
    status: int = 0
    remaining: deque[Job] = field(default_factory=deque)
    running: dict[str, Job] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    begun: Counter[str] = field(default_factory=Counter)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state.state in (DONE, FAILED)


def courses_of(rows: list[Row], before: Mapping[str, RowState], planner: Planner) -> list[Course]:
    """All rows with what is known of them; what has to be run is waiting.

    A row that is done stays so while its outputs are there and no row that it reads from runs anew.
    """
    made = outputs_of(before)
    found: dict[int, Course] = {}
    for row in rows:
        old = before.get(row.settings)
        anew = any(not found[number].ended for number in row.needs)
        if old and old.state == DONE and not anew and all(path.exists() for path in row.writes):
            old.row = row.number
            found[row.number] = Course(row, old)
            continue
        state = RowState(row.number, row.command, row.settings)
        state.attempts = old.attempts if old else 0
        if any(path in made for path in row.writes):
            state.output = _in_words(row.writes)
            resumes = old and not anew and row.command in planner.commands.rules.resuming
            if planner.commands.takes(row.command, "--force") and not resumes:
                row = row.forced()
        found[row.number] = Course(row, state, state.attempts, anew or old is None)
    return list(found.values())


def outputs_of(states: Mapping[str, RowState]) -> set[Path]:
    """What the rows of earlier runs have written, or were about to write: what a row may replace."""
    return {
        Path(text) for state in states.values() for text in state.output.split(_BETWEEN) if text
    }


def _in_words(paths: Sequence[Path]) -> str:
    return _BETWEEN.join(map(str, paths))


class Run:
    """One run of a table on some workers; see :meth:`go`.

    Parameters
    ----------
    courses
        The rows; those that have ended are left alone.
    planner
        Makes their jobs.
    states_path
        Where their states are kept.
    lock
        Held on the states.
    attempts
        How often a job is started that dies.
    progress
        Receives the changes.
    """

    def __init__(
        self,
        courses: list[Course],
        planner: Planner,
        states_path: Path,
        lock: Lock,
        attempts: int,
        progress: Progress,
    ) -> None:
        self.courses = courses
        self._by_number = {course.row.number: course for course in courses}
        self._planner = planner
        self._states_path = states_path
        self._lock = lock
        self._attempts = attempts
        self._progress = progress
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._futures: dict[str, tuple[Future, Course, Job]] = {}
        self._topic = f"deepcinac-{uuid.uuid4().hex}"

    def save(self) -> None:
        """Write the states."""
        write_states(self._states_path, [course.state for course in self.courses])

    def go(self, workers: Workers) -> None:
        """Run until every row has ended; whatever stops it, rows that were running are waiting again."""
        client = workers.client
        client.subscribe_topic(self._topic, lambda event: self._events.put(("told", event[1])))
        for course in self.courses:
            if course.anew:
                shutil.rmtree(self._planner.plan_folder(course.row), ignore_errors=True)
        self.save()
        try:
            while not all(course.ended for course in self.courses):
                self._submit(workers)
                self._listen()
                self._lock.beat()
        finally:
            for course in self.courses:
                if not course.ended:
                    course.state.state = WAITING
            self.save()
            client.cancel([future for future, _, _ in self._futures.values()], force=True)

    # To the workers

    def _submit(self, workers: Workers) -> None:
        """Give every worker that has none a job."""
        before = free = workers.slots() - len(self._futures)
        for course in self.courses:
            if not course.ended and course.plan is None and free > 0 and self._may_begin(course):
                self._begin(course)
            while free > 0 and course.remaining and not course.ended:
                job = course.remaining.popleft()
                self._send(workers, course, job)
                free -= 1
        if free < before:
            self.save()

    def _may_begin(self, course: Course) -> bool:
        for number in sorted(course.row.needs):
            other = self._by_number[number]
            if other.state.state == FAILED:
                self._fail(
                    course, f"Row {number}, which makes what this row reads, failed.", THE_USERS
                )
            if other.state.state != DONE:
                return False
        return all(self._by_number[number].ended for number in course.row.after)

    def _begin(self, course: Course) -> None:
        state, row = course.state, course.row
        state.state, state.started = RUNNING, time.strftime("%Y-%m-%dT%H:%M:%S")
        state.output = _in_words(row.writes or row.sessions)
        try:
            course.plan = self._planner.plan(row)
        except DeepCinacError as error:
            self._fail(course, str(error), THE_USERS)
            return
        course.remaining = deque(course.plan.unfinished())
        self._changed(course)
        if not course.remaining:
            self._finish(course)

    def _send(self, workers: Workers, course: Course, job: Job) -> None:
        course.starts[job.key] += 1
        course.state.attempts = course.before + max(course.starts.values())
        again = course.starts[job.key] > 1 or course.before > 0
        start = self._planner.anew(job) if again else job
        name = f"{job.key}-{uuid.uuid4().hex[:6]}"
        future = workers.client.submit(on_worker, start, self._topic, key=name, pure=False)
        self._futures[name] = (future, course, job)
        course.running[job.key] = job
        future.add_done_callback(lambda ended: self._events.put(("ended", ended.key)))

    # From the workers

    def _listen(self) -> None:
        """Wait for news, and take all that has come."""
        try:
            what, news = self._events.get(timeout=LISTEN_S)
            while True:
                if what == "ended":
                    self._take_end(str(news))
                else:
                    self._take_news(news)
                what, news = self._events.get_nowait()
        except queue.Empty:
            pass

    def _take_news(self, news: Mapping[str, Any]) -> None:
        course = next((one for one in self.courses if news["key"] in one.running), None)
        if course is None:
            return
        if news["what"] == "started":
            course.begun[news["key"]] += 1
            most = max(course.begun.values())  # a scheduler of others starts a job again by itself
            course.state.attempts = max(course.state.attempts, course.before + most)
            course.state.host = _with_host(course.state.host, news["host"])
            self._report(course, f"started on {news['host']}")
            return
        of = f" {news['done']} of {news['total']}" if news.get("total") else ""
        self._report(course, f"{news['stage']}{of}")

    def _take_end(self, name: str) -> None:
        if name not in self._futures:
            return
        future, course, job = self._futures.pop(name)
        course.running.pop(job.key, None)
        if course.ended:  # it has failed, and its other jobs were called back
            return
        outcome = _outcome_of(future)
        future.release()
        state = course.state
        state.seconds = round(state.seconds + outcome.seconds, 2)
        state.memory_mb = max(state.memory_mb, outcome.memory_mb)
        state.host = _with_host(state.host, outcome.host)
        if outcome.how == OK:
            self._job_done(course, outcome)
        elif outcome.how == KILLED and course.starts[job.key] < self._attempts:
            course.remaining.append(job)
            self._changed(course, f"{outcome.message} It is started again.")
        elif outcome.how == KILLED:
            log = self._planner.log_of(course.row)
            tried = f"{outcome.message} Started {course.starts[job.key]} times; its log is {log}."
            self._fail(course, tried, outcome.status)
        else:
            self._fail(course, outcome.message, outcome.status)

    def _job_done(self, course: Course, outcome: Outcome) -> None:
        if course.plan is not None and course.plan.keep is None:
            course.state.message = outcome.message
        if not course.remaining and not course.running:
            self._finish(course)

    def _finish(self, course: Course) -> None:
        """All jobs of a row have succeeded: put its parts together."""
        assert course.plan is not None
        if course.plan.keep is not None:
            try:
                course.state.message = course.plan.keep()
            except DeepCinacError as error:
                self._fail(course, str(error), THE_USERS)
                return
        course.state.state = DONE
        shutil.rmtree(course.plan.folder, ignore_errors=True)
        self._changed(course)

    def _fail(self, course: Course, message: str, status: int) -> None:
        course.state.state, course.state.message, course.status = FAILED, message, status
        for future, other, _ in self._futures.values():
            if other is course:
                future.cancel()
        self._changed(course)

    # What is told

    def _changed(self, course: Course, text: str = "") -> None:
        self.save()
        self._report(course, text)

    def _report(self, course: Course, text: str) -> None:
        n_ended = sum(one.ended for one in self.courses)
        values = {"row": course.row.number, "state": course.state.state}
        text = course.state.message[:MOST_TOLD] if course.state.state == FAILED else text
        self._progress(ProgressEvent("rows", n_ended, len(self.courses), text, values))


def on_worker(job: Job, topic: str) -> Outcome:
    """What dask calls on a worker."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    return run_job(job, lambda news: worker.log_event(topic, dict(news)), wanted)


def _outcome_of(future: Future) -> Outcome:
    """How a job ended, also where its worker did not live to tell."""
    if future.status == "finished":
        return future.result()
    if future.status == "error":
        from distributed import KilledWorker

        error = future.exception()
        if isinstance(error, KilledWorker):
            host = str(getattr(error.last_worker, "host", ""))
            return Outcome(KILLED, THE_USERS, "The worker that ran it died.", host=host)
        status = THE_USERS if isinstance(error, (DeepCinacError, ImportError, OSError)) else OURS
        return Outcome("error", status, f"The worker could not run it: {error}.")
    raise InputError(
        "workers that answer",
        "a lost connection",
        "the scheduler",
        "give the same command again: it goes on where it was",
    )


def _with_host(hosts: str, host: str) -> str:
    """The hosts of a row, each once."""
    known = hosts.split()
    return hosts if not host or host in known else " ".join([*known, host])
