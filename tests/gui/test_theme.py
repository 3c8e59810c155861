"""Colours that can be told apart, and sizes that grow with the screen."""

from __future__ import annotations

import tkinter as tk
from itertools import combinations
from tkinter import font, ttk

import pytest

from deepcinac.gui.widgets.palette import PALETTES, Palette
from deepcinac.gui.widgets.theme import Theme, scale_of


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2) of "#rrggbb"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio (WCAG 2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=list(PALETTES))
def test_text_can_be_read(palette: Palette) -> None:
    for ground in (palette.panel, palette.window, palette.raised, palette.field, palette.plot):
        assert contrast(palette.text, ground) >= 7
        assert contrast(palette.text_dim, ground) >= 4.5
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.warning, palette.raised) >= 4.5
    assert contrast(palette.good, palette.raised) >= 4.5


@pytest.mark.parametrize("palette", PALETTES.values(), ids=list(PALETTES))
def test_no_two_series_have_one_colour(palette: Palette) -> None:
    assert all(a != b for a, b in combinations(palette.series, 2))
    assert len(palette.series) == 7


@pytest.mark.window
@pytest.mark.parametrize("dpi", [96, 144, 192])
def test_sizes_grow_with_the_resolution(
    root: tk.Tk, dpi: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepcinac.gui.widgets.theme.screen_size", lambda _root: (3840, 2160))
    root.tk.call("tk", "scaling", dpi / 72)
    try:
        theme = Theme(root, "dark")
        assert scale_of(root) == pytest.approx(dpi / 96, rel=0.02)
        assert theme.px(10) == round(10 * theme.scale)
        line = font.nametofont("TkDefaultFont", root=root).metrics("linespace")
        assert int(ttk.Style(root).lookup("Treeview", "rowheight")) >= line
        look = theme.look()
        assert look.scale == theme.scale
        assert look.ink == theme.palette.text
    finally:
        root.tk.call("tk", "scaling", 96 / 72)
        Theme(root, "light")


@pytest.mark.window
def test_a_small_screen_of_high_resolution_gets_smaller_controls(
    root: tk.Tk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepcinac.gui.widgets.theme.screen_size", lambda _root: (1920, 1080))
    root.tk.call("tk", "scaling", 192 / 72)
    try:
        assert Theme(root, "light").scale == pytest.approx(1920 / 1366, rel=0.02)
    finally:
        root.tk.call("tk", "scaling", 96 / 72)
        Theme(root, "light")
