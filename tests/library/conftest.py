"""A home for the library's workspace, over a quiet simulator on one clock that is turned by waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import batchtui
from tests.support.fixtures import clock, key, simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

__all__ = ["clock", "key", "simulator"]


@pytest.fixture
async def workspace(
    tmp_path: Path,
    simulator: Simulator,
    clock: TurnedClock,
) -> AsyncIterator[batchtui.Workspace]:
    async with batchtui.open_workspace(tmp_path / "home", base_url=simulator.url, clock=clock) as opened:
        yield opened
