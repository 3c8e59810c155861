"""Options of the labelling core, in a module that costs nothing to import."""

from __future__ import annotations

from dataclasses import dataclass

from deepcinac.settings import option


@dataclass(frozen=True)
class ConsensusSettings:
    """How many experts it takes."""

    minimum_votes: int | None = option(
        None, "votes that make a transient; without it, more than half of who judged it", minimum=1
    )
    minimum_judges: int = option(
        2, "experts that must have judged a frame before it counts as labelled", minimum=1
    )
