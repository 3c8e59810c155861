"""``deepcinac doctor``: it must print its findings on any machine, also on a broken one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deepcinac import __version__
from deepcinac.cli import doctor
from deepcinac.cli.main import main

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


def test_quick(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["doctor", "--quick"]) == 0
    out = capsys.readouterr().out
    for name in ("python", "memory", "cache", "numpy", "engine", "zarr", "tk", "screen"):
        assert any(line.startswith(f"{name} ") for line in out.splitlines())
    assert out.startswith("deepcinac ")
    assert __version__ in out
    assert "network" not in out


def test_it_asks_for_what_pyproject_lists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {
        requirement.split(">")[0]
        for requirement in project["dependencies"]
        if ";" not in requirement
    }
    assert set(doctor.NEEDED) == listed


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED", ("numpy", "not-a-package"))
    rows, problems = doctor.packages()
    assert ("not-a-package", "missing") in rows
    assert problems == ["The package not-a-package is missing: run `pip install not-a-package`."]


def installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    """Only these packages."""
    known = {name.replace("_", "-"): version for name, version in versions.items()}
    monkeypatch.setattr(doctor, "version_of", known.get)


def test_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, tensorflow_cpu="2.21.0")
    assert doctor.engine() == ([("engine", "tensorflow-cpu 2.21.0")], [])
    installed(monkeypatch, tensorflow="2.21.0")
    assert doctor.engine() == ([("engine", "tensorflow 2.21.0")], [])


def test_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    rows, problems = doctor.engine()
    assert rows == [("engine", "missing")]
    assert "run `pip install tensorflow`, or `pip install tensorflow-cpu`" in problems[0]


def test_two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, tensorflow="2.21.0", tensorflow_cpu="2.20.0")
    rows, problems = doctor.engine()
    assert rows == [("engine", "tensorflow 2.21.0"), ("engine", "tensorflow-cpu 2.20.0")]
    assert problems == [
        "tensorflow and tensorflow-cpu overwrite each other: run `pip uninstall tensorflow "
        "tensorflow-cpu`, then install one of them."
    ]


def test_optional_packages_say_what_they_bring(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, zarr="3.1.6")
    rows = dict(doctor.optional()[0])
    assert rows["zarr"] == "3.1.6"
    assert rows["pynwb"] == "not installed; writes .nwb"


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"tensorflow": "2.21.0"}, 'machine: run `pip install "tensorflow[and-cuda]"`.'),
        (
            {"tensorflow_cpu": "2.21.0"},
            "machine: run `pip uninstall tensorflow-cpu`, then run `pip",
        ),
    ],
)
def test_a_gpu_that_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, versions: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(doctor, "TENSORFLOW_PROBE", 'print(\'{"backend": "x", "gpus": []}\')')
    installed(monkeypatch, **versions)
    monkeypatch.setattr(doctor, "NVIDIA_DRIVER", tmp_path / "none")
    assert doctor.tensorflow()[1] == []
    monkeypatch.setattr(doctor, "NVIDIA_DRIVER", tmp_path)
    assert said in doctor.tensorflow()[1][0]


def test_within_the_executable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "executable" not in dict(doctor.machine()[0])["python"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert dict(doctor.machine()[0])["python"].endswith(", within the executable")


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "file" / "cache"))
    rows, problems = doctor.disk()
    assert rows == []
    assert "Set DEEPCINAC_CACHE to another one." in problems[0]


def test_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_DISK", 2**80)
    monkeypatch.setattr(doctor, "LITTLE_MEMORY", 2**80)
    assert "working copies" in doctor.disk()[1][0]
    assert "memory" in doctor.memory()[1][0]


def test_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert dict(doctor.screen()[0])["screen"].startswith("none")
    monkeypatch.setenv("DISPLAY", ":7")
    assert dict(doctor.screen()[0])["screen"] == ":7"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ImportError('no such library')", "ImportError: no such library"),
        ("import os; os._exit(3)", "exit status 3"),
    ],
)
def test_tensorflow_that_fails(monkeypatch: pytest.MonkeyPatch, code: str, reason: str) -> None:
    monkeypatch.setattr(doctor, "TENSORFLOW_PROBE", code)
    rows, problems = doctor.tensorflow()
    assert rows == [("network", "does not load")]
    assert problems == [f"TensorFlow cannot be loaded: {reason}."]


def test_tensorflow_that_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    code = 'print("greetings"); print(\'{"backend": "tensorflow", "gpus": ["GPU:0"]}\')'
    monkeypatch.setattr(doctor, "TENSORFLOW_PROBE", code)
    ((_, said),), problems = doctor.tensorflow()
    assert said.startswith("Keras on tensorflow loads in ")
    assert said.endswith("; GPU:0")
    assert problems == []


def test_tensorflow_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("python", 180)

    monkeypatch.setattr(subprocess, "run", hang)
    assert "timed out after 180 seconds" in doctor.tensorflow()[1][0]
