"""How the window looks: colours, fonts and sizes, light and dark, at any resolution.

Built on ttk's ``clam``, whose every colour can be set and which grows with its fonts. Sizes are
given in pixels of a 96 dpi screen and turned into those of this screen by :meth:`Theme.px`; fonts
are given in points, which Tk scales itself. Colours that carry a meaning are those of Okabe and Ito
(2008), which people with any colour vision can tell apart; no meaning is told by colour alone.
"""

from __future__ import annotations

import contextlib
import sys
import tkinter as tk
from collections.abc import Callable
from tkinter import font, ttk

from deepcinac.gui.drawing.look import TEXT_POINTS, Look
from deepcinac.gui.widgets.palette import PALETTES, Palette

Pixels = Callable[[float], int]

POINTS_PER_INCH = 72.0
DESIGN_DPI = 96.0
NEEDED = (1366, 768)
"""Pixels of a 96 dpi screen that the window is laid out for."""
ROW_HEIGHT_PER_LINE = 1.25
"""Rows of a table over the height of a line: with less, descenders are cut at high resolutions."""


def scale_of(widget: tk.Misc) -> float:
    """Pixels of this screen per pixel of a 96 dpi screen, at least 1."""
    pixels_per_point = float(widget.tk.call("tk", "scaling"))
    return max(1.0, pixels_per_point * POINTS_PER_INCH / DESIGN_DPI)


def screen_size(widget: tk.Misc) -> tuple[int, int]:
    """Width and height of the screen in pixels."""
    return widget.winfo_screenwidth(), widget.winfo_screenheight()


def limit_scale(root: tk.Misc) -> None:
    """Make everything smaller when the window would need more pixels than the screen has.

    A screen of 1366 x 768 that claims 192 dpi has room for half of the controls at that size.
    """
    room = min(a / b for a, b in zip(screen_size(root), NEEDED, strict=True))
    if scale_of(root) > max(1.0, room):
        root.tk.call("tk", "scaling", max(1.0, room) * DESIGN_DPI / POINTS_PER_INCH)


def announce_resolution() -> None:
    """Tell Windows that the program draws sharply by itself; call it before the first window."""
    if sys.platform == "win32":
        import ctypes

        with contextlib.suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def hide_hidden_files(root: tk.Misc) -> None:
    """Tk's own file dialogs list files that begin with a dot unless they are told not to."""
    if root.tk.call("tk", "windowingsystem") != "x11":
        return
    with contextlib.suppress(tk.TclError):  # the wrong option loads the dialog and shows nothing
        root.tk.call("tk_getOpenFile", "-none")
    with contextlib.suppress(tk.TclError):
        root.tk.call("set", "::tk::dialog::file::showHiddenBtn", "1")
        root.tk.call("set", "::tk::dialog::file::showHiddenVar", "0")


class Theme:
    """The palette and sizes in use; :meth:`use` switches between light and dark while running.

    Parameters
    ----------
    root
        The window; its styles and named fonts are changed.
    name
        "light" or "dark".
    """

    def __init__(self, root: tk.Misc, name: str = "light") -> None:
        self._root = root
        limit_scale(root)
        self.scale = scale_of(root)
        self.palette = PALETTES[name]
        _set_fonts(root)
        self.use(name)

    def px(self, design_pixels: float) -> int:
        """A size of the 96 dpi design on this screen, at least 1 when it was not 0."""
        return max(1, round(design_pixels * self.scale)) if design_pixels else 0

    def use(self, name: str) -> None:
        """Restyle every ttk widget; plain Tk widgets ask ``palette`` themselves."""
        self.palette = PALETTES[name]
        style = ttk.Style(self._root)
        style.theme_use("clam")
        _style_basics(style, self.palette, self.px)
        _style_controls(style, self.palette, self.px)
        _style_lists(style, self.palette, self.px, self._row_height())
        _style_plain_widgets(self._root, self.palette)

    def look(self) -> Look:
        """What the views need of the theme."""
        p = self.palette
        family = font.nametofont("TkDefaultFont", root=self._root).actual("family")
        return Look(
            background=p.panel,
            panel=p.plot,
            ink=p.text,
            faint=p.text_dim,
            grid=p.grid,
            accent=p.accent,
            series=p.series,
            scale=self.scale,
            family=str(family),
        )

    def _row_height(self) -> int:
        line = font.nametofont("TkDefaultFont", root=self._root).metrics("linespace")
        return round(ROW_HEIGHT_PER_LINE * line)


def _set_fonts(root: tk.Misc) -> None:
    """Sizes in points, so that text grows with the resolution."""
    for name, points in (
        ("TkDefaultFont", TEXT_POINTS),
        ("TkTextFont", TEXT_POINTS),
        ("TkMenuFont", TEXT_POINTS),
        ("TkHeadingFont", TEXT_POINTS),
        ("TkTooltipFont", TEXT_POINTS),
        ("TkFixedFont", TEXT_POINTS),
    ):
        font.nametofont(name, root=root).configure(size=points)
    font.nametofont("TkHeadingFont", root=root).configure(weight="normal")
    known = font.names(root)
    family = font.nametofont("TkDefaultFont", root=root).actual("family")
    for name, points, weight in (
        ("SmallFont", TEXT_POINTS - 1, "normal"),
        ("SmallStrongFont", TEXT_POINTS - 1, "bold"),
        ("StrongFont", TEXT_POINTS, "bold"),
        ("TitleFont", TEXT_POINTS + 9, "bold"),
        ("NumberFont", TEXT_POINTS + 6, "bold"),
    ):
        if name not in known:
            root.tk.call(
                "font", "create", name, "-family", family, "-size", points, "-weight", weight
            )


