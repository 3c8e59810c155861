"""Every optional package is listed with its licence."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from deepcinac.cli import doctor

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("licences", ROOT / "packaging" / "licences.py")
assert _spec is not None
assert _spec.loader is not None
licences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(licences)


def test_what_doctor_names_has_a_licence() -> None:
    listed = {name for name, *_ in (*licences.OPTIONAL, *licences.NEVER_INCLUDED)}
    assert set(doctor.OPTIONAL) <= listed
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    assert [name for name in listed if f"| {name} |" not in page] == []
