"""What all tests share: how property tests search, and what a busy machine may not change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every run of the same code, so that a commit passes or fails for good; no
# limit on the time of an example, which a busy machine would break. "search" draws new examples
# and prints what repeats a failure (`make soak`).
_ANY_MACHINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **_ANY_MACHINE)
settings.register_profile("search", max_examples=1000, print_blob=True, **_ANY_MACHINE)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def _own_classifiers_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test trains is not put among the user's own classifiers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPCINAC_CLASSIFIERS", str(tmp_path_factory.mktemp("classifiers")))
        yield
