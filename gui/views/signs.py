"""What the signs in the traces mean, on a trace that was made up: for the start screen."""

from __future__ import annotations

import tkinter as tk

import numpy as np

from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.look import Look
from deepcinac.gui.drawing.text import SMALL, Anchor, write
from deepcinac.gui.views.traces import TraceView

RATE_HZ = 10.0
N_FRAMES = 400
TRANSIENTS = np.array([[40, 49], [116, 123], [158, 165]])
HEIGHTS = (9.0, 6.0, 4.5)
SPANS = [("labelled", 0, 208), ("doubtful", 236, 268), ("movement", 310, 334)]
UNSURE, SEEN_BY_BEN = (250, 3.0), np.array([[40, 50], [117, 123], [247, 256]])
PREDICTED = ((39, 50, 0.97), (115, 123, 0.9), (157, 164, 0.4), (249, 257, 0.66))
DECAY_FRAMES = 14.0


def example_trace() -> np.ndarray:
    """Fluorescence (N_FRAMES,) with transients that rise from onset to peak and decay."""
    random = np.random.default_rng(7)
    trace = 100 + 0.8 * np.sin(np.arange(N_FRAMES) / 60)
    rises = [
        *zip(TRANSIENTS.tolist(), HEIGHTS, strict=True),
        ([UNSURE[0] - 6, UNSURE[0]], UNSURE[1]),
    ]
    for (onset, peak), height in rises:
        frames = np.arange(onset, N_FRAMES)
        rising = np.clip((frames - onset) / (peak - onset), 0, 1)
        trace[onset:] += height * rising * np.exp(-np.maximum(frames - peak, 0) / DECAY_FRAMES)
    moved = slice(SPANS[2][1], SPANS[2][2])
    trace[moved] -= 2.5 * np.abs(np.sin(np.arange(moved.stop - moved.start) / 2.2))
    return trace + random.normal(0, 0.55, N_FRAMES)


def example_prediction() -> np.ndarray:
    """Probabilities (N_FRAMES,) with smooth shoulders."""
    probability = np.full(N_FRAMES, 0.03)
    for first, last, value in PREDICTED:
        frames = np.arange(N_FRAMES)
        outside = np.maximum(np.maximum(first - frames, frames - last), 0)
        probability = np.maximum(probability, value * np.exp(-((outside / 2.5) ** 2)))
    return probability


class SignsView(TraceView):
    """A trace view that only explains itself: the mouse does nothing in it."""

    def __init__(self, parent: tk.Misc, look: Look) -> None:
        super().__init__(parent, look)
        self.canvas.configure(height=self.px(190))
        self.canvas.bindtags(("all",))
        self.bind("<Configure>", lambda _event: self.ask_to_draw(), add=True)
        trace = example_trace()
        kernel = np.hanning(9) / np.hanning(9).sum()
        smoothed = np.convolve(np.pad(trace, 4, mode="edge"), kernel, "valid")
        self.set_recording(N_FRAMES, RATE_HZ)
        self.set_traces({picture.RAW: trace, picture.SMOOTHED: smoothed})
        self.set_transients(TRANSIENTS, selected=1)
        self.set_spans(SPANS)
        self.set_prediction(example_prediction())
        self.set_threshold(0.5)
        self.set_lanes([("Ben", SEEN_BY_BEN)])

    def draw(self, width: int, height: int) -> None:
        """An example of every sign, with what it means."""
        super().draw(width, height)
        self.canvas.delete("caption")
        main, below = self.layout.main, self.layout.prediction
        top, gap = main.top + self.px(13), self.px(6)
        x, y = self.axis.x, self.values[picture.SMOOTHED].y
        self._caption(x(TRANSIENTS[0, 0]) - gap, top, "onset", "e")
        self._caption(x(TRANSIENTS[0, 1]) + gap * 1.5, y(108.5), "peak; active in between", "w")
        self._caption(x(TRANSIENTS[1, 1]) + gap * 1.5, y(105.5), "selected", "w")
        self._caption(x(SPANS[0][2]) - gap, top, "judged up to here", "e")
        for (_, first, last), word in zip(SPANS[1:], ("doubtful", "movement"), strict=True):
            self._caption((x(first) + x(last)) / 2, top, word, "center")
        if below is not None:
            middle = (below.top + below.bottom) / 2
            self._caption(x(UNSURE[0] + 18), middle, "prediction, with its threshold", "w")
        for lane in self.layout.lanes[:1]:
            self._caption(
                x(UNSURE[0] + 18), (lane.top + lane.bottom) / 2, "what another expert has", "w"
            )

    def _caption(self, x: float, y: float, text: str, anchor: Anchor) -> None:
        item = write(
            self.canvas, x, y, text, self.look, anchor, SMALL, self.look.ink, tags="caption"
        )
        box = self.canvas.bbox(item)
        ground = self.canvas.create_rectangle(
            box[0] - 2, box[1], box[2] + 2, box[3], fill=self.look.panel, outline="", tags="caption"
        )
        self.canvas.tag_lower(ground, item)
