"""What classifications of recordings say of the open one, and of the others of the same run. No Tk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcinac.labelling.session import Layer, Session
from deepcinac.results.kinds import RECORDING_CLASS
from deepcinac.tasks.dynamics.settings import RECORDINGS


@dataclass(frozen=True)
class ToldRow:
    """A recording: the class that it has, the one it was taken for, and the share of that."""

    name: str
    label: str
    told: str
    share: float

    @property
    def is_right(self) -> bool:
        """Whether it was taken for what it is."""
        return self.label == self.told


@dataclass(frozen=True)
class ToldClasses:
    """One run: what it says of the open recording (``shares`` by class), and of all (``rows``)."""

    layer: str
    held_out: str
    shares: Mapping[str, float]
    rows: tuple[ToldRow, ...]

    @property
    def in_words(self) -> str:
        """What it says of the open recording."""
        told, share = max(self.shares.items(), key=lambda one: one[1])
        others = ", ".join(
            f"{name} {value:.2f}" for name, value in self.shares.items() if name != told
        )
        return f"This recording is taken for {told}, with a share of {share:.2f} ({others})."


def told_classes(session: Session, layer: Layer) -> ToldClasses | None:
    """What a layer says of the class of the recording; None where it says something else."""
    if RECORDING_CLASS not in session.result_kinds(layer.id):
        return None
    results = session.results(layer.id)
    said = results[RECORDING_CLASS]
    shares = dict(zip(said.labels["class"], said.array.tolist(), strict=True))
    rows = tuple(_row(one) for one in results.info.get(RECORDINGS, ()) if isinstance(one, Mapping))
    return ToldClasses(layer.name, str(results.info.get("held_out", "")), shares, rows)


def _row(one: Mapping[str, Any]) -> ToldRow:
    name, label, told = (str(one.get(key, "")) for key in ("name", "class", "told"))
    share = one.get("share", 0.0)
    return ToldRow(name, label, told, float(share) if isinstance(share, (int, float)) else 0.0)
