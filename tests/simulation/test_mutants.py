"""The simulation finds known faults of sending once, put back one at a time: its invariants can break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST, MOST = 20_261_121, 250
"""Each was found within so many histories from the same beginning as those of `test_simulation`."""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What the program logs of full disks belongs to the story."""
    with caplog.at_level("CRITICAL"):
        yield


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_known_fault_is_found(name: str) -> None:
    assert MUTANTS[name].seeds_until_found(FIRST, MOST) is not None
