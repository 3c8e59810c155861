"""The page needs nothing beside it, does nothing, and every figure draws what its CSV holds."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from deepcinac.cli.main import main
from deepcinac.evaluation.html_page import whole_page
from deepcinac.evaluation.html_report import body_of, title_of, write_report
from deepcinac.evaluation.report_sections import sections
from deepcinac.evaluation.report_style import looks, plain_text, scattered
from deepcinac.evaluation.score import score
from deepcinac.evaluation.study import Entry, RecordingFacts, Study
from deepcinac.evaluation.truth import Truth

NASTY = "<script>alert('x')</script> & \"$\\frac{1}{0}$"


def small_study(*methods: str, recording: str = "mouse") -> Study:
    """Five frames, two transients (0-1 and 3-3) of one cell; each method finds the first only."""
    truth = Truth(
        transients=(np.array([[0, 1], [3, 3]]), np.empty((0, 2), int)),
        doubtful=np.zeros((2, 5), bool),
        trace=np.array([[0.0, 1, 0, 1, 2], [0, 0, 0, 0, 0]]),
        frame_rate_hz=10.0,
        visibility=(np.array([1.0, 5.0]), np.empty(0)),
    )
    values = np.array([[0.1, 0.7, 0.3, 0.2, 0.2], [0, 0, 0, 0, 0]])
    entries = tuple(
        Entry(name, recording, score(truth, values), "probability", "anna", f"about {name}")
        for name in methods
    )
    facts = RecordingFacts(recording, f"{recording}.npz", 2, 5, 10.0, notes=(f"of {recording}",))
    return Study((facts,), entries)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href") or k.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_names_from_files_are_text_and_nothing_else() -> None:
    study = small_study(NASTY, "other", recording=NASTY)
    parts = sections(study)
    read = Tags()
    body = body_of(study, parts, [b"\x89PNG" + bytes(20)] * len(parts))
    read.feed(whole_page(title_of(study), body))
    assert "script" not in read.tags
    assert NASTY in read.text
    assert all(a.startswith(("data:image/png", "figures/")) for a in read.addresses)


def test_names_are_drawn_as_they_are_written() -> None:
    assert plain_text("a$b$") == r"a\$b\$"
    study = small_study(NASTY)
    parts = {part.name: part for part in sections(study)}
    for name in ("share_of_frames", "reliability"):  # a tick and a legend
        parts[name].draw(parts[name].rows, study.methods).draw_without_rendering()


@pytest.mark.usefixtures("blank_figures")
def test_figures_draw_what_the_tables_hold(tmp_path: Path) -> None:
    study = small_study("one")
    write_report(tmp_path, study)
    rows = {
        path.stem: list(csv.DictReader(path.open(encoding="utf-8", newline="")))
        for path in (tmp_path / "figures").glob("*.csv")
    }
    (cell, quiet) = rows["cells"]
    assert (cell["recall"], quiet["recall"]) == ("0.5", "")
    assert [row["share_predicted"] for row in rows["share_of_frames"]] == ["0.5", "0"]
    (onset,) = rows["onset_error"]
    assert (onset["error_frames"], onset["error_ms"]) == ("1", "100")
    assert [row["value"] for row in rows["outcomes"] if row["outcome"] == "TP"] == ["0.7"]
    assert [row["value"] for row in rows["outcomes"] if row["outcome"] == "FN"] == ["0.2"]
    parts = {part.name: part for part in sections(study)}
    drawn = parts["onset_error"].draw(parts["onset_error"].rows, study.methods)
    dots = drawn.axes[0].collections[0].get_offsets()
    assert dots[:, 1].tolist() == [100]
    shares = parts["share_of_frames"].draw(parts["share_of_frames"].rows, study.methods)
    assert shares.axes[0].collections[0].get_offsets()[:, 1].tolist() == [50, 0]
    for name in parts:
        assert (tmp_path / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert b"<svg" in (tmp_path / "figures" / f"{name}.svg").read_bytes()[:500]
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(re.findall("<img", text)) == len(parts)
    assert "prefers-color-scheme: dark" in text


def test_everything_undefined_can_be_drawn() -> None:
    truth = Truth(transients=(np.empty((0, 2), int),), doubtful=np.zeros((1, 5), bool))
    scores = score(truth, np.zeros((1, 5)))
    facts = RecordingFacts("quiet", "quiet.npz", 1, 5, None)
    study = Study((facts,), (Entry("silent", "quiet", scores, "transients", "the truth"),))
    for part in sections(study):
        part.draw(part.rows, study.methods)
    assert study.main_rule == "runs"


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_dots_lie_within_their_column(n: int) -> None:
    places = scattered(np.linspace(0, 1, n) if n != 50 else np.ones(n), 0, 1)
    assert len(places) == n
    assert (np.abs(places) <= 1).all()
    assert len(np.unique(places)) == (n if n == 50 else min(n, 1))


def test_methods_do_not_look_alike() -> None:
    found = looks([str(n) for n in range(16)])
    assert len(set(found.values())) == 16


@pytest.mark.usefixtures("blank_figures")
def test_the_command_writes_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    active = np.zeros((2, 40), bool)
    active[0, 10:14] = True
    np.savez(tmp_path / "truth.npz", active=active)
    np.save(tmp_path / "p.npy", np.where(active, 0.8, 0.0))
    command = ["evaluate", "--truth", str(tmp_path), "--predictions", str(tmp_path / "p.npy")]
    assert main([*command, "--out", str(tmp_path / "r"), "--progress", "none"]) == 0
    assert "The report is in" in capsys.readouterr().out
    text = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "no score as in the paper" in text
