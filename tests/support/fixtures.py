"""Fixtures that several rooms share: a key, a clock that is turned by waiting, and a quiet simulator on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Simulator
from tests.support.clock import TurnedClock
from tests.support.workspaces import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator("quiet-night", clock=clock) as running:
        yield running
