"""DeepCINAC: the activity of every cell in a calcium-imaging movie.

::

    import deepcinac as dc

    with dc.open_recording("mouse7.deepcinac") as recording:
        results = dc.predict(recording, "general")
    results["probability"].to_frame()

Importing the package is cheap: what is offered here is loaded when it is first used, and TensorFlow
only by the functions that run a network.
"""

from typing import TYPE_CHECKING, Any

from deepcinac.errors import DeepCinacError, InputError
from deepcinac.recording.movie_readers import MOVIE_READERS
from deepcinac.version import __version__

if TYPE_CHECKING:
    from deepcinac.api import evaluate, find_classifier, open_recording, predict, train

# The rooms are put together here: a movie may be a file of any program that ``formats`` knows.
MOVIE_READERS.provided_first_by("deepcinac.formats")

__all__ = [
    "DeepCinacError",
    "InputError",
    "__version__",
    "evaluate",
    "find_classifier",
    "open_recording",
    "predict",
    "train",
]

_OF_THE_API = ("evaluate", "find_classifier", "open_recording", "predict", "train")


def __getattr__(name: str) -> Any:
    """Load the functions of :mod:`deepcinac.api` when one is first asked for."""
    if name not in _OF_THE_API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from deepcinac import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
