"""``deepcinac completion``: what makes a shell complete our commands and options."""

from __future__ import annotations

import argparse
from typing import Any

from deepcinac.progress import Progress

SHELLS = ("bash", "zsh", "tcsh")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "completion",
        help="print what lets a shell complete commands and options",
        description="Print a script that completes the commands, options and file names of deepcinac "
        "when Tab is pressed. For bash: deepcinac completion bash > "
        "~/.local/share/bash-completion/completions/deepcinac. For zsh: deepcinac completion zsh > "
        "a file called _deepcinac in a folder of $fpath.",
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Print the script."""
    import shtab

    _complete_files(args.whole_parser, shtab.FILE)
    print(shtab.complete(args.whole_parser, args.shell))
    return 0


def _complete_files(parser: argparse.ArgumentParser, files: dict[str, Any]) -> None:
    """Let what is a path be completed as one, in all commands."""
    from pathlib import Path

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                _complete_files(subparser, files)
        elif action.type is Path or action.dest in ("movie", "cells"):
            action.complete = files  # type: ignore[attr-defined]
