"""When a batch may end: by its like, honestly, and not at all where there is no history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.forecast import Lasted
from batchtui.domain.batches.states import BatchState
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.insights.forecast import Forecaster, load_forecaster, quantile
from batchtui.services.polling import maintenance
from batchtui.text.sentences import forecasts
from tests.support.clock import START
from tests.support.workspaces import all_batches, submit
from tests.tui.sample_batches import batch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock

HAIKU = ("claude-haiku-5-5",)


def history(*minutes: float, requests: int = 500, models: tuple[str, ...] = HAIKU) -> list[Lasted]:
    return [Lasted(models, requests, timedelta(minutes=each)) for each in minutes]


def ends(past: Sequence[Lasted], elapsed: float = 0, requests: int = 500) -> tuple[float, float] | None:
    """Minutes from the start of the batch to the middle and to the ninetieth percentile."""
    created = START - timedelta(minutes=elapsed)
    found = Forecaster(past).of(batch(requests=requests, created_at=created), START)
    if found is None or found.end is None or found.by is None:
        return None
    return ((found.end - created).total_seconds() / 60, (found.by - created).total_seconds() / 60)


@pytest.mark.parametrize(
    ("times", "half", "most"), [([1, 2, 3], 2, 3), ([1, 2, 3, 4], 2, 4), (list(range(1, 11)), 5, 9), ([7], 7, 7)]
)
def test_quantiles_are_times_that_were_really_taken(times: list[int], half: int, most: int) -> None:
    spans = [timedelta(minutes=each) for each in times]
    assert quantile(spans, 0.5) == timedelta(minutes=half)
    assert quantile(spans, 0.9) == timedelta(minutes=most)


def test_the_middle_and_the_ninetieth_percentile_of_its_like() -> None:
    assert ends(history(*range(10, 110, 10))) == (50, 90)


def test_a_forecast_ignores_durations_already_exceeded() -> None:
    assert ends(history(*range(10, 110, 10)), elapsed=60) == (80, 100)


def test_longer_than_ever_before_is_said_to_be_that() -> None:
    found = Forecaster(history(10, 20, 30)).of(batch(requests=500, created_at=START - timedelta(minutes=45)), START)
    assert found is not None
    assert (found.end, found.usual) == (None, timedelta(minutes=20))
    assert forecasts.in_full(found, START) == "overdue: longer than any of 3 batches of this model and size"


def test_two_batches_are_no_history() -> None:
    assert ends(history(10, 20)) is None
    assert forecasts.in_full(None, START) == forecasts.in_short(None, START) == "no history yet"


def test_size_goes_before_model_alone() -> None:
    past = history(1, 1, 1, requests=5) + history(60, 60, 60, requests=90_000)
    assert ends(past, requests=8) == (1, 1)
    assert ends(past, requests=10_000) == (60, 60)
    assert ends(past, requests=700) == (1, 60)


def test_another_model_tells_nothing() -> None:
    assert ends(history(10, 20, 30, models=("claude-opus-5-5",))) is None


@pytest.mark.parametrize("state", [state for state in BatchState if not state.is_running])
def test_only_what_runs_has_an_end_to_come(state: BatchState) -> None:
    assert Forecaster(history(10, 20, 30)).of(batch(state=state, requests=500), START) is None


async def test_the_history_is_the_registry_s_and_what_was_cancelled_is_none(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    for number in range(4):
        await submit(workspace, tmp_path, 1, prefix=f"r{number}")
    last = (await all_batches(workspace))[-1]
    await apply_cancel(workspace, await plan_cancel(workspace, [last.key]))
    clock.turn(hours=2)
    await maintenance.run_maintenance(workspace)
    past = await workspace.registry.queries.lasted(100)
    assert len(past) == 3
    assert all(timedelta(minutes=20) < one.time < timedelta(hours=1) for one in past)
    await submit(workspace, tmp_path, 1, prefix="next")
    [running] = await workspace.registry.queries.in_states(BatchState.IN_PROGRESS)
    found = (await load_forecaster(workspace)).of(running, clock.now())
    assert found is not None
    assert (found.usual, found.batches) == (sorted(one.time for one in past)[1], 3)
