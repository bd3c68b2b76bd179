"""Notices: made once with the change they are about, and told by one process through each channel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.notice import NoticeKind
from batchtui.registry.registry import Registry
from tests.support.builders import job, part, remote
from tests.support.clock import START

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from tests.support.clock import TurnedClock

LONG_AGO = START - timedelta(days=1)


@pytest.fixture
async def other(registry: Registry, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Registry]:
    """The same registry, as another process has it open."""
    opened = Registry(registry.path, tmp_path / "requests", tmp_path / "results", clock=clock, holder="other")
    await opened.open()
    yield opened
    await opened.close()


async def running(registry: Registry, batch_id: str = "msgbatch_01A", job_id: str = "job_1") -> int:
    (key,) = await registry.jobs.plan(job(job_id), [part()])
    await registry.sends.claim(key, "me", START + timedelta(hours=1))
    await registry.sends.accepted(key, remote(batch_id), "me")
    return key


async def kinds(registry: Registry, channel: str = "bell", since: datetime = LONG_AGO) -> list[NoticeKind]:
    return [notice.kind for notice, _ in await registry.notices.untold([channel], since)]


async def test_the_end_of_a_batch_is_one_notice_however_often_it_is_heard(registry: Registry) -> None:
    key = await running(registry)
    for _ in range(3):
        await registry.batches.heard([remote(status="ended", ended_at=START)])
    [(notice, channels)] = await registry.notices.untold(["bell", "command"], LONG_AGO)
    assert (notice.kind, notice.batch.key, channels) == (NoticeKind.ENDED, key, ("bell", "command"))


async def test_a_batch_that_had_ended_before_it_was_brought_in_is_no_news(registry: Registry) -> None:
    await registry.batches.add_foreign(remote(status="ended", ended_at=START), job("job_2"))
    assert await kinds(registry) == []


async def test_a_batch_made_elsewhere_that_ends_here_is_news(registry: Registry) -> None:
    await registry.batches.add_foreign(remote(), job("job_2"))
    await registry.batches.heard([remote(status="ended", ended_at=START)])
    assert await kinds(registry) == [NoticeKind.ENDED]


async def test_each_lost_answer_of_a_part_is_a_notice_of_its_own(registry: Registry, clock: TurnedClock) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    for sends in (1, 2):
        await registry.sends.claim(key, "me", clock.now() + timedelta(hours=1))
        await registry.sends.answer_lost(key, "time-out", "me")
        await registry.verdicts.proved_absent(key, sends, "not there")
    assert await kinds(registry) == [NoticeKind.UNKNOWN, NoticeKind.UNKNOWN]


async def test_a_spend_limit_is_a_notice(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    await registry.sends.claim(key, "me", START + timedelta(hours=1))
    await registry.sends.not_created(key, "enough", "me", at_limit=True)
    assert await kinds(registry) == [NoticeKind.SPEND_LIMIT]


async def test_a_notice_is_claimed_once_for_each_channel(registry: Registry, other: Registry) -> None:
    await running(registry)
    await registry.batches.heard([remote(status="ended", ended_at=START)])
    [(notice, _)] = await registry.notices.untold(["bell", "command"], LONG_AGO)
    claims = [await each.notices.claim(notice.seq, "bell") for each in (registry, other, registry)]
    assert claims == [True, False, False]
    assert await other.notices.claim(notice.seq, "command")
    assert await other.notices.untold(["bell", "command"], LONG_AGO) == []


async def test_a_claim_that_was_given_up_is_free_again(registry: Registry, other: Registry) -> None:
    await running(registry)
    await registry.batches.heard([remote(status="ended", ended_at=START)])
    [(notice, _)] = await registry.notices.untold(["bell"], LONG_AGO)
    await registry.notices.claim(notice.seq, "bell")
    [(seq, channel, holder)] = await other.notices.unsettled(LONG_AGO)
    await other.notices.release(seq, channel, holder)
    assert await kinds(other) == [NoticeKind.ENDED]


async def test_a_delivered_notice_cannot_be_released(registry: Registry, other: Registry) -> None:
    await running(registry)
    await registry.batches.heard([remote(status="ended", ended_at=START)])
    [(notice, _)] = await registry.notices.untold(["bell"], LONG_AGO)
    await registry.notices.claim(notice.seq, "bell")
    await registry.notices.settle(notice.seq, "bell", "told")
    await registry.notices.release(notice.seq, "bell")
    assert await kinds(registry) == []
    assert await other.notices.unsettled(LONG_AGO) == []


async def test_old_news_is_told_to_nobody(registry: Registry, clock: TurnedClock) -> None:
    await running(registry)
    await registry.batches.heard([remote(status="ended", ended_at=START)])
    clock.turn(days=2)
    assert await kinds(registry, since=clock.now() - timedelta(days=1)) == []
