from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


@pytest.mark.parametrize("where", ["before", "after"])
def test_read_only_refuses_what_would_change_something(batchtui: Batchtui, simulator: Simulator, where: str) -> None:
    batch = batchtui.submitted()
    calls = len(simulator.world.calls)

    ran = batchtui("--read-only", "cancel", batch, "--yes") if where == "before" else batchtui(
        "cancel", batch, "--yes", "--read-only"
    )  # fmt: skip

    assert ran.code == 2
    assert "Read-only" in ran.err
    assert "Leave out --read-only" in ran.err
    assert len(simulator.world.calls) == calls


def test_read_only_can_come_from_the_environment(batchtui: Batchtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHTUI_READ_ONLY", "1")

    ran = batchtui("submit", batchtui.file(), "--yes")

    assert ran.code == 2
    assert "Read-only" in ran.err


def test_the_demo_sends_to_nobody_and_is_never_read_only(batchtui: Batchtui) -> None:
    assert batchtui("demo", "--speed", "200", "--json", "--read-only").code == 0


@pytest.mark.usefixtures("simulator")
def test_read_only_looks_at_everything(batchtui: Batchtui) -> None:
    batch = batchtui.submitted()

    assert batchtui("list", "--read-only").code == 0
    assert batchtui("status", batch, "--read-only").code == 0
