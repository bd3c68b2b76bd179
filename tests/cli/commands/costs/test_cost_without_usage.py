"""Answers that say nothing of their usage: the cost is at least what the others cost, never $0.00 and no estimate."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.simulator import Fault, Scenario, Simulator

if TYPE_CHECKING:
    from tests.cli.conftest import Batchtui

pytestmark = pytest.mark.parametrize("scenario", [Scenario(takes=0.0, requests_per_minute=0)])
COUNT = 5
NOTHING = re.compile(r"\$0\.00(?!\d)")


@pytest.fixture(params=["null", "absent", "empty"])
def shape(request: pytest.FixtureRequest) -> str:
    """How a server leaves out what an answer used."""
    return str(request.param)


def answers(batchtui: Batchtui, simulator: Simulator, shape: str, without: int) -> str:
    """Have a batch whose first `without` answers come without usage; return its id."""
    batch_id = batchtui.submitted(COUNT, "a")
    lines: list[dict[str, Any]] = []
    for number in range(COUNT):
        message: dict[str, Any] = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
            "stop_reason": "end_turn", "content": [{"type": "text", "text": "Yes."}],
            "usage": {"input_tokens": 1_000_000, "output_tokens": 0},
        }  # fmt: skip
        if number < without:
            message["usage"] = {} if shape == "empty" else None
            if shape == "absent":
                del message["usage"]
        lines.append({"custom_id": f"a-{number:05}", "result": {"type": "succeeded", "message": message}})
    body = "".join(json.dumps(line) + "\n" for line in lines)
    simulator.world.faults.add(Fault(on="results", kind="garbled", body=body))
    assert batchtui("wait", batch_id).code == 0
    return batch_id


def test_the_cost_is_at_least_what_is_known(batchtui: Batchtui, simulator: Simulator, shape: str) -> None:
    batch_id = answers(batchtui, simulator, shape, 2)

    cost = batchtui("status", batch_id, "--json").document["cost"]

    one = Decimal(cost["at_least"]) / 3
    assert (cost["actual"], cost["without_usage"]) == (None, 2)
    assert one > 0
    said = f"at least ${3 * one:.2f} (2 of 5 answers without usage)"
    assert said in batchtui("status", batch_id).out
    assert said in batchtui("cost", batch_id).out
    total = batchtui("cost", batch_id, "--json").document["total"]
    assert (total["cost"], Decimal(total["known"]), total["without_usage"]) == (None, 3 * one, 2)
    assert f"at least ${3 * one:.2f}" in batchtui("list").out
    assert "~" not in batchtui("list").out.splitlines()[1]


def test_the_cost_is_unknown_when_no_answer_has_usage(batchtui: Batchtui, simulator: Simulator, shape: str) -> None:
    batch_id = answers(batchtui, simulator, shape, COUNT)

    cost = batchtui("status", batch_id, "--json").document["cost"]

    assert (cost["actual"], cost["at_least"], cost["without_usage"]) == (None, None, COUNT)
    for said in (batchtui("status", batch_id).out, batchtui("cost", batch_id).out):
        assert "unknown (5 of 5 answers without usage)" in said
        assert not NOTHING.search(said)
    assert "~$" not in batchtui("list").out
    assert not NOTHING.search(batchtui("cost", "--by", "model").out)
