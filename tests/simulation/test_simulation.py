"""The simulation itself: it is the same each time, it finds what is planted, and it tells a short story."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.submission.send_evidence import SendVerdict, VerdictKind
from batchtui.services.submission import reconcile
from batchtui.services.submission.verdict import verdict
from tests.simulation import coverage
from tests.simulation.history import run
from tests.simulation.invariants import ENDLESS, FAULT, SENT_TWICE
from tests.simulation.loop import Endless, Process, VirtualLoop
from tests.simulation.running import Run, run_many
from tests.simulation.shrinking import shrink
from tests.simulation.story import HomePlan, Step, Story, tell
from tests.simulation.world import Fault, Weather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What the program logs of full disks belongs to the story."""
    with caplog.at_level("CRITICAL"):
        yield


@pytest.mark.parametrize("seed", [3, 14, 143, 181])
def test_the_same_seed_gives_the_same_history_twice(seed: int) -> None:
    first, second = run(tell(seed)), run(tell(seed))
    assert str(first) == str(second)
    assert first.steps == second.steps
    assert first.counts == second.counts


def test_time_passes_only_when_nobody_has_anything_to_do() -> None:
    loop = VirtualLoop(None)

    async def two_days() -> float:
        await asyncio.sleep(2 * 86_400)
        return loop.time()

    assert loop.run_until_complete(two_days()) == 2 * 86_400
    loop.close()


def test_waiting_for_an_impossible_event_is_reported() -> None:
    loop = VirtualLoop(None)

    async def for_ever() -> None:
        await loop.create_future()

    with pytest.raises(Endless):
        loop.run_until_complete(for_ever())
    loop.close()


def test_a_killed_process_does_nothing_any_more_not_even_clean_up() -> None:
    loop, process, done = VirtualLoop(None), Process(1, "victim", dies_at=3), []

    async def victim() -> None:
        try:
            for number in range(10):
                done.append(number)
                await asyncio.sleep(0)
        finally:
            done.append(-1)

    async def world() -> None:
        process.ended = loop.create_future()
        loop.spawn(process, victim())
        await process.ended
        await asyncio.sleep(10)

    loop.run_until_complete(world())
    assert done == [0, 1]


LOST = Weather(faults=(Fault("create", 1, "lost_after", after=True),), lags=(50.0,))
LOST_AND_RESUMED = Story(
    7, None, (Step(0.0, "submit"), Step(3000.0, "resume", more=(("consent", True),))), LOST, homes=(HomePlan(),)
)


def say(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], SendVerdict]) -> None:
    """Put another judgement in the place of the verdict."""
    monkeypatch.setattr(reconcile, verdict.__name__, lambda *_, **__: answer())


def absent() -> SendVerdict:
    return SendVerdict(VerdictKind.ABSENT)


def test_a_part_that_is_sent_again_without_a_look_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, absent)
    history = run(LOST_AND_RESUMED)
    assert history.violated is not None
    assert history.violated.rule == SENT_TWICE


def test_an_exception_outside_the_error_tree_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow() -> SendVerdict:
        raise OverflowError("date value out of range")

    say(monkeypatch, overflow)
    history = run(LOST_AND_RESUMED)
    assert history.violated is not None
    assert history.violated.rule == FAULT


def test_a_run_that_never_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(*_: Any) -> list[reconcile.Reconciliation]:
        while True:
            await asyncio.sleep(0)

    monkeypatch.setattr(reconcile, reconcile.look_up.__name__, look)
    monkeypatch.setattr("tests.simulation.loop.MOST_STEPS", 5000)
    history = run(LOST_AND_RESUMED)
    assert history.violated is not None
    assert history.violated.rule == ENDLESS


def test_a_failing_story_is_shortened_to_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, absent)
    more = (Step(1.0, "sync"), Step(1.0, "prune", more=(("older than", 0.0),)), Step(5.0, "status"))
    history = run(replace(LOST_AND_RESUMED, schedule=11, steps=(*LOST_AND_RESUMED.steps, *more)))
    assert history.violated is not None
    assert history.violated.rule == SENT_TWICE
    short = shrink(history)
    assert [step.kind for step in short.story.steps] == ["submit"]
    assert len(str(short).splitlines()) < 20


FIRST, QUICK = int(os.environ.get("BATCHTUI_TEST_SEED", "20261121")), 50
ALL = 10_000
LONG = int(os.environ.get("BATCHTUI_TEST_HISTORIES", ALL))
"""In fewer histories than all, rare pairs of actors may well not meet: then a zero says nothing."""
JOBS = 2


def told(done: Run) -> str:
    """The first failure as a short story, and all others by seed."""
    if not done.failures:
        return ""
    others = "\n".join(f"seed {seed}: {rule}: {story}" for seed, rule, story in done.failures[:20])
    return f"{others}\n\n{shrink(run(tell(done.failures[0][0])))}"


def test_nothing_is_broken_by_a_few_histories() -> None:
    done = run_many(FIRST, QUICK)
    assert told(done) == ""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nothing_is_broken_by_many_histories_in_which_everything_occurs() -> None:
    done = run_many(FIRST, LONG, jobs=JOBS)
    assert told(done) == ""
    assert LONG < ALL or coverage.missing(done.counts) == []
