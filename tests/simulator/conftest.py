"""A quiet simulator on a turned clock, and a plain HTTP client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Simulator, TurnedClock
from tests.simulator.calling import client

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator("quiet-night", clock=clock) as running:
        yield running


@pytest.fixture
def http(simulator: Simulator) -> Iterator[httpx2.Client]:
    with client(simulator) as opened:
        yield opened
