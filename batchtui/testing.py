"""Fixtures for pytest: test code that uses the Message Batches API without a network, a key or a bill.

    # conftest.py
    pytest_plugins = ["batchtui.testing"]

    # test_mine.py
    def test_my_nightly_job(batch_simulator, batch_clock):
        batch = anthropic.Anthropic().messages.batches.create(requests=[...])
        batch_clock.turn(3600)                 # an hour goes by at once
        ...
        assert batch_simulator.world.batches[0].custom_ids == [...]

The environment points every client at the simulator: the SDK, the official CLI, and batchtui on a registry of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Simulator, TurnedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.simulator import Scenario

# What a developer's shell may have set: requests of a test would carry real credentials and headers.
_ELSEWHERE = ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_CUSTOM_HEADERS")


@pytest.fixture
def batch_scenario() -> str | Scenario:
    """Return how the simulated service behaves: a name, or a `Scenario`. Override it where a test wants another."""
    return "quiet-night"


@pytest.fixture
def batch_clock() -> TurnedClock:
    """Return the simulated service's clock: it stands until it is turned."""
    return TurnedClock()


@pytest.fixture
def batch_simulator(
    batch_scenario: str | Scenario, batch_clock: TurnedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Simulator]:
    """Run a Message Batches API on loopback, with every client pointed at it."""
    with Simulator(batch_scenario, clock=batch_clock) as simulator:
        for name in _ELSEWHERE:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-simulated")
        # A proxy of the environment would be asked for the simulator's address too; programs read either spelling.
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("BATCHTUI_HOME", str(tmp_path / "batchtui"))
        yield simulator
