"""The digest of a day: once, at the time that was set, whichever process looks, and after a night in which none ran."""

from __future__ import annotations

import asyncio
import time as system_time
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import UsageError
from batchtui.domain.notice import NoticeKind
from batchtui.services.notifications.channels import Channel
from batchtui.services.notifications.digest import latest_due
from batchtui.services.notifications.notifier import Notifier
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results.collect import collect
from batchtui.settings.loading import load_settings
from batchtui.text.sentences.notices import heading, notice_document, sentence
from tests.support.workspaces import all_batches, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from batchtui.domain.notice import Notice
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def choose(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        system_time.tzset()

    choose("UTC")
    yield choose
    monkeypatch.undo()
    system_time.tzset()


def settle(workspace: Workspace, at: str = "18:00") -> None:
    workspace.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    workspace.paths.config_file.write_text(f'[notify]\ndigest = "{at}"\n')


async def heard(workspace: Workspace, channel: str = "test") -> list[Notice]:
    """The digests that a channel is told now."""
    told: list[Notice] = []

    async def tell(notices: Sequence[Notice]) -> None:
        told.extend(notice for notice in notices if notice.kind is NoticeKind.DIGEST)

    await Notifier(workspace, [Channel(channel, tell)]).tell()
    return told


async def test_a_digest_says_what_ended_what_it_cost_and_what_needs_a_person(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, zone: object
) -> None:
    settle(workspace)
    assert await heard(workspace) == []  # 20:14, the first look: it begins with the next day
    await submit(workspace, tmp_path, 3, name="nightly")
    clock.turn(hours=3)
    await refresh_batches(workspace, await all_batches(workspace))
    await collect(workspace, (await all_batches(workspace))[0])
    clock.turn(hours=18)
    assert await heard(workspace) == []  # 17:14
    clock.turn(hours=1)
    [digest] = await heard(workspace)
    assert heading(digest) == "Digest of 2026-11-21"
    said = sentence(digest)
    assert said.startswith("Since 20 Nov 20:14: 1 batch ended: 3 succeeded. Cost: $0.0")
    assert "less than at standard prices" in said
    assert said.endswith("Nothing waits for you.")
    assert notice_document(digest)["notice"]["kind"] == "digest"
    assert await heard(workspace) == []


async def test_what_waits_for_a_person_is_said(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, zone: object
) -> None:
    settle(workspace)
    await heard(workspace)
    await submit(workspace, tmp_path, 3)
    clock.turn(hours=3)
    await refresh_batches(workspace, await all_batches(workspace))
    clock.turn(days=26, hours=22)
    [digest] = await heard(workspace)
    said = sentence(digest)
    assert "The results of 1 batch expire soon" in said
    assert "not counting 1 batch of unknown cost" in said
    assert "Nothing waits" not in said


async def test_of_two_processes_one_tells_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, zone: object
) -> None:
    settle(workspace)
    await heard(workspace)
    await submit(workspace, tmp_path, 1)
    clock.turn(hours=24)
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        told = await asyncio.gather(heard(workspace), heard(other), heard(workspace), heard(other))
    assert [len(each) for each in told].count(1) == 1
    assert sum(map(len, told)) == 1


async def test_those_that_were_missed_come_as_one_which_covers_all_the_time(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, zone: object
) -> None:
    settle(workspace)
    await heard(workspace)
    await submit(workspace, tmp_path, 1)
    clock.turn(days=3, hours=13)  # 24 November, 09:14
    [digest] = await heard(workspace)
    assert heading(digest) == "Digest of 2026-11-23"
    assert sentence(digest).startswith("Since 20 Nov 20:14")
    clock.turn(hours=10)
    [digest] = await heard(workspace)
    assert heading(digest) == "Digest of 2026-11-24"
    assert sentence(digest).startswith("Since 24 Nov 09:14: no batch ended.")


async def test_a_later_time_on_the_same_day_brings_no_second_one(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator, zone: object
) -> None:
    settle(workspace)
    await heard(workspace)
    await submit(workspace, tmp_path, 1)
    clock.turn(hours=22)
    assert len(await heard(workspace)) == 1
    settle(workspace, "19:00")
    clock.turn(hours=2)
    async with workspace_at(tmp_path / "home", simulator, clock) as restarted:
        assert await heard(restarted) == []


async def test_without_the_setting_there_is_none(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, zone: object
) -> None:
    await submit(workspace, tmp_path, 1)
    clock.turn(days=2)
    assert await heard(workspace) == []


@pytest.mark.parametrize(
    ("now", "at", "due"),
    [
        # New York, 18:00: before and after the clocks went back on 1 November 2026, and forward on 8 March.
        ("2026-10-31T22:00", "18:00", "2026-10-31T22:00"),
        ("2026-11-01T22:59", "18:00", "2026-10-31T22:00"),
        ("2026-11-01T23:00", "18:00", "2026-11-01T23:00"),
        ("2026-03-08T21:59", "18:00", "2026-03-07T23:00"),
        ("2026-03-08T22:00", "18:00", "2026-03-08T22:00"),
        # 02:30 was left out on 8 March, and 01:30 came twice on 1 November.
        ("2026-03-08T08:00", "02:30", "2026-03-08T07:30"),
        ("2026-11-01T06:30", "01:30", "2026-11-01T05:30"),
    ],
)
def test_it_is_due_by_the_clock_on_the_wall(zone: Callable[[str], None], now: str, at: str, due: str) -> None:
    zone("America/New_York")
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert latest_due(moment, time.fromisoformat(at)) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["25:00", "6 pm", "18", "18:60", "18:00\\n"])
def test_what_is_no_time_of_day_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "config.toml").write_text(f'[notify]\ndigest = "{wrong}"\n')
    with pytest.raises(UsageError, match="a time of day such as 18:00"):
        load_settings(tmp_path / "config.toml")
