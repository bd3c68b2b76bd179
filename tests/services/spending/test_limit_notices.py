"""A limit that is nearly spent is told at 80, 90 and 100 %, once a day each, however many look."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.costs.estimate import Bounds
from batchtui.domain.notice import LimitShare, NoticeKind
from batchtui.services.notifications.channels import Channel
from batchtui.services.notifications.notifier import Notifier
from batchtui.services.spending.limit_notices import create_limit_notices
from batchtui.text.sentences.notices import heading, sentence
from tests.support.builders import job, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.notice import Notice
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


def settle(workspace: Workspace, text: str) -> None:
    workspace.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    workspace.paths.config_file.write_text(f"[submit]\n{text}\n")


async def spend(workspace: Workspace, name: str, at_most: str) -> None:
    bounds = Bounds(None, None, Decimal(at_most))
    planned = job(name, created_at=workspace.clock.now(), profile=workspace.profile)
    await workspace.registry.jobs.plan(planned, [part()], estimates=[bounds])


async def heard(workspace: Workspace) -> list[str]:
    """What a channel is told now."""
    said: list[str] = []

    async def tell(notices: Sequence[Notice]) -> None:
        # The parts that `spend` plans are never sent, which is a notice of its own after a while.
        of_limits = (notice for notice in notices if notice.kind is NoticeKind.LIMIT_NEAR)
        said.extend(f"{heading(notice)}: {sentence(notice)}" for notice in of_limits)

    await Notifier(workspace, [Channel("test", tell)]).tell()
    return said


async def test_each_share_is_told_once_a_day(workspace: Workspace, clock: TurnedClock) -> None:
    settle(workspace, "max_cost_a_day = 10")
    await spend(workspace, "job_1", "7.99")
    assert await heard(workspace) == []
    await spend(workspace, "job_2", "0.01")
    assert await heard(workspace) == ["Cost limit: 80 % of the limit for today, $10.00, is spent or in progress."]
    assert await heard(workspace) == []
    await spend(workspace, "job_3", "1")
    assert [words[:17] for words in await heard(workspace)] == ["Cost limit: 90 % "]
    await spend(workspace, "job_4", "2")
    assert [words[:18] for words in await heard(workspace)] == ["Cost limit: 100 % "]
    clock.turn(hours=24)
    assert await heard(workspace) == []
    await spend(workspace, "job_5", "9")
    assert [words[:17] for words in await heard(workspace)] == ["Cost limit: 90 % "]


async def test_of_shares_that_are_reached_at_once_only_the_largest_is_told(workspace: Workspace) -> None:
    settle(workspace, "max_cost_a_day = 1")
    await spend(workspace, "job_1", "5")
    assert len(await heard(workspace)) == 1
    assert await heard(workspace) == []


async def test_many_processes_that_look_at_once_make_one_notice(workspace: Workspace) -> None:
    settle(workspace, "max_cost_a_day = 1")
    await spend(workspace, "job_1", "1")
    assert sum(await asyncio.gather(*(create_limit_notices(workspace) for _ in range(5)))) == 1
    entries = [entry for entry in await workspace.registry.journal.entries() if entry.event == "limit.near"]
    assert len(entries) == 1


async def test_another_limit_on_the_same_day_is_told_anew(workspace: Workspace) -> None:
    settle(workspace, "max_cost_a_day = 1")
    await spend(workspace, "job_1", "1")
    assert await create_limit_notices(workspace) == 1
    submit = replace(workspace.settings.submit, max_cost_a_day=Decimal("1.2"))
    workspace.settings = replace(workspace.settings, submit=submit)
    assert await create_limit_notices(workspace) == 1


async def test_without_a_limit_there_is_no_notice(workspace: Workspace) -> None:
    await spend(workspace, "job_1", "1")
    assert await create_limit_notices(workspace) == 0


async def test_a_limit_of_nothing_and_one_of_a_single_submission_are_never_near(workspace: Workspace) -> None:
    settle(workspace, "max_cost_a_day = 0\nmax_cost = 0.5")
    await spend(workspace, "job_1", "1")
    assert await create_limit_notices(workspace) == 0


async def test_yesterdays_notice_is_not_told_today(workspace: Workspace, clock: TurnedClock) -> None:
    settle(workspace, "max_cost_a_day = 1")
    await spend(workspace, "job_1", "1")
    await create_limit_notices(workspace)
    clock.turn(hours=23)
    assert await heard(workspace) == []


def test_a_share_survives_as_the_subject_of_its_notice() -> None:
    share = LimitShare("2026-11-30", 'pro"file|x', Decimal("5.00"), 90)
    assert LimitShare.from_subject(share.subject) == share
    assert LimitShare.from_subject("12.1") is None
    assert str(NoticeKind.LIMIT_NEAR) == "limit_near"
