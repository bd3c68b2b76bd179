"""Limits on cost: what counts towards each, and that the most it may cost decides."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.costs.estimate import Bounds, Estimate
from batchtui.domain.errors import CostLimit
from batchtui.services.batches.sync import sync
from batchtui.services.results.collect import collect
from batchtui.services.spending.budget import enforce_limits, limits
from tests.support.builders import job, part, requests
from tests.support.workspaces import all_batches

if TYPE_CHECKING:
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


def costing(at_most: str | None) -> Estimate:
    bounds = Bounds(Decimal(0), Decimal(0), None if at_most is None else Decimal(at_most))
    return Estimate(bounds, bounds, (bounds,), (0, 0, 0), (0, 0), open=() if at_most else ("It reads the web.",))


async def on_its_way(workspace: Workspace, name: str, at_most: str | None, profile: str | None = None) -> None:
    bounds = Bounds(None, None, None if at_most is None else Decimal(at_most))
    await workspace.registry.jobs.plan(
        job(name, profile=profile, created_at=workspace.clock.now()), [part()], estimates=[bounds]
    )


def settle(workspace: Workspace, text: str) -> None:
    workspace.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    workspace.paths.config_file.write_text(f"[submit]\n{text}\n")


async def test_the_most_it_may_cost_decides_and_not_what_is_likely(workspace: Workspace) -> None:
    await enforce_limits(workspace, costing("2.00"), Decimal(2))
    with pytest.raises(CostLimit, match=r"up to \$2\.01.* is \$2\.00"):
        await enforce_limits(workspace, costing("2.01"), Decimal(2))


async def test_a_limit_on_the_command_line_overrides_the_setting(workspace: Workspace) -> None:
    settle(workspace, "max_cost = 1")
    await enforce_limits(workspace, costing("3"), Decimal(5))
    with pytest.raises(CostLimit):
        await enforce_limits(workspace, costing("3"), None)


async def test_nothing_is_a_limit(workspace: Workspace) -> None:
    settle(workspace, "max_cost = 5")
    with pytest.raises(CostLimit):
        await enforce_limits(workspace, costing("0.01"), Decimal(0))


async def test_without_an_upper_bound_a_limit_stops_and_says_why(workspace: Workspace) -> None:
    await enforce_limits(workspace, costing(None), None)
    with pytest.raises(CostLimit, match=r"The highest possible cost is unknown.* It reads the web"):
        await enforce_limits(workspace, costing(None), Decimal(1000))


async def test_a_day_ends_at_midnight(workspace: Workspace, clock: TurnedClock) -> None:
    settle(workspace, "max_cost_a_day = 3")
    await on_its_way(workspace, "job_1", "2")
    await enforce_limits(workspace, costing("1"), None)
    with pytest.raises(CostLimit, match=r"for a day is \$3\.00, of which \$2\.00 is spent or in progress"):
        await enforce_limits(workspace, costing("1.01"), None)
    clock.turn(hours=24)
    await enforce_limits(workspace, costing("3"), None)


async def test_a_profile_has_a_limit_of_its_own(workspace: Workspace, clock: TurnedClock) -> None:
    settle(workspace, "max_cost_of_profile = { work = 3 }")
    await on_its_way(workspace, "job_1", "2", "work")
    await on_its_way(workspace, "job_2", "9", "home")
    clock.turn(days=40)
    await enforce_limits(workspace, costing("100"), None)
    workspace.profile = "work"
    await enforce_limits(workspace, costing("1"), None)
    with pytest.raises(CostLimit, match=r"of the profile work is \$3\.00, of which \$2\.00"):
        await enforce_limits(workspace, costing("1.01"), None)


async def test_unknown_costs_are_left_out_of_the_sum_and_reported(workspace: Workspace) -> None:
    settle(workspace, "max_cost_a_day = 3")
    await on_its_way(workspace, "job_1", None)
    with pytest.raises(CostLimit, match="without 1 batch of unknown cost"):
        await enforce_limits(workspace, costing("4"), None)


@pytest.mark.parametrize("counts", [False, True])
async def test_foreign_batches_count_only_with_the_setting(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock, *, counts: bool
) -> None:
    settle(workspace, f"max_cost_a_day = 1\ncount_foreign = {str(counts).lower()}")
    simulator.world.plant(requests(3, "theirs"))
    clock.turn(hours=1)
    await sync(workspace)
    (foreign,) = await all_batches(workspace)
    await collect(workspace, foreign)
    [limit] = await limits(workspace, None)
    assert (limit.spent > 0) is counts
