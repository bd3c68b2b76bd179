"""Which models there are: as the API says for these credentials, kept for a day; else the built-in list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.simulator import Fault

if TYPE_CHECKING:
    import pytest

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


def test_the_list_is_the_apis_and_is_asked_for_once_a_day(batchtui: Batchtui, simulator: Simulator) -> None:
    first, second = (batchtui("models", "--json").document for _ in range(2))
    assert first["models"] == second["models"]
    assert first["source"] == "api"
    assert len(simulator.world.calls_to("models")) == 1
    haiku = next(model for model in first["models"] if model["id"] == "claude-haiku-5-5")
    assert haiku["batch_price"] == {"input": "0.05", "output": "0.25"}
    assert haiku["max_tokens"] == 64_000  # the built-in list says 128,000


def test_without_credentials_it_is_the_built_in_list(batchtui: Batchtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    document = batchtui("models", "--json").document
    assert document["source"] == "built-in"
    assert "claude-sonnet-5-5" in {model["id"] for model in document["models"]}


def test_a_network_that_is_down_leaves_what_is_known(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("models", "lost_before", times=None))
    ran = batchtui("models")
    assert ran.code == 0
    assert "the built-in list" in ran.err


def test_offline_asks_nobody(batchtui: Batchtui, simulator: Simulator) -> None:
    assert batchtui("models", "--offline").code == 0
    assert simulator.world.calls == []


def test_what_retires_says_when(batchtui: Batchtui) -> None:
    row = next(
        line for line in batchtui("models", "--offline").out.splitlines() if line.startswith("claude-sonnet-4-5")
    )
    assert "until 2026-11-30" in row
