"""Counting by the API: a few requests of each kind, what they say of the rest, and what is said where it cannot."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import Refused
from batchtui.services.estimates.token_counting import CALLS, EACH
from batchtui.services.submission.check import check
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault
from tests.support.builders import jsonl, request
from tests.support.clock import START

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from batchtui.domain.costs.estimate import Estimate
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

TEXT = "word " * 80
"""400 characters, 103 tokens to the simulator: four characters each, and three for the frame."""


async def estimated(workspace: Workspace, folder: Path, requests: Iterable[dict[str, Any]], **options: Any) -> Estimate:
    path = jsonl(folder / "r.jsonl", requests)
    return (await check(workspace, [str(path)], IntakeOptions(**options), count=True)).estimate


def alike(count: int, **params: Any) -> list[dict[str, Any]]:
    return [request(f"r-{number:05}", TEXT, **params) for number in range(count)]


async def test_a_few_requests_speak_for_all_that_are_like_them(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    found = await estimated(workspace, tmp_path, alike(1000))
    assert len(simulator.world.calls_to("count_tokens")) == EACH
    # 1,000 times 103 tokens, and 2 % more or less: the API calls its count an estimate.
    assert found.input_tokens == (100_940, 103_000, 105_061)
    assert found.counted is not None
    assert (found.counted.requests, found.counted.of, found.counted.notes) == (EACH, 1000, ())
    assert found.margin == pytest.approx(0.02, abs=0.0001)


async def test_the_upper_bound_rests_on_counted_tokens(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    found = await estimated(workspace, tmp_path, alike(1000))
    # haiku-5-5 in a batch: 0.05 USD a million in, 0.25 out; 256 tokens of answer each.
    assert found.cost.at_most == (105_061 * Decimal("0.05") + 256_000 * Decimal("0.25")) / 1_000_000
    assert simulator.world.batches == []


async def test_the_margin_widens_where_tokens_do_not_follow_bytes(workspace: Workspace, tmp_path: Path) -> None:
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    long = [
        request(f"r-{n:05}", TEXT, metadata={"user_id": "u" * (200 if n % 3 else 1)}, tools=tools) for n in range(90)
    ]
    even = await estimated(workspace, tmp_path, alike(90))
    uneven = await estimated(workspace, tmp_path, long)
    assert even.margin is not None
    assert uneven.margin is not None
    assert uneven.margin > 5 * even.margin
    low, likely, high = uneven.input_tokens
    assert low < likely < high


async def test_requests_that_are_all_counted_leave_the_margin_of_the_count_alone(
    workspace: Workspace, tmp_path: Path
) -> None:
    found = await estimated(workspace, tmp_path, [request(f"r-{n}", "word " * 8 * n) for n in range(1, 4)])
    # 13, 23 and 33 tokens.
    assert found.input_tokens[1] == 69
    assert found.margin == pytest.approx(0.02, abs=0.02)


@pytest.mark.long
async def test_many_kinds_share_the_questions_and_the_rest_is_said_to_rest_on_bytes(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    kinds = [
        request(f"r-{kind}-{n}", TEXT, tools=[{"name": f"tool_{kind}", "input_schema": {"type": "object"}}])
        for kind in range(12)
        for n in range(6)
    ]
    found = await estimated(workspace, tmp_path, kinds)
    assert len(simulator.world.calls_to("count_tokens")) == CALLS
    assert found.counted is not None
    assert found.counted.of == 6 * CALLS // EACH
    assert found.counted.notes == ("The input of 24 requests of other kinds was estimated from its bytes.",)


async def test_parts_of_one_job_are_not_counted_twice(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    found = await estimated(workspace, tmp_path, alike(100), max_requests=10)
    assert len(simulator.world.calls_to("count_tokens")) == EACH
    assert len(found.parts) == 10
    assert found.input_tokens[1] == 10_300


async def test_a_rate_limit_is_waited_out(
    workspace: Workspace, simulator: Simulator, tmp_path: Path, clock: TurnedClock
) -> None:
    simulator.world.faults.add(Fault("count_tokens", "status", status=429, retry_after=7))
    found = await estimated(workspace, tmp_path, alike(20))
    assert (clock.now() - START).total_seconds() == 7
    assert found.counted is not None
    assert found.counted.requests == EACH


async def test_a_rate_limit_that_takes_too_long_ends_the_counting_and_is_said(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.world.faults.add(Fault("count_tokens", "status", status=429, retry_after=3600))
    found = await estimated(workspace, tmp_path, alike(20))
    assert found.counted is not None
    assert (found.counted.requests, found.counted.of) == (0, 0)
    assert "rate limit" in found.counted.notes[0]
    assert found.cost.at_most is not None


async def test_a_server_that_fails_leaves_the_estimate_to_the_bytes(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.world.faults.add(Fault("count_tokens", "status", status=529))
    found = await estimated(workspace, tmp_path, alike(20))
    plain = (await check(workspace, [str(tmp_path / "r.jsonl")], IntakeOptions())).estimate
    assert found.cost == plain.cost
    assert found.counted is not None
    assert found.counted.notes


async def test_refused_credentials_are_reported_when_counting(
    workspace: Workspace, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.world.faults.add(Fault("count_tokens", "status", status=401))
    with pytest.raises(Refused):
        await estimated(workspace, tmp_path, alike(20))
    assert list(workspace.registry.requests.folder.iterdir()) == []