def _style_basics(style: ttk.Style, p: Palette, px: Pixels) -> None:
    style.configure(
        ".",
        background=p.panel,
        foreground=p.text,
        fieldbackground=p.field,
        troughcolor=p.raised,
        bordercolor=p.border,
        lightcolor=p.panel,
        darkcolor=p.panel,
        selectbackground=p.accent,
        selectforeground=p.on_accent,
        insertcolor=p.text,
        arrowcolor=p.text,
        focuscolor=p.accent,
        font="TkDefaultFont",
    )
    style.map(".", foreground=[("disabled", p.text_dim)])
    for name in ("TFrame", "TLabel"):
        style.configure(name, background=p.panel)
    style.configure("Window.TFrame", background=p.window)
    style.configure("Window.TLabel", background=p.window)
    style.configure("Status.TFrame", background=p.raised)
    style.configure("Status.TLabel", background=p.raised, font="SmallFont")
    style.configure("StatusGood.TLabel", background=p.raised, foreground=p.good, font="SmallFont")
    style.configure("StatusBad.TLabel", background=p.raised, foreground=p.warning, font="SmallFont")
    style.configure("Nothing.TLabel", background=p.field, foreground=p.text_dim)
    style.configure("Dim.TLabel", foreground=p.text_dim, font="SmallFont")
    style.configure("DimWindow.TLabel", background=p.window, foreground=p.text_dim)
    style.configure("Strong.TLabel", font="StrongFont")
    style.configure("Title.TLabel", background=p.window, font="TitleFont")
    style.configure("Section.TLabel", background=p.window, font="StrongFont")
    style.configure("Card.TFrame", background=p.panel, bordercolor=p.border, relief="solid")
    style.configure("CardPlain.TFrame", background=p.panel)
    style.configure("Card.TLabel", background=p.panel)
    style.configure("CardDim.TLabel", background=p.panel, foreground=p.text_dim)
    style.configure("CardStrong.TLabel", background=p.panel, font="StrongFont")
    style.configure("CardNumber.TLabel", background=p.panel, foreground=p.accent, font="NumberFont")
    style.configure("PanelHead.TFrame", background=p.raised)
    style.configure("PanelHead.TLabel", background=p.raised, font="StrongFont")
    style.configure("Stages.TFrame", background=p.window)
    style.configure("StageName.TLabel", background=p.window, font="StrongFont")
    style.configure("StageNext.TLabel", background=p.window, foreground=p.text_dim)
    style.configure("Stage.TLabel", background=p.window, font="SmallFont")
    style.configure("Steps.TFrame", background=p.raised)
    style.configure("Steps.TLabel", background=p.raised, font="SmallFont")
    style.configure("StepsDim.TLabel", background=p.raised, foreground=p.text_dim, font="SmallFont")
    style.configure("StepsStrong.TLabel", background=p.raised, font="SmallStrongFont")
    style.configure("Warning.TFrame", background=p.raised)
    style.configure("Warning.TLabel", background=p.raised, foreground=p.warning)
    style.configure("Mistake.TLabel", foreground=p.warning, font="SmallFont")
    style.configure("Plan.TFrame", background=p.raised)
    style.configure("Plan.TLabel", background=p.raised)
    style.configure("PlanName.TLabel", background=p.raised, foreground=p.text_dim)
    style.configure("PlanWarning.TLabel", background=p.raised, foreground=p.warning)
    style.configure("Said.TLabel", background=p.raised)
    style.configure("TPanedwindow", background=p.window)
    style.configure("Sash", sashthickness=px(6), gripcount=0, background=p.window)
    style.configure("TSeparator", background=p.border)


