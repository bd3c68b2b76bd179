"""A simulator that answers, and a home for the library's workspace, on one clock that is turned by waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import batchtui
from batchtui.simulator import Simulator
from tests.support.clock import TurnedClock
from tests.support.workspaces import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator("quiet-night", clock=clock) as running:
        yield running


@pytest.fixture
async def workspace(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> AsyncIterator[batchtui.Workspace]:
    async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as opened:
        yield opened
