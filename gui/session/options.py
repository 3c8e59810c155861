"""What is shown and how: the part of the state that is the same for every session. No Tk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepcinac.labelling.review import ReviewSettings
from deepcinac.recording.trace_cache import TRACE_CHOICE

_REVIEW = ReviewSettings()


class ViewOptions:
    """The options by their names, kept in the settings.

    Observers are called with the name of what changed.
    """

    DEFAULTS: dict[str, Any] = {
        "dark": False,
        "raster": True,
        "review": False,
        "magnifier": False,
        "loop": False,
        "smooth_movie": False,
        "inputs": False,
        "outlines": True,
        "tracks": True,
        "fit_height": False,
        "judged_peaks": False,
        "first_steps": True,
        "traces": ["raw", "smoothed"],
        "unsure": [_REVIEW.uncertain_from, _REVIEW.uncertain_to],
        "control_share": _REVIEW.control_share,
        "review_at_most": _REVIEW.at_most,
        "review_seed": _REVIEW.seed,
        "movie_contrast": True,
        "movie_brightness": 0,
        "speed": 1.0,
    }

    def __init__(self, known: dict[str, Any] | None = None) -> None:
        self._values = dict(self.DEFAULTS)
        self._observers: list[Callable[[str], None]] = []
        for name, value in (known or {}).items():
            if name in self.DEFAULTS and isinstance(value, type(self.DEFAULTS[name])):
                self._values[name] = value

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def observe(self, observer: Callable[[str], None]) -> None:
        """Call ``observer(name)`` after every change."""
        self._observers.append(observer)

    def set(self, name: str, value: Any) -> None:
        """Change an option."""
        if self._values[name] != value:
            self._values[name] = value
            for observer in self._observers:
                observer(name)

    def toggle(self, name: str) -> None:
        """Turn an option on or off."""
        self.set(name, not self._values[name])

    def toggle_trace(self, trace: str) -> None:
        """Show or hide a trace; the last one stays."""
        shown = [t for t in TRACE_CHOICE if (t in self._values["traces"]) != (t == trace)]
        if shown:
            self.set("traces", shown)

    def all(self) -> dict[str, Any]:
        """Everything, for the settings."""
        return dict(self._values)
