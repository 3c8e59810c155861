"""A settings record as rows: every kind of field, what is wrong beside it, other defaults."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass, fields

import pytest

from deepcinac.errors import InputError
from deepcinac.gui.forms.form_grid import FormGrid
from deepcinac.gui.forms.settings_form import SettingsRows, note_of, parsed, text_of
from deepcinac.gui.jobs.arguments import arguments_of
from deepcinac.gui.widgets.theme import Theme
from deepcinac.settings import option


@dataclass(frozen=True)
class Some:
    """One field of each kind."""

    epochs: int = option(20, "passes", minimum=1, maximum=10000)
    rate: float = option(1e-3, "of the optimiser", unit="1/s", minimum=0.0)
    size: str = option("compact", "of the network", choices=("compact", "paper"))
    scalars: bool = option(True, "give the network more")
    share: float | None = option(None, "share of what is cut", minimum=0.0, maximum=1.0)
    shape: tuple[int, int] = option((2, 3), "rows and columns", minimum=1)


@pytest.fixture
def grid(window: tk.Toplevel) -> FormGrid:
    made = FormGrid(window, Theme(window), lambda: None)
    made.pack()
    return made


def test_untouched_it_is_the_record(grid: FormGrid) -> None:
    rows = SettingsRows(grid, Some())
    assert rows.value() == Some()
    assert [row.label for row in grid.rows] == [
        *("Epochs", "Rate", "Size", "Scalars", "Share", "Shape"),
    ]


def test_what_is_filled_in_has_the_type_of_its_field(grid: FormGrid) -> None:
    rows = SettingsRows(grid, Some())
    for name, value in (
        *(("epochs", " 5 "), ("rate", "0,25"), ("size", "paper")),
        *(("scalars", False), ("share", "0.5"), ("shape", "4, 5")),
    ):
        rows.rows[name].variable.set(value)
    assert rows.value() == Some(5, 0.25, "paper", False, 0.5, (4, 5))
    rows.rows["share"].variable.set("")
    assert rows.value() == Some(5, 0.25, "paper", False, None, (4, 5))


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        ("epochs", "many", "Expected a whole number, found 'many'"),
        ("epochs", "", "Expected a whole number, found nothing"),
        ("epochs", "0", "Expected at least 1, found 0"),
        ("rate", "-1", "Expected at least 0 1/s, found -1"),
        ("rate", "nan", "Expected a number, found not a number"),
        ("share", "2", "Expected at most 1, found 2"),
        ("shape", "1", "Expected 2 values, with commas, found '1'"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(
    grid: FormGrid, name: str, text: str, mistake: str
) -> None:
    rows = SettingsRows(grid, Some())
    rows.rows[name].variable.set(text)
    assert rows.value() is None
    assert {n: row.mistake for n, row in rows.rows.items() if row.mistake} == {name: mistake}
    rows.rows[name].variable.set(text_of(getattr(Some(), name)))
    assert rows.value() == Some()
    assert rows.rows[name].mistake == ""


def test_other_defaults_change_what_was_not_touched(grid: FormGrid) -> None:
    rows = SettingsRows(grid, Some())
    rows.rows["epochs"].variable.set("7")
    rows.set_base(Some(epochs=4, rate=0.5, scalars=False))
    assert rows.value() == Some(epochs=7, rate=0.5, scalars=False)


def test_the_note_says_help_limits_and_default() -> None:
    notes = {field.name: note_of(field, Some()) for field in fields(Some)}
    assert notes == {
        "epochs": "Passes (1 to 10\u202f000, default 20)",
        "rate": "Of the optimiser (at least 0, default 0.001)",
        "size": "Of the network (default compact)",
        "scalars": "Give the network more",
        "share": "Share of what is cut (0 to 1, default empty)",
        "shape": "Rows and columns (at least 1, default 2, 3)",
    }


def test_a_float_is_shown_so_that_it_can_be_read_back() -> None:
    for value in (0.0003, 1e-7, 0.99999, 1234567.5, 0.1 + 0.2):
        assert parsed(text_of(value), float) == value
    with pytest.raises(InputError, match="a number"):
        parsed("1.2.3", float)


def test_the_command_line_gets_only_what_differs() -> None:
    assert arguments_of(Some(), Some()) == []
    changed = Some(5, 0.25, "paper", False, 0.5, (4, 5))
    assert arguments_of(changed, Some()) == [
        *("--epochs", "5", "--rate", "0.25", "--size", "paper", "--no-scalars"),
        *("--share", "0.5", "--shape", "4,5"),
    ]
