"""Histories that the simulation has found, shortened, each with the name of what went wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.history import run
from tests.simulation.story import MachinePlan, Step, Story, plain
from tests.simulation.world import Fault, Weather

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What the program logs of full disks belongs to the story."""
    with caplog.at_level("CRITICAL"):
        yield


FOUND = {
    "seed 324: a part is deleted, only here and by force, while it is being sent": Story(
        324,
        None,
        (
            Step(0.0, "submit"),
            Step(27.0, "resume", more=(("consent", False),)),
            Step(0.0, "delete", more=(("locally", True), ("force", True))),
        ),
        Weather(upload_seconds=(4200.0,)),
        sizes=(2, 2, 1, 2),
    ),
    "seed 292: with the key of another account a batch is waited for, and the 404 says nothing of it": Story(
        292,
        None,
        (Step(0.0, "submit"), Step(540.0, "wait", account=1, more=(("seconds", 1500.0),))),
        Weather(batch_seconds=(9000.0,)),
        accounts=2,
        same_host=False,
        sizes=(2,),
    ),
    "seed 182: the disk is full when a sender has to be heard, and nobody can tell whether it lives": Story(
        182,
        None,
        (Step(0.0, "submit"), Step(15.0, "disk", more=(("seconds", 30.0),)), Step(300.0, "sync"), Step(0.0, "resume")),
        Weather(upload_seconds=(4200.0,)),
        machines=(MachinePlan(tells_starts=False),),
        sizes=(2,),
    ),
    "seed 158: nothing was created, and the list of the account is empty": Story(
        158,
        None,
        (Step(0.0, "submit"), Step(1000.0, "resume", more=(("consent", True),))),
        Weather(faults=(Fault("create", 1, "lost_before"),)),
        sizes=(2,),
    ),
    "seed 20263056: a registry is copied while a batch that only fits stands for its part": Story(
        20_263_056,
        None,
        (
            Step(0.0, "submit"),
            Step(0.0, "colleague", more=(("does", "create"), ("ids", "half"))),
            Step(72.0, "copy", more=(("machine", 0),)),
        ),
        Weather(faults=(Fault("create", 1, "lost_before"),)),
        sizes=(2,),
    ),
    "seed 20263434: a part of a copied registry is taken for another batch, and then let go of": Story(
        20_263_434,
        None,
        (
            Step(0.0, "submit"),
            Step(3.0, "copy", more=(("machine", 1),)),
            Step(5428.0, "colleague", more=(("does", "create"), ("ids", "twin"))),
            Step(0.0, "resume", home=1, more=(("consent", False), ("named", True))),
        ),
        Weather(create_seconds=(900.0,), created_at_share=(1.0,)),
        machines=(MachinePlan(), MachinePlan()),
        has_headers=False,
        part=1,
        sizes=(4, 6, 2, 1),
    ),
    "seed 20263729: a colleague cancels a batch with the custom_ids of ours": Story(
        20_263_729,
        None,
        (
            Step(0.0, "submit", dies_at=144),
            Step(0.0, "colleague", more=(("does", "create"), ("ids", "same"))),
            Step(0.0, "watch", more=(("seconds", 6000.0),)),
            Step(0.0, "colleague", more=(("does", "cancel"),)),
        ),
        Weather(faults=(Fault("create", 1, "late"),)),
        part=1,
        sizes=(1,),
    ),
    "seed 20262340: a download fails, and its batch proves to be somebody else's": plain(20_262_340),
    "seed 1008: a sender dies while resume waits for it, and its send is never ended": plain(1008),
    "seed 20261124: a planned part is deleted just when another process takes it for sending": plain(20_261_124),
    "seed 20261287: one list leaves the batch out, long after it was created": Story(
        20261287,
        None,
        (Step(0.0, "submit"), Step(60.0, "kill"), Step(1500.0, "resume", more=(("consent", True),))),
        Weather(faults=(Fault("list", 3, "hidden"),), create_seconds=(900.0,), created_at_share=(0.0,)),
        sizes=(2,),
    ),
    "seed 20263046: a sender stands still behind its mark, wakes, and is killed before the response": Story(
        20263046,
        None,
        (Step(0.0, "library submit", dies_at=143), Step(20.0, "pause", more=(("seconds", 3000.0),))),
        Weather(upload_seconds=(20.0,)),
        sizes=(3, 3, 1, 1),
    ),
    "seed 20263406: a sender is found gone by a slow clock, while no response tells the time": Story(
        20263406,
        None,
        (
            Step(0.0, "submit", dies_at=196),
            Step(573.0, "sync"),
            Step(0.0, "outage", more=(("seconds", 300.0),)),
        ),
        Weather(create_seconds=(580.0,)),
        sizes=(2, 2, 2, 2),
        machines=(MachinePlan(-7200.0),),
    ),
    "seed 20265429: a sender that was taken for dead wakes, and its batch comes while others decide": Story(
        20265429,
        None,
        (
            Step(0.0, "submit"),
            Step(20.0, "pause", more=(("seconds", 800.0),)),
            Step(700.0, "resume", more=(("consent", True), ("named", False), ("careful", False))),
        ),
        Weather(create_seconds=(700.0,), created_at_share=(1.0,), upload_seconds=(20.0,)),
        sizes=(1, 2, 1, 2),
        machines=(MachinePlan(-3.0, tells_starts=False),),
    ),
    "seed 20270924: a sleeping machine is set back, and tells when a send ended": Story(
        20270924,
        None,
        (
            Step(0.0, "submit"),
            Step(600.0, "resume", more=(("consent", False), ("grace", None), ("named", False))),
            Step(0.0, "sleep", more=(("seconds", 9000.0),)),
            Step(0.0, "jump", more=(("seconds", -600.0),)),
        ),
        Weather(create_seconds=(700.0, 5.0), created_at_share=(1.0,), upload_seconds=(20.0, 0.05, 1300.0)),
        sizes=(6, 1, 1, 3),
        part=1,
        machines=(MachinePlan(counts_sleep=False, tells_starts=False),),
    ),
    "seed 20264821: a sender that was taken for dead gives up an hour later": Story(
        20264821,
        None,
        (
            Step(0.0, "submit"),
            Step(958.0, "pause", more=(("seconds", 2000.0),)),
            Step(92.0, "wait", more=(("seconds", 300.0),)),
            Step(0.0, "sync"),
        ),
        Weather(create_seconds=(700.0,), upload_seconds=(1300.0,)),
        sizes=(2, 2, 2, 2),
        machines=(MachinePlan(tells_starts=False),),
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_history_that_once_broke_an_invariant_keeps_it(name: str) -> None:
    history = run(FOUND[name])
    assert history.violated is None, str(history)
