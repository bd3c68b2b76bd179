"""A registry on a real SQLite file, with a clock that is turned by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.registry.registry import Registry
from tests.support.clock import TurnedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def registry(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Registry]:
    opened = Registry(tmp_path / "registry.db", tmp_path / "requests", tmp_path / "results", clock=clock, holder="me")
    await opened.open()
    yield opened
    await opened.close()
