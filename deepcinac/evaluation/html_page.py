"""A page that needs nothing beside it: figures with their files, tables, notes. Reports are made of these.

Every name, note and path is escaped, and the page may load nothing and run nothing.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcinac.evaluation.figure_style import save_figure
from deepcinac.evaluation.tables import write_csv
from deepcinac.files import written_atomically
from deepcinac.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE, FIGURES = "report.html", "figures"
Cells = Sequence[str]
Rows = Sequence[dict[str, Any]]

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


@dataclass(frozen=True, eq=False)
class Section:
    """A figure of a report; ``name`` is that of its files, ``rows`` what is drawn and written."""

    name: str
    title: str
    caption: str
    rows: Rows
    draw: Callable[[Rows, Sequence[str]], Figure]


def write_section(folder: Path, part: Section, methods: Sequence[str]) -> bytes:
    """Draw a figure and write its files; returns the PNG."""
    figure = part.draw(part.rows, methods)
    for ending in (".svg", ".png"):
        save_figure(figure, folder / f"{part.name}{ending}")
    write_csv(folder / f"{part.name}.csv", list(part.rows))
    return (folder / f"{part.name}.png").read_bytes()


def whole_page(title: str, body: Sequence[str]) -> str:
    """The text of a page from its parts."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def safe(text: object) -> str:
    """Text that means nothing but itself."""
    return html.escape(str(text), quote=True)


def table(head: Cells, rows: Sequence[Cells]) -> str:
    """A table that scrolls where it is wide."""
    lines = ["".join(f"<td>{safe(text)}</td>" for text in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    top = "".join(f'<th scope="col">{safe(text)}</th>' for text in head)
    whole = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="wide">{whole}</table></div>'


def notes_box(notes: Sequence[str]) -> str:
    """What a reader has to bear in mind; nothing without notes."""
    if not notes:
        return ""
    items = "".join(f"<li>{safe(note)}</li>" for note in notes)
    return f'<div class="note"><b>To bear in mind</b><ul>{items}</ul></div>'


def section_text(part: Section, picture: bytes) -> str:
    """A figure with its title, caption and files."""
    encoded = base64.b64encode(picture).decode("ascii")
    links = ", ".join(
        f'<a href="{FIGURES}/{part.name}{ending}">{ending[1:].upper()}</a>'
        for ending in (".png", ".svg", ".csv")
    )
    return (
        f'<h2 id="{part.name}">{safe(part.title)}</h2>\n<figure>'
        f'<img alt="{safe(part.title)}" src="data:image/png;base64,{encoded}" '
        f'style="width: {_width(picture)}px">'
        f"<figcaption>{safe(part.caption)} ({links})</figcaption></figure>"
    )


def _width(picture: bytes) -> int:
    """How wide a PNG of 300 dots per inch stands on the page: 120 px an inch."""
    return round(int.from_bytes(picture[16:20], "big") * 120 / 300)


def write_page(
    out: Path,
    title: str,
    lead: str,
    head: Cells,
    rows: Sequence[Cells],
    notes: Sequence[str],
    parts: Sequence[Section],
    methods: Sequence[str],
    differences: Sequence[str] = (),
) -> Path:
    """Write the figures and the page of one method or several; returns the page.

    ``lead`` says what was compared, ``rows`` under ``head`` how it came out, ``differences`` one method
    against the other, a sentence each, where there are several.
    """
    pictures = [write_section(out / FIGURES, part, methods) for part in parts]
    body = [
        f"<h1>{safe(title)}</h1>",
        f'<p class="dim">DeepCINAC {safe(__version__)}. Figures and tables are in the folder '
        f"<i>{FIGURES}</i> beside this page.</p>",
        f"<p>{safe(lead)}</p>",
        table(head, rows),
        notes_box(notes),
        *(section_text(part, picture) for part, picture in zip(parts, pictures, strict=True)),
    ]
    if differences:
        body.append("<h2>Method against method</h2>")
        body.append("<ul>" + "".join(f"<li>{safe(one)}</li>" for one in differences) + "</ul>")
    with written_atomically(out / PAGE) as temporary:
        temporary.write_text(whole_page(title, body), encoding="utf-8")
    return out / PAGE
