"""The report: one HTML page that needs nothing beside it, and the figures and tables as files.

Every name, note and path is escaped, and the page may load nothing and run nothing: what a stranger's file
is called cannot do anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deepcinac.evaluation.comparison import Difference, in_words
from deepcinac.evaluation.html_page import (
    FIGURES,
    Section,
    notes_box,
    safe,
    section_text,
    table,
    top_of_page,
    write_body,
    write_section,
)
from deepcinac.evaluation.report import number
from deepcinac.evaluation.report_sections import sections
from deepcinac.evaluation.report_tables import Row, frame_rows
from deepcinac.evaluation.score import RULES
from deepcinac.evaluation.study import Study
from deepcinac.evaluation.tables import write_csv
from deepcinac.progress import Progress, ProgressEvent, silent

STAGE = "drawing"
Cells = Sequence[str]


def write_report(out: Path, study: Study, progress: Progress = silent) -> Path:
    """Write ``report.html`` into the folder ``out``, and each figure as PNG, SVG and CSV beside it.

    Returns the page.
    """
    parts = sections(study)
    pictures = []
    for done, part in enumerate(parts):
        progress(ProgressEvent(STAGE, done, len(parts), part.title))
        pictures.append(write_section(out / FIGURES, part, study.methods))
    write_csv(out / FIGURES / "frames.csv", frame_rows(study))
    progress(ProgressEvent(STAGE, len(parts), len(parts)))
    return write_body(out, title_of(study), body_of(study, parts, pictures))


def title_of(study: Study) -> str:
    """What the page is called."""
    names = ", ".join(recording.name for recording in study.recordings)
    return f"Evaluation of {names}" if len(study.recordings) < 4 else "Evaluation"


def body_of(study: Study, parts: Sequence[Section], pictures: Sequence[bytes]) -> list[str]:
    """The parts of the page from top to bottom."""
    body = [
        *top_of_page(title_of(study)),
        _what_was_compared(study),
        "<h2>At a glance</h2>",
        _summary(study, _rows_of(parts, "totals")),
    ]
    for part, picture in zip(parts, pictures, strict=True):
        body.append(section_text(part, picture))
        if part.name == "differences":
            body.append(_differences(study.differences, study))
    body.append(_how_to_read(study))
    return body


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
    return table(head, rows) + notes_box(notes)


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
    return table(head, rows) + f'<p class="dim">{safe(text)}</p>'


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
        items.append(f"<li>{safe(text)}</li>")
    return table(head, rows) + f"<ul>{''.join(items)}</ul>"


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
    items = "".join(f"<li>{safe(line)}</li>" for line in lines)
    return f"<h2>How to read this</h2><ul>{items}</ul>"
