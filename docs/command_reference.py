"""The pages of the commands, made from the parsers whenever the site is built.

An extension of Sphinx: it writes a page for each command into ``docs/commands`` (not under version
control) before the pages are read. The options made from settings records are in the parsers, so their
limits and defaults are the program's own.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from deepcinac.cli.main import build_parser

FOLDER = Path(__file__).resolve().parent / "commands"
HIDDEN = ("-h", "--help")
_QUOTED = re.compile(r"(`[^`]*`)|'(deepcinac [^']*)'|(?<![\w`-])(--[a-z][\w-]*)")
_SPECIAL = re.compile(r"([\\*_<>\[\]|])")


def in_markdown(text: str) -> str:
    r"""Help as Markdown: commands and options in code, and nothing taken for markup.

    >>> in_markdown("see --out; 'deepcinac info' reads a_b")
    'see `--out`; `deepcinac info` reads a\\_b'
    """
    pieces, at = [], 0
    for match in _QUOTED.finditer(text):
        code = next(part for part in match.groups() if part).strip("`")
        pieces += [_SPECIAL.sub(r"\\\1", text[at : match.start()]), f"`{code}`"]
        at = match.end()
    return "".join([*pieces, _SPECIAL.sub(r"\\\1", text[at:])])


def command_page(name: str, parser: argparse.ArgumentParser, summary: str) -> str:
    """The page of one command, as Markdown."""
    about = parser.description or f"{summary[:1].upper()}{summary[1:]}."
    lines = [f"# deepcinac {name}", "", in_markdown(about), ""]
    lines += ["```text", usage(parser), "```", ""]
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if shown(action)]
        if not actions:
            continue
        lines += [f"## {_heading(group.title)}", ""]
        lines += [in_markdown(group.description), ""] if group.description else []
        lines += ["| option | what it is |", "| --- | --- |"]
        lines += [f"| {_invocation(action)} | {_help(parser, action)} |" for action in actions]
        lines += [""]
    return "\n".join(lines)


def _heading(title: str | None) -> str:
    words = "arguments" if title == "positional arguments" else title or "options"
    return words[0].upper() + words[1:]


def shown(action: argparse.Action) -> bool:
    """Whether an argument is for users: not hidden, and not the help that every command has."""
    return action.help != argparse.SUPPRESS and not set(action.option_strings) & set(HIDDEN)


def usage(parser: argparse.ArgumentParser) -> str:
    """What a command needs, in one line."""
    actions = [action for action in parser._actions if shown(action)]
    needed = [action for action in actions if action.option_strings and action.required]
    places = [action for action in actions if not action.option_strings]
    words = [f"{action.option_strings[-1]} {_value(parser, action)}" for action in needed]
    words += [_value(parser, action) for action in places]
    return " ".join([parser.prog, *words, "[OPTIONS]"])


def _value(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """The placeholder of an argument's values, as its own ``--help`` shows it."""
    formatter = parser._get_formatter()
    default = formatter._get_default_metavar_for_optional(action)
    return formatter._format_args(action, action.dest if not action.option_strings else default)


def _invocation(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`".replace("|", "\\|")
    names = list(action.option_strings)
    if action.nargs != 0:
        metavar: Any = action.metavar or _choices_or_name(action)
        names[-1] += f" {metavar if isinstance(metavar, str) else ' '.join(metavar)}"
    return ", ".join(f"`{name}`" for name in names).replace("|", "\\|")


def _choices_or_name(action: argparse.Action) -> str:
    return "NAME" if action.choices else action.dest.upper()


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = in_markdown(parser._get_formatter()._expand_help(action) if action.help else "")
    if action.choices and action.nargs != 0:
        names = ", ".join(f"`{choice}`" for choice in action.choices)
        text = f"{text}. One of {names}" if text else f"One of {names}"
    return text


def pages() -> dict[str, str]:
    """Every page: the name of its file and its text."""
    parser = build_parser()
    (commands,) = (
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    )
    summaries = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    found = {
        f"{name}.md": command_page(name, commands.choices[name], summary)
        for name, summary in summaries.items()  # without those that the program keeps to itself
    }
    rows = [f"| [{name}]({name}.md) | {in_markdown(summaries[name])} |" for name in summaries]
    index = [
        "# Commands",
        "",
        "Made from the program itself: what stands here is what `deepcinac COMMAND --help` prints.",
        "Exit status: 0 done, 1 a bug in the program, 2 a mistake in what was given, 130 stopped by",
        "Ctrl-C. Every command takes `--quiet` and, for error reports, `--verbose`.",
        "",
        "| command | what it does |",
        "| --- | --- |",
        *rows,
        "",
        "```{toctree}",
        ":hidden:",
        "",
        *[f"{name} <{name}>" for name in summaries],
        "```",
        "",
    ]
    return {"index.md": "\n".join(index), **found}


def write_pages(_app: object = None) -> None:
    """Write what has changed, and remove the pages of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx when to write the pages."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}
