"""The simulation finds known faults of sending once, put back one at a time: its invariants can break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.history import run
from tests.simulation.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST, MOST = 20_261_121, 250
"""Within so many histories, from the beginning of those of `test_simulation`, each without its own story is found."""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What the program logs of full disks belongs to the story."""
    with caplog.at_level("CRITICAL"):
        yield


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_known_fault_is_found(name: str) -> None:
    mutant = MUTANTS[name]
    assert mutant.seeds_until_found(FIRST, MOST) is not None
    if mutant.story is not None:
        assert run(mutant.story).violated is None, "without the fault its story goes well"
