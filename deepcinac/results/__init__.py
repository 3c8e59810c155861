"""What methods say about a recording, typed once: every method makes a :class:`Result`.

``result`` holds the types, ``kinds`` the vocabulary, ``matching`` finds the cells of results in a
recording, and one module per file form (``npz``, ``npy``, ``mat``, ``csv_form``, ``nwb``,
``zarr_form``) holds both its writer and its reader; ``files`` is the front of these.
"""

from deepcinac.results.result import FileReference, Maker, Result, Results, TimeBase

__all__ = ["FileReference", "Maker", "Result", "Results", "TimeBase"]
