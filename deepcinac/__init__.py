"""DeepCINAC: the activity of every cell in a calcium-imaging movie.

A library without a window: readers, cells and traces (``recording``), what experts say
(``labelling``), what the network does (``classifier``), how good it is (``evaluation``), and movies
with a known answer (``simulation``). Importing the package is cheap; TensorFlow is loaded only by the
functions that run a network.
"""

from deepcinac.errors import DeepCinacError, InputError
from deepcinac.recording.movie_readers import MOVIE_READERS
from deepcinac.version import __version__

# The rooms are put together here: a movie may be a file of any program that ``formats`` knows.
MOVIE_READERS.provided_first_by("deepcinac.formats")

__all__ = ["DeepCinacError", "InputError", "__version__"]
