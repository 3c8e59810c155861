"""What ``--progress bar``, ``jsonl`` and ``none`` show."""

from __future__ import annotations

import io
import json
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.cli.reporters import BarReporter, JsonLinesReporter, plain, reporter
from deepcinac.progress import ProgressEvent


def lines_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_event_is_a_line() -> None:
    stream = io.StringIO()
    report = JsonLinesReporter(stream)
    report(ProgressEvent("training", 3, 20, "epoch 1", {"loss": np.float32(0.5)}))
    assert lines_of(stream.getvalue()) == [
        {"loss": 0.5, "stage": "training", "done": 3, "total": 20, "message": "epoch 1"}
    ]


def test_the_last_line_says_how_it_ended() -> None:
    stream = io.StringIO()
    JsonLinesReporter(stream).finish(0)
    JsonLinesReporter(stream).finish(2, "Expected a movie, found nothing.")
    done, failed = lines_of(stream.getvalue())
    assert (done["stage"], done["status"]) == ("done", 0)
    assert (failed["stage"], failed["status"]) == ("failed", 2)
    assert failed["message"] == "Expected a movie, found nothing."


def test_a_command_may_say_done_itself() -> None:
    stream = io.StringIO()
    report = JsonLinesReporter(stream)
    report(ProgressEvent("done", values={"f1": 0.75}))
    report.finish(0)
    (line,) = lines_of(stream.getvalue())
    assert line["f1"] == 0.75


def test_jsonl_keeps_stdout_for_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter("jsonl") as report:
        print("three cells")
        report(ProgressEvent("reading", 1, 2))
    shown = capsys.readouterr()
    assert [line["stage"] for line in lines_of(shown.out)] == ["reading"]
    assert shown.err == "three cells\n"


def test_none_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter("none") as report:
        report(ProgressEvent("reading", 1, 2))
        report.finish(0)
    assert capsys.readouterr() == ("", "")


def test_a_bar_for_each_stage() -> None:
    stream = io.StringIO()
    report = BarReporter(stream)
    report(ProgressEvent("reading", 1, 2))
    report(ProgressEvent("reading", 2, 2))
    report(ProgressEvent("predicting", 10, 100, values={"rate": 12.345}))
    report.finish(0)
    text = stream.getvalue()
    assert "reading: 100%" in text
    assert "2/2" in text
    assert "predicting:  10%" in text
    assert "rate 12.35" in text or "rate 12.34" in text


def test_a_bar_that_begins_again_and_one_without_an_end() -> None:
    stream = io.StringIO()
    report = BarReporter(stream)
    for done in (1, 2, 1):
        report(ProgressEvent("epoch", done, 2))
    report(ProgressEvent("searching", 5))
    report.finish(0)
    assert "1/2" in stream.getvalue()
    assert "searching: 5it" in stream.getvalue()


def test_bar_writes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter("bar") as report:
        report(ProgressEvent("reading", 2, 2))
        report.finish(0)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "reading" in shown.err
    assert sys.stdout is not None


def test_numbers_that_json_does_not_know() -> None:
    values = {"a": float("nan"), "b": np.array([1.0, np.inf]), "c": (np.int16(3), True), 4: None}
    assert plain(values) == {"a": None, "b": [1.0, None], "c": [3, True], "4": None}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_anything_becomes_valid_json(value: object) -> None:
    text = json.dumps(plain(value), allow_nan=False)
    assert "\n" not in text
    if isinstance(value, float) and math.isfinite(value):
        assert json.loads(text) == value


def test_a_step_without_extent_is_one_line_of_text():
    stream = io.StringIO()
    report = BarReporter(stream)
    for _ in range(2):
        report(ProgressEvent("loading the classifier", message="general"))
    report(ProgressEvent("predicting", 3, 3))
    report.finish(0)
    first, rest = stream.getvalue().split("\n", 1)
    assert first == "loading the classifier: general"
    assert rest.rstrip().endswith("it/s]")
