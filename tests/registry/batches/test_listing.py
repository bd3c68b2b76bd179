"""Which batches a filter names, and every order they can be put in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.query import SORT_KEYS, BatchQuery, FilterField
from batchtui.domain.costs.estimate import Bounds
from batchtui.text.filters.language import read
from tests.support.builders import job, part, remote

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.registry import Registry
    from tests.support.clock import TurnedClock


async def _told(registry: Registry, clock: TurnedClock) -> None:
    """An evaluation that ended with errors five hours ago, a nightly job of two parts, and one that was not sent."""
    await _sent(registry, clock, "evals", tags=("eval", "v2"), models=("claude-opus-5-5",))
    clock.turn(hours=1)
    ended = RequestCounts(succeeded=2, errored=1)
    await registry.batches.heard(
        [remote("evals-1", status="ended", counts=ended, created_at=_ago(clock, 1), ended_at=clock.now())]
    )
    clock.turn(hours=4)
    await _sent(registry, clock, "nightly", parts=2, tags=("old nightly",))
    clock.turn(minutes=10)
    await registry.jobs.plan(replace(job("job_w"), name="waiting, later", tags=(), source=""), [part(1, 40)])


def _ago(clock: TurnedClock, hours: int) -> datetime:
    return clock.now().replace(hour=clock.now().hour - hours)


async def _sent(
    registry: Registry,
    clock: TurnedClock,
    name: str,
    parts: int = 1,
    tags: tuple[str, ...] = (),
    models: tuple[str, ...] = ("claude-haiku-5-5",),
) -> None:
    whole = replace(job(f"job_{name}"), name=name, tags=tags, models=models, created_at=clock.now(), source="")
    cost = Bounds(None, Decimal(4), Decimal(4))
    keys = await registry.jobs.plan(whole, [part(n) for n in range(1, parts + 1)], estimates=[cost] * parts)
    for number, key in enumerate(keys, 1):
        await registry.sends.claim(key, "me", clock.now().replace(year=2027))
        heard = remote(f"{name}-{number}", created_at=clock.now())
        await registry.sends.accepted(key, heard, "me")


async def _found(registry: Registry, text: str) -> list[str]:
    found = await registry.queries.select(BatchQuery(terms=read(text).terms))
    return sorted({_known(batch) for batch in found})


def _known(batch: Batch) -> str:
    return batch.name.partition(",")[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["evals", "nightly", "waiting"]),
        ("NIGHT", ["nightly"]),
        ("!night", ["evals", "waiting"]),
        ("status:run", ["nightly"]),
        ("status:ended,planned", ["evals", "waiting"]),
        ("tag:eval", ["evals"]),
        ("tag:val", []),
        ("tag:=v", []),
        ('tag:"old n"', ["nightly"]),
        ("!tag:old", ["evals", "waiting"]),
        ('name:"g, l"', ["waiting"]),
        ("model:opus", ["evals"]),
        ("id:nightly-2", ["nightly"]),
        ("job:job_e", ["evals"]),
        ("errored:>0", ["evals"]),
        ("failed:0", ["nightly", "waiting"]),
        ("requests:>10", ["waiting"]),
        ("part:2", ["nightly"]),
        ("cost:>=4", ["evals", "nightly"]),
        ("!cost:>=4", ["waiting"]),
        ("age:<2h", ["nightly", "waiting"]),
        ("age:>2h", ["evals"]),
        ("ended:<1d", ["evals"]),
        ("took:<=61m", ["evals", "nightly"]),
        ("took:>30m", ["evals"]),
        ("results:none status:ended", ["evals"]),
    ],
)
async def test_a_filter_names_the_batches_it_is_true_of(
    registry: Registry, clock: TurnedClock, text: str, found: list[str]
) -> None:
    await _told(registry, clock)
    assert await _found(registry, text) == found


async def test_a_filter_for_deleted_ones_shows_them(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    await registry.batches.deleted(key, locally=True)
    assert await _found(registry, "status:deleted") == ["nightly"]
    assert await _found(registry, "!status:ended") == []


@pytest.mark.parametrize("sort", SORT_KEYS)
async def test_every_order_and_its_reverse_hold_every_batch(registry: Registry, clock: TurnedClock, sort: str) -> None:
    await _told(registry, clock)
    for turned in (False, True):
        query = BatchQuery(sort=sort, descending=turned)  # type: ignore[arg-type]
        order = await registry.queries.order(query)
        assert len(set(order)) == len(order) == 4
        bundles = await registry.queries.bundles(query)
        assert sorted(map(len, bundles.values())) == [1, 1, 2]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("took", "evals"), ("created", "waiting"), ("requests", "waiting"), ("failed", "evals"), ("tags", "evals"),
     ("model", "waiting"), ("cost", "nightly"), ("ended", "waiting")],
)  # fmt: skip
async def test_a_column_sorts_as_one_expects(registry: Registry, clock: TurnedClock, sort: str, first: str) -> None:
    await _told(registry, clock)
    batches = await registry.queries.select(BatchQuery(sort=sort))  # type: ignore[arg-type]
    assert _known(batches[0]) == first


async def test_jobs_are_in_the_order_of_what_their_parts_add_up_to(registry: Registry, clock: TurnedClock) -> None:
    await registry.jobs.plan(job("job_big"), [part(1, 50)])
    await registry.jobs.plan(job("job_many"), [part(1, 30), part(2, 30)])
    assert list(await registry.queries.bundles(BatchQuery(sort="requests"))) == ["job_many", "job_big"]


async def test_the_words_there_are_are_known(registry: Registry, clock: TurnedClock) -> None:
    await _told(registry, clock)
    words = await registry.labels.words()
    assert words[FilterField.TAG] == ["eval", "old nightly", "v2"]
    assert set(words[FilterField.NAME]) == {"evals", "nightly", "waiting, later"}
