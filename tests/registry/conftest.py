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


def registry_in(folder: Path, clock: TurnedClock | None = None, holder: str = "me") -> Registry:
    """A registry in a folder, not opened yet."""
    paths = (folder / "registry.db", folder / "requests", folder / "results")
    return Registry(*paths, clock=clock or TurnedClock(), holder=holder)


@pytest.fixture
async def registry(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Registry]:
    opened = registry_in(tmp_path, clock)
    await opened.open()
    yield opened
    await opened.close()
