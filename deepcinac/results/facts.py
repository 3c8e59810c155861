"""The facts about results as one JSON object: the ``meta`` of the files, old and new.

Readers of version 2.0.0.dev0 look for ``classifier``, ``weights_sha256``, ``frame_rate_hz``,
``pixel_size_um``, ``threshold`` and ``version`` at the top, so these are always there where they are
known; the full record of the maker stands beside them under ``maker``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcinac.errors import InputError
from deepcinac.files import parsed_json
from deepcinac.results.result import Maker, Results

_OF_THE_MAKER = ("classifier", "classifier_version", "weights_sha256", "hash", "version")
_OF_THE_RESULTS = ("threshold", "warnings", "maker", "results")


def facts_of(results: Results) -> dict[str, Any]:
    """Everything that is not an array, for JSON."""
    maker = results.maker
    return {
        **results.info,
        "classifier": maker.name,
        "classifier_version": maker.version,
        "weights_sha256": maker.weights_sha256,
        "threshold": results.threshold,
        "version": maker.program_version,
        "warnings": list(results.warnings),
        "maker": maker.to_dict(),
    }


def maker_from(facts: Mapping[str, Any], fallback: Maker, where: str | Path = "meta") -> Maker:
    """The maker that a file or a layer names: its record, or the keys that older versions wrote.

    ``fallback`` is the answer where neither is there.
    """
    if "maker" in facts:
        return Maker.from_dict(facts["maker"], where)
    name = facts.get("classifier")
    if not name:
        return fallback
    settings = facts.get("settings")
    return Maker(
        task="activity",
        name=str(name),
        version=str(facts.get("classifier_version") or ""),
        weights_sha256=str(facts.get("weights_sha256") or facts.get("hash") or ""),
        settings=dict(settings) if isinstance(settings, Mapping) else {},
        program_version=str(facts.get("version") or ""),
    )


def info_from(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of the facts without maker, threshold and warnings."""
    known = {*_OF_THE_MAKER, *_OF_THE_RESULTS}
    if "maker" not in facts and "classifier" in facts:
        known.add("settings")  # of an older version: they belong to the maker
    return {name: value for name, value in facts.items() if name not in known}


def threshold_from(facts: Mapping[str, Any]) -> float | None:
    """The threshold where a usable one is noted."""
    value = facts.get("threshold")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    return None


def warnings_from(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The warnings that were noted."""
    found = facts.get("warnings")
    return tuple(map(str, found)) if isinstance(found, (list, tuple)) else ()


def frame_rate_from(facts: Mapping[str, Any]) -> float | None:
    """The frame rate in Hz where a usable one is noted."""
    value = facts.get("frame_rate_hz")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    return None


def as_text(facts: Mapping[str, Any]) -> str:
    """The facts as JSON text, in ASCII: MATLAB files know no other text for certain."""
    return json.dumps(facts, allow_nan=False, default=_plain)


def from_text(text: Any, where: str | Path) -> dict[str, Any]:
    """Facts from JSON text; anything but JSON is an InputError, JSON of another kind holds no facts."""
    try:
        facts = parsed_json(str(text))
    except ValueError as error:
        raise InputError("JSON text", "something else", f"meta of {where}") from error
    return facts if isinstance(facts, dict) else {}


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__}")
