"""A page of ``docs`` as plain text with headings: those that the installed package holds too."""

from __future__ import annotations

import re
import tkinter as tk
from pathlib import Path
from tkinter import font, ttk

from deepcinac.errors import InputError
from deepcinac.gui.drawing.look import TEXT_POINTS
from deepcinac.gui.widgets.theme import Theme

SIZE = (960, 640)
_INLINE = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`|\*([^*]+)\*")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)]*\)")
_ITEM = re.compile(r"\s*([-|]|\d+\.\s)")
_PICTURE = re.compile(r"^!\[(.*)\]\(.*\)$")

Piece = tuple[str, str]
"""A text and how it is set: a tag of the text widget."""


def page_text(name: str) -> str:
    """A page beside this package ("guide.md"), or that of a checkout."""
    here = Path(__file__).resolve().parents[1]
    for path in (here / name, here.parent / "docs" / name):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise InputError(f"the page {name}", "none", here, "install DeepCINAC again")


def pieces_of(text: str) -> list[Piece]:
    """A page of Markdown as pieces of text with their tags; pictures become their captions.

    >>> pieces_of("Press `g`, **now**")[:3]
    [('Press ', ''), ('g', 'code'), (', ', '')]
    """
    found: list[Piece] = []
    is_code, open_line = False, False
    for line in text.splitlines():
        picture = _PICTURE.match(line.strip())
        if line.strip().startswith("```"):
            is_code = not is_code
            continue
        heading = len(line) - len(line.lstrip("#"))
        block = is_code or picture or line.startswith("    ")
        starts = not line.strip() or heading or block or _ITEM.match(line)
        if open_line:
            found.append((" " if not starts else "\n", ""))
            open_line = False
        if is_code or line.startswith("    "):
            found.append((line.strip() + "\n", "block"))
        elif heading and not is_code:
            found.append((line.lstrip("# ") + "\n", f"h{min(heading, 3)}"))
        elif picture:
            found.append((f"[Picture: {picture[1]}]\n", "dim"))
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not all(set(cell) <= set("-: ") for cell in cells):
                found += [*_inline("    \u2003".join(cells)), ("\n", "")]
        elif not line.strip():
            found.append(("\n", ""))
        else:
            body = re.sub(r"^(\s*)- ", "\\1\u2022 ", line) if starts else line.strip()
            found += _inline(body)
            open_line = True
    if open_line:
        found.append(("\n", ""))
    return _joined(found)


def _inline(text: str) -> list[Piece]:
    """Bold, code and emphasis within a line; of a link, which leads nowhere here, its words."""
    text = _LINK.sub(r"\1", text)
    found: list[Piece] = []
    at = 0
    for match in _INLINE.finditer(text):
        found.append((text[at : match.start()], ""))
        tag = ("bold", "code", "em")[next(i for i, part in enumerate(match.groups()) if part)]
        found.append((next(part for part in match.groups() if part), tag))
        at = match.end()
    return [piece for piece in [*found, (text[at:], "")] if piece[0]]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours that are set alike as one."""
    found: list[Piece] = []
    for text, tag in pieces:
        if found and found[-1][1] == tag:
            found[-1] = (found[-1][0] + text, tag)
        else:
            found.append((text, tag))
    return found


class GuideWindow(tk.Toplevel):
    """Chapters at the left, the text at the right; a field to find words in it."""

    def __init__(self, parent: tk.Misc, theme: Theme, title: str, text: str) -> None:
        super().__init__(parent)
        p, px = theme.palette, theme.px
        self.title(title)
        self.configure(background=p.panel)
        self.geometry(f"{px(SIZE[0])}x{min(px(SIZE[1]), self.winfo_screenheight() - px(60))}")
        side = ttk.Frame(self, padding=px(8))
        side.pack(side="left", fill="y")
        ttk.Label(side, text="Find", style="Dim.TLabel").pack(anchor="w")
        self.words = ttk.Entry(side, width=24)
        self.words.pack(fill="x", pady=(0, px(8)))
        self.words.bind("<Return>", lambda _event: self.find_next())
        self.chapters = ttk.Treeview(side, show="tree", selectmode="browse")
        self.chapters.column("#0", width=px(260))
        self.chapters.pack(fill="both", expand=True)
        self.chapters.bind("<<TreeviewSelect>>", lambda _event: self._go(), add=True)
        self.box = box = tk.Text(self, wrap="word", font="TkDefaultFont", background=p.field,
                                 foreground=p.text, relief="flat", padx=px(18), pady=px(12),
                                 spacing3=px(2), highlightthickness=0)  # fmt: skip
        bar = ttk.Scrollbar(self, orient="vertical", command=box.yview)
        box.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        box.pack(side="left", fill="both", expand=True)
        for tag, name in (("h1", "TitleFont"), ("h2", "NumberFont"), ("h3", "StrongFont")):
            box.tag_configure(tag, font=name, spacing1=px(10), spacing3=px(6))
        box.tag_configure("bold", font="StrongFont")
        family = font.nametofont("TkDefaultFont", root=self).actual("family")
        box.tag_configure("em", font=(family, TEXT_POINTS, "italic"))
        box.tag_configure("code", font="TkFixedFont", background=p.raised)
        box.tag_configure("block", font="TkFixedFont", background=p.raised, lmargin1=px(16))
        box.tag_configure("dim", foreground=p.text_dim)
        box.tag_configure("found", background=p.accent, foreground=p.on_accent)
        for part, tag in pieces_of(text):
            if tag in ("h1", "h2"):
                self.chapters.insert("", "end", iid=box.index("end-1c"), text=part.strip())
            box.insert("end", part, tag)
        box.configure(state="disabled")
        self.bind("<Escape>", lambda _event: self.destroy())

    def _go(self) -> None:
        chosen = self.chapters.selection()
        if chosen:
            self.box.yview(chosen[0])

    def find_next(self) -> bool:
        """Show the next place of the words; False where there is none."""
        words = self.words.get().strip()
        marked = self.box.tag_ranges("found")
        start = str(marked[1]) if marked else "1.0"
        place = self.box.search(words, start, nocase=True) if words else ""
        self.box.tag_remove("found", "1.0", "end")
        if place:
            self.box.tag_add("found", place, f"{place}+{len(words)}c")
            self.box.see(place)
        return bool(place)
