"""What methods say about a recording, typed once: every method makes a :class:`Result`.

``result`` holds the types, ``kinds`` the vocabulary, and one module per file form both its writer and
its reader.
"""

from deepcinac.results.result import FileReference, Maker, Result, Results, TimeBase

__all__ = ["FileReference", "Maker", "Result", "Results", "TimeBase"]
