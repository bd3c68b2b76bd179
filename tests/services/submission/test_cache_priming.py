"""A priming batch of one request goes first; the rest of the job waits for its end, says so, and then follows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.intake import PartCutter
from batchtui.pricing.price_book import OwnPrice, PriceBook
from batchtui.services.polling.maintenance import has_pending, run_maintenance
from batchtui.services.polling.wait import wait
from batchtui.services.submission import cache_priming
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator import Scenario, Simulator
from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator(Scenario(takes=100.0, requests_per_minute=0), clock=clock) as running:
        yield running


async def states(workspace: Workspace, job: str) -> list[tuple[int, int, BatchState]]:
    """Part, requests and state of each batch of a job."""
    return [(each.part, each.requests, each.state) for each in await workspace.registry.queries.of_job(job)]


async def test_the_rest_follows_when_the_first_has_ended(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    source = str(jsonl(tmp_path / "r.jsonl", requests(5)))
    plan = await plan_submit(workspace, [source], SubmitOptions(prime=True))
    assert [part.requests for part in plan.parts] == [1, 4]
    submitted = await apply_submit(workspace, plan)
    job = submitted.job.id
    assert [batch.reason for batch in submitted.waiting] == [f"{cache_priming.REASON}."]
    for _ in range(3):
        clock.turn(20)
        await run_maintenance(workspace)
        assert await states(workspace, job) == [(1, 1, BatchState.IN_PROGRESS), (2, 4, BatchState.PLANNED)]
        assert await has_pending(workspace)
    clock.turn(60)
    await run_maintenance(workspace)
    clock.turn(20)
    await run_maintenance(workspace)
    assert await states(workspace, job) == [(1, 1, BatchState.ENDED), (2, 4, BatchState.IN_PROGRESS)]


@pytest.mark.long
async def test_a_wait_goes_on_to_the_end_of_the_rest(workspace: Workspace, tmp_path: Path) -> None:
    source = str(jsonl(tmp_path / "r.jsonl", requests(5)))
    submitted = await apply_submit(workspace, await plan_submit(workspace, [source], SubmitOptions(prime=True)))
    batches = await wait(workspace, [batch.key for batch in submitted.batches])
    assert [batch.state for batch in batches] == [BatchState.ENDED] * 2
    first, second = batches
    assert first.ended_at is not None
    assert second.created_at is not None
    assert second.created_at >= first.ended_at


async def test_a_job_of_one_request_has_nothing_to_prime(workspace: Workspace, tmp_path: Path) -> None:
    source = str(jsonl(tmp_path / "r.jsonl", requests(1)))
    plan = await plan_submit(workspace, [source], SubmitOptions(prime=True))
    assert (len(plan.parts), plan.primes) == (1, False)
    assert (await apply_submit(workspace, plan)).waiting == ()


async def test_without_the_wish_parts_go_one_after_the_other(workspace: Workspace, tmp_path: Path) -> None:
    source = str(jsonl(tmp_path / "r.jsonl", requests(5)))
    plan = await plan_submit(workspace, [source], SubmitOptions())
    assert ([part.requests for part in plan.parts], plan.primes) == ([5], False)
    assert (await apply_submit(workspace, plan)).waiting == ()


def test_only_the_first_part_is_small() -> None:
    cutter = PartCutter(3, first=1)
    assert [cutter.place(10) for _ in range(8)] == [1, 2, 2, 2, 3, 3, 3, 4]


def test_the_gain_is_worked_out_by_hand() -> None:
    book = PriceBook({"m": OwnPrice(input=Decimal(2), output=Decimal(8))})
    gain = cache_priming.expected_gain("m", 10_000, 101, date(2026, 11, 21), book)
    assert gain is not None
    # In a batch a token costs $1 a million, twice that to write, a tenth to read.
    assert gain.all_hit == Decimal("0.90") - Decimal("0.01")
    assert gain.none_hit == Decimal("1.01")
    assert cache_priming.expected_gain("nobody-knows", 10, 10, date(2026, 11, 21), book) is None
