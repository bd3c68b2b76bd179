"""Scenarios: those that have a name, and those a user writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import SCENARIOS, Fault, Scenario, Simulator
from tests.simulator.calling import BATCHES, client, requests

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import TurnedClock

WRITTEN = """
takes = 12
moving_counts = "some"
errored = { overloaded_error = 0.25 }
bad_keys = ["sk-nobody"]

[[faults]]
on = "create"
kind = "lost_after"
skip = 2
"""


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_named_scenario_comes_to_an_end(name: str, clock: TurnedClock) -> None:
    with Simulator(name, clock=clock, speed=1_000.0) as simulator, client(simulator) as http:
        simulator.world.faults.clear()
        batch_id = http.post(BATCHES, json={"requests": requests(10)}).json()["id"]
        clock.turn(86_400)
        batch = http.get(f"{BATCHES}/{batch_id}").json()
    assert batch["processing_status"] == "ended"


def test_a_scenario_can_go_faster_and_what_the_simulator_is_told_multiplies_it(clock: TurnedClock) -> None:
    hasty = Scenario(takes=100.0, speed=5.0)
    with Simulator(hasty, clock=clock, speed=2.0) as simulator, client(simulator) as http:
        batch_id = http.post(BATCHES, json={"requests": requests(1)}).json()["id"]
        seen = []
        for _ in range(2):
            clock.turn(6)
            seen.append(http.get(f"{BATCHES}/{batch_id}").json()["processing_status"])
        simulator.world.retemper(Scenario())
        assert simulator.world.speed == 2.0
    assert seen == ["in_progress", "ended"]


def test_half_fail_fails_half(clock: TurnedClock) -> None:
    with Simulator("half-fail", clock=clock) as simulator:
        batch = simulator.world.plant(requests(20))
        assert batch.state(clock.turn(3_600)).counts["errored"] == 10


def test_expires_leaves_a_part_undone(clock: TurnedClock) -> None:
    with Simulator("expires", clock=clock) as simulator:
        batch = simulator.world.plant(requests(10))
        assert batch.state(clock.turn(86_400)).counts["expired"] == 2


def test_a_scenario_can_be_written_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    assert Scenario.from_toml(path) == Scenario(
        name="mine",
        takes=12.0,
        moving_counts="some",
        errored={"overloaded_error": 0.25},
        bad_keys=("sk-nobody",),
        faults=(Fault("create", "lost_after", skip=2),),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("takes = ", "mine.toml"),
        ("speeed = 2", "mine.toml: speeed: "),
        ('takes = "long"', "mine.toml: takes: "),
        ('[[faults]]\non = "lunch"\nkind = "status"', r"mine.toml: faults.0.on: "),
        ('[[faults]]\non = "list"\nkind = "status"\nstatsu = 3', r"mine.toml: faults.0.statsu: "),
        ("takes = -1", "mine.toml: takes: "),
        ("errored = { api_error = 2.0 }", "mine.toml: errored.api_error: "),
    ],
)
def test_a_mistake_in_a_scenario_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        Scenario.from_toml(path)
