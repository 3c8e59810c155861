"""The report: one HTML page that needs nothing beside it, and the figures and tables as files.

Every name, note and path is escaped, and the page may load nothing and run nothing: what a stranger's file
is called cannot do anything.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from deepcinac.evaluation.comparison import Difference, in_words
from deepcinac.evaluation.figure_style import save_figure
from deepcinac.evaluation.report import number
from deepcinac.evaluation.report_sections import Section, sections
from deepcinac.evaluation.report_tables import Row, frame_rows
from deepcinac.evaluation.score import RULES
from deepcinac.evaluation.study import Study
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import written_atomically
from deepcinac.progress import Progress, ProgressEvent, silent
from deepcinac.version import __version__

PAGE, FIGURES = "report.html", "figures"
STAGE = "drawing"
Cells = Sequence[str]

STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --dim: #5a5a60; --line: #d9d9de; --page: #ffffff;
  --card: #f6f6f8; --link: #0060a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea; --dim: #a8a8b0; --line: #45454c;
  --page: #1b1b1e; --card: #26262a; --link: #6cb8f0; } }
body { background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif;
  max-width: 62rem; margin: 0 auto;
  padding: 1.5rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; }
p { margin: .5rem 0; } .dim { color: var(--dim); font-size: .9rem; } a { color: var(--link); }
figure { margin: .8rem 0; } figcaption { color: var(--dim); font-size: .9rem; margin-top: .4rem; }
figure img { background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: .6rem;
  max-width: 100%; height: auto; box-sizing: border-box; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; margin: .6rem 0;
  font-variant-numeric: tabular-nums; } th, td { padding: .28rem .7rem; text-align: right;
  white-space: nowrap; border-bottom: 1px solid var(--line); }
  th { font-weight: 600; } th:first-child, td:first-child {
  text-align: left; white-space: normal; min-width: 9rem; }
  .wide td:last-child { white-space: normal; } thead th { border-bottom: 2px solid var(--line); }
ul { padding-left: 1.2rem; } li { margin: .3rem 0; } .note { background: var(--card); border-left: 4px solid
  #e69f00; padding: .5rem .9rem; border-radius: 4px; margin: .8rem 0; }
@media print { body { max-width: none; } table { font-size: .7rem; }
  th, td { white-space: normal; padding: .2rem .35rem; }
  h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(out: Path, study: Study, progress: Progress = silent) -> Path:
    """Write ``report.html`` into the folder ``out``, and each figure as PNG, SVG and CSV beside it.

    Returns the page.
    """
    parts = sections(study)
    pictures = []
    for done, part in enumerate(parts):
        progress(ProgressEvent(STAGE, done, len(parts), part.title))
        pictures.append(_write_section(out / FIGURES, part, study.methods))
    write_csv(out / FIGURES / "frames.csv", frame_rows(study))
    progress(ProgressEvent(STAGE, len(parts), len(parts)))
    with written_atomically(out / PAGE) as temporary:
        temporary.write_text(page(study, parts, pictures), encoding="utf-8")
    return out / PAGE


def _write_section(folder: Path, part: Section, methods: Sequence[str]) -> bytes:
    """Draw a figure and write its files; returns the PNG."""
    figure = part.draw(part.rows, methods)
    for ending in (".svg", ".png"):
        save_figure(figure, folder / f"{part.name}{ending}")
    write_csv(folder / f"{part.name}.csv", list(part.rows))
    return (folder / f"{part.name}.png").read_bytes()


def page(study: Study, parts: Sequence[Section], pictures: Sequence[bytes]) -> str:
    """The whole page as text."""
    names = ", ".join(recording.name for recording in study.recordings)
    title = f"Evaluation of {names}" if len(study.recordings) < 4 else "Evaluation"
    body = [
        f"<h1>{_safe(title)}</h1>",
        f'<p class="dim">DeepCINAC {_safe(__version__)}. Figures and tables are in the folder '
        f"<i>{FIGURES}</i> beside this page.</p>",
        _what_was_compared(study),
        "<h2>At a glance</h2>",
        _summary(study, _rows_of(parts, "totals")),
    ]
    for part, picture in zip(parts, pictures, strict=True):
        body.append(_section(part, picture))
        if part.name == "differences":
            body.append(_differences(study.differences, study))
    body.append(_how_to_read(study))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_safe(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _safe(text: object) -> str:
    return html.escape(str(text), quote=True)


def _table(head: Cells, rows: Sequence[Cells]) -> str:
    lines = ["".join(f"<td>{_safe(text)}</td>" for text in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    top = "".join(f'<th scope="col">{_safe(text)}</th>' for text in head)
    table = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="wide">{table}</table></div>'


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{_safe(note)}</li>" for note in notes)
    return f'<div class="note"><b>To bear in mind</b><ul>{items}</ul></div>'


def _what_was_compared(study: Study) -> str:
    rows = []
    said: dict[str, list[str]] = {}
    for one in study.recordings:
        rate = "–" if one.frame_rate_hz is None else f"{one.frame_rate_hz:g}"
        rows.append(
            [one.name, str(one.n_cells), str(one.n_frames), rate, one.masks or "–", one.truth]
        )
        for note in one.notes:
            said.setdefault(note, []).append(one.name)
    for entry in study.entries:
        if entry.note and not any(entry.note in note or note in entry.note for note in said):
            said[entry.note] = []
    n = len(study.recordings)
    notes = [
        f"{', '.join(names)}: {note}" if 0 < len(names) < n else note
        for note, names in said.items()
    ]
    notes.append(
        "A classifier that learned from these labels scores too well against them: what it learned from is "
        "in its card."
    )
    head = ["Recording", "Cells", "Frames", "Hz", "Masks from", "Truth"]
    return _table(head, rows) + _notes(notes)


def _rows_of(parts: Sequence[Section], name: str) -> Sequence[Row]:
    return next(part.rows for part in parts if part.name == name)


def _summary(study: Study, counted: Sequence[Row]) -> str:
    """A line for each method: what it was scored against, and its scores with their intervals."""
    rule = study.main_rule
    totals = {(row["method"], row["rule"], row["measure"]): row for row in counted}
    several = len(study.recordings) > 1
    head = ["Method", "Scored against", "Threshold", "Recall", "Precision", "F1", "95 % over cells"]
    head += ["95 % over recordings"] if several else []
    head += ["F1, strict"] if "strict" in study.rules else []
    head += ["Real", "Detected", "False"]
    rows = []
    for method in study.methods:
        f1 = totals[method, rule, "f1"]
        row = [method, _against(study, method), _threshold(study, method)]
        row += [
            number(totals[method, rule, name]["value"]) for name in ("recall", "precision", "f1")
        ]
        row.append(_interval(f1, "cells"))
        row += [_interval(f1, "recordings")] if several else []
        row += [number(totals[method, "strict", "f1"]["value"])] if "strict" in study.rules else []
        row += [str(f1["n_real"]), str(f1["n_detected"]), str(f1["n_predicted"] - f1["n_true"])]
        rows.append(row)
    text = f"All transients together, {RULES[rule]}."
    if several and len(study.recordings) < 6:
        text += (
            f" An interval over {len(study.recordings)} recordings is a rough guess: with so few it tends "
            "to be too narrow."
        )
    return _table(head, rows) + f'<p class="dim">{_safe(text)}</p>'


def _against(study: Study, method: str) -> str:
    return "; ".join(dict.fromkeys(entry.against for entry in study.of(method)))


def _threshold(study: Study, method: str) -> str:
    if study.says(method) == "transients":
        return "–"
    found = sorted({entry.scores.threshold for entry in study.of(method)})
    if found[-1] < 1e-6:
        return "above 0"
    return f"{found[0]:.2g}" if len(found) == 1 else f"{found[0]:.2g} to {found[-1]:.2g}"


def _interval(row: Row, over: str) -> str:
    low, high = row[f"low_over_{over}"], row[f"high_over_{over}"]
    return "–" if low is None else f"{low:.3f} to {high:.3f}"


def _section(part: Section, picture: bytes) -> str:
    encoded = base64.b64encode(picture).decode("ascii")
    links = ", ".join(
        f'<a href="{FIGURES}/{part.name}{ending}">{ending[1:].upper()}</a>'
        for ending in (".png", ".svg", ".csv")
    )
    return (
        f'<h2 id="{part.name}">{_safe(part.title)}</h2>\n<figure>'
        f'<img alt="{_safe(part.title)}" src="data:image/png;base64,{encoded}" '
        f'style="width: {_width(picture)}px">'
        f"<figcaption>{_safe(part.caption)} ({links})</figcaption></figure>"
    )


def _width(picture: bytes) -> int:
    """How wide a PNG of 300 dots per inch stands on the page: 120 px an inch."""
    return round(int.from_bytes(picture[16:20], "big") * 120 / 300)


def _differences(gaps: Sequence[Difference], study: Study) -> str:
    head = ["First – second", "Units", "First higher", "First lower", "Median", "Mean", "p (Holm)"]
    rows = [
        [
            f"{gap.first} – {gap.second}",
            f"{gap.n_units} {gap.unit}s",
            str(gap.n_higher),
            str(gap.n_lower),
            number(gap.median),
            number(gap.mean),
            "cannot be tested" if gap.p is None else f"{gap.p:.2g}",
        ]
        for gap in gaps
    ]
    against = {method: _against(study, method) for method in study.methods}
    items = []
    for gap in gaps:
        text = in_words(gap)
        if against[gap.first] != against[gap.second]:
            text += (
                f" They were scored against different truths ({against[gap.first]}; "
                f"{against[gap.second]}), which may be part of the difference."
            )
        items.append(f"<li>{_safe(text)}</li>")
    return _table(head, rows) + f"<ul>{''.join(items)}</ul>"


def _how_to_read(study: Study) -> str:
    lines = [
        "A transient runs from its onset to its peak. It is predicted when a frame of it reaches the "
        "threshold.",
        "As in the paper: precision over the putative transients, the rises of the smoothed trace, that are "
        "predicted. Strict: activity predicted outside any rise is false, too. By predicted run: every "
        "stretch of predicted frames is right or wrong, whatever the trace does.",
        "Frames that nobody judged, or that are doubtful, count for nobody.",
        "Differences are tested by the Wilcoxon signed-rank test with Holm's correction for the number of "
        "pairs, over cells and over recordings separately. With fewer than six units that differ nothing "
        "is tested.",
    ]
    if study.main_rule != "paper":
        lines.append(
            "Without traces there are no putative transients, and so no score as in the paper."
        )
    items = "".join(f"<li>{_safe(line)}</li>" for line in lines)
    return f"<h2>How to read this</h2><ul>{items}</ul>"
