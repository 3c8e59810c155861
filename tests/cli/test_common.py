"""Selections, options made from settings, tables."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcinac.cli.common import (
    add_settings_arguments,
    aligned,
    in_bytes,
    positive_float,
    positive_int,
    settings_from_args,
    share,
)
from deepcinac.errors import InputError
from deepcinac.recording.selection import parse_selection
from deepcinac.settings import option


@dataclass(frozen=True)
class Microscope:
    n_frames: int = option(100, "frames to record", minimum=1)
    frame_rate_hz: float = option(10.0, "frames per second", unit="Hz", minimum=0.5, maximum=1000)
    radius_um: tuple[float, float] = option((6.0, 9.5), "radius of the cells", unit="um")
    filters: tuple[int, ...] = option((12, 24), "filters of the layers")
    objective: str = option("16x", "the objective", choices=("16x", "25x"))
    shutter: bool = option(True, "close the shutter afterwards")
    room: Path | None = option(None, "100 % of the room's file")


def parsed(*argv: str, names: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_settings_arguments(parser, Microscope, names)
    return parser.parse_args(argv)


def test_options_of_every_type() -> None:
    args = parsed(
        *("--n-frames", "7"),
        *("--frame-rate-hz", "30"),
        *("--radius-um", "5, 8"),
        *("--filters", "1,2,3"),
        *("--objective", "25x"),
        *("--room", "a.txt"),
        "--no-shutter",
    )
    assert settings_from_args(args, Microscope) == Microscope(
        7, 30.0, (5.0, 8.0), (1, 2, 3), "25x", False, Path("a.txt")
    )


def test_what_is_not_given_comes_from_the_base() -> None:
    base = Microscope(n_frames=500, objective="25x")
    assert settings_from_args(parsed(), Microscope) == Microscope()
    assert settings_from_args(parsed("--n-frames", "7"), Microscope, base) == Microscope(
        n_frames=7, objective="25x"
    )


def test_only_the_named_options() -> None:
    assert parsed("--n-frames", "7", names=["n_frames"]).n_frames == 7
    with pytest.raises(SystemExit):
        parsed("--objective", "25x", names=["n_frames"])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--n-frames", "0"], "Expected at least 1, found 0 in option n_frames."),
        (["--frame-rate-hz", "2000"], "Expected at most 1000 Hz, found 2000"),
        (["--objective", "4x"], "Expected one of 16x, 25x, found '4x'"),
    ],
)
def test_limits(argv: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings_from_args(parsed(*argv), Microscope)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--n-frames", "many"], "expected a whole number, found 'many'"),
        (["--radius-um", "5"], "expected 2 values with commas between them, found '5'"),
        (["--radius-um", "5,x"], "expected a number, found 'x'"),
    ],
)
def test_words_that_are_no_values(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parsed(*argv)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_help_tells_default_unit_and_limits() -> None:
    parser = argparse.ArgumentParser()
    add_settings_arguments(parser, Microscope, title="microscope")
    text = " ".join(parser.format_help().split())
    assert "--frame-rate-hz HZ frames per second (0.5 to 1000; default: 10 Hz)" in text
    assert "--radius-um LOW,HIGH radius of the cells (default: 6,9.5 um)" in text
    assert "--n-frames N frames to record (at least 1; default: 100)" in text
    assert "--objective NAME the objective (one of 16x, 25x; default: 16x)" in text
    assert "close the shutter afterwards (default: yes)" in text
    assert "100 % of the room's file (not set by default)" in text


def test_a_type_nobody_can_type_is_our_mistake() -> None:
    @dataclass
    class Odd:
        table: dict = option({}, "a table")

    with pytest.raises(TypeError, match="no option can be made"):
        add_settings_arguments(argparse.ArgumentParser(), Odd)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("0-9,12", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12]),
        ("3", [3]),
        ("12, 3 ,3-4", [3, 4, 12]),
        ("0 - 1", [0, 1]),
    ],
)
def test_selections(text: str, cells: list[int]) -> None:
    chosen = parse_selection(text, 13)
    assert chosen.tolist() == cells
    assert chosen.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("13", "Expected cells from 0 to 12, found cell 13 in the selection."),
        ("5-3", "Expected a range from low to high, found '5-3'"),
        ("", "or 'all' or 'valid', found ''"),
        ("1,,2", "found '1,,2'"),
        ("-3", "found '-3'"),
        ("1-2-3", "found '1-2-3'"),
        ("every", "found 'every'"),
        ("1.5", "found '1.5'"),
        ("1_0", "found '1_0'"),
        ("+1", "found"),
    ],
)
def test_selections_that_are_none(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("+", r"\+")):
        parse_selection(text, 13)


@given(st.sets(st.integers(0, 30), min_size=1))
def test_every_selection_can_be_written(cells: set[int]) -> None:
    assert parse_selection(",".join(map(str, cells)), 31).tolist() == sorted(cells)


@given(st.text(alphabet="0123456789-,x ", max_size=12))
def test_any_text_gives_cells_or_a_sentence(text: str) -> None:
    try:
        chosen = parse_selection(text, 50)
    except InputError:
        return
    assert len(chosen) > 0
    assert chosen.min() >= 0
    assert chosen.max() < 50


def test_a_huge_range_is_refused_before_it_is_counted() -> None:
    with pytest.raises(InputError, match="cells from 0 to 4"):
        parse_selection("0-999999999999", 5)


@pytest.mark.parametrize(
    ("kind", "good", "value", "bad"),
    [
        (positive_int, "3", 3, ["0", "-1", "1.5", "x", ""]),
        (positive_float, "0.5", 0.5, ["0", "-1", "nan", "inf", "x"]),
        (share, "0.5", 0.5, ["-0.1", "1.1", "nan", "x"]),
    ],
)
def test_numbers(kind: object, good: str, value: float, bad: list[str]) -> None:
    assert kind(good) == value  # type: ignore[operator]
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError, match="expected a"):
            kind(text)  # type: ignore[operator]


def test_table() -> None:
    assert aligned([("a", "1"), ("longer", "2")]) == "a       1\nlonger  2"
    assert aligned([("a", ""), ("b", "x")], indent="  ") == "  a\n  b  x"
    assert aligned([]) == ""


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (3 * 2**40, "3.0 TiB")],
)
def test_bytes(number: int, text: str) -> None:
    assert in_bytes(number) == text
