"""Every command that the documentation shows is one that the program takes; the quick ones are run."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import build_parser, main
from deepcinac.data import shipped
from helpers.documented import Command, commands_in_blocks, commands_in_text, documented
from helpers.predictions import write_predictions

SLOW = {
    None,
    "gui",
    "demo",
    "predict",
    "train",
    "detect",
    "batch",
    "decode",
    "dynamics",
    "track",
    "latents",
    "demix",
}  # windows, networks
OUTPUTS = {"--out", "--learn", "--features", "--consensus"}
FILE_ENDINGS = (
    *(".deepcinac", ".cinac", ".npz", ".npy", ".mat", ".csv", ".json", ".nwb", ".tif"),
    *(".zarr", ".hdf5", ".h5", ".zip", ".toml"),
)
PLACEHOLDERS = {"COMMAND", "NAME", "SESSION", "PATH", "MOVIE"}
AT_LEAST_RUN = 15

BLOCKS, TEXT = documented(commands_in_blocks), documented(commands_in_text)


def subparsers() -> dict[str, argparse.ArgumentParser]:
    (action,) = (
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(action.choices)


def test_commands_are_found() -> None:
    page = """
    deepcinac predict --movie a.tif \\
        --cells b.npz   # all of them
    deepcinac create OUT --from X [--segment N]

```sh
$ deepcinac info toy
deepcinac
```
`deepcinac types` and `deepcinac
doctor`
"""
    found = [command.words for command in commands_in_blocks(page)]
    assert found == [("predict", "--movie", "a.tif", "--cells", "b.npz"), ("info", "toy"), ()]
    assert [command.words for command in commands_in_text(page)] == [("types",), ("doctor",)]
    assert {command.file for command in BLOCKS} >= {"README.md", "docs/guide.md", "docs/labels.md"}


@pytest.mark.parametrize("command", BLOCKS, ids=str)
def test_a_command_in_a_block_is_taken(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    status = 0
    try:
        build_parser().parse_args(command.words)
    except SystemExit as end:  # also what --help does
        status = int(end.code or 0)
    assert status == 0, capsys.readouterr().err


@pytest.mark.parametrize("command", TEXT, ids=str)
def test_a_command_in_the_text_exists(command: Command) -> None:
    if not command.words or command.words[0] in PLACEHOLDERS or command.words[0] == "--help":
        return
    name, *rest = command.words
    assert name in subparsers()
    known = set(subparsers()[name]._option_string_actions)
    assert {word.split("=")[0] for word in rest if word.startswith("--")} <= known


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the pages speak of: sessions of the demo recording, labels, a prediction."""
    for name in ("SETTINGS", "CACHE"):
        monkeypatch.setenv(f"DEEPCINAC_{name}", str(tmp_path / name.lower()))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    demo = shipped("demo")
    shutil.copy(demo / "movie.tif", "mouse7.tif")
    with np.load(demo / "truth.npz") as truth:
        active = truth["active"]
    write_predictions(Path("prediction.npz"), 0.9 * active, classifier="general")
    kinds = ["interneuron"] * 10 + ["pyramidal"] * (len(active) - 10)
    lines = [f"{cell},{kind}" for cell, kind in enumerate(kinds)]
    Path("types.csv").write_text("\n".join(["cell,type", *lines]) + "\n", encoding="utf-8")
    np.save("spks.npy", np.random.default_rng(0).random(active.shape))
    for number in (7, 8, 9):
        run("create", f"mouse{number}.deepcinac", "--movie", "mouse7.tif",
            "--cells", str(demo / "cells.npz"), "--frame-rate", "10", "--pixel-size", "2")  # fmt: skip
    for expert in ("anna", "ben"):
        shutil.copy("mouse9.deepcinac", f"mouse7_{expert}.deepcinac")
        run("import", f"mouse7_{expert}.deepcinac", str(demo / "truth.npz"), "--layer", expert)
    run("import", "mouse7.deepcinac", str(demo / "truth.npz"), "--layer", "ben")
    run("import", "mouse8.deepcinac", "types.csv", "--kind", "types")
    run("export", "mouse7_anna.deepcinac", "--layer", "anna", "--out", "anna.csv")
    return here


def run(*words: str) -> None:
    assert main(list(words)) == 0, words


def test_quick_commands_run_in_the_order_of_the_pages(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those whose files are there; what a network would have predicted is put in its place."""
    blank = b"\x89PNG" + bytes(20)  # drawing the figures of a report takes long
    monkeypatch.setattr("deepcinac.evaluation.html_report.write_section", lambda *_arguments: blank)
    done = []
    for command in BLOCKS:
        name = command.words[0] if command.words else None
        if name == "predict":
            predict_from_the_truth(command)
        if takes_long(command) or not is_ready(command):
            continue
        clear_outputs(command)
        status = main(list(command.words))
        assert status == 0, f"{command}: {capsys.readouterr().err}"
        done.append(command)
    assert len(done) >= AT_LEAST_RUN, [str(command) for command in done]


def takes_long(command: Command) -> bool:
    """A window, a network, a corpus; a score that looks through the whole movie of a session."""
    name = command.words[0] if command.words else None
    of_session = any(word.endswith(".deepcinac") for word in command.words)
    kinds = {"cortex-wide", "culture", "elastic", "days", "stimulus", "lorenz", "line-scan-rhythm"}
    many = {"--corpus", *kinds} & set(command.words)
    return name in SLOW or bool(many) or (name == "evaluate" and of_session)


def predict_from_the_truth(command: Command) -> None:
    given = dict(zip(command.words[1::2], command.words[2::2], strict=False))
    truth = Path(given.get("--movie", ".")).parent / "truth.npz"
    if "--movie" in given and truth.is_file() and given.get("--out", "").endswith(".npz"):
        with np.load(truth) as arrays:
            write_predictions(Path(given["--out"]), 0.9 * arrays["active"], classifier="general")


def clear_outputs(command: Command) -> None:
    """Nothing is overwritten without --force: what an earlier step made goes first."""
    for option, word in zip(command.words, command.words[1:], strict=False):
        if option in OUTPUTS and Path(word).is_file():
            Path(word).unlink()


def is_ready(command: Command) -> bool:
    """Whether all files that a command reads are there, and none that it makes."""
    words = command.words
    made = {word for option, word in zip(words, words[1:], strict=False) if option in OUTPUTS}
    if words[0] == "create":
        made.add(words[1])
    named = {word for word in words[1:] if word.endswith(FILE_ENDINGS) and "=" not in word}
    return all(Path(word).exists() for word in named - made) and not any(
        Path(word).exists() for word in made if words[0] == "create"
    )