def _style_controls(style: ttk.Style, p: Palette, px: Pixels) -> None:
    pad = (px(8), px(3))
    style.configure("TButton", background=p.raised, bordercolor=p.border, padding=pad, width=0)
    style.configure(
        "Accent.TButton", background=p.accent, foreground=p.on_accent, bordercolor=p.accent
    )
    style.configure("Stage.TButton", padding=(px(7), px(1)))
    style.configure("Steps.TButton", background=p.raised, bordercolor=p.raised, padding=(px(6), 0))
    style.configure("Flat.TButton", background=p.panel, bordercolor=p.panel, padding=(px(4), px(2)))
    style.configure("Head.TButton", background=p.raised, bordercolor=p.raised, padding=(px(4), 0))
    style.configure(
        "CardLink.TButton",
        background=p.panel,
        bordercolor=p.panel,
        foreground=p.accent,
        font="StrongFont",
        padding=(px(2), 0),
        anchor="w",
    )
    for name in ("TButton", "Flat.TButton", "Head.TButton", "Steps.TButton", "CardLink.TButton"):
        style.map(
            name,
            background=[("active", p.border), ("pressed", p.border)],
            foreground=[("disabled", p.text_dim)],
            lightcolor=[("pressed", p.border)],
            darkcolor=[("pressed", p.border)],
        )
    style.map("Accent.TButton", background=[("disabled", p.raised), ("active", p.accent)])
    style.configure(
        "Tool.Toolbutton", background=p.panel, padding=(px(6), px(2)), bordercolor=p.panel
    )
    style.map(
        "Tool.Toolbutton",
        background=[("selected", p.accent), ("active", p.raised)],
        foreground=[("selected", p.on_accent)],
        bordercolor=[("selected", p.accent)],
    )
    style.configure(
        "Head.Toolbutton", background=p.raised, padding=(px(4), 0), bordercolor=p.raised
    )
    style.map(
        "Head.Toolbutton",
        background=[("selected", p.field), ("active", p.border)],
        bordercolor=[("selected", p.border)],
    )
    size = px(11)
    for name in ("TCheckbutton", "TRadiobutton"):
        style.configure(
            name,
            background=p.panel,
            indicatorsize=size,
            indicatorbackground=p.field,
            indicatorforeground=p.text,
            upperbordercolor=p.text_dim,
            lowerbordercolor=p.text_dim,
            padding=(px(2), px(1)),
        )
        style.map(
            name,
            background=[("active", p.panel)],
            indicatorbackground=[("selected", p.accent), ("!selected", p.field)],
            indicatorforeground=[("selected", p.on_accent)],
        )
    style.configure("Window.TCheckbutton", background=p.window)
    style.map("Window.TCheckbutton", background=[("active", p.window)])
    for name in ("TEntry", "TSpinbox", "TCombobox"):
        style.configure(
            name,
            fieldbackground=p.field,
            foreground=p.text,
            background=p.raised,
            bordercolor=p.border,
            lightcolor=p.field,
            darkcolor=p.field,
            padding=px(2),
            arrowsize=px(11),
        )
        style.map(
            name,
            bordercolor=[("focus", p.accent)],
            lightcolor=[("focus", p.accent)],
            fieldbackground=[("readonly", p.field), ("disabled", p.panel)],
            foreground=[("disabled", p.text_dim), ("readonly", p.text)],
            selectbackground=[("readonly", p.field)],
            selectforeground=[("readonly", p.text)],
        )
    style.configure("TScale", background=p.raised, troughcolor=p.field, bordercolor=p.border)
    style.configure("Horizontal.TScale", sliderlength=px(14), gripcount=0, arrowsize=px(12))
    style.map("TScale", background=[("active", p.accent)])
    style.configure("TProgressbar", background=p.accent, troughcolor=p.field, bordercolor=p.border)
    style.configure("TMenubutton", background=p.raised, padding=pad, arrowcolor=p.text)


def _style_lists(style: ttk.Style, p: Palette, px: Pixels, row_height: int) -> None:
    style.configure(
        "Treeview",
        background=p.field,
        fieldbackground=p.field,
        foreground=p.text,
        bordercolor=p.border,
        rowheight=row_height,
    )
    style.map(
        "Treeview",
        background=[("selected", p.accent)],
        foreground=[("selected", p.on_accent)],
    )
    style.configure("Treeview.Heading", background=p.raised, relief="flat", padding=(px(3), px(2)))
    style.map("Treeview.Heading", background=[("active", p.border)])
    for name in ("Vertical.TScrollbar", "Horizontal.TScrollbar"):
        style.configure(
            name,
            background=p.raised,
            troughcolor=p.panel,
            bordercolor=p.panel,
            arrowcolor=p.text_dim,
            arrowsize=px(11),
            gripcount=0,
        )
        style.map(name, background=[("active", p.border), ("disabled", p.panel)])
    style.configure("TNotebook", background=p.window, bordercolor=p.border)
    style.configure("TNotebook.Tab", background=p.raised, padding=(px(8), px(3)))
    style.map("TNotebook.Tab", background=[("selected", p.panel)])


def _style_plain_widgets(root: tk.Misc, p: Palette) -> None:
    """Menus, text boxes and the lists of combo boxes are plain Tk: set their defaults."""
    for pattern, value in (
        ("*Menu.background", p.panel),
        ("*Menu.foreground", p.text),
        ("*Menu.activeBackground", p.accent),
        ("*Menu.activeForeground", p.on_accent),
        ("*Menu.disabledForeground", p.text_dim),
        ("*Menu.selectColor", p.text),
        ("*Menu.relief", "flat"),
        ("*Menu.activeBorderWidth", "0"),
        ("*TCombobox*Listbox.background", p.field),
        ("*TCombobox*Listbox.foreground", p.text),
        ("*TCombobox*Listbox.selectBackground", p.accent),
        ("*TCombobox*Listbox.selectForeground", p.on_accent),
    ):
        root.option_add(pattern, value)
