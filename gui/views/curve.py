"""How a training goes: the loss of the steps, and the score of what is held out, epoch by epoch."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping, Sequence
from typing import Any

from deepcinac.gui.drawing.look import Look
from deepcinac.gui.drawing.text import SMALL, write
from deepcinac.gui.drawing.view import View

Points = list[tuple[float, float]]


def curves_of(history: Sequence[Mapping[str, Any]]) -> tuple[Points, Points]:
    """Loss and score of a training's messages, each as (epoch, value).

    >>> steps = [{"epoch": 1, "done": 1, "total": 2, "loss": 0.5, "stage": "training epoch 1"}]
    >>> curves_of([*steps, {"epoch": 1, "f1": 0.6, "loss": 0.4, "stage": "validated"}])
    ([(0.5, 0.5)], [(1.0, 0.6)])
    """
    losses: Points = []
    scores: Points = []
    for record in history:
        epoch = record.get("epoch")
        if not isinstance(epoch, int):
            continue
        if record.get("stage") == "validated":
            score = record.get("score", record.get("f1"))
            if isinstance(score, (int, float)):
                scores.append((float(epoch), float(score)))
        elif isinstance(record.get("loss"), (int, float)) and record.get("total"):
            at = epoch - 1 + float(record.get("done", 0)) / float(record["total"])
            losses.append((at, float(record["loss"])))
    return losses, scores


class CurveView(View):
    """Loss above, score below; "none yet" where nothing was reported."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(parent, look, 560, 150)
        self.losses: Points = []
        self.scores: Points = []

    def show(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Draw what a training has said so far."""
        curves = curves_of(history)
        if curves != (self.losses, self.scores):
            self.losses, self.scores = curves
            self.ask_to_draw()

    def draw(self, width: int, height: int) -> None:
        """Both curves, each with its last value."""
        self.canvas.delete("all")
        half, series = height // 2, self.look.series
        last = max([at for at, _ in (*self.losses, *self.scores)], default=1.0)
        top = max([value for _, value in self.losses], default=1.0)
        for name, points, colour, highest, box in (
            ("loss", self.losses, series[1], top, (0, half, width)),
            ("score of what is held out", self.scores, series[0], 1.0, (half, height, width)),
        ):
            self._curve(name, points, colour, highest, box, last)

    def _curve(
        self,
        name: str,
        points: Points,
        colour: str,
        highest: float,
        box: tuple[int, int, int],
        last: float,
    ) -> None:
        """One curve from 0 to ``highest`` over epochs 0 to ``last``."""
        top, bottom, width = box
        px, canvas = self.px, self.canvas
        left, right, base = px(10), width - px(60), bottom - px(6)
        write(canvas, left, top + px(9), name, self.look, "w", SMALL, self.look.faint)
        canvas.create_line(left, base, right, base, fill=self.look.grid)
        if not points:
            write(canvas, right + px(6), base - px(8), "none yet", self.look, "w", SMALL)
            return
        room = (base - top - px(20)) / (highest or 1.0)
        places = [(left + at / last * (right - left), base - v * room) for at, v in points]
        if len(places) > 1:
            canvas.create_line([part for at in places for part in at], fill=colour, width=px(2))
        for x, y in places if len(places) < 40 else places[-1:]:
            canvas.create_oval(x - px(2), y - px(2), x + px(2), y + px(2), fill=colour, width=0)
        value = f"{points[-1][1]:.3g}"
        write(canvas, right + px(6), places[-1][1], value, self.look, "w", SMALL)
