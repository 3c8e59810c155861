"""``deepcinac completion`` and the options that are the same in every command."""

import argparse
import subprocess
import sys

import pytest

from deepcinac.cli.main import build_parser, main


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_the_script_names_commands_and_options(shell, capsys):
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("predict", "evaluate", "classifier", "frame-rate"):
        assert word in script


@pytest.mark.skipif(sys.platform == "win32", reason="no bash")
def test_bash_can_read_it(capsys):
    pytest.importorskip("shtab")
    main(["completion", "bash"])
    script = capsys.readouterr().out
    ask = (
        f"{script}\nCOMP_WORDS=(deepcinac predict --classi) COMP_CWORD=2 COMP_LINE='deepcinac "
        "predict --classi' COMP_POINT=26\n_shtab_deepcinac; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--classifier"]


def commands():
    parser = build_parser()
    action = next(x for x in parser._actions if isinstance(x, argparse._SubParsersAction))
    return action.choices.items()


@pytest.mark.parametrize(("name", "parser"), commands(), ids=lambda value: str(value)[:12])
def test_short_names_mean_the_same_everywhere(name, parser):
    named = {text: action.dest for action in parser._actions for text in action.option_strings}
    assert named["-q"] == named["--quiet"] == "quiet"
    assert named.get("-o", "out") == "out"
    assert named.get("-f", "force") == "force"


@pytest.mark.parametrize(
    "name", ["predict", "evaluate", "export", "agreement", "simulate", "merge", "demo"]
)
def test_out_has_its_short_name(name):
    parser = dict(commands())[name]
    (out,) = (action for action in parser._actions if action.dest == "out")
    assert out.option_strings == ["-o", "--out"]


@pytest.mark.parametrize(
    ("arguments", "name", "found"),
    [
        (["evaluate", "--truth", "t", "--predictions", "a", "--predictions", "b", "c"],
         "predictions", ["a", "b", "c"]),
        (["export", "s", "-o", "x", "--layer", "a", "--layer", "b", "c"], "layer", ["a", "b", "c"]),
        (["agreement", "s", "--layers", "a", "b", "--layer", "c"], "layer", ["a", "b", "c"]),
        (["predict", "s", "--select", "0-2", "--select", "5"], "select", ["0-2", "5"]),
    ],
)  # fmt: skip
def test_options_that_are_given_twice_add_up(arguments, name, found):
    args = build_parser().parse_args(arguments)
    assert [str(value) for value in getattr(args, name)] == found
