"""How much a trace scatters: the one place where a robust spread becomes a standard deviation."""

from __future__ import annotations

MAD_TO_SD = 1.4826
"""Standard deviation over the median absolute deviation (MAD), for a normal distribution."""
