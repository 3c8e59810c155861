"""``deepcinac simulate``: one movie, and a corpus that goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcinac.cli.main import main
from deepcinac.files import read_json

SMALL = ["--n-frames", "60", "--height", "32", "--width", "32", "--n-cells", "6"]


def test_a_corpus_of_tissue_names_its_kinds_and_is_not_made_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["simulate", "--corpus", "3", "--preset", "tissue", "--out", str(tmp_path), *SMALL]
    (tmp_path / ".0001.part").mkdir()  # of a run that was cut off
    (tmp_path / ".0001.part" / "movie.tif").write_bytes(b"half")
    assert main([*command, "--progress", "none"]) == 0
    assert "0001: dense, 60 frames" in capsys.readouterr().out
    kinds = [read_json(tmp_path / f"{n:04d}" / "meta.json")["kind"] for n in range(3)]
    assert kinds == ["hybrid", "dense", "dim"]
    before = [(tmp_path / f"{n:04d}" / "movie.tif").stat().st_mtime_ns for n in range(3)]
    assert main([*command, "--progress", "none"]) == 0
    after = [(tmp_path / f"{n:04d}" / "movie.tif").stat().st_mtime_ns for n in range(3)]
    assert after == before
    assert not list(tmp_path.glob(".*"))


def test_two_at_a_time_make_the_same_movies(tmp_path: Path) -> None:
    for name, jobs in (("one", "1"), ("two", "2")):
        out = str(tmp_path / name)
        command = ["simulate", "--corpus", "2", "--preset", "nearly-silent", "--out", out]
        assert main([*command, *SMALL, "--jobs", jobs, "--progress", "none"]) == 0
    first, second = (
        [(tmp_path / name / folder / "movie.tif").read_bytes() for folder in ("0000", "0001")]
        for name in ("one", "two")
    )
    assert first == second


def test_without_a_preset_the_movie_says_which_it_is(tmp_path: Path) -> None:
    out = tmp_path / "m"
    assert main(["simulate", "--out", str(out), "--seed", "5", *SMALL, "--progress", "none"]) == 0
    meta = read_json(out / "meta.json")
    assert (meta["kind"], meta["settings"]["seed"]) == ("ca1-pup", 5)


def test_a_mixture_alone_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--preset", "tissue", "--out", str(tmp_path / "m")]) == 2
    assert "--corpus" in capsys.readouterr().err
