"""The pages of ``docs``: what ``make site`` cannot see, and what it makes from the parsers."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deepcinac.cli.main import build_parser
from helpers.documented import ROOT, documents

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "command_reference", ROOT / "docs" / "command_reference.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_there_is_a_page_for_each_command_that_help_names(reference: ModuleType) -> None:
    named = set(re.findall(r"^    (\w+)(?: |$)", build_parser().format_help(), re.MULTILINE))
    assert {name.removesuffix(".md") for name in reference.pages()} == {*named, "index"}


def test_an_option_stands_with_its_limits_default_and_unit(reference: ModuleType) -> None:
    page = reference.pages()["train.md"]
    assert "| `--epochs N` | passes, each of so many windows (1 to 10000; default: 20) |" in page
    assert "| `--shift-px PX` | largest shift (0 to 50; default: 2 px) |" in page
    assert "deepcinac train --out DIR SESSION|BUNDLE|DIR [SESSION|BUNDLE|DIR ...] [OPTIONS]" in page
    assert "--help" not in page


def test_pages_are_written_once_and_old_ones_go(
    reference: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    (tmp_path / "gone.md").write_text("a command that is no more", encoding="utf-8")
    reference.write_pages()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    reference.write_pages()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert not (tmp_path / "gone.md").exists()


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_link_leads_to_a_file_of_the_project(page: Path) -> None:
    """In the repository, too, where Sphinx does not look (README); pages of commands are made."""
    links = [link.split("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
    here = [link for link in links if link and "://" not in link and "commands/" not in link]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    shown = set(
        re.findall(
            r"^(?:.*<)?([\w-]+)>?$",
            (ROOT / "docs/index.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages - shown == set()


def test_troubleshooting_speaks_of_sentences_of_the_program() -> None:
    """Headings without quotation are parts of messages, word for word ("…" stands for anything)."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### (.*)$", page, re.MULTILINE)
    spoken = [heading for heading in headings if heading.startswith(("Expected", "… "))]
    assert len(spoken) >= 10
    known = "\n".join(texts_of_the_program()).lower()
    missing = [
        part
        for heading in spoken
        for part in re.split(r"\s*…\s*|^Expected |,? ?found ", heading)
        if part.strip() and part.strip().lower() not in known
    ]
    assert missing == []


def texts_of_the_program() -> list[str]:
    """All texts in the code, each as the program joins it; what is put in at run time left out."""
    return [
        node.value
        for folder in ("deepcinac", "gui")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
