"""The server's time between two responses, by both clocks of a machine."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta

import pytest

from batchtui.runtime.clock import SystemClock
from batchtui.runtime.server_clock import ServerClock
from tests.support.clock import START

SERVER = START + timedelta(hours=3)


class TwoClocks:
    """A machine whose wall clock and monotonic clock are turned apart from each other."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.ticks = 50.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.wall)

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def pass_by(self, *, wall: float, ticks: float) -> None:
        self.wall += wall
        self.ticks += ticks


@pytest.mark.parametrize(
    ("wall", "ticks", "earliest", "latest"),
    [
        (60, 60, 60, 61),  # nothing odd
        (-540, 60, -540, 61),  # set back by ten minutes
        (3660, 60, 60, 3661),  # an hour of sleep that the monotonic clock did not count, or set forward
    ],
)
def test_the_time_of_the_server_is_bounded_by_both_clocks(
    wall: float, ticks: float, earliest: float, latest: float
) -> None:
    machine = TwoClocks()
    clock = ServerClock(machine)
    clock.hear(SERVER)
    machine.pass_by(wall=wall, ticks=ticks)
    assert clock.earliest() == SERVER + timedelta(seconds=earliest)
    assert clock.latest() == SERVER + timedelta(seconds=latest)


@pytest.mark.parametrize(
    ("wall", "ticks", "agrees"),
    [(60, 60, True), (62, 60, True), (62.1, 60, False), (-540, 60, False), (3660, 0, False)],
)
def test_clocks_that_disagree_do_not_tell_when_something_ended(wall: float, ticks: float, agrees: bool) -> None:
    machine = TwoClocks()
    clock = ServerClock(machine)
    clock.hear(SERVER)
    machine.pass_by(wall=wall, ticks=ticks)
    assert clock.agreed() == (clock.latest() if agrees else None)
    clock.hear(SERVER + timedelta(hours=5))
    assert clock.agreed() == SERVER + timedelta(hours=5, seconds=1)


def test_before_any_response_there_is_this_machines_time_alone() -> None:
    machine = TwoClocks()
    clock = ServerClock(machine)
    assert (clock.is_known, clock.skew) == (False, None)
    assert clock.earliest() == clock.latest() == clock.agreed() == START
    clock.hear(None)
    assert not clock.is_known


def test_the_clock_that_measures_goes_on_while_the_machine_sleeps() -> None:
    name = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(sys.platform)
    before = time.clock_gettime(getattr(time, name)) if name else time.monotonic()
    assert before <= SystemClock().monotonic() <= before + 5
