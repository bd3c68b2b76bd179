"""A canary: one request of each shape in real time says what only the server knows, before anything is sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault
from tests.support.builders import jsonl, request

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

REFUSED = Fault("message", "status", status=400, message="output_config.format: this schema is too deep", skip=1)


def two_shapes(folder: Path) -> str:
    """Three plain requests, and two with a system prompt."""
    plain = [request(f"p-{number}", max_tokens=4_096) for number in range(3)]
    system = [request(f"s-{number}", system="Be brief.", max_tokens=8) for number in range(2)]
    return str(jsonl(folder / "two.jsonl", [*plain, *system]))


def test_one_request_of_each_shape_goes_out_and_may_write_little(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("check", two_shapes(batchtui.folder), "--canary", "--yes", "--json")
    verdicts = ran.document["canary"]
    assert ran.code == 0
    assert [(verdict["custom_id"], verdict["ok"]) for verdict in verdicts] == [("p-0", True), ("s-0", True)]
    assert verdicts[0]["changed"] == ["max_tokens 16 instead of 4,096"]
    assert verdicts[1]["changed"] == []
    assert all(Decimal(verdict["at_most"]) > 0 for verdict in verdicts)
    assert [call.endpoint for call in simulator.world.calls] == ["message", "message"]


def test_a_canary_refusal_names_file_and_line(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(REFUSED)
    ran = batchtui("check", two_shapes(batchtui.folder), "--canary", "--yes")
    assert ran.code == 3
    assert "two.jsonl:4: error canary-refused" in ran.out
    assert "this schema is too deep" in ran.out


def test_a_dead_canary_stops_a_submission(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(REFUSED)
    ran = batchtui("submit", two_shapes(batchtui.folder), "--canary", "--yes", "--json")
    assert ran.code == 3
    assert "The API refuses 1 of 2 shapes" in json.loads(ran.out)["error"]["message"]
    assert simulator.world.batches == []
    assert batchtui("list", "--json").document == []


def test_a_living_canary_lets_it_go(batchtui: Batchtui, simulator: Simulator) -> None:
    assert batchtui("submit", two_shapes(batchtui.folder), "--canary", "--yes").code == 0
    assert len(simulator.world.batches) == 1


def test_a_rate_limit_is_waited_out(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("message", "status", status=429, retry_after=0.01))
    assert batchtui("check", two_shapes(batchtui.folder), "--canary", "--yes").code == 0
    assert len(simulator.world.calls_to("message")) == 3


def test_no_answer_is_no_refusal(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("message", "lost_before"))
    ran = batchtui("check", two_shapes(batchtui.folder), "--canary", "--yes")
    assert ran.code == 0
    assert "warning canary-unanswered" in ran.out


@pytest.mark.long
def test_it_costs_money_so_it_asks_first(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui.process("check", two_shapes(batchtui.folder), "--canary")
    assert ran.code == 2
    assert "in real time, for at most $" in ran.err
    assert simulator.world.calls == []


def test_a_thinking_budget_is_lowered_with_max_tokens(batchtui: Batchtui, simulator: Simulator) -> None:
    thinks = request(
        "t-1", model="claude-haiku-4-5", max_tokens=9_000, thinking={"type": "enabled", "budget_tokens": 8_000}
    )
    file = str(jsonl(batchtui.folder / "thinks.jsonl", [thinks, {**thinks, "custom_id": "t-2"}]))
    (verdict,) = batchtui("check", file, "--canary", "--yes", "--json").document["canary"]
    assert verdict["changed"] == ["a thinking budget of 1,024 instead of 8,000", "max_tokens 1,040 instead of 9,000"]
    assert verdict["ok"]


def test_the_cost_of_a_canary_with_an_image_url_is_unknown(batchtui: Batchtui, simulator: Simulator) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    path = jsonl(batchtui.folder / "seen.jsonl", [request("i-0", messages=[{"role": "user", "content": [image]}])])
    (verdict,) = batchtui("check", str(path), "--canary", "--yes", "--json").document["canary"]
    assert verdict["at_most"] is None


def test_the_cost_of_a_canary_counts_towards_the_limit(batchtui: Batchtui, simulator: Simulator) -> None:
    """The batch alone would be allowed."""
    document = batchtui("submit", two_shapes(batchtui.folder), "--canary", "--dry-run", "--json").document
    batch, canary = Decimal(document["estimate"]["at_most"]), Decimal(document["canary"]["at_most"])
    assert canary > 0
    limit = str(batch + canary / 2)
    for more in ((), ("--dry-run",)):
        ran = batchtui("submit", two_shapes(batchtui.folder), "--canary", "--max-cost", limit, "--yes", *more)
        assert (ran.code, "Cost limit exceeded" in ran.err) == (3, True)
    assert simulator.world.calls == []
    assert batchtui("submit", two_shapes(batchtui.folder), "--max-cost", limit, "--yes").code == 0


def test_limits_of_the_settings_hold_for_a_canary_alone(batchtui: Batchtui, simulator: Simulator, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[submit]\nmax_cost_a_day = 0.00001\n")
    ran = batchtui("check", two_shapes(batchtui.folder), "--canary", "--yes")
    assert (ran.code, simulator.world.calls) == (3, [])
    assert "the limit for a day is $0.00001" in ran.err
