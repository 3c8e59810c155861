"""The examples in docstrings say what the code says; those of ``deepcinac.api`` need files (``test_api``)."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import deepcinac
import deepcinac.gui

ROOTS = (("deepcinac", deepcinac), ("deepcinac.gui", deepcinac.gui))


def modules_with_examples() -> list[str]:
    found = set()
    for name, package in ROOTS:
        folder = Path(package.__file__).parent
        for path in folder.rglob("*.py"):
            if ">>> " in path.read_text(encoding="utf-8"):
                parts = path.relative_to(folder).with_suffix("").parts
                found.add(".".join([name, *parts]).removesuffix(".__init__"))
    return sorted(found - {"deepcinac.api"})


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_are_true(name):
    said: list[str] = []
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(example, out=said.append)
    assert runner.summarize(verbose=False).attempted > 0
    assert not said, "".join(said)
