"""A workspace over a quiet simulator, both on one clock that is turned by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fixtures import clock, key, simulator
from tests.support.workspaces import workspace_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

__all__ = ["clock", "key", "simulator"]


@pytest.fixture
async def workspace(
    tmp_path: Path,
    simulator: Simulator,
    clock: TurnedClock,
) -> AsyncIterator[Workspace]:
    async with workspace_at(tmp_path / "home", simulator, clock) as opened:
        yield opened
