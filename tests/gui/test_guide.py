"""Help shows the user guide in the window, and it can be searched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcinac.gui.widgets.guide_window import pieces_of
from helpers import window_tools as tools

Open = Callable[..., Any]


def test_markdown_is_set_plainly() -> None:
    text = (
        "## Two\n\nOne line\nand its end.\n\n| a | b |\n|---|---|\n| `c` | d |\n![A view](x.png)\n"
    )
    assert pieces_of(text) == [
        ("Two\n", "h2"),
        ("\nOne line and its end.\n\na    \u2003b\n", ""),
        ("c", "code"),
        ("    \u2003d\n", ""),
        ("[Picture: A view]\n", "dim"),
    ]


def test_of_a_link_the_words_are_shown() -> None:
    assert pieces_of("As [labels](labels.md#files) say.") == [("As labels say.\n", "")]


@pytest.mark.window
def test_the_guide_opens_and_words_are_found(open_app: Open) -> None:
    app = open_app()
    tools.choose_from_menu(app, "Help", "Guide")
    tools.settle(app.root)
    guide = app.handlers.help.guide
    chapters = [guide.chapters.item(row, "text") for row in guide.chapters.get_children()]
    assert "Review" in chapters
    assert len(chapters) > 8
    guide.words.insert(0, "threshold")
    tools.press_in(guide.words, "Return")
    first, last = guide.box.tag_ranges("found")
    assert guide.box.get(first, last).lower() == "threshold"
    assert tools.faults_of_layout(guide) == []
    guide.destroy()


@pytest.mark.window
def test_the_licences_open(open_app: Open) -> None:
    app = open_app()
    tools.choose_from_menu(app, "Help", "Licences")
    tools.settle(app.root)
    page = app.handlers.help.guide
    assert page.title() == "Licences"
    assert "tensorflow" in page.box.get("1.0", "end")
    page.destroy()
