"""Exit status and sentences of the command line, with a command made for the purpose."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from deepcinac import InputError, __version__
from deepcinac.cli import gui, main
from deepcinac.cli.common import progress_option
from deepcinac.cli.main import build_parser
from deepcinac.progress import ProgressEvent

Runner = Callable[..., tuple[int, str, str]]


def command(run: Callable[..., int]) -> SimpleNamespace:
    """A command module called "work"."""

    def add_parser(subparsers: object) -> None:
        parser = subparsers.add_parser("work", help="work")  # type: ignore[attr-defined]
        progress_option(parser)
        parser.set_defaults(run=run)

    return SimpleNamespace(add_parser=add_parser)


@pytest.fixture
def work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Runner:
    """Runs "deepcinac work ..." in this process; gives exit status, stdout and stderr."""
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))

    def runner(run: Callable[..., int], *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(main, "COMMANDS", (gui, command(run)))
        status = main.main(["work", *options])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return runner


def failing(error: BaseException) -> Callable[..., int]:
    def run(args: object, progress: object) -> int:
        raise error

    return run


def test_done(work: Runner) -> None:
    assert work(lambda args, progress: 0, "--progress", "none") == (0, "", "")


def test_the_users_mistake_is_one_sentence(work: Runner) -> None:
    error = InputError("a movie", "nothing", "a.tif", "check the path")
    status, out, err = work(failing(error))
    assert (status, out) == (2, "")
    assert err == "deepcinac: Expected a movie, found nothing in a.tif. Check the path.\n"


def test_our_mistake_has_its_traceback_in_the_log(work: Runner, tmp_path: Path) -> None:
    status, _, err = work(failing(ZeroDivisionError("division by zero")))
    log = tmp_path / "cache" / "deepcinac.log"
    assert status == 1
    assert len(err.splitlines()) == 1
    assert "ZeroDivisionError: division by zero. Please report it" in err
    assert str(log) in err
    text = log.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in text
    assert f"deepcinac {__version__}" in text
    assert "arguments: ['work']" in text


def test_the_log_does_not_grow_for_ever(
    work: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "LOG_KEPT_BYTES", 10)
    for number in (1, 2, 3):
        work(failing(ValueError(f"number {number}")))
    logs = sorted((tmp_path / "cache").iterdir())
    assert [log.name for log in logs] == ["deepcinac.log", "deepcinac.old.log"]
    assert "number 3" in logs[0].read_text()
    assert "number 1" not in logs[1].read_text()


def test_without_a_log_the_traceback_is_shown(
    work: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("DEEPCINAC_CACHE", str(blocked / "cache"))
    status, _, err = work(failing(ValueError("x")))
    assert status == 1
    assert "Traceback" in err


def test_verbose_shows_the_traceback(work: Runner) -> None:
    status, _, err = work(failing(InputError("a", "b")), "--verbose")
    assert status == 2
    assert "Traceback" in err


def test_verbose_before_the_command_counts_too(
    work: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "COMMANDS", (command(failing(InputError("a", "b"))),))
    assert main.main(["--verbose", "work"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c(work: Runner) -> None:
    assert work(failing(KeyboardInterrupt())) == (130, "", "deepcinac: Stopped by Ctrl-C.\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "a.npz"),
            "No space left on device: a.npz.",
        ),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied."),
        (MemoryError(), "not enough memory"),
    ],
)
def test_faults_of_the_machine_are_sentences(work: Runner, error: Exception, said: str) -> None:
    status, _, err = work(failing(error))
    assert status == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_workers_broken_pipe_is_our_mistake(
    work: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "_reader_is_gone", lambda: False)
    status, _, err = work(failing(BrokenPipeError()))
    assert status == 1
    assert "BrokenPipeError" in err


def test_json_lines(work: Runner) -> None:
    def run(args: object, progress: Callable[[ProgressEvent], None]) -> int:
        progress(ProgressEvent("reading", 1, 4))
        print("1 cell")
        return 0

    status, out, err = work(run, "--progress", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [line["stage"] for line in lines] == ["reading", "done"]
    assert err == "1 cell\n"


def test_json_lines_of_a_failure(work: Runner) -> None:
    status, out, err = work(failing(InputError("a movie", "nothing")), "--progress", "jsonl")
    last = json.loads(out.splitlines()[-1])
    assert status == 2
    assert (last["stage"], last["status"]) == ("failed", 2)
    assert last["message"] == "Expected a movie, found nothing."
    assert err == "deepcinac: Expected a movie, found nothing.\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["dance"], "invalid choice: 'dance'"),
        (["work", "--progress", "loud"], "invalid choice: 'loud'"),
        (["work", "--prog", "none"], "unrecognized arguments"),
    ],
)
def test_wrong_arguments(
    work: Runner, argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    work(lambda args, progress: 0, "--progress", "none")
    with pytest.raises(SystemExit) as end:
        main.main(argv)
    assert end.value.code == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="these have a screen without DISPLAY"
)
@pytest.mark.parametrize("argv", [[], ["gui"], ["gui", "a.deepcinac"]])
def test_without_a_screen_the_window_is_a_sentence(argv: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-m", "deepcinac", *argv],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "Expected a" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"deepcinac {__version__}\n"


def test_help_names_every_command() -> None:
    text = main.build_parser().format_help()
    names = {line.split()[0] for line in text.splitlines() if line.startswith("    ")}
    assert names >= {
        *("gui", "demo", "info", "predict", "train", "evaluate", "simulate"),
        *("classifiers", "doctor"),
    }


def test_without_a_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pythonw and programs that a desktop starts have no streams."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.chdir(tmp_path)
    assert main.main(["classifiers"]) == 0
    assert main.main(["info", "no-such-file"]) == 2
    monkeypatch.setattr(sys, "argv", ["deepcinac-gui", "--help"])
    with pytest.raises(SystemExit) as end:
        main.window()
    assert end.value.code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams with a shell")
def test_closed_streams_do_not_become_those_of_a_file(tmp_path: Path) -> None:
    code = "import sys; from deepcinac.cli.main import main; main(['completion', 'bash']); " \
        "sys.exit(open(sys.executable).fileno())"  # fmt: skip
    done = subprocess.run(["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, code])
    assert done.returncode >= 3


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepcinac", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"deepcinac {__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way there")
def test_a_reader_that_leaves_early() -> None:
    """``deepcinac ... | head -1`` ends quietly, with the status of a broken pipe."""
    code = textwrap.dedent(
        """
        import sys
        from types import SimpleNamespace
        from deepcinac.cli import main

        def run(args, progress):
            for number in range(100_000):
                print(number)
            return 0

        def add_parser(subparsers):
            subparsers.add_parser("count").set_defaults(run=run)

        main.COMMANDS = (SimpleNamespace(add_parser=add_parser),)
        sys.exit(main.main(["count"]))
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=300) == main.READER_GONE


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (
            ["evaluate", "--truth", "a", "--predictions", "b", "--layer", "x", "--layer", "y"],
            "--layer",
        ),
        (["predict", "a.deepcinac", "-o", "x.npz", "--out", "y.npz"], "-o/--out"),
        (["simulate", "-o", "d", "--seed", "1", "--seed", "2"], "--seed"),
    ],
)
def test_an_option_of_one_value_is_refused_twice(
    arguments: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(arguments)
    assert ended.value.code == 2
    assert f"argument {option}: given twice" in capsys.readouterr().err


def test_large_limits_are_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["simulate", "--help"])
    assert "e+0" not in capsys.readouterr().out


@pytest.mark.parametrize("verbose", [False, True])
def test_warnings_are_sentences_and_those_for_programmers_silent(
    work: Runner, caplog: pytest.LogCaptureFixture, verbose: bool
) -> None:
    """Ours comes from a file of the package, the others from a library and from the standard library."""
    ours = str(main.OUR_CODE / "recording" / "movie.py")

    def run(args: object, progress: object) -> int:
        warnings.warn_explicit("m.tif: 3 of 20\nframes missing.", UserWarning, ours, 1)
        warnings.warn_explicit("the structure of inputs", UserWarning, "/keras/x.py", 259)
        warnings.warn_explicit("will be removed", DeprecationWarning, ours, 2)
        return 0

    status, _, error = work(run, *(["--verbose"] if verbose else []))
    told = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert status == 0
    assert "UserWarning" not in error
    assert ("WARNING", "m.tif: 3 of 20 frames missing.") in told
    assert [level for level, text in told if text == "the structure of inputs"] in ([], ["DEBUG"])
    assert all(level != "WARNING" for level, text in told if text == "will be removed")
