"""What ``deepcinac info`` says about a movie, also about one that does not open."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from deepcinac.cli.common import in_bytes
from deepcinac.errors import InputError, SeveralChoices

if TYPE_CHECKING:
    from deepcinac.recording.movie import Movie

Rows = list[tuple[str, str]]

SAMPLED_FRAMES = 20


def movie_table(path: str | Path) -> Rows:
    """Rows about a movie, the series of a place that holds several, or what has to be answered."""
    from deepcinac.questions import NeedsAnswer
    from deepcinac.recording.movie_readers import open_movie

    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            with open_movie(path, working_copy=False) as movie:
                rows = movie_rows(movie)
    except SeveralChoices as several:
        rows = [("series", text) for text in several.choices.values()]
        return [*rows, ("to use one", (several.hint or "").rstrip("."))]
    except NeedsAnswer as asked:
        return [("asked", str(asked))]
    return rows + [("warning", _sentence(one, path)) for one in told]


def _sentence(told: warnings.WarningMessage, path: str | Path) -> str:
    return str(told.message).removeprefix(f"{path}: ").rstrip(".")


def movie_rows(movie: Movie) -> Rows:
    """Size, units, grey levels and doubts of a movie; from a few frames spread over it."""
    from deepcinac.recording.clock import ask_about
    from deepcinac.recording.suitability import doubts

    unknown = "not in the file"
    n_frames, height, width = movie.shape
    rate, pixel = movie.frame_rate_hz, movie.pixel_size_um
    field = f" ({width * pixel:.0f} x {height * pixel:.0f} um)" if pixel else ""
    size = f"{pixel:g} um" if pixel else unknown
    if not pixel and movie.pixel_sizes_um:
        high, wide = movie.pixel_sizes_um
        size = f"{high:g} um high, {wide:g} um wide"
    rows = [
        ("frames", f"{n_frames}"),
        ("height x width", f"{height} x {width} px{field}"),
        ("pixel type", movie.dtype.name),
        ("frame rate", f"{rate:g} Hz" if rate else unknown),
        ("pixel size", size),
        ("duration", duration(n_frames / rate) if rate else "unknown without a frame rate"),
        *_grey_levels(movie),
        ("in memory", in_bytes(n_frames * height * width * movie.dtype.itemsize)),
    ]
    for value, what in ((rate, "frame rate"), (pixel, "pixel size")):
        try:
            if value:
                ask_about(value, what, "")
        except InputError as asked:
            rows.append(("asked", str(asked)))
    return rows + [("warning", doubt) for doubt in doubts(movie)]


def _grey_levels(movie: Movie) -> Rows:
    """Range and mean of a few frames, of which one at a time is in memory."""
    import numpy as np

    chosen = np.unique(np.linspace(0, movie.n_frames - 1, SAMPLED_FRAMES).round().astype(int))
    low, high, total, n_numbers, n_pixels = np.inf, -np.inf, 0.0, 0, 0
    for frame in chosen.tolist():
        pixels = movie.frames(frame, frame + 1)
        numbers = pixels[np.isfinite(pixels)]
        n_pixels += pixels.size
        if numbers.size:
            low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
            total += float(numbers.sum(dtype=float))
            n_numbers += numbers.size
    rows = []
    if n_numbers:
        levels = f"{low:g} to {high:g}, mean {total / n_numbers:.5g}"
        rows.append(("grey levels", f"{levels} (of {len(chosen)} frames)"))
    if n_numbers < n_pixels:
        bad = 1 - n_numbers / n_pixels
        rows.append(("not a number", f"{bad:.2%} of the pixels of {len(chosen)} frames"))
    return rows


def duration(seconds: float) -> str:
    """Seconds in readable form: 250 is "4 min 10 s"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
