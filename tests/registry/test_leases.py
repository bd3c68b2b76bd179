"""Leases: one holder at a time, until the time is up or it is given back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.registry.leases import Leases
from batchtui.runtime.process_identity import process_token

if TYPE_CHECKING:
    from batchtui.registry.registry import Registry
    from tests.support.clock import TurnedClock

MINUTE = timedelta(seconds=60)


@pytest.fixture
def mine(registry: Registry) -> Leases:
    return registry.leases


@pytest.fixture
def theirs(registry: Registry, clock: TurnedClock) -> Leases:
    return Leases(registry._database, clock, "them")


async def test_a_lease_is_free_again_at_the_very_moment_that_it_ends(
    mine: Leases, theirs: Leases, clock: TurnedClock
) -> None:
    assert await mine.take("polling", MINUTE)
    clock.turn(59.999)
    assert not await theirs.take("polling", MINUTE)
    clock.turn(0.001)
    assert await theirs.take("polling", MINUTE)
    assert not await mine.take("polling", MINUTE)


async def test_a_lease_of_a_process_that_has_ended_is_free_at_once(
    mine: Leases, registry: Registry, clock: TurnedClock
) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    machine = process_token("x").partition("|")[0]
    theirs = Leases(registry._database, clock, f"{machine}|{process.pid}||x")
    assert await theirs.take("polling", timedelta(hours=2))
    assert not await mine.take("polling", MINUTE)
    process.kill()
    await process.wait()
    assert await mine.take("polling", MINUTE)


@pytest.mark.parametrize("holder", ["them", "", "|||", "a|b|c|d", "host|12"])
async def test_a_holder_of_an_unknown_kind_is_left_its_time(
    mine: Leases, registry: Registry, clock: TurnedClock, holder: str
) -> None:
    assert await Leases(registry._database, clock, holder).take("polling", MINUTE)
    assert not await mine.take("polling", MINUTE)


async def test_its_holder_prolongs_it(mine: Leases, theirs: Leases, clock: TurnedClock) -> None:
    assert await mine.take("polling", MINUTE)
    clock.turn(50)
    assert await mine.take("polling", MINUTE)
    clock.turn(50)
    assert not await theirs.take("polling", MINUTE)


async def test_only_its_holder_gives_it_back(mine: Leases, theirs: Leases) -> None:
    assert await mine.take("polling", MINUTE)
    await theirs.release("polling")
    assert not await theirs.take("polling", MINUTE)
    await mine.release("polling")
    assert await theirs.take("polling", MINUTE)
