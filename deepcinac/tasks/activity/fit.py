"""Whether a classifier suits a recording: frame rate, pixel size, and how far the cells rise above noise.

The words are those of the warnings of a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.inputs.form import InputForm
from deepcinac.inputs.network_input import N_DEMIXED, open_input
from deepcinac.inputs.resampling import plan_resampling
from deepcinac.learning.card import Card
from deepcinac.opening import OpenRecording
from deepcinac.progress import Progress, silent
from deepcinac.recording.cells import Cells
from deepcinac.recording.movie import Movie
from deepcinac.tasks.activity.answers import noise_warning
from deepcinac.tasks.activity.model import parts_of

RATE_AND_SIZE, SIGNAL = "Frame rate and pixel size", "Signal"


@dataclass(frozen=True)
class Fit:
    """One thing that was looked at; ``suits`` is False for what more errors are to be expected of."""

    name: str
    text: str
    suits: bool


def fit_of(
    form: InputForm,
    shape: tuple[int, int],
    frame_rate_hz: float,
    pixel_size_um: float,
    reach_sd: float | None = None,
) -> list[Fit]:
    """What suits and what does not, of a recording of (height, width) pixels.

    ``reach_sd``: how far its cells rise above their noise as the network sees it (:func:`reach_of`);
    None where nobody has looked at the movie.

    >>> fit_of(InputForm(), (64, 64), 10, 2)[0].text
    '10 Hz and 2 um suit it as they are'
    >>> fit_of(InputForm(), (64, 64), 30, 1)[0].text
    '30 Hz and 1 um suit it: 3 frames are averaged into one and pixels are resampled to 2 um'
    >>> fit_of(InputForm(), (64, 64), 2, 2)[0].suits
    False
    """
    plan = plan_resampling(*shape, frame_rate_hz, pixel_size_um, form)
    found = [Fit(RATE_AND_SIZE, text, suits=False) for text in plan.warnings]
    if not found:
        done = [f"{plan.time_bin} frames are averaged into one"] if plan.time_bin > 1 else []
        if (plan.height, plan.width) != shape:
            done.append(f"pixels are resampled to {plan.pixel_size_um:.2g} um")
        how = f": {' and '.join(done)}" if done else " as they are"
        text = f"{frame_rate_hz:g} Hz and {pixel_size_um:g} um suit it{how}"
        found.append(Fit(RATE_AND_SIZE, text, suits=True))
    if reach_sd is not None and form.reach_range_sd is not None:
        warnings = noise_warning(reach_sd, form)
        low, high = form.reach_range_sd
        within = (
            f"the cells rise {reach_sd:.1f} SD above their noise, within {low:.1f} to {high:.1f}"
        )
        found += [Fit(SIGNAL, text, suits=False) for text in warnings]
        found += [] if warnings else [Fit(SIGNAL, within, suits=True)]
    return found


def reach_of(
    movie: Movie,
    cells: Cells,
    frame_rate_hz: float,
    pixel_size_um: float,
    form: InputForm,
    progress: Progress = silent,
) -> float | None:
    """How far the median cell rises above its noise, in SD, as the network will see it."""
    source = open_input(movie, cells, frame_rate_hz, pixel_size_um, form, N_DEMIXED, progress)
    return source.scaled_reach_sd


def fits_recording(card: Card, recording: OpenRecording, progress: Progress = silent) -> list[Fit]:
    """All that can be said of a classifier and a recording; looks at stretches of the movie."""
    form, cells = parts_of(card).input_form, recording.cells
    rate, size = recording.frame_rate_hz, recording.pixel_size_um
    reach = reach_of(recording.movie, cells, rate, size, form, progress)
    return fit_of(form, (cells.height, cells.width), rate, size, reach)
