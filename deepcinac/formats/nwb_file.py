"""What all readers of NWB files share: finding groups by their type, and who wrote them."""

from __future__ import annotations

from typing import Any

SUITE2P = "suite2p output"


def groups_of(file: Any, types: tuple[str, ...]) -> list[Any]:
    """All groups of some NWB types, in the order of the file."""
    import h5py

    found: list[Any] = []

    def look(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and item.attrs.get("neurodata_type") in types:
            found.append(item)

    file.visititems(look)
    return found


def is_of_suite2p(table: Any) -> bool:
    """Whether a plane segmentation was written by suite2p."""
    described = table.attrs.get("description", "")
    described = described.decode(errors="replace") if isinstance(described, bytes) else described
    return str(described).strip().lower() == SUITE2P
