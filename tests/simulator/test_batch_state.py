"""A batch's state follows from the clock alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from batchtui.simulator import Scenario, SimulatedBatch, TurnedClock, World
from batchtui.simulator.wire_format import ApiError
from tests.simulator.calling import params, requests

HOUR = 3_600.0
STILL = Scenario(takes=HOUR)


def _planted(
    clock: TurnedClock, scenario: Scenario, count: int = 8, speed: float = 1.0
) -> tuple[World, SimulatedBatch]:
    world = World(scenario, clock, speed=speed)
    return world, world.plant(requests(count))


def test_counts_stand_still_until_the_batch_ends_and_then_jump(clock: TurnedClock) -> None:
    _, batch = _planted(clock, STILL)
    before = batch.state(clock.turn(HOUR - 1)).counts
    after = batch.state(clock.turn(1)).counts
    assert (before["processing"], before["succeeded"]) == (8, 0)
    assert (after["processing"], after["succeeded"]) == (0, 8)


def test_moving_counts_grow_while_the_batch_runs(clock: TurnedClock) -> None:
    _, batch = _planted(clock, replace(STILL, moving_counts=True))
    seen = [batch.state(clock.turn(HOUR / 4)).counts["succeeded"] for _ in range(4)]
    assert seen == [2, 4, 6, 8]


def test_some_batches_move_and_some_stand_still(clock: TurnedClock) -> None:
    world = World(replace(STILL, moving_counts="some"), clock)
    batches = [world.plant(requests(4)) for _ in range(4)]
    now = clock.turn(HOUR / 2)
    assert [batch.state(now).counts["succeeded"] > 0 for batch in batches] == [True, False, True, False]


@pytest.mark.parametrize("moving", [False, True])
def test_the_five_counts_always_add_up_to_the_number_of_requests(clock: TurnedClock, moving: bool) -> None:
    scenario = replace(STILL, moving_counts=moving, errored={"api_error": 0.3}, cancel_takes=600.0)
    world, batch = _planted(clock, scenario, 11)
    clock.turn(HOUR / 3)
    world.cancel(batch.id)
    states = [batch.state(clock.turn(120.0)) for _ in range(8)]
    assert {sum(state.counts.values()) for state in states} == {11}


def test_a_cancelled_batch_passes_through_canceling_and_keeps_what_was_finished(clock: TurnedClock) -> None:
    world, batch = _planted(clock, replace(STILL, cancel_takes=60.0))
    clock.turn(HOUR / 2)
    world.cancel(batch.id)
    during, after = batch.state(clock.turn(59)), batch.state(clock.turn(1))
    assert (during.status, during.counts["processing"]) == ("canceling", 8)
    assert (after.status, after.counts["succeeded"], after.counts["canceled"]) == ("ended", 4, 4)


def test_cancelling_a_second_time_does_not_begin_again(clock: TurnedClock) -> None:
    world, batch = _planted(clock, STILL)
    world.cancel(batch.id)
    first = batch.cancel_initiated_at
    clock.turn(1)
    world.cancel(batch.id)
    assert batch.cancel_initiated_at == first


def test_an_ended_batch_cannot_be_cancelled(clock: TurnedClock) -> None:
    world, batch = _planted(clock, STILL)
    clock.turn(HOUR)
    with pytest.raises(ApiError, match="already ended"):
        world.cancel(batch.id)


def test_unfinished_requests_expire_after_24_hours(clock: TurnedClock) -> None:
    _, batch = _planted(clock, replace(STILL, takes=48 * HOUR))
    state = batch.state(clock.turn(24 * HOUR))
    assert (state.status, state.counts["succeeded"], state.counts["expired"]) == ("ended", 4, 4)


def test_requests_that_are_never_finished_keep_their_batch_until_it_expires(clock: TurnedClock) -> None:
    _, batch = _planted(clock, replace(STILL, expired=0.25))
    running, ended = batch.state(clock.turn(23 * HOUR)), batch.state(clock.turn(HOUR))
    assert running.status == "in_progress"
    assert (ended.counts["succeeded"], ended.counts["expired"]) == (6, 2)


def test_results_are_gone_after_29_days_from_creation(clock: TurnedClock) -> None:
    _, batch = _planted(clock, STILL)
    kept = batch.state(clock.turn(timedelta(days=29).total_seconds() - 1))
    gone = batch.state(clock.turn(1))
    assert kept.has_results
    assert (gone.has_results, gone.archived_at) == (False, batch.created_at + timedelta(days=29))


def test_speed_divides_durations_and_leaves_the_clock_alone(clock: TurnedClock) -> None:
    _, batch = _planted(clock, STILL, speed=60.0)
    state = batch.state(clock.turn(60))
    assert (state.status, state.ended_at) == ("ended", batch.created_at + timedelta(minutes=1))


def test_shares_are_exact_even_for_few_requests(clock: TurnedClock) -> None:
    _, batch = _planted(clock, replace(STILL, errored={"api_error": 0.25, "overloaded_error": 0.25}), 4)
    assert batch.state(clock.turn(HOUR)).counts["errored"] == 2


def test_one_mistake_in_params_errors_its_own_request_alone(clock: TurnedClock) -> None:
    world = World(STILL, clock)
    wrong = {"custom_id": "wrong", "params": params(model="claude-does-not-exist-9")}
    batch = world.plant([*requests(3), wrong])
    assert batch.state(clock.turn(HOUR)).counts["errored"] == 1


def test_the_queue_of_the_organisation_has_an_end(clock: TurnedClock) -> None:
    world, _ = _planted(clock, replace(STILL, queue_limit=10))
    with pytest.raises(ApiError, match="processing queue") as caught:
        world.plant(requests(3))
    clock.turn(HOUR)
    assert caught.value.status == 429
    assert len(world.plant(requests(3))) == 3


def test_the_same_seed_tells_the_same_story(clock: TurnedClock) -> None:
    scenario = replace(STILL, spread=0.5, errored={"api_error": 0.5})
    first, second = (_planted(clock, scenario)[1] for _ in range(2))
    assert (first.id, first.takes, first.plan) == (second.id, second.takes, second.plan)
