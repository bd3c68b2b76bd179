"""A workspace over a quiet simulator, both on one clock that is turned by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Simulator
from tests.support.clock import TurnedClock
from tests.support.workspaces import KEY, workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace


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
async def workspace(tmp_path: Path, simulator: Simulator, clock: TurnedClock) -> AsyncIterator[Workspace]:
    async with workspace_at(tmp_path / "home", simulator, clock) as opened:
        yield opened
